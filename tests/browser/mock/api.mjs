// The API of the mock: the paths and shapes of openapi.yaml, as far as the console uses them.
import { answerChanges } from './changes.mjs';
import { answerPeople } from './people.mjs';
import { answerControllers } from './controllers.mjs';
import { answerOperators, functions } from './operators.mjs';
import { answerSystem } from './system.mjs';
import { gates, groups, buildings, departments, events, alarms, iso, now, accessEvent, otherEvent, pick, random, makeAlarm } from './data.mjs';

const commands = new Map();
const searches = [];
let nextId = 1;
let eventId = 1;
const sent = [];

const session = (site) => ({
  operator: { id: 1, name: 'admin', display_name: '管理者', role: site.role ?? 'system' }, rights: Object.fromEntries(functions.map((f) => [f, site.rights?.[f] ?? 'edit'])),
  scope: site.scope ?? { all_management_groups: true, all_departments: true, management_groups: [], departments: [] }, expires_at: iso(now() + 1800000), idle_timeout_s: 1800,
  login: site.login ?? 'password', logged_in_at: iso(now() - 3600000), previous_login_at: iso(now() - 90000000),
  server: { name: 'Kidoban', version: '0.1', edition: 'server', time_zone: 'Asia/Tokyo', now: iso(now()), password_min_length: 15 },
});

function json(reply, status, body, headers = {}) {
  reply.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', ...headers });
  reply.end(body === null ? undefined : JSON.stringify(reply.poison ? reply.poison(body) : body));
}
const problem = (reply, status, code, more = {}, headers = {}) => json(reply, status, { type: `urn:kidoban:problem:${code}`, title: code, status, detail: `${code}.`, ...more }, headers);

/** Tells every open stream. */
export function tell(site, kind, data) {
  eventId += 1;
  const text = `id: ${eventId}\nevent: ${kind}\ndata: ${JSON.stringify(site.poison ? site.poison(data) : data)}\n\n`;
  sent.push({ id: eventId, text });
  for (const stream of site.streams) stream.write(text);
}

/** A passage at a gate, as the live stream and the history would have it. */
export function passage(site, gate = pick(gates)) {
  const event = accessEvent(now(), gate);
  events.unshift(event);
  tell(site, 'access', event);
  return event;
}

export function raiseAlarm(site, kind, gate) {
  const alarm = makeAlarm(Math.max(0, ...alarms.map((a) => a.id)) + 1, kind, gate, 0);
  alarms.unshift(alarm);
  gate.state.alarms = [...new Set([...gate.state.alarms, kind])];
  tell(site, 'gate', { id: gate.id, state: gate.state });
  tell(site, 'alarm_state', alarm);
  return alarm;
}

/** One that has no duration: raised and cleared at once, so that the first word of it has both. */
export function momentaryAlarm(site, kind, gate) {
  const id = Math.max(0, ...alarms.map((a) => a.id)) + 1;
  const alarm = { ...makeAlarm(id, kind, gate, 0), cleared_at: iso(now()) };
  alarms.unshift(alarm);
  tell(site, 'alarm_state', alarm);
  return alarm;
}

function filterGates(q) {
  const all = (name) => q.getAll(name);
  const has = (name, value) => !all(name).length || all(name).includes(String(value));
  return gates.filter((g) => has('management_group', g.management_group.id) && has('building', g.building) && has('communication', g.controller.communication)
    && has('lock_state', g.state.lock_state) && has('arm_state', g.state.arm_state) && has('door_state', g.state.door_state)
    && (!q.get('gate_group') || g.id % 8 === 1) && (q.get('alarm') !== 'true' || g.state.alarms.length > 0)
    && (!q.get('q') || `${g.name}${g.building}${g.place}`.includes(q.get('q'))));
}

const detail = (g) => ({ ...g, entry_reader: 'card_keypad', exit_reader: 'card', parameters: { reread_guard_time: 3 }, gate_groups: g.id % 8 === 1 ? [{ id: 1, name: '来客用ゲート' }] : [],
  streams: [['permits', 40, 40], ['revocations', 41, 41], ['timetables', null, null], ['gate_parameters', 12, 14]].map(([stream, confirmed, wanted]) => ({ stream, confirmed_revision: confirmed, confirmed_at: confirmed && iso(now() - 3600000), wanted_revision: wanted })) });

