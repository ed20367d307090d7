// Cardholders as the search finds them: the first page at once, then the anchors by which any other page is reached.
import { get } from '../app/api.js';
import { createStore } from '../app/store.js';
import { problemText } from '../app/problems.js';
import { GridPages } from '../elements/grid_pages.js';

export const step = 100;
export const conditionNames = ['department', 'q', 'card', 'enabled', 'lost', 'valid_at', 'gate'];

export function createCardholderModel() {
  const store = createStore({ total: 0, loading: false, error: '', version: 0 });
  let conditions = {};
  let order = 'employee_number';
  let anchors = null;
  let aborter = null;

  const told = () => store.set({ version: store.get().version + 1, total: pages.total });
  const pages = new GridPages({ step, keyOf: (c) => c.id, changed: told, load: page });
  const query = (more) => ({ ...conditions, sort: order, ...more });

  async function page(number) {
    const { signal } = aborter;
    try {
      const keys = number === 0 ? null : (await anchors).anchors;
      if (number > 0 && keys[number - 1] === undefined) return [];
      const data = await get('/cardholders', query({ limit: step, after: number === 0 ? null : keys[number - 1] }), signal);
      return data.cardholders;
    } catch (problem) {
      if (problem.name !== 'AbortError') store.set({ error: problemText(problem) });
      throw problem;
    }
  }

  /** Searches anew. The anchors are asked for at the same time: they matter only when somebody scrolls. */
  async function load(next = conditions, sort = order) {
    conditions = next;
    order = sort;
    aborter?.abort();
    const mine = aborter = new AbortController();
    store.set({ loading: true, error: '' });
    try {
      const first = get('/cardholders', query({ limit: step }), mine.signal);
      anchors = get('/cardholders/anchors', query({ step }), mine.signal);
      anchors.catch(() => {}); // whoever needs them hears of it
      const data = await first;
      if (mine !== aborter) return;
      store.set({ loading: false });
      pages.reset(data.total, data.cardholders);
    } catch (problem) {
      if (mine !== aborter || problem.name === 'AbortError') return;
      store.set({ loading: false, error: problemText(problem) });
    }
  }

  return {
    store,
    pages,
    load,
    order: () => order,
    stop: () => { pages.stop(); aborter?.abort(); },
  };
}
