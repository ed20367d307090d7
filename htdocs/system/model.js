// Entries of the system log that a filter selects: newest first, older ones on scroll; and the newest link of the chain.
import { get } from '../app/api.js';
import { createStore } from '../app/store.js';
import { problemText } from '../app/problems.js';
import { rangeOf } from '../history/time_range.js';

const pageSize = 100;
const tries = 20; // pages without an entry that are asked on before the operator is asked

/** API parameters of a filter. */
export function queryOf(filter) {
  const { from, to } = rangeOf(filter);
  return { from, to, operator: filter.operator, action: filter.action, outcome: filter.outcome, origin: filter.origin, q: filter.q };
}

export function createLogModel() {
  const store = createStore({ entries: [], next: null, sealed: null, loading: false, error: '', filter: null, query: null });
  let turn = 0;
  let aborter = null;

  async function page(after, left = tries) {
    const mine = turn;
    store.set({ loading: true, error: '' });
    try {
      const data = await get('/system/log', { ...store.get().query, limit: pageSize, after }, aborter.signal);
      if (mine !== turn) return;
      store.set({ entries: [...store.get().entries, ...data.entries], next: data.next, sealed: data.sealed, loading: false });
      if (!data.entries.length && data.next && left > 1) await page(data.next, left - 1);
    } catch (problem) {
      if (mine !== turn || problem.name === 'AbortError') return;
      store.set({ loading: false, error: problemText(problem) });
    }
  }

  return {
    store,
    load(filter) {
      turn += 1;
      aborter?.abort();
      aborter = new AbortController();
      store.set({ filter, query: queryOf(filter), entries: [], next: null });
      return page(null);
    },
    more: () => page(store.get().next),
    stop: () => { turn += 1; aborter?.abort(); },
  };
}
