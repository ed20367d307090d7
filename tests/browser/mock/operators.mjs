// Operators, who is logged in, and one's own password in the mock; the rules that the console has to explain are kept as the server
// keeps them: fixed cells, the last system administrator, the length of passwords, revisions. Japanese here is data.
import { departments, groups, iso, now } from './data.mjs';

export const functions = ['history', 'cardholders', 'cardholder_import', 'vein_import', 'gates', 'management_groups', 'departments', 'operators', 'calendars', 'data_interface',
  'permit_transfer', 'calendar_transfer', 'system_log', 'change_history', 'system_administration', 'gate_parameters', 'ic_card_parameters', 'global_apb', 'mutual_auth_password'];
const fixed = ['management_groups', 'departments', 'operators', 'calendar_transfer', 'change_history'];
const ofGeneral = ['history', 'cardholders', 'vein_import', 'gates', 'gate_parameters', 'ic_card_parameters', 'global_apb'];
const defaults = {
  general: Object.fromEntries(functions.map((f) => [f, ofGeneral.includes(f) ? 'edit' : 'none'])),
  system: Object.fromEntries(functions.map((f) => [f, 'edit'])),
};

const named = (list, ids) => ids.map((id) => ({ id, name: list.find((x) => x.id === id).name }));
const scope = (groupIds, departmentIds) => ({
  all_management_groups: groupIds === null, all_departments: departmentIds === null, management_groups: named(groups, groupIds ?? []), departments: named(departments, departmentIds ?? []),
});

function make(id, name, shown, role, more = {}) {
  return {
    id, name, display_name: shown, role, disabled: false, remote_user: null, has_password: true, rights: { ...defaults[role], ...more.rights }, fixed: [...fixed],
    scope: more.scope ?? scope(null, null), editable: true, logged_in: 0, last_login_at: iso(now() - id * 5400000), revision: 1, ...more.rest,
  };
}

export const operators = [
  make(1, 'admin', '管理者', 'system'),
  make(2, 'yamamoto', '山本 純', 'system', { rest: { remote_user: 'yamamoto@EXAMPLE.JP', has_password: false } }),
  make(3, 'honkan-guard', '本館 警備室', 'general', { scope: scope([1], [1]), rights: { cardholders: 'view', gate_parameters: 'none', ic_card_parameters: 'none' } }),
  make(4, 'kenkyu-somu', '研究所 総務', 'general', { scope: scope([2, 4], [6]), rights: { cardholder_import: 'edit', calendars: 'edit' } }),
  make(5, 'logi-center', '物流センター', 'general', { scope: scope([3], [9]) }),
  make(6, 'jinji', '人事課 髙﨑', 'general', { scope: scope([], null), rights: { gates: 'none', cardholder_import: 'edit' } }),
  make(7, 'kansa', '監査室', 'general', { rights: Object.fromEntries(functions.filter((f) => !fixed.includes(f) && defaults.general[f] === 'edit').map((f) => [f, 'view']).concat([['system_log', 'view']])) }),
  make(8, 'tanaka-old', '田中 美咲(異動)', 'general', { scope: scope([1], [5]), rest: { disabled: true, last_login_at: null } }),
];
for (let id = 9; id <= 24; id += 1) operators.push(make(id, `guard-${String(id).padStart(2, '0')}`, `警備員 ${id}`, 'general', { scope: scope([1 + (id % 4)], [1 + (id % 9)]) }));

export const sessions = [
  [11, 1, 'password', '10.20.1.15', 3000, true], [12, 3, 'password', '10.20.8.40', 30000, false], [13, 3, 'password', '10.20.8.41', 400000, false],
  [14, 2, 'remote_user', '10.20.1.77', 61000, false], [15, 4, 'password', '10.31.0.5', 950000, false],
].map(([id, of, origin, address, ago, own]) => ({
  id, operator: { id: of, name: operators[of - 1].name }, origin, remote_addr: address, created_at: iso(now() - 3600000 - ago * 4), last_seen_at: iso(now() - ago), own,
}));

const shown = (o) => ({ ...o, logged_in: sessions.filter((s) => s.operator.id === o.id).length });
const etag = (o) => ({ ETag: `"${o.revision}"` });
const administers = (o) => o.role === 'system' && !o.disabled;
const fault = (code, pointer) => ({ status: 422, code: 'invalid', more: { errors: [{ pointer, code, detail: code }] } });

function passwordFault(password, pointer = '/password') {
  if ([...password].length < 15) return fault('password_short', pointer);
  if (/password|kidoban|123456/i.test(password)) return fault('password_listed', pointer);
  return null;
}

