// Controllers of the mock: those of its gates, added, changed and deleted; a search that finds two boards on its third answer.
import { gates, groups, iso, now } from './data.mjs';

let nextId = 100;
let revision = 500;
const added = [];
const searches = new Map();

const ofGates = () => [...new Map(gates.map((g) => [g.controller.id, g.controller])).values()].map((c) => ({
  ...c, note: '', enabled: true, model: null, firmware: null, clock_offset_ms: 12, revision: 7, board: null,
  gates: gates.filter((g) => g.controller.id === c.id).map((g) => ({ id: g.id, door: g.door, name: g.name, management_group: g.management_group })),
}));
export const controllers = () => [...ofGates(), ...added];
const found = () => [[405000123, 4, '192.0.2.20'], [205000777, 2, '192.0.2.21']].map(([serial, doors, address]) => ({
  serial: String(serial), address, port: 60000, netmask: '255.255.255.0', gateway: '192.0.2.1', mac: '00:66:18:23:cf:41', firmware: '8.92', firmware_date: '2018-11-05', doors,
  controller: (({ id, name } = {}) => (id ? { id, name } : null))(added.find((c) => c.serial === String(serial))),
}));

function create(reply, body, json, problem) {
  if (controllers().some((c) => c.serial === body.serial)) return problem(reply, 409, 'conflict', { errors: [{ pointer: '/serial', code: 'taken', detail: 'There is one already.' }] });
  nextId += 1;
  revision += 1;
  const one = {
    id: nextId, name: body.name, driver: body.driver, serial: body.serial, address: body.address, port: body.port ?? 60000, note: '', enabled: true, communication: 'unknown', communication_since: null,
    last_seen_at: null, reason: null, model: null, firmware: '8.92', clock_offset_ms: null, revision,
    board: { take_listener: false, door_events: true, listener: '192.0.2.99:60001', listener_ours: false, listener_replaced: null, listener_replaced_at: null, mac: '00:66:18:23:cf:41',
      firmware_date: '2018-11-05', cards: 38, drift: 4, checked_at: iso(now()) },
    gates: body.gates.map((g, i) => ({ id: nextId * 10 + i, door: g.door, name: g.name, management_group: { id: g.management_group, name: groups.find((m) => m.id === g.management_group).name } })),
  };
  added.push(one);
  return json(reply, 201, one, { ETag: `"${one.revision}"` });
}

function search(reply, body, json, problem) {
  if (!/^[\d./]+$/.test(body.network)) return problem(reply, 400, 'bad_request', { errors: [{ pointer: '/network', code: 'malformed', detail: 'not a network' }] });
  nextId += 1;
  searches.set(nextId, { network: body.network, asked: 0 });
  return json(reply, 202, { id: nextId, network: body.network, port: 60000, asked_at: iso(now()), finished_at: null, reason: null, found: [] });
}

function searched(reply, id, json) {
  const one = searches.get(id);
  one.asked += 1;
  const over = one.asked > 2;
  return json(reply, 200, { id, network: one.network, port: 60000, asked_at: iso(now()), finished_at: over ? iso(now()) : null, reason: null, found: over && one.network.startsWith('192.0.2') ? found() : [] });
}

/** false when the path is none of these. */
export function answerControllers(request, reply, name, body, json, problem) {
  if (!name.startsWith('/controllers')) return false;
  const one = /^\/controllers\/(\d+)$/.exec(name);
  const looked = /^\/controllers\/discoveries\/(\d+)$/.exec(name);
  if (name === '/controllers/discoveries') return search(reply, body, json, problem);
  if (looked) return searched(reply, Number(looked[1]), json);
  if (name === '/controllers' && request.method === 'POST') return create(reply, body, json, problem);
  if (name === '/controllers') return json(reply, 200, { controllers: controllers(), now: iso(now()) });
  const chosen = controllers().find((c) => c.id === Number(one?.[1]));
  if (!chosen) return problem(reply, 404, 'not_found');
  if (request.method === 'PATCH') {
    const { take_listener: take, ...rest } = body;
    revision += 1;
    Object.assign(chosen, rest, { revision });
    if (take !== undefined) chosen.board.take_listener = take;
  }
  if (request.method === 'DELETE') { added.splice(added.indexOf(chosen), 1); return json(reply, 200, { revision }); }
  return json(reply, 200, chosen, { ETag: `"${chosen.revision}"` });
}
