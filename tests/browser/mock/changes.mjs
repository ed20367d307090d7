// Change history and explanations of the mock: the shapes of openapi.yaml, with one act of each kind that the console shows in its own way.
import { departments, gates, iso, now } from './data.mjs';
import { person } from './people.mjs';

const admin = { id: 1, name: 'admin' };
const ref = (thing) => thing && { id: thing.id, name: thing.name };
const cardholder = (id, more = {}) => {
  const p = person(id);
  return {
    employee_number: p.employee_number, name: p.name, kana: p.kana, department: p.department, valid_from: null, valid_to: null, enabled: true, lost: false, lost_at: null,
    extended_unlock: false, apb_exempt: false, note: '', has_pin: false, ...more,
  };
};
const label = (id) => `${person(id).employee_number} ${person(id).name}`;
const permit = (id, gate) => ({ cardholder: { id, name: label(id) }, gate: ref(gates[gate - 1]), gate_group: null, pass_level: 2, valid_from: null, valid_to: '2027-03-31T15:00:00+00:00' });
const row = (table, id, name, before, after, changed = null) => ({ table, id, label: name, action: !before ? 'added' : after ? 'changed' : 'removed', before, after, changed });

/** Acts, newest last: {kind, operator, origin, comment, changes}. */
const acts = [
  { kind: 'seed', operator: null, origin: 'install', comment: '', changes: [row('management_group', 1, '本館', null, { name: '本館', note: '' })] },
  { kind: 'department.update', changes: [row('department', 7, '第一研究部', { code: 'R1', name: '第一研究室', parent: ref(departments[5]) }, { code: 'R1', name: '第一研究部', parent: ref(departments[5]) }, ['name'])] },
  {
    kind: 'cardholder.import', origin: 'import', comment: '人事_2026-11.csv',
    changes: Array.from({ length: 230 }, (_, i) => row('cardholder', 1000 + i, label(1000 + i), cardholder(1000 + i, { department: ref(departments[1]) }), cardholder(1000 + i), ['department'])),
  },
  {
    kind: 'cardholder.update',
    changes: [row('cardholder', 2, label(2), cardholder(2, { name: '鈴木 旧姓', has_pin: true }), cardholder(2, { has_pin: true, valid_to: '2027-03-31T15:00:00+00:00', apb_exempt: true }), ['name', 'valid_to', 'apb_exempt', 'pin']),
      row('credential', 1000002, `90000002 / ${label(2)}`, null, { card_number: '90000002', cardholder: { id: 2, name: label(2) }, issue_count: 1, lost: false })],
  },
  { kind: 'permit.create', changes: [row('permit', 81, `${label(2)} / ${gates[2].name}`, null, permit(2, 3))] },
  { kind: 'cardholder.lost', comment: '駅で紛失', operator: { id: 2, name: 'honkan' }, changes: [row('cardholder', 2, label(2), cardholder(2), cardholder(2, { lost: true, lost_at: iso(now() - 7200000) }), ['lost', 'lost_at'])] },
  { kind: 'gate.update', changes: [row('gate', 3, gates[2].name, { name: '旧 玄関', building: '', place: '', management_group: ref(gates[2].management_group), controller: ref(gates[2].controller), door: 1, entry_reader: 'card', exit_reader: 'none', parameters: { unlock_time: 5 } },
    { name: gates[2].name, building: '', place: '', management_group: ref(gates[2].management_group), controller: ref(gates[2].controller), door: 1, entry_reader: 'card_keypad', exit_reader: 'none', parameters: { unlock_time: 8 } }, ['name', 'entry_reader', 'parameters'])] },
  { kind: 'gate_group.gates', changes: [row('gate_group_member', 51, `来客用ゲート / ${gates[8].name}`, { gate_group: { id: 1, name: '来客用ゲート' }, gate: ref(gates[8]) }, null)] },
];
export const changeSets = acts.map((act, i) => ({ origin: 'operator', operator: admin, comment: '', ...act, revision: 101 + i, at: iso(now() - (acts.length - i) * 3700000) }));
/** What the next undo meets: null, or the ids that were changed since as the server's text. */
export const undo = { since: null };

function shown({ changes, ...set }) {
  const counts = {};
  for (const c of changes) {
    counts[c.table] ??= { added: 0, changed: 0, removed: 0 };
    counts[c.table][c.action] += 1;
  }
  return { ...set, counts };
}

const touches = (set, subject, id) => set.changes.some((c) => (c.table === subject && String(c.id) === id) || (subject === 'cardholder' && String((c.after ?? c.before).cardholder?.id) === id));

function list(q) {
  const kinds = q.getAll('kind');
  const found = changeSets.filter((s) => (!kinds.length || kinds.some((k) => s.kind === k || s.kind.startsWith(`${k}.`)))
    && (!q.get('operator') || String(s.operator?.id) === q.get('operator')) && (!q.get('after') || s.revision < Number(q.get('after')))
    && (!q.get('from') || s.at >= q.get('from')) && (!q.get('to') || s.at < q.get('to')) && (!q.get('subject') || touches(s, q.get('subject'), q.get('subject_id')))).reverse();
  const page = found.slice(0, Number(q.get('limit')));
  return { change_sets: page.map(shown), next: found.length > page.length ? String(page.at(-1).revision) : null };
}

