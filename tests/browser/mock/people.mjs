// Cardholders, permits, organisation, transfers and proof of the mock: 300,000 people who are made when they are asked for, so that the
// list can be scrolled as on the largest site. Japanese here is data.
import { departments, groups, gates, iso, now } from './data.mjs';

export const total = 300000;
const family = ['佐藤', '鈴木', '高橋', '田中', '伊藤', '渡辺', '髙﨑', '小林'];
const given = ['花子', '一郎', '健', '美咲', '翔太', '由紀', '誠'];
const kana = ['サトウ', 'スズキ', 'タカハシ', 'タナカ', 'イトウ', 'ワタナベ', 'タカサキ', 'コバヤシ'];
const changed = new Map();
export const permits = [{ id: 1, person: 2, gate: 3, gate_group: null, pass_level: 2 }, { id: 2, person: 2, gate: null, gate_group: 1, pass_level: 1 }];
export const sets = [{ id: 1, name: '来客用ゲート', members: [1, 9, 17, 25, 33], revision: 5 }];
export const transfers = [];
export const proof = { exposed: 3 };
let revision = 100;

/** The person of an id (1..total), with what was changed. */
export function person(id) {
  if (changed.has(id)) return changed.get(id);
  const department = departments[id % departments.length];
  return {
    id, employee_number: String(id).padStart(6, '0'), name: `${family[id % 8]} ${given[id % 7]}`, kana: kana[id % 8], department: { id: department.id, name: department.name },
    cards: [{ id: 1000000 + id, card_number: String(90000000 + id), issue_count: 1, lost: false }], valid_from: null, valid_to: null, enabled: id % 50 !== 7, lost: false, lost_at: null,
    has_pin: false, extended_unlock: false, apb_exempt: false, vein_count: 0, note: '', revision: 1,
  };
}

const gateRef = (id) => ({ id, name: gates[id - 1].name });
const permitOf = (p) => ({
  id: p.id, cardholder: { id: p.person, name: person(p.person).name, employee_number: person(p.person).employee_number }, gate: p.gate && gateRef(p.gate),
  gate_group: p.gate_group && { id: p.gate_group, name: sets.find((s) => s.id === p.gate_group).name }, pass_level: p.pass_level, valid_from: null, valid_to: null, editable: true, revision: 1,
});
const detail = (id) => ({ ...person(id), permits: permits.filter((p) => p.person === id).map(permitOf), warnings: [] });

export function change(id, part) {
  revision += 1;
  const old = person(id);
  const { department, card_number: card, ...rest } = part;
  const next = { ...old, ...rest, revision };
  if (department) next.department = { id: department, name: departments.find((d) => d.id === department).name };
  if (card) next.cards = [{ ...old.cards[0], card_number: card }];
  changed.set(id, next);
  return next;
}

function below(id) {
  const found = new Set([id]);
  for (const d of departments) if (found.has(d.parent)) found.add(d.id);
  return found;
}

/** Ids that the search finds, in order. */
function find(q) {
  if (q.get('q')) return Array.from({ length: 3000 }, (_, i) => i + 1).filter((id) => `${person(id).name}${person(id).employee_number}`.includes(q.get('q')));
  const within = q.get('department') && below(Number(q.get('department')));
  if (within) return Array.from({ length: 30000 }, (_, i) => i + 1).filter((id) => within.has(person(id).department.id));
  return null;
}

function list(q, reply, json) {
  const ids = find(q);
  const start = Number(q.get('after') ?? 0);
  const end = Math.min(ids?.length ?? total, start + Number(q.get('limit') ?? 100));
  const rows = [];
  for (let i = start; i < end; i += 1) rows.push(person(ids ? ids[i] : i + 1));
  return json(reply, 200, { cardholders: rows, next: end < (ids?.length ?? total) ? String(end) : null, total: ids?.length ?? total });
}

function anchors(q, reply, json) {
  const count = find(q)?.length ?? total;
  const step = Number(q.get('step'));
  return json(reply, 200, { anchors: Array.from({ length: Math.ceil(count / step) - 1 }, (_, i) => String((i + 1) * step)), total: count });
}

function bulk(body, reply, json, problem) {
  const count = body.cardholders?.length ?? total;
  if (body.expected_count !== count) return problem(reply, 409, 'conflict', { count, errors: [{ pointer: '/expected_count', code: 'other_count', detail: '' }] });
  for (const id of body.cardholders ?? []) {
    for (const p of body.change?.permits_add ?? []) permits.push({ id: permits.length + 1, person: id, gate: p.gate ?? null, gate_group: p.gate_group ?? null, pass_level: p.pass_level });
    if (body.change?.department) change(id, { department: body.change.department });
  }
  return json(reply, 200, { changed: count, revision });
}