function order(site, reply, list, command, value, kind, comment) {
  nextId += 1;
  const request = {
    id: nextId, kind, at: iso(now()), operator: { id: 1, name: 'admin' }, command, value: value ?? null, comment: comment ?? '', finished: false, counts: {},
    outcomes: list.map((g) => ({ gate: { id: g.id, name: g.name }, outcome: 'queued', reason: null, queued_at: iso(now()), sent_at: null, finished_at: null })),
  };
  commands.set(request.id, request);
  count(request);
  json(reply, 202, request, { Location: `/api/v1/gates/commands/${request.id}` });
  list.forEach((g, i) => setTimeout(() => finish(site, request, i, g), 200 + i * 25));
}

function count(request) {
  request.counts = Object.fromEntries(['queued', 'sent', 'done', 'refused', 'unreachable', 'expired', 'not_supported', 'unknown'].map((k) => [k, request.outcomes.filter((o) => o.outcome === k).length]));
  request.finished = !request.counts.queued && !request.counts.sent;
}

function finish(site, request, index, g) {
  const o = request.outcomes[index];
  o.outcome = g.controller.communication === 'down' ? 'unreachable' : g.controller.driver === 'uhppote' && request.command.endsWith('arm') ? 'not_supported' : 'done';
  o.reason = o.outcome === 'unreachable' ? 'no answer' : null;
  o.finished_at = iso(now());
  count(request);
  if (o.outcome === 'done') {
    const s = g.state;
    if (request.command === 'unlock') s.lock_state = 'unlocked';
    if (request.command === 'lock') s.lock_state = 'locked';
    if (request.command === 'arm') s.arm_state = 'armed';
    if (request.command === 'disarm') s.arm_state = 'disarmed';
    if (request.command === 'set_unlock_mode') s.unlock_mode = request.value;
    if (request.command === 'set_verification_mode') s.verification_mode = request.value;
    s.seen_at = iso(now());
    tell(site, 'gate', { id: g.id, state: s });
    const kind = request.value ?? request.command;
    const event = otherEvent(now(), 'operation', kind, g, { operator: { id: 1, name: 'admin' } });
    events.unshift(event);
    tell(site, 'operation', event);
  }
  tell(site, 'command', { id: request.id, gate: o.gate, command: request.command, value: request.value, outcome: o.outcome, reason: o.reason, operator: request.operator, queued_at: o.queued_at, sent_at: o.sent_at, finished_at: o.finished_at });
}

function filterEvents(category, q) {
  const has = (name, value) => !q.getAll(name).length || q.getAll(name).includes(String(value));
  const from = Date.parse(q.get('from') ?? 0);
  const to = q.get('to') ? Date.parse(q.get('to')) : Infinity;
  return events.filter((e) => e.category === category && Date.parse(e.t) >= from && Date.parse(e.t) < to && has('kind', e.kind) && has('gate', e.gate?.id)
    && has('management_group', e.management_group?.id) && has('department', e.department?.id) && has('cardholder', e.cardholder?.id)
    && (!q.get('q') || `${e.cardholder?.name}${e.cardholder?.kana}${e.card_number}`.includes(q.get('q'))));
}

function history(site, request, reply, category, q) {
  const list = filterEvents(category, q);
  if (request.headers.accept === 'text/csv') {
    const rows = list.map((e) => [e.t, e.kind, e.gate?.name, e.cardholder?.name ?? ''].join(',')).join('\r\n');
    reply.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': `attachment; filename="${category}.csv"` });
    reply.end(`\ufeffTime,Kind,Gate,Name\r\n${rows}\r\n${q.get('encoding') === 'cp932' && site.hardName ? '#ERROR,U+9AD9\r\n' : ''}`);
    return;
  }
  const start = q.get('after') ? list.findIndex((e) => e.id === q.get('after')) + 1 : 0;
  const page = list.slice(start, start + Number(q.get('limit') ?? 50));
  const more = start + page.length < list.length;
  json(reply, 200, { events: page, next: more ? page.at(-1).id : null, from: q.get('from') ?? iso(0), to: q.get('to') ?? iso(now()), complete: !more });
}

