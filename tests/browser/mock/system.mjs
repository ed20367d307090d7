// The system log, its chain and the system's own alarms in the mock. Japanese here is data.
import { createHash } from 'node:crypto';
import { iso, now, random, pick } from './data.mjs';
import { operators } from './operators.mjs';

const kinds = [
  ['session_create', 'POST', '/session', 'done', 201, null, {}], ['session_delete', 'DELETE', '/session', 'done', 204, null, {}], ['session_create', 'POST', '/session', 'refused', 401, null, { problem: 'login_failed' }],
  ['gates_commands', 'POST', '/gates/commands', 'done', 202, 'gates/5', { body: { command: 'unlock', gates: [5] } }], ['cardholders_update', 'PATCH', '/cardholders/1203', 'done', 200, 'cardholders/1203', { body: { department: 5, note: true } }],
  ['cardholders_lost', 'POST', '/cardholders/88/lost', 'done', 200, 'cardholders/88', { body: { lost: true, comment: true } }], ['operators_update', 'PATCH', '/operators/3', 'refused', 403, 'operators/3', { problem: 'forbidden' }],
  ['imports_apply', 'POST', '/imports/4/apply', 'failed', 503, 'imports/4', { problem: 'database_unavailable', body: { agree_deletions: true } }], ['cardholders_export', 'GET', '/cardholders', 'done', 200, null, { query: { encoding: 'utf-8', department: ['5'] } }],
];

export const entries = [];
export const systemAlarms = [];
let previous = Buffer.alloc(32);
for (let i = 1; i <= 900; i += 1) {
  const [action, method, path, outcome, status, object, details] = pick(kinds);
  const by = action === 'session_create' && outcome === 'refused' ? null : pick(operators.slice(0, 7));
  const at = iso(now() - (900 - i) * (60000 + random() * 2000));
  previous = createHash('sha256').update(previous).update(`${i}${at}${action}`).digest();
  const sealed = i <= 896;
  entries.unshift({
    id: i, at, operator: by && { id: by.id, name: by.name }, origin: i % 11 ? 'screen' : 'api', remote_addr: `10.20.${i % 9}.${10 + (i % 80)}`, action, method, path, outcome, status, object, details,
    number: sealed ? i : null, hash: sealed ? previous.toString('hex') : null, sealed_at: sealed ? at : null,
  });
}

export const makeSystemAlarm = (id, kind, subject, detail, severity = 'alarm') => ({ id, kind, subject, severity, detail, raised_at: iso(now() - 900000), cleared_at: null });

function log(request, reply, q, json) {
  const from = Date.parse(q.get('from') ?? 0);
  const to = q.get('to') ? Date.parse(q.get('to')) : Infinity;
  const has = (name, value) => !q.getAll(name).length || q.getAll(name).includes(String(value));
  const list = entries.filter((e) => Date.parse(e.at) >= from && Date.parse(e.at) < to && has('operator', e.operator?.id) && has('action', e.action) && has('outcome', e.outcome) && has('origin', e.origin)
    && (!q.get('q') || `${e.object}${e.path}${e.operator?.name}${e.remote_addr}${JSON.stringify(e.details)}`.includes(q.get('q'))));
  if (request.headers.accept === 'text/csv') {
    reply.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': 'attachment; filename="system-log.csv"' });
    reply.end(`\ufeffNumber,Time,Operator,Action\r\n${list.map((e) => [e.number, e.at, e.operator?.name, e.action].join(',')).join('\r\n')}\r\n`);
    return undefined;
  }
  const start = Number(q.get('after') ?? 0);
  const end = start + Number(q.get('limit') ?? 100);
  const newest = entries.find((e) => e.number !== null);
  return json(reply, 200, { entries: list.slice(start, end), next: end < list.length ? String(end) : null, sealed: newest && { number: newest.number, hash: newest.hash, at: newest.at } });
}

/** Answers when the path is one of these; false otherwise. */
export function answerSystem(request, reply, name, q, json) {
  if (name === '/system/log') return log(request, reply, q, json);
  if (name === '/system/log/checkpoints') {
    reply.writeHead(200, { 'Content-Type': 'application/jsonl', 'Content-Disposition': 'attachment; filename="kidoban-checkpoints.jsonl"' });
    reply.end(`${JSON.stringify({ number: 896, hash: entries.find((e) => e.number === 896).hash })}\n`);
    return undefined;
  }
  if (name === '/system/log/keys') return json(reply, 200, { keys: [{ key: '0123456789abcdef', algorithm: 'Ed25519', public_key: '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n', created_at: iso(0) }] });
  if (name === '/system/alarms') return json(reply, 200, { alarms: systemAlarms });
  return false;
}
