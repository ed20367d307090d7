// Hostile text, in the browser: in every text field that the server may send (names, notes, what controllers and files said, coded words
// as well), in what an operator types, and in addresses. It must be seen as text; no script may run, nothing may be fetched, the CSP
// may have nothing to report.
import { test, ok, equal, until, watchHarm, harmless } from './lib.mjs';
import { mock, site, fresh as opened, finish } from './on_mock.mjs';
import { passage, raiseAlarm } from './mock/api.mjs';
import { operators, sessions } from './mock/operators.mjs';
import { systemAlarms, makeSystemAlarm } from './mock/system.mjs';
import { gates, alarms, departments, groups } from './mock/data.mjs';
import { imports, transfers, person } from './mock/people.mjs';

/** Every way out of a text at once; `name` says which field it stood in. */
const evil = (name) => `[${name}]"'><img data-pwn src=/pwn.png onerror=pwn()><svg data-pwn onload=pwn()></svg></title></textarea></style></select><script data-pwn>pwn()</script>`
  + '<a data-pwn href="javascript:pwn()">x</a><iframe data-pwn srcdoc="<script>parent.pwn()</script>"></iframe>${pwn()}{{constructor.constructor("pwn()")()}}'
  + "\\u0022-pwn()-'&lt;img data-pwn src=/pwn.png onerror=pwn()&gt;\u202e";

const free = ['name', 'display_name', 'place', 'building', 'reason', 'note', 'kana', 'employee_number', 'card_number', 'comment', 'detail', 'message', 'file_name', 'subject', 'object',
  'remote_addr', 'remote_user', 'address', 'serial', 'path', 'method', 'hash', 'fault', 'title', 'version'];
const coded = ['kind', 'lock_state', 'door_state', 'verification_mode', 'unlock_mode', 'communication', 'driver', 'outcome', 'action', 'origin', 'state', 'stream', 'because', 'severity', 'entry_reader', 'status'];

/** The answer with hostile text in every field of these names, and in names and values of details. */
function poisoned(names, value, key = '') {
  if (Array.isArray(value)) return value.map((v) => poisoned(names, v, key));
  if (value !== null && typeof value === 'object') {
    const out = Object.fromEntries(Object.entries(value).map(([k, v]) => [k, poisoned(names, v, k)]));
    return key === 'details' && names === free ? { ...out, [evil('details-name')]: evil('details-value') } : out;
  }
  return typeof value === 'string' && names.includes(key) ? `${value}${evil(key)}` : value;
}

const fresh = (hash, options) => opened(hash, options, watchHarm);

