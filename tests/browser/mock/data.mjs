// Deterministic data of the mock: 40 gates in 4 management groups over 3 buildings, people, a day of events, alarms.
// Japanese here is data as a site would have it, not text of the console.
export const groups = ['本館', '研究棟', '物流棟', 'サーバー室'].map((name, i) => ({ id: i + 1, name, note: '', gates: 10, revision: 1 }));
export const buildings = ['東京本社ビル', '横浜研究所', '川崎物流センター'];
const rooms = ['正面玄関', '通用口', '執務室', '会議室', '倉庫', '実験室', '機械室', '書庫', '役員室', '電算室'];
export const departments = [
  [1, null, '本社', 'H'], [2, 1, '総務部', 'H1'], [3, 2, '人事課', 'H11'], [4, 2, '庶務課', 'H12'], [5, 1, '情報システム部', 'H2'],
  [6, null, '研究所', 'R'], [7, 6, '第一研究部', 'R1'], [8, 6, '第二研究部', 'R2'], [9, null, '物流センター', 'L'],
].map(([id, parent, name, code]) => ({ id, parent, name, code, revision: 1 }));
const people = [['佐藤 花子', 'サトウ ハナコ', 3], ['鈴木 一郎', 'スズキ イチロウ', 5], ['高橋 健', 'タカハシ ケン', 7], ['田中 美咲', 'タナカ ミサキ', 8],
  ['伊藤 翔太', 'イトウ ショウタ', 9], ['渡辺 由紀', 'ワタナベ ユキ', 4], ['髙﨑 誠', 'タカサキ マコト', 7], ['小林 大輔', 'コバヤシ ダイスケ', 5]];

let seed = 42;
export function random() {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
}
export const pick = (list) => list[Math.floor(random() * list.length)];
export const iso = (ms) => new Date(ms).toISOString();
export const now = () => Date.now();

export const gates = Array.from({ length: 40 }, (_, i) => ({
  id: i + 1,
  name: `${groups[i % 4].name} ${1 + (i % 9)}F ${rooms[Math.floor(i / 4)]}`,
  building: buildings[i % 3],
  place: `${1 + (i % 9)}F ${i % 2 ? '東側' : '西側'}`,
  door: 1 + (i % 2),
  management_group: { id: groups[i % 4].id, name: groups[i % 4].name },
  controller: {
    id: 1 + Math.floor(i / 2), name: `制御器 ${String(1 + Math.floor(i / 2)).padStart(2, '0')}`, driver: i === 39 ? 'uhppote' : 'kidoban', address: `127.20.1.${1 + Math.floor(i / 2)}`, port: 11000,
    serial: (0x4b44000000000001n + BigInt(Math.floor(i / 2))).toString(16), communication: i === 22 || i === 23 ? 'down' : 'up',
    communication_since: iso(now() - 7200000), last_seen_at: iso(now() - (i === 22 || i === 23 ? 900000 : 12000)), reason: i === 22 || i === 23 ? 'no answer to 3 handshakes' : null,
  },
  state: {
    lock_state: i === 4 || i === 17 ? 'unlocked' : 'locked', arm_state: i % 4 === 3 ? 'armed' : 'disarmed', door_state: i === 4 ? 'open' : 'closed',
    verification_mode: i % 4 === 3 ? 'card_and_pin' : 'card', unlock_mode: i === 17 ? 'continuous' : 'one_shot', alarms: i === 4 ? ['door_open_too_long'] : [],
    seen_at: iso(now() - (i === 22 || i === 23 ? 900000 : 5000 + i * 900)), changed_at: iso(now() - 1800000), age_s: 10,
  },
  revision: 10 + i,
}));
gates.forEach((g) => { g.management_group = { ...g.management_group }; });

let sequence = 1000;
const refusals = ['unknown_card', 'no_permit', 'out_of_time', 'pin_mismatch', 'lost_card_refused'];

export function accessEvent(t, gate = pick(gates)) {
  const refused = random() < 0.08;
  const person = pick(people);
  const unknown = refused && random() < 0.3;
  const side = random() < 0.5 ? 'entry' : 'exit';
  const kind = refused ? (unknown ? 'unknown_card' : pick(refusals.slice(1))) : side;
  sequence += 1;
  const index = people.indexOf(person);
  return {
    id: `1-${sequence}`, t: iso(t), category: 'access', kind, reader: side, gate: { id: gate.id, name: gate.name }, management_group: gate.management_group,
    controller: { id: gate.controller.id, name: gate.controller.name }, card_number: unknown ? '0099887766' : `00012345${index}0`,
    cardholder: unknown ? null : { id: index + 1, employee_number: `0010${index}`, name: person[0], kana: person[1] },
    department: unknown ? null : { id: person[2], name: departments.find((d) => d.id === person[2]).name }, operator: null, raised: null, details: {},
  };
}

export function otherEvent(t, category, kind, gate, more = {}) {
  sequence += 1;
  return {
    id: `2-${sequence}`, t: iso(t), category, kind, reader: null, gate: gate && { id: gate.id, name: gate.name }, management_group: gate?.management_group ?? null,
    controller: gate && { id: gate.controller.id, name: gate.controller.name }, card_number: null, cardholder: null, department: null, operator: null,
    raised: category === 'alarm' ? true : null, details: {}, ...more,
  };
}

/** Two and a half days of events, newest first. */
export const events = [];
for (let t = now() - 60 * 3600000; t < now(); t += 40000 + random() * 160000) {
  const hour = (new Date(t).getUTCHours() + 9) % 24;
  if (hour > 6 && hour < 21 || random() < 0.15) events.push(accessEvent(t));
}
for (let i = 0; i < 30; i += 1) events.push(otherEvent(now() - random() * 40 * 3600000, 'alarm', pick(['forced_open', 'door_open_too_long', 'tamper', 'reader_fault']), pick(gates)));
events.push(otherEvent(now() - 3600000, 'alarm', 'event_overflow', gates[7], { details: { from: 5121, to: 5174, count: 54 } }));
for (let i = 0; i < 12; i += 1) events.push(otherEvent(now() - random() * 40 * 3600000, 'operation', pick(['unlock', 'lock', 'arm']), pick(gates), { operator: { id: 1, name: 'admin' } }));
for (let i = 0; i < 4; i += 1) events.push(otherEvent(now() - random() * 40 * 3600000, 'management', 'clock_set', pick(gates)));
events.sort((a, b) => Date.parse(b.t) - Date.parse(a.t));

const alarm = (id, kind, gate, ago, cleared = null) => ({
  id, kind, gate: gate && { id: gate.id, name: gate.name }, management_group: gate?.management_group ?? null, controller: gate && { id: gate.controller.id, name: gate.controller.name },
  raised_at: iso(now() - ago), cleared_at: cleared && iso(now() - cleared), acknowledged_at: null, acknowledged_by: null, comment: null,
});
export const alarms = [alarm(3, 'door_open_too_long', gates[4], 240000), alarm(2, 'controller_comm_fault', gates[22], 900000), alarm(1, 'tamper', gates[11], 5400000, 5000000)];
export const makeAlarm = alarm;
