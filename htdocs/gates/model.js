// The gates in sight: loaded page by page, kept fresh by the live stream, filtered by the search conditions.
import { get } from '../app/api.js';
import { createStore } from '../app/store.js';
import { problemText } from '../app/problems.js';

const pageSize = 200;

/** What the search form can ask for; the same names as the API's parameters. */
export const conditionNames = ['management_group', 'gate_group', 'building', 'q', 'communication', 'lock_state', 'arm_state', 'door_state', 'alarm'];

export function createGateModel() {
  const store = createStore({ gates: [], total: 0, next: null, loading: false, error: '', conditions: {} });
  let turn = 0;
  let aborter = null;

  async function page(after) {
    const mine = turn;
    store.set({ loading: true, error: '' });
    try {
      const data = await get('/gates', { ...store.get().conditions, limit: pageSize, after }, aborter.signal);
      if (mine !== turn) return;
      const known = after ? store.get().gates : [];
      store.set({ gates: [...known, ...data.gates], total: data.total, next: data.next, loading: false });
    } catch (problem) {
      if (mine !== turn || problem.name === 'AbortError') return;
      store.set({ loading: false, error: problemText(problem) });
    }
  }

  function load(conditions = store.get().conditions) {
    turn += 1;
    aborter?.abort();
    aborter = new AbortController();
    store.set({ conditions });
    return page(null);
  }

  /** What moved of a gate, as the live stream tells it: {id, state, controller}. A gate that no longer meets the conditions stays until the next search: rows must not
   * vanish under the pointer. */
  function take(gate) {
    const { gates } = store.get();
    const at = gates.findIndex((g) => g.id === gate.id);
    if (at < 0) return false;
    const next = gates.slice();
    next[at] = {
      ...gates[at],
      state: { ...gates[at].state, ...gate.state },
      controller: { ...gates[at].controller, ...gate.controller },
    };
    store.set({ gates: next });
    return true;
  }

  return {
    store,
    load,
    take,
    more: () => page(store.get().next),
    stop: () => { turn += 1; aborter?.abort(); },
    byId: (id) => store.get().gates.find((g) => g.id === id),
  };
}

/** Every gate id that the conditions select, over all pages: for acts on a whole group. */
export async function everyGate(conditions) {
  const gates = [];
  let after = null;
  do {
    const data = await get('/gates', { ...conditions, limit: 1000, after });
    gates.push(...data.gates);
    after = data.next;
  } while (after);
  return gates;
}