/** Names of the fields whose text is in sight, or in an input. */
const seen = (page) => page.evaluate(() => {
  const texts = [document.body.textContent, ...[...document.querySelectorAll('input, textarea')].map((i) => i.value), ...[...document.querySelectorAll('[title], [aria-label]')].flatMap((e) => [e.title, e.ariaLabel ?? ''])];
  return [...new Set(texts.join(' ').match(/\[[\w-]+\](?="'><img data-pwn)/g) ?? [])].map((m) => m.slice(1, -1));
});

const places = ['gates', 'gates?sel=5', 'gates?gate_group=1', 'history/access?range=today', 'history/alarm?range=days7', 'history/operation?range=days7', 'history/access?range=today&view=plots', 'cardholders', 'cardholders?sel=2',
  'settings/management_groups', 'settings/departments', 'settings/permit_transfer', 'settings/operators', 'settings/operators?view=sessions', 'settings/system_log?range=days7'];
const openers = ['edit', 'edit-group', 'lost', 'reissue', 'password', 'remove', 'logOut', 'disable', 'bulk-edit', 'add-permit', 'chain', 'import-job', 'end', 'lockdown', 'delete', 'delete-group', 'begin'];

/** Looks at everything of one place: rows, tabs, menus, dialogs. Calls look() after each step. */
async function walk(page, place, look) {
  await page.evaluate((h) => { location.hash = `#/${h}`; }, place);
  await page.waitForTimeout(350);
  await look(place);
  const row = await page.$('#centre-pane .kbg-body .kbg-row, #centre-pane .kbt-item');
  await row?.click({ position: { x: 60, y: 8 } }).catch(() => {});
  await page.waitForTimeout(150);
  for (const tab of await page.$$('#detail-pane [role=tab]')) {
    await tab.click().catch(() => {});
    await page.waitForTimeout(80);
    await look(`${place} ${await tab.getAttribute('id').catch(() => '')}`);
  }
  for (const menu of await page.$$('#centre-pane details.menu > summary')) {
    await menu.click({ timeout: 500 }).catch(() => {});
    await look(`${place} menu`);
    await page.keyboard.press('Escape');
  }
  for (const act of openers) {
    const button = await page.$(`[data-act=${act}]:not([disabled])`);
    if (!button) continue;
    if (act.endsWith('-group')) await page.click('[data-menu=gate-groups] summary', { timeout: 500 }).catch(() => {});
    await button.click({ timeout: 700 }).catch(() => {});
    await page.waitForTimeout(150);
    if (await page.$('dialog[open]')) await look(`${place} ${act}`);
    for (let i = 0; i < 3 && await page.$('dialog[open]'); i += 1) await page.keyboard.press('Escape');
  }
}

/** What there is besides the places: palette, alarms, account, strip. */
async function walkBar(page, look) {
  await page.keyboard.press('Control+k');
  await look('palette');
  await page.keyboard.press('Escape');
  for (const [button, what] of [['#alarm-button', 'alarms'], ['#system-alarm-button', 'system alarms'], ['#account-button', 'account']]) {
    await page.click(button, { timeout: 1000 });
    await look(what);
    await page.keyboard.press('Escape');
  }
}

const expected = [/4\d\d|plot|scale|NaN/];

test('hostile text in every free field of every answer is text on every screen', async () => {
  systemAlarms.push(makeSystemAlarm(9, 'disk_low', '/var', '3 % left', 'warn'));
  if (!imports.length) imports.push({ id: 1, kind: 'cardholders', mode: 'update', encoding: 'utf-8', blank: 'keep', state: 'previewed', file_name: 'people.csv', bytes: 9, rows: 4, counts: { add: 1, change: 1, unchanged: 1, delete: 0, error: 1 }, progress: 4, total: 4, reason: '', fault: null, change_set: null, deletion_cap: { share: 0.1, exceeded: false, agreed: false }, operator: { id: 1, name: 'admin' }, at: new Date().toISOString(), finished_at: null });
  transfers.unshift({ id: 90, kind: 'permit_transfer', state: 'failed', controller: { id: 1, name: 'c' }, gates: [{ id: 1, name: 'g' }], stream: 'permits', full: false, progress: 3, total: 10, attempts: 2, next_at: null, reason: 'refused', because: 'operator', created_at: new Date().toISOString(), started_at: null, finished_at: null, operator: { id: 1, name: 'admin' } });
  operators[0].remote_user = 'admin@example.jp';
  Object.assign(alarms[1], { acknowledged_at: new Date().toISOString(), acknowledged_by: { id: 1, name: 'admin' }, comment: 'seen' });
  site.poison = (body) => poisoned(free, body);
  const page = await fresh('#/gates', { expected });
  await page.evaluate(() => sessionStorage.setItem('kidoban.import', '1'));
  await page.reload();
  await page.waitForSelector('.nav-bar');
  const names = new Set();
  const look = async (where) => {
    await harmless(page, where);
    (await seen(page)).forEach((n) => names.add(n));
  };
  for (const place of places) await walk(page, place, look);
  await walkBar(page, look);
  equal(['name', 'display_name', 'place', 'building', 'reason', 'kana', 'employee_number', 'card_number', 'note', 'comment', 'detail', 'subject', 'object', 'remote_addr', 'remote_user', 'address', 'serial', 'path', 'hash',
    'message', 'file_name', 'details-name', 'details-value'].filter((n) => !names.has(n)), [], 'fields that were never in sight');
  equal(page.troubles.filter((t) => /CSP|Trusted|pwn|dialog/.test(t)), [], 'reports');
  site.poison = null;
});

test('coded words that nobody knows are text too', async () => {
  site.poison = (body) => poisoned(coded, body);
  const page = await fresh('#/gates', { expected: [/./] });
  await page.waitForSelector('.nav-bar');
  for (const place of places) await walk(page, place, (where) => harmless(page, where));
  site.poison = null;
});

test('what comes by the live stream is text: passages, alarms as toasts', async () => {
  const page = await fresh('#/history/access?range=today', { expected });
  await page.waitForSelector('.live-live');
  site.poison = (body) => poisoned(free, body);
  const event = passage(site);
  await until(async () => (await page.$(`.kbg-row[data-key="${event.id}"]`)) !== null, 'the passage');
  const alarm = raiseAlarm(site, 'tamper', gates[3]);
  await page.waitForSelector('.toast');
  await harmless(page, 'live');
  ok((await seen(page)).includes('name'), 'in sight');
  await page.click('.toast .primary');
  await harmless(page, 'acknowledge');
  site.poison = null;
  await page.fill('dialog textarea', evil('comment'));
  await page.click('dialog .primary');
  await until(() => alarms.find((a) => a.id === alarm.id).acknowledged_at, 'acknowledged');
  await page.click('#alarm-button');
  await harmless(page, 'alarm panel');
  equal(page.troubles.filter((t) => /CSP|pwn|Trusted/.test(t)), [], 'reports');
});

test('a refusal in hostile words is text', async () => {
  site.loggedIn = false;
  const page = await fresh('', { expected: [/4\d\d/] });
  site.problem = [409, 'strange', { title: evil('title'), detail: evil('detail'), errors: [{ pointer: '/operator', code: evil('code'), detail: evil('detail') }] }];
  await page.fill('input[name=operator]', evil('typed'));
  await page.fill('input[name=password]', evil('typed'));
  await page.keyboard.press('Enter');
  await until(async () => (await seen(page)).includes('detail'), 'said');
  await harmless(page, 'log-in');
  site.problem = null;
  site.loggedIn = true;
});

test('what an operator types is text: names, notes, passwords, searches', async () => {
  const page = await fresh('#/settings/management_groups', { expected: [/4\d\d/] });
  const back = { groups: groups.length, departments: departments.length, operators: operators.length };
  const type = async (name) => page.$$eval('dialog input:not([type]), dialog input[type=text], dialog input[type=search], dialog textarea', (list, [n, text]) => list.filter((i) => !i.pattern && !i.readOnly).forEach((i) => {
    i.value = `${text.replace(/\[\w+\]/, `[${n}]`)}`;
    i.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }), [name, evil('typed')]);
  const form = async (hash, act, name) => {
    await page.evaluate((h) => { location.hash = h; }, hash);
    await page.waitForTimeout(300);
    if (!act.startsWith('add')) await page.waitForSelector(`#detail-pane [data-act=${act}]`);
    await page.click(`[data-act=${act}]`);
    await page.waitForSelector('dialog[open]');
    await type(name);
    await harmless(page, `${name} typed`);
    await page.click('dialog .primary, dialog .danger').catch(() => {});
    await page.waitForTimeout(250);
    await harmless(page, `${name} sent`);
    for (let i = 0; i < 3 && await page.$('dialog[open]'); i += 1) await page.keyboard.press('Escape');
    await page.waitForTimeout(100);
    await harmless(page, `${name} shown`);
  };
  await form('#/settings/management_groups', 'add', 'group');
  ok((await seen(page)).includes('group'), 'a group of that name');
  ok(!(await page.textContent('.notices')).includes('\u202e'), 'and it does not turn our words around');
  await form('#/settings/departments', 'add', 'department');
  ok((await seen(page)).includes('department'), 'a department of that name');
  await form('#/gates?sel=7', 'edit', 'gate');
  ok((await seen(page)).includes('gate'), 'a gate of that name');
  await form('#/cardholders?sel=9', 'edit', 'cardholder');
  ok(person(9).name.includes('[cardholder]'), 'a cardholder of that name');
  await form('#/settings/operators?sel=5', 'edit', 'operator');
  ok(operators.find((o) => o.id === 5).display_name.includes('[operator]'), 'an operator of that name');
  await form('#/settings/operators?sel=5', 'remove', 'word');
  for (const hash of ['#/gates', '#/history/access', '#/cardholders', '#/settings/operators', '#/settings/system_log', '#/settings/departments']) {
    await page.evaluate((h) => { location.hash = h; }, hash);
    await page.waitForTimeout(300);
    await page.fill('#centre-pane input[type=search]:visible', evil('search'));
    await page.keyboard.press('Enter');
    await page.waitForTimeout(250);
    await harmless(page, `search at ${hash}`);
  }
  await page.evaluate(() => { location.hash = '#/gates'; });
  await page.waitForTimeout(200);
  await page.click('.centre-head .bar-row:first-child > details.menu:last-of-type > summary');
  await page.click('.menu-box > .link');
  await type('saved');
  await page.click('dialog .primary');
  await page.waitForTimeout(200);
  await harmless(page, 'saved search');
  equal(page.troubles.filter((t) => /CSP|pwn|Trusted/.test(t)), [], 'reports');
  groups.splice(back.groups);
  departments.splice(back.departments);
  operators.splice(back.operators);
  equal(sessions.length > 0, true, 'nobody was logged out by it');
});

test('addresses are text: every part and value of them', async () => {
  const page = await fresh('#/gates', { expected: [/4\d\d/] });
  const e = encodeURIComponent(evil('address'));
  const hashes = [`#/${e}`, `#/settings/${e}`, `#/gates?sel=${e}&q=${e}&management_group=${e}&building=${e}&lock_state=${e}`, `#/history/access?person=${e}&cardholder=1&q=${e}&kind=${e}&range=${e}&from=${e}`,
    `#/history/${e}?view=${e}`, `#/cardholders?q=${e}&department=${e}&card=${e}&gate=${e}&valid_at=${e}&sel=${e}`, `#/settings/system_log?person=${e}&operator=7&action=${e}&outcome=${e}&q=${e}&range=custom&from=${e}`,
    `#/settings/operators?q=${e}&sel=${e}&view=${e}`, `#"'><img data-pwn src=/pwn.png onerror=pwn()>`, '#javascript:pwn()'];
  for (const hash of hashes) {
    await page.goto(`${mock.url}?n=${hashes.indexOf(hash)}${hash}`);
    await page.waitForSelector('.nav-bar');
    await page.waitForTimeout(300);
    await harmless(page, decodeURIComponent(hash).slice(0, 40));
  }
  equal(page.troubles.filter((t) => /CSP|pwn|Trusted/.test(t)), [], 'reports');
});

await finish();