function takeBack(set, body, reply, json, problem) {
  if (undo.since && !body.skip_changed) return problem(reply, 409, 'conflict', { errors: [{ pointer: '', code: 'changed_since', detail: '' }, { pointer: '/skip_changed', code: 'changed_rows', detail: undo.since }] });
  changeSets.push({ revision: changeSets.at(-1).revision + 1, at: iso(now()), operator: admin, origin: 'operator', kind: 'undo', comment: String(set.revision), changes: set.changes.map((c) => row(c.table, c.id, c.label, c.after, c.before, c.changed)) });
  const skipped = undo.since && body.skip_changed ? JSON.parse(undo.since) : {};
  undo.since = null;
  return json(reply, 200, { revision: changeSets.at(-1).revision, skipped });
}

const checks = ['known', 'lost', 'enabled', 'validity', 'permit', 'pass_level', 'armed', 'verification', 'anti_passback'];
function facts(check, id, granted) {
  return {
    known: { card_number: String(90000000 + id) }, lost: { lost: false }, enabled: { enabled: true }, validity: { valid_from: null, valid_to: null },
    permit: { permits: granted ? [{ id: 81, pass_level: 2, valid_from: null, valid_to: '2027-03-31T15:00:00Z', valid: true, gate_group: null }] : [] },
    pass_level: { schedule: null, allowed: 'all', pass_levels: granted ? [2] : null }, armed: { arm_state: 'disarmed' }, verification: { verification_mode: 'card_and_pin', has_pin: true },
    anti_passback: { anti_passback: 'off', exempt: false, last_seen: null },
  }[check];
}

/** Refused by the gate for want of a permit that the server has by now. */
function explain(id, gate, at, event) {
  const reasons = checks.map((check) => ({
    check, verdict: check === 'permit' ? 'refuse' : 'pass', code: check === 'permit' ? 'no_permit' : null, held: facts(check, id, false), server_verdict: 'pass', server_code: null, server: facts(check, id, true),
    told: event ? check === 'permit' : null, change_set: check === 'permit' ? { revision: 105, at: iso(now() - 14800000), kind: 'permit.create', operator: admin } : null,
  }));
  return {
    cardholder: { id, employee_number: person(id).employee_number, name: person(id).name }, card_number: String(90000000 + id), gate: ref(gate), at, verdict: 'refuse', server_verdict: 'pass', reasons,
    held_revision: 104, held_since: iso(now() - 86400000), list_revision: 104, list_since: iso(now() - 86400000), server_revision: 108, event,
  };
}

function reach(q, kind) {
  const start = Number(q.get('after') ?? 0);
  const size = kind === 'gate' ? 250 : 3;
  const rows = Array.from({ length: Math.min(Number(q.get('limit')), size - start) }, (_, i) => {
    const n = start + i + 1;
    const sides = { card_number: String(90000000 + n), pass_level: 1 + (n % 3), held: n % 7 !== 3, server: n % 5 !== 4 };
    return kind === 'gate' ? { cardholder: { id: n, employee_number: person(n).employee_number, name: person(n).name }, department: person(n).department, ...sides }
      : { gate: ref(gates[n - 1]), ...sides, held_revision: 104, list_revision: 104 };
  });
  const next = start + rows.length < size ? String(start + rows.length) : null;
  const at = q.get('at') ?? iso(now());
  if (kind === 'cardholder') return { cardholder: { id: 2, employee_number: person(2).employee_number, name: person(2).name }, at, gates: rows, next };
  return { gate: ref(gates[Number(q.get('gate')) - 1]), at, held_revision: 104, held_since: iso(now() - 86400000), list_revision: 104, list_since: null, server_revision: 108, cardholders: rows, next };
}

/** Answers when the path is one of these; false otherwise. */
export function answerChanges(request, reply, name, q, body, json, problem, events) {
  const one = /^\/change-sets\/(\d+)(\/undo)?$/.exec(name);
  if (name.startsWith('/change-sets') && request.headers.accept === 'text/csv') {
    reply.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': 'attachment; filename="change-sets.csv"' });
    reply.end('\ufeffRevision,Time\r\n101,x\r\n');
    return undefined;
  }
  if (name === '/change-sets') return json(reply, 200, list(q));
  if (one) {
    const set = changeSets.find((s) => s.revision === Number(one[1]));
    if (!set) return problem(reply, 404, 'not_found');
    if (one[2]) return takeBack(set, body, reply, json, problem);
    const start = q.get('after') ? set.changes.findIndex((c) => `7-${c.id}` === q.get('after')) + 1 : 0;
    const page = set.changes.slice(start, start + Number(q.get('limit')));
    return json(reply, 200, { ...shown(set), changes: page, next: start + page.length < set.changes.length ? `7-${page.at(-1).id}` : null });
  }
  if (name === '/explanations' && q.get('event')) {
    const e = events.find((x) => x.id === q.get('event'));
    return json(reply, 200, explain(e.cardholder?.id ?? 1, gates[e.gate.id - 1], e.t, { id: e.id, t: e.t, kind: e.kind, told: [e.kind], revision: null }));
  }
  if (name === '/explanations') return json(reply, 200, explain(Number(q.get('cardholder')), gates[Number(q.get('gate')) - 1], q.get('at') ?? iso(now()), null));
  if (name === '/explanations/gate') return json(reply, 200, reach(q, 'gate'));
  if (name === '/explanations/cardholder') return json(reply, 200, reach(q, 'cardholder'));
  return false;
}
