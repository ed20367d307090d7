// Alarms that somebody has to look at: still raised, or not acknowledged. One list for the strip, the toasts and the panel.
import { call, get } from '../app/api.js';
import { createStore } from '../app/store.js';
import { mayView } from '../app/session.js';

/** list: newest first; fresh: ids that came while this tab was looking and wait for the operator. */
export const alarms = createStore({ list: [], open: 0, unacknowledged: 0, fresh: [] });

const settled = (a) => a.cleared_at && a.acknowledged_at;

function counted(list, fresh) {
  const waiting = new Set(list.filter((a) => !a.acknowledged_at).map((a) => a.id));
  alarms.set({
    list,
    open: list.filter((a) => !a.cleared_at).length,
    unacknowledged: waiting.size,
    fresh: fresh.filter((id) => waiting.has(id)),
  });
}

/** Takes an alarm as it is now. One not known so far makes a toast until somebody acknowledges it, be it over or not. */
function merge(alarm) {
  const { list, fresh } = alarms.get();
  const known = list.some((a) => a.id === alarm.id);
  const rest = list.filter((a) => a.id !== alarm.id);
  const next = settled(alarm) ? rest : [...rest, alarm].sort((a, b) => b.id - a.id);
  counted(next, known || alarm.acknowledged_at ? fresh : [alarm.id, ...fresh]);
}

export const later = (id) => alarms.set({ fresh: alarms.get().fresh.filter((f) => f !== id) });

async function load() {
  const list = [];
  let after = null;
  do {
    const page = await get('/alarms', { open: true, limit: 500, after });
    list.push(...page.alarms);
    after = page.next;
  } while (after && list.length < 5000);
  counted(list, alarms.get().fresh);
}

export async function acknowledge(ids, comment) {
  const { data } = await call('POST', '/alarms/acknowledge', { body: { alarms: ids, comment } });
  data.alarms.forEach(merge);
}

/** Keeps the list; gives a function that ends it. */
export function startAlarms() {
  if (!mayView('history')) return () => {};
  const again = () => load().catch(() => {}); // trouble is on the banner; recovery loads again
  const onLive = ({ detail }) => {
    if (detail.kind === 'alarm_state' || detail.kind === 'acknowledged') merge(detail.data);
  };
  document.addEventListener('kidoban-live', onLive);
  document.addEventListener('kidoban-resync', again);
  document.addEventListener('kidoban-recovered', again);
  again();
  return () => {
    document.removeEventListener('kidoban-live', onLive);
    document.removeEventListener('kidoban-resync', again);
    document.removeEventListener('kidoban-recovered', again);
    alarms.set({ list: [], open: 0, unacknowledged: 0, fresh: [] });
  };
}