function one(request, reply, id, act, body, json, problem) {
  const etag = () => ({ ETag: `"${person(id).revision}"` });
  if (act === 'proof') {
    const exposed = Array.from({ length: proof.exposed }, (_, i) => ({ gate: gateRef(i + 1), held_revision: 1, since: iso(now() - 4000), reason: 'revoked', communication: 'up', transfer: null }));
    return json(reply, 200, { revision, confirmed: [{ gate: gateRef(9), confirmed_revision: revision, confirmed_at: iso(now()) }], exposed, pending: [], concerned: 4, exposed_count: proof.exposed, pending_count: 0 });
  }
  if (act === 'lost') change(id, { lost: body.lost, lost_at: body.lost ? iso(now()) : null });
  else if (act === 'reissue') {
    const cards = [{ id: 2000000 + id, card_number: body.card_number, issue_count: 2, lost: false }, ...person(id).cards.map((k) => ({ ...k, lost: true }))];
    change(id, { cards });
  } else if (request.method !== 'GET') {
    if (request.headers['if-match'] !== etag().ETag) return problem(reply, 412, 'precondition_failed', { current: detail(id) }, etag());
    if (request.method === 'DELETE') return json(reply, 200, { revision });
    change(id, body);
  }
  return json(reply, 200, detail(id), etag());
}

function organisation(request, reply, kind, id, rest, body, q, json, problem) {
  revision += 1;
  const etag = (thing) => ({ ETag: `"${thing.revision}"` });
  if (kind === 'departments') {
    if (request.method === 'POST') departments.push({ id: departments.length + 100, revision, ...body });
    const thing = id ? departments.find((d) => d.id === id) : departments.at(-1);
    if (request.method === 'DELETE') { departments.splice(departments.indexOf(thing), 1); return json(reply, 200, { revision }); }
    if (request.method === 'PATCH') Object.assign(thing, body, { revision });
    return json(reply, request.method === 'POST' ? 201 : 200, thing, etag(thing));
  }
  if (kind === 'management-groups') {
    if (request.method === 'POST') groups.push({ id: groups.length + 1, gates: 0, note: '', revision, ...body });
    const thing = id ? groups.find((g) => g.id === id) : groups.at(-1);
    if (request.method === 'PATCH') Object.assign(thing, body, { revision });
    return json(reply, request.method === 'POST' ? 201 : 200, thing, etag(thing));
  }
  if (request.method === 'POST') sets.push({ id: sets.length + 1, revision, name: body.name, members: body.gates });
  const set = id ? sets.find((s) => s.id === id) : sets.at(-1);
  if (id && request.method !== 'GET' && request.headers['if-match'] !== `"${set.revision}"`) return problem(reply, 412, 'precondition_failed', {}, etag(set));
  if (request.method === 'PUT' && q.get('preview')) {
    return json(reply, 200, { gain: body.gates.filter((g) => !set.members.includes(g)).map((g) => ({ gate: gateRef(g), cardholders: 2034 })), lose: [] });
  }
  if (request.method === 'PUT') Object.assign(set, { members: body.gates, revision });
  if (request.method === 'PATCH') Object.assign(set, { name: body.name, revision });
  return json(reply, request.method === 'POST' ? 201 : 200, { id: set.id, name: set.name, gates: set.members.length, editable: true, revision: set.revision, members: set.members.map(gateRef) }, etag(set));
}

function transfer(request, reply, id, act, body, q, json) {
  if (request.method === 'GET' && !id) {
    const states = q.getAll('state');
    const found = transfers.filter((x) => (!states.length || states.includes(x.state)) && (!q.get('after') || x.id < Number(q.get('after'))));
    const page = found.slice(0, Number(q.get('limit')));
    return json(reply, 200, { transfers: page, next: found.length > page.length ? String(page.at(-1).id) : null });
  }
  const make = (more) => {
    const x = {
      id: transfers.length + 1, kind: 'permit_transfer', state: 'running', controller: { id: 1, name: gates[0].controller.name }, gates: [gateRef(1)], stream: 'permits', full: false, progress: 300, total: 1000,
      attempts: 1, next_at: null, reason: null, because: 'operator', created_at: iso(now()), started_at: iso(now()), finished_at: null, operator: { id: 1, name: 'admin' }, ...more,
    };
    transfers.unshift(x);
    return x;
  };
  if (!id) return json(reply, 202, make({ full: body.full ?? false }));
  const old = transfers.find((x) => String(x.id) === id);
  if (act === 'stop') old.state = 'stopped';
  return json(reply, act === 'repeat' ? 202 : 200, act === 'repeat' ? make({}) : old);
}

