// Events of one filter: newest first, older ones on scroll, new ones on top while the range goes on to now.
import { get } from '../app/api.js';
import { createStore } from '../app/store.js';
import { problemText } from '../app/problems.js';
import { rangeOf } from './time_range.js';

const pageSize = 100;
const tries = 20; // pages without a row but not complete that are asked on before the operator is asked

/** API parameters of a filter. */
export function queryOf(filter) {
  const { from, to } = rangeOf(filter);
  return {
    from, to, gate: filter.gate, management_group: filter.management_group, department: filter.department,
    cardholder: filter.cardholder, kind: filter.kind, q: filter.q,
  };
}

/** Does a live event belong to the filter? below(id) gives a department with all under it. */
export function meets(event, filter, below) {
  if (event.category !== filter.category) return false;
  if (filter.gate && String(event.gate?.id) !== String(filter.gate)) return false;
  if (filter.management_group && String(event.management_group?.id) !== String(filter.management_group)) return false;
  if (filter.department && !below(Number(filter.department)).has(event.department?.id)) return false;
  if (filter.cardholder && String(event.cardholder?.id) !== String(filter.cardholder)) return false;
  if (filter.kind?.length && !filter.kind.includes(event.kind)) return false;
  if (!filter.q) return true;
  const text = [event.card_number, event.cardholder?.name, event.cardholder?.kana, event.cardholder?.employee_number].join(' ').normalize('NFKC').toLowerCase();
  return text.includes(filter.q.normalize('NFKC').toLowerCase());
}

export function createHistoryModel() {
  const store = createStore({ events: [], next: null, complete: false, loading: false, error: '', filter: null, query: null });
  let turn = 0;
  let aborter = null;
  let known = new Set();

  async function page(after, left = tries) {
    const mine = turn;
    const { filter, query } = store.get();
    store.set({ loading: true, error: '' });
    try {
      const data = await get(`/history/${filter.category}`, { ...query, limit: pageSize, after }, aborter.signal);
      if (mine !== turn) return;
      const rows = data.events.filter((e) => !known.has(e.id));
      rows.forEach((e) => known.add(e.id));
      const done = !data.next || (data.complete && !data.events.length);
      store.set({ events: [...store.get().events, ...rows], next: data.next, complete: done, loading: false });
      if (!data.events.length && data.next && left > 1) await page(data.next, left - 1);
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
      known = new Set();
      store.set({ filter, query: queryOf(filter), events: [], next: null, complete: false });
      return page(null);
    },
    more: () => page(store.get().next),
    /** Takes a live event; true when it is new here. */
    take(event) {
      if (known.has(event.id)) return false;
      known.add(event.id);
      return true;
    },
    stop: () => { turn += 1; aborter?.abort(); },
  };
}