/** What stands in the way of the operator becoming `next`, null when nothing. */
function refused(old, next, body) {
  if (body.password !== undefined && passwordFault(body.password)) return passwordFault(body.password);
  if (operators.some((o) => o !== old && o.name === next.name)) return { status: 409, code: 'conflict', more: { errors: [{ pointer: '/name', code: 'taken', detail: '' }] } };
  const wrong = fixed.find((f) => next.rights[f] !== defaults[next.role][f]);
  if (wrong) return fault('fixed_right', `/rights/${wrong}`);
  if (old && administers(old) && !administers(next) && operators.filter(administers).length === 1) return { status: 409, code: 'conflict', more: { errors: [{ pointer: '', code: 'last_administrator', detail: '' }] } };
  return null;
}

function merged(old, body) {
  const { password, scope: wanted, rights, ...rest } = body;
  const next = { ...old, ...rest, rights: { ...old.rights, ...rights } };
  if (password !== undefined) next.has_password = true;
  if (wanted) next.scope = { ...wanted, management_groups: named(groups, wanted.management_groups), departments: named(departments, wanted.departments) };
  return next;
}

/** Changes an operator as somebody else would. */
export function elsewhere(id, part) {
  const o = operators.find((x) => x.id === id);
  Object.assign(o, part, { revision: o.revision + 1 });
}

function list(q, reply, json) {
  const has = (name, value) => !q.get(name) || q.get(name) === String(value);
  const found = operators.filter((o) => has('role', o.role) && has('disabled', o.disabled) && (!q.get('q') || `${o.name}${o.display_name}`.includes(q.get('q'))));
  const start = Number(q.get('after') ?? 0);
  const end = start + Number(q.get('limit') ?? 100);
  return json(reply, 200, { operators: found.slice(start, end).map(shown), next: end < found.length ? String(end) : null, total: found.length });
}

function add(body, reply, json, problem) {
  const base = make(Math.max(...operators.map((o) => o.id)) + 1, body.name, body.display_name, body.role, { rest: { has_password: false, last_login_at: null } });
  const next = merged(base, body);
  const no = refused(null, next, body);
  if (no) return problem(reply, no.status, no.code, no.more);
  operators.push(next);
  return json(reply, 201, shown(next), etag(next));
}

function one(request, reply, o, body, json, problem) {
  if (!o) return problem(reply, 404, 'not_found');
  if (request.method === 'GET') return json(reply, 200, shown(o), etag(o));
  if (request.headers['if-match'] !== etag(o).ETag) return problem(reply, 412, 'precondition_failed', { current: shown(o) }, etag(o));
  const next = request.method === 'DELETE' ? { ...o, disabled: true } : merged(o, body);
  const no = refused(o, next, body);
  if (no) return problem(reply, no.status, no.code, no.more);
  if (request.method === 'DELETE') { operators.splice(operators.indexOf(o), 1); return json(reply, 204, null); }
  Object.assign(o, next, { revision: o.revision + 1 });
  return json(reply, 200, shown(o), etag(o));
}

function end(which) {
  const gone = sessions.filter(which);
  gone.forEach((s) => sessions.splice(sessions.indexOf(s), 1));
  return gone.length;
}

/** Answers when the path is one of these; false otherwise. */
export function answerOperators(request, reply, name, q, body, json, problem) {
  if (name === '/session/password') {
    if (body.current !== 'secret') return problem(reply, 422, 'invalid', { errors: [{ pointer: '/current', code: 'password_wrong', detail: '' }] });
    const no = passwordFault(body.password);
    if (no) return problem(reply, no.status, no.code, no.more);
    return json(reply, 200, { ended: end((s) => s.operator.id === 1 && !s.own) });
  }
  if (name === '/operators/roles') return json(reply, 200, { roles: Object.keys(defaults).map((role) => ({ role, rights: defaults[role], fixed })) });
  if (name === '/operators/sessions') return json(reply, 200, { sessions });
  const session = /^\/operators\/sessions\/(\d+)$/.exec(name);
  if (session) return end((s) => s.id === Number(session[1])) ? json(reply, 204, null) : problem(reply, 404, 'not_found');
  const out = /^\/operators\/(\d+)\/log-out$/.exec(name);
  if (out) return json(reply, 200, { ended: end((s) => s.operator.id === Number(out[1])) });
  if (name === '/operators') return request.method === 'GET' ? list(q, reply, json) : add(body, reply, json, problem);
  const which = /^\/operators\/(\d+)$/.exec(name);
  return which ? one(request, reply, operators.find((o) => o.id === Number(which[1])), body, json, problem) : false;
}