/** An import goes on by itself: reading, looked at after a second; applying, done after another. */
export const imports = [];
function importOf(request, reply, id, act, q, body, json, problem) {
  if (!id && request.method === 'GET') return json(reply, 200, { imports, next: null });
  if (!id) {
    const job = {
      id: imports.length + 1, kind: q.get('kind'), mode: q.get('mode'), encoding: q.get('encoding'), blank: q.get('blank'), state: 'reading', file_name: q.get('file_name'), bytes: 100, rows: 4,
      counts: { add: 0, change: 0, unchanged: 0, delete: 0, error: 0 }, progress: 1, total: 4, reason: '', fault: null, change_set: null,
      deletion_cap: { share: 0.1, exceeded: q.get('mode') === 'delete', agreed: false }, operator: { id: 1, name: 'admin' }, at: iso(now()), finished_at: null,
    };
    imports.unshift(job);
    setTimeout(() => Object.assign(job, { state: 'previewed', counts: { add: 1, change: 1, unchanged: 1, delete: q.get('mode') === 'delete' ? 1 : 0, error: 1 } }), 1000);
    return json(reply, 202, job);
  }
  const job = imports.find((i) => i.id === id);
  if (act === 'rows') {
    const rows = [
      { row: 2, key: '900001', status: 'add', code: null, field: null, message: null, before: null, after: { name: '新人 太郎' } },
      { row: 3, key: '000002', status: 'change', code: null, field: null, message: null, before: { name: '旧姓' }, after: { name: '新姓' } },
      { row: 4, key: '000003', status: 'unchanged', code: null, field: null, message: null, before: null, after: null },
      { row: 5, key: '000004', status: 'error', code: 'not_found', field: 'department', message: '所属が見つかりません', before: null, after: null },
    ];
    if (q.get('status') === 'unchanged') for (let i = 0; i < 149; i += 1) rows.push({ ...rows[2], row: 6 + i, key: String(100000 + i) });
    const found = rows.filter((r) => (!q.get('status') || r.status === q.get('status')) && r.row > Number(q.get('after') ?? 0));
    const page = found.slice(0, Number(q.get('limit')));
    return json(reply, 200, { rows: page, next: found.length > page.length ? String(page.at(-1).row) : null });
  }
  if (act === 'apply' && job.deletion_cap.exceeded && !body.agree_deletions) return problem(reply, 409, 'deletions_not_agreed');
  if (act === 'apply') { job.state = 'applying'; setTimeout(() => { job.state = 'done'; }, 1000); }
  if (act === 'cancel') job.state = 'cancelled';
  if (act === 'result') {
    reply.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment; filename="result.csv"' });
    reply.end('row,result\r\n2,OK\r\n');
    return undefined;
  }
  return json(reply, request.method === 'POST' ? 202 : 200, job);
}

/** Answers when the path is one of these; false otherwise. */
export function answerPeople(request, reply, name, q, body, json, problem) {
  if (name === '/cardholders' && request.method === 'GET') return list(q, reply, json);
  if (name === '/cardholders/anchors') return anchors(q, reply, json);
  if (name === '/cardholders/bulk') return bulk(body, reply, json, problem);
  const cardholder = /^\/cardholders\/(\d+)(?:\/(\w+))?$/.exec(name);
  if (cardholder) return one(request, reply, Number(cardholder[1]), cardholder[2], body, json, problem);
  if (name === '/cardholders') return json(reply, 201, { ...detail(total), ...body, department: { id: body.department, name: '' }, cards: [] });
  if (name === '/permits/gates') return json(reply, 200, { gates: gates.map(({ id, name: word, management_group: group }) => ({ id, name: word, management_group: group })) });
  const permit = /^\/permits\/(\d+)$/.exec(name);
  if (permit && request.method === 'DELETE') { permits.splice(permits.findIndex((p) => p.id === Number(permit[1])), 1); return json(reply, 200, { revision }); }
  if (permit) return json(reply, 200, permitOf(permits.find((p) => p.id === Number(permit[1]))), { ETag: '"1"' });
  if (name === '/gate-groups' && request.method === 'GET') return json(reply, 200, { gate_groups: sets.map((s) => ({ id: s.id, name: s.name, gates: s.members.length, editable: true, revision: s.revision })) });
  const thing = /^\/(departments|management-groups|gate-groups)(?:\/(\d+))?(?:\/(gates))?$/.exec(name);
  if (thing && (thing[2] || request.method !== 'GET')) return organisation(request, reply, thing[1], Number(thing[2]) || null, thing[3], body, q, json, problem);
  const file = /^\/imports(?:\/(\d+))?(?:\/(\w+))?$/.exec(name);
  if (file) return importOf(request, reply, Number(file[1]) || null, file[2], q, body, json, problem);
  const job = /^\/transfers(?:\/(\d+))?(?:\/(stop|repeat))?$/.exec(name);
  if (job) return transfer(request, reply, job[1], job[2], body, q, json);
  return false;
}