function plots(reply, which, q) {
  const from = Date.parse(q.get('from'));
  const to = Date.parse(q.get('to'));
  if (which === 'passages-per-hour') {
    const buckets = [];
    for (let t = Math.floor(from / 3600000) * 3600000; t < to; t += 3600000) {
      const inside = events.filter((e) => e.category === 'access' && Date.parse(e.t) >= t && Date.parse(e.t) < t + 3600000);
      const entry = inside.filter((e) => e.kind === 'entry').length;
      const exit = inside.filter((e) => e.kind === 'exit').length;
      buckets.push({ t: iso(t), entry, exit, refused: inside.length - entry - exit });
    }
    json(reply, 200, { buckets, from: iso(from), to: iso(to) });
    return;
  }
  const totals = new Map();
  for (const e of events) {
    if (e.category !== 'alarm' || Date.parse(e.t) < from || Date.parse(e.t) >= to) continue;
    const row = totals.get(e.gate.id) ?? { gate: e.gate, counts: {}, total: 0 };
    row.counts[e.kind] = (row.counts[e.kind] ?? 0) + 1;
    row.total += 1;
    totals.set(e.gate.id, row);
  }
  json(reply, 200, { gates: [...totals.values()].sort((a, b) => b.total - a.total), from: iso(from), to: iso(to) });
}

async function bodyOf(request) {
  let text = '';
  for await (const piece of request) text += piece;
  if (text) request.sentBody = true;
  return text && request.headers['content-type'] === 'application/json' ? JSON.parse(text) : {};
}

function live(site, request, reply) {
  reply.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const last = Number(request.headers['last-event-id'] ?? eventId);
  for (const { text } of sent.filter((e) => e.id > last)) reply.write(text);
  reply.write(`id: ${eventId}\nevent: hello\ndata: ${JSON.stringify({ cursor: String(eventId), now: iso(now()), heartbeat_s: 15 })}\n\n`);
  site.streams.add(reply);
  const beat = setInterval(() => reply.write(': heartbeat\n\n'), 15000);
  request.on('close', () => { clearInterval(beat); site.streams.delete(reply); });
}

function patchGate(request, reply, gate, body) {
  if (request.headers['if-match'] !== `"${gate.revision}"`) {
    problem(reply, 412, 'precondition_failed', { current: detail(gate) }, { ETag: `"${gate.revision}"` });
    return;
  }
  const { management_group: group, ...rest } = body;
  Object.assign(gate, rest);
  if (group) gate.management_group = { id: group, name: groups.find((g) => g.id === group).name };
  gate.revision += 100;
  json(reply, 200, detail(gate), { ETag: `"${gate.revision}"` });
}

export async function answer(site, request, reply, url) {
  const name = url.pathname.slice('/api/v1'.length);
  const q = url.searchParams;
  const body = request.method === 'GET' ? {} : await bodyOf(request);
  site.requests.push({ method: request.method, name, body, headers: request.headers });
  reply.poison = site.poison; // what a test makes of every answer
  if (site.away) return name === '/health' ? json(reply, 503, { status: 'degraded' }) : problem(reply, 503, 'database_unavailable', {}, { 'Retry-After': '3' });
  if (name === '/health') return json(reply, 200, { status: 'ok' });
  if (name === '/session' && request.method === 'POST') {
    if (site.problem) return problem(reply, ...site.problem);
    if (body.operator !== 'admin' || body.password !== 'secret') return problem(reply, 401, 'not_logged_in');
    site.loggedIn = true;
    return json(reply, 201, session(site));
  }
  if (!site.loggedIn) return problem(reply, 401, 'not_logged_in');
  if (name === '/session' && request.method === 'DELETE') { site.loggedIn = false; for (const s of site.streams) s.end(); return json(reply, 204, null); }
  return answerInside(site, request, reply, name, q, body);
}

function answerInside(site, request, reply, name, q, body) {
  const inGroup = (b) => gates.filter((g) => (b.gates ? b.gates.includes(g.id) : b.management_group ? g.management_group.id === b.management_group : g.id % 8 === 1));
  const gate = /^\/gates\/(\d+)$/.exec(name);
  const command = /^\/gates\/commands\/(\d+)$/.exec(name);
  const category = /^\/history\/(access|alarm|operation|management)$/.exec(name);
  if (name === '/session') return json(reply, 200, session(site));
  const needs = /^\/(operators|system\/log)/.exec(name)?.[1].replace('/', '_');
  if (needs && !['edit', ...(request.method === 'GET' ? ['view'] : [])].includes(session(site).rights[needs])) return problem(reply, 403, 'forbidden');
  if (answerOperators(request, reply, name, q, body, json, problem) !== false) return undefined;
  if (answerSystem(request, reply, name, q, json) !== false) return undefined;
  if (answerPeople(request, reply, name, q, body, json, problem) !== false || answerChanges(request, reply, name, q, body, json, problem, events) !== false) return undefined;
  if (answerControllers(request, reply, name, body, json, problem) !== false) return undefined;
  if (name === '/live') return live(site, request, reply);
  if (name === '/gates') {
    const list = filterGates(q);
    const start = q.get('after') ? Number(q.get('after')) : 0;
    const page = list.slice(start, start + Number(q.get('limit')));
    return json(reply, 200, { gates: page, total: list.length, next: start + page.length < list.length ? String(start + page.length) : null, now: iso(now()) });
  }
  if (gate && request.method === 'PATCH') return patchGate(request, reply, gates[gate[1] - 1], body);
  if (gate) return json(reply, 200, detail(gates[gate[1] - 1]), { ETag: `"${gates[gate[1] - 1].revision}"` });
  if (name === '/gates/commands') return order(site, reply, inGroup(body), body.command, body.value, 'command');
  if (name === '/gates/lockdown') return order(site, reply, inGroup(body), 'lock', null, 'lockdown', body.comment);
  if (command) return json(reply, 200, commands.get(Number(command[1])));
  if (name === '/management-groups') return json(reply, 200, { management_groups: groups });
  if (name === '/buildings') return json(reply, 200, { buildings: buildings.map((b) => ({ name: b, gates: gates.filter((g) => g.building === b).length })) });
  if (name === '/departments') return json(reply, 200, { departments });
  if (name === '/alarms') {
    const list = alarms.filter((a) => !a.cleared_at || !a.acknowledged_at);
    return json(reply, 200, { alarms: list, next: null, open: list.filter((a) => !a.cleared_at).length, unacknowledged: list.filter((a) => !a.acknowledged_at).length });
  }
  if (name === '/alarms/acknowledge') {
    const list = alarms.filter((a) => body.alarms.includes(a.id));
    list.forEach((a) => { Object.assign(a, { acknowledged_at: iso(now()), acknowledged_by: { id: 1, name: 'admin' }, comment: body.comment }); tell(site, 'acknowledged', a); });
    return json(reply, 200, { alarms: list });
  }
  if (name === '/saved-searches' && request.method === 'GET') return json(reply, 200, { saved_searches: searches.filter((s) => s.screen === q.get('screen')) });
  if (name === '/saved-searches') {
    searches.push({ id: searches.length + 1, ...body });
    return json(reply, 201, searches.at(-1));
  }
  if (name.startsWith('/saved-searches/')) { searches.splice(searches.findIndex((s) => s.id === Number(name.split('/')[2])), 1); return json(reply, 204, null); }
  if (category) return history(site, request, reply, category[1], q);
  if (name.startsWith('/history/plots/')) return plots(reply, name.split('/')[3], q);
  return problem(reply, 404, 'not_found');
}

/** Passages now and then, for looking at the console by hand. */
export const stroll = (site) => setInterval(() => { if (random() < 0.8) passage(site); }, 1500);
