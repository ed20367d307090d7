// The console on a whole real site: what a person does in the first minutes, by mouse and by keyboard, in both languages and themes.
// KIDOBAN_URL, KIDOBAN_OPERATOR (admin), KIDOBAN_PASSWORD say where; KIDOBAN_SIMULATOR (a command as JSON list) and KIDOBAN_DOORS
// ({gate id: [serial, door]}) let it make things happen at doors; KIDOBAN_ONLY (a pattern of names) runs a part. See site_test.py.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { operatorTests } from './on_site_operators.mjs';
import { needBrowser, launch, openPage, test, ok, equal, until, runTests, axe, logIn, columnTexts } from './lib.mjs';
import { registerPeople } from './on_site_people.mjs';

needBrowser();
const url = process.env.KIDOBAN_URL;
const name = process.env.KIDOBAN_OPERATOR ?? 'admin';
const password = process.env.KIDOBAN_PASSWORD;
if (!url || !password) {
  console.log('1..0 # SKIP no KIDOBAN_URL and KIDOBAN_PASSWORD');
  process.exit(0);
}
const simulator = JSON.parse(process.env.KIDOBAN_SIMULATOR ?? 'null');
const doors = JSON.parse(process.env.KIDOBAN_DOORS ?? '{}');
const run = promisify(execFile);

/** Makes something happen at a gate's door: at(3, 'tamper', 'off'). */
async function at(gate, fault, ...words) {
  const [serial, door] = doors[gate];
  const whole = ['hang', 'unhang'].includes(fault) ? [] : [String(door)]; // of the controller, not of one door
  return run(simulator[0], [...simulator.slice(1), serial, fault, ...whole, ...words.map(String)]);
}

const browser = await launch();
const context = {};
const rows = (page) => page.waitForSelector('.kbg-body .kbg-row');
const text = (page, selector) => page.textContent(selector).catch(() => '');

/** A page that is logged in, in language and theme. */
async function work(hash, options = {}) {
  await leave();
  context.page = await openPage(browser, options);
  await context.page.goto(url);
  await logIn(context.page, name, password);
  await context.page.evaluate((h) => { location.hash = h; }, hash);
  return context.page;
}
async function leave() {
  if (!context.page) return;
  await context.page.click('#logout', { timeout: 3000 }).catch(() => {});
  await context.page.context().close();
  context.page = null;
}
const go = async (hash) => { await context.page.evaluate((h) => { location.hash = h; }, hash); };
const api = (page, path, options) => page.evaluate(async ([p, o]) => {
  const reply = await fetch(`/api/v1${p}`, o ?? {});
  return { status: reply.status, etag: reply.headers.get('ETag'), body: await reply.json() };
}, [path, options]);

test('the log-in page refuses a wrong password in words, and takes the right one', async () => {
  context.page = await openPage(browser, { expected: [/401/] });
  const { page } = context;
  await page.goto(url);
  await page.fill('input[name=operator]', name);
  await page.fill('input[name=password]', 'not the password');
  await page.keyboard.press('Enter');
  await until(async () => (await text(page, '[role=alert]')).includes('パスワード'), 'says so');
  await logIn(page, name, password);
  await rows(page);
  ok((await text(page, '.status-bar')).includes('木戸番'), 'the system is named');
  ok(/^● /.test((await columnTexts(page, 'communication'))[0]) || (await columnTexts(page, 'communication'))[0].startsWith('●'), 'shape beside the state');
  equal(page.troubles, [], 'console errors');
});

test('the five regions are there', async () => {
  const page = await work('#/gates');
  await rows(page);
  for (const region of ['header.status-bar', 'nav.nav-bar', '#group-pane [role=tree]', '#centre-pane [role=grid]', '#detail-pane']) await until(() => page.isVisible(region), region);
  equal(await page.$$eval('.nav-bar a', (list) => list.map((a) => a.dataset.screen)), ['history', 'cardholders', 'gates', 'settings'], 'what exists and may be used');
});

test('gates are filtered by management group and by search', async () => {
  const { page } = context;
  const all = Number(await page.getAttribute('.kbg', 'aria-rowcount'));
  const node = page.locator('#group-pane [data-node^="mg-"]').first();
  const label = await node.locator('.kbt-label').textContent();
  await node.click();
  await until(async () => (await columnTexts(page, 'management_group')).every((g) => g === label) && Number(await page.getAttribute('.kbg', 'aria-rowcount')) < all, 'only that group');
  await page.click('#group-pane [data-node=all]');
  await rows(page);
  const wanted = (await columnTexts(page, 'name'))[2];
  await page.fill('#centre-pane input[type=search]', wanted);
  await until(async () => (await columnTexts(page, 'name')).every((n) => n.includes(wanted)), 'found');
  await page.click('.conditions .link');
});

test('a door in use is seen live, within seconds', async () => {
  const { page } = context;
  await go('#/history/access?range=today');
  await page.waitForSelector('.live-live');
  await rows(page);
  const before = await page.getAttribute('.kbg-body .kbg-row', 'data-key');
  await until(async () => (await page.getAttribute('.kbg-body .kbg-row', 'data-key')) !== before, 'a new passage on top', 30000);
  equal(page.troubles, [], 'console errors');
});

test('unlock says what the gate said; the state and the log follow', async () => {
  const { page } = context;
  await go('#/gates?sel=2');
  await until(async () => (await page.$('.kbg-row[data-key="2"][aria-selected=true]')) !== null, 'gate 2 chosen');
  await page.click('button[data-command=unlock]');
  await page.waitForSelector('.drawer');
  await page.waitForSelector('.drawer[data-finished=true]', { timeout: 20000 });
  ok((await text(page, '.drawer tbody')).includes('完了'), 'done');
  await until(async () => (await text(page, '.detail-log')).includes('解錠'), 'in the log of the gate', 15000);
  await page.click('.drawer .close');
  equal(page.troubles, [], 'console errors');
});

test('verification mode of several gates, each with its outcome', async () => {
  const { page } = context;
  await page.click('.kbg-row[data-key="2"] .kbg-cell');
  await page.click('.kbg-row[data-key="3"] .kbg-mark');
  await page.click('details[data-command=set_verification_mode] summary');
  await page.click('details[data-command=set_verification_mode] [data-value=card_and_pin]');
  await page.click('dialog .primary');
  await page.waitForSelector('.drawer[data-finished=true]', { timeout: 20000 });
  equal((await page.$$('.drawer tbody tr')).length, 2, 'outcomes');
  await page.click('.drawer .close');
});

test('an alarm arrives, stays, and is acknowledged with a comment', async () => {
  const { page } = context;
  if (!simulator) return;
  await page.waitForSelector('.live-live');
  await at(5, 'tamper');
  await page.waitForSelector('.toast', { timeout: 10000 });
  await page.waitForTimeout(1000);
  const toast = page.locator('.toast').filter({ hasText: 'タンパ' }).first();
  await toast.locator('.primary').click();
  await page.fill('dialog textarea', '現地確認済み(試験)');
  await page.click('dialog .primary');
  await toast.waitFor({ state: 'detached' });
  const { body } = await api(page, '/alarms?gate=5');
  ok(body.alarms.some((a) => a.comment === '現地確認済み(試験)' && a.acknowledged_by), 'kept with name and comment');
  await at(5, 'tamper', 'off');
  equal(page.troubles, [], 'console errors');
});

test("yesterday's refusals are filtered and downloaded", async () => {
  const { page } = context;
  await go('#/history/access?range=yesterday');
  await rows(page);
  await page.click('[data-act=refusals]');
  await until(async () => { const kinds = await columnTexts(page, 'kind'); return kinds.length > 0 && kinds.every((k) => k.startsWith('▲')); }, 'only refusals');
  const first = (await columnTexts(page, 't'))[0];
  await page.click('[data-act=csv]');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('dialog .primary')]);
  const file = await readFile(await download.path(), 'utf8');
  const lines = file.trim().split(/\r?\n/);
  ok(file.charCodeAt(0) === 0xfeff, 'byte order mark');
  ok(!lines.at(-1).startsWith('#ERROR'), 'whole');
  ok(lines.length > 2 && lines[1].includes(first.slice(11)), `first row ${first} in ${lines[1]}`);
  equal(page.troubles, [], 'console errors');
});

test('search by part of a name', async () => {
  const { page } = context;
  await go('#/history/access?range=yesterday');
  await rows(page);
  await until(async () => (await columnTexts(page, 'cardholder')).some((n) => n), 'names');
  const family = (await columnTexts(page, 'cardholder')).find((n) => n).split(/\s/)[0];
  await page.fill('#centre-pane input[name=q]', family);
  await page.keyboard.press('Enter');
  await until(async () => { const names = await columnTexts(page, 'cardholder'); return names.length > 0 && names.every((n) => n.includes(family)); }, `only ${family}`);
});

test('older events come on scroll', async () => {
  const { page } = context;
  await go('#/history/access?range=days7');
  await rows(page);
  for (let i = 0; i < 6; i += 1) {
    await page.$eval('.kbg', (g) => { g.scrollTop = g.scrollHeight; });
    await page.waitForTimeout(300);
  }
  ok(Number((await text(page, '.summary')).replace(/\D/g, '')) > 300, 'more than three pages');
});

test('charts with their table twins, drawn again for the other theme', async () => {
  const { page } = context;
  await go('#/history/access?range=yesterday&view=plots');
  await page.waitForSelector('.plot-canvas canvas');
  const color = () => page.$eval('.plot-canvas canvas', (c) => c.toDataURL());
  const light = await color();
  await page.selectOption('#theme', 'dark');
  await until(async () => (await color()) !== light, 'drawn again');
  await page.selectOption('#theme', 'light');
  await page.click('kb-plot .small');
  ok((await page.$$('.plot-table:not([hidden]) tbody tr')).length >= 23, 'hours');
});

test('lockdown of a management group says which gates did and did not', async () => {
  const { page } = context;
  await go('#/gates');
  await rows(page);
  const node = page.locator('#group-pane [data-node^="mg-"]').last();
  const count = Number(await node.locator('.kbt-count').textContent());
  await node.click();
  await page.click('[data-act=lockdown]');
  await page.fill('dialog input[name=comment]', '訓練');
  await page.fill('dialog input[name=word]', '施錠');
  await page.click('dialog .danger');
  await page.waitForSelector('.drawer[data-finished=true]', { timeout: 20000 });
  equal((await page.$$('.drawer tbody tr')).length, count, 'one outcome a gate');
  await page.click('.drawer .close');
});

test('two operators edit one gate: the second sees the difference, nothing is lost', async () => {
  const { page } = context;
  page.troubles.length = 0;
  await go('#/gates?sel=4');
  await until(async () => (await page.$('.kbg-row[data-key="4"][aria-selected=true]')) !== null, 'gate 4 chosen');
  const { etag, body } = await api(page, '/gates/4');
  await page.click('[data-act=edit]');
  await page.fill('dialog input[name=place]', '2F 北側');
  const other = await api(page, '/gates/4', { method: 'PATCH', headers: { 'Content-Type': 'application/json', 'If-Match': etag }, body: JSON.stringify({ name: `${body.name} 改` }) });
  equal(other.status, 200, 'the other one saves');
  await page.click('dialog .primary');
  await page.waitForSelector('.difference');
  ok((await text(page, '.difference')).includes(`${body.name} 改`), 'shown');
  await page.click('dialog .primary');
  await page.waitForSelector('dialog', { state: 'detached' });
  await until(async () => (await api(page, '/gates/4')).body.place === '2F 北側', 'mine is saved');
  const now = await api(page, '/gates/4');
  equal([now.body.name, now.body.place], [`${body.name} 改`, '2F 北側'], 'both are kept');
  equal(page.troubles.filter((t) => !/412/.test(t)), [], 'console errors');
});

test('a move to another management group', async () => {
  const { page } = context;
  await page.waitForSelector('dialog', { state: 'detached' });
  const before = (await api(page, '/gates/4')).body.management_group.id;
  const other = (await api(page, '/management-groups')).body.management_groups.find((g) => g.id !== before);
  await page.click('[data-act=edit]');
  await page.selectOption('dialog select[name=management_group]', String(other.id));
  await page.click('dialog .primary');
  await until(async () => (await api(page, '/gates/4')).body.management_group.id === other.id, 'moved');
});

test('a saved search is saved, run and forgotten', async () => {
  const { page } = context;
  await go('#/gates?lock_state=locked');
  await rows(page);
  await page.click('.centre-head .bar-row:first-child > details.menu > summary');
  await page.click('.menu-box > .link');
  await page.fill('dialog input[name=name]', '施錠中');
  await page.click('dialog .primary');
  await page.click('.conditions .link');
  await page.click('.centre-head .bar-row:first-child > details.menu > summary');
  await page.click('.saved-row button:first-child');
  await until(async () => (await page.evaluate(() => location.hash)).includes('lock_state=locked'), 'run');
  await page.click('.centre-head .bar-row:first-child > details.menu > summary');
  await page.click('.saved-row .close');
  await page.waitForSelector('.saved-row', { state: 'detached' });
});

if (simulator) registerPeople({ context, work, go, api, text, rows, at });

test('keyboard alone: log in, find a gate, unlock it, read its outcome, log out', async () => {
  await leave();
  context.page = await openPage(browser);
  const { page } = context;
  const { keyboard } = page;
  await page.goto(url);
  await page.waitForSelector('input[name=operator]');
  await keyboard.type(name);
  await keyboard.press('Tab');
  await keyboard.type(password);
  await keyboard.press('Enter');
  await rows(page);
  await keyboard.press('l');
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  await keyboard.press('Control+k');
  await keyboard.type('選択した1件を解錠');
  await keyboard.press('Enter');
  await page.waitForSelector('.drawer[data-finished=true]', { timeout: 20000 });
  ok((await text(page, '.drawer')).includes('完了'), 'done');
  await keyboard.press('1');
  await page.waitForSelector('[data-screen=history][aria-current=page]');
  await page.focus('#logout');
  await keyboard.press('Enter');
  await page.waitForSelector('.login');
  equal(page.troubles, [], 'console errors');
  context.page = null;
  await page.context().close();
});

operatorTests({ browser, context, url, work, go, rows, text, api });

for (const [language, theme] of [['ja', 'light'], ['ja', 'dark'], ['en', 'light'], ['en', 'dark']]) {
  test(`WCAG 2.2 AA without a violation, no CSP report: ${language} ${theme}`, async () => {
    const page = await work('#/gates?sel=1', { language, theme });
    await page.waitForSelector('.log-table');
    equal(await page.getAttribute('html', 'lang'), language, 'lang');
    ok(await page.getAttribute('html', 'data-theme') === theme, 'theme');
    equal(/[\u3040-\u30ff]/.test(await text(page, '.centre-head')), language === 'ja', 'words of the language');
    equal(await axe(page), [], 'gates');
    await go('#/history/alarm?range=days7');
    await page.waitForSelector('.kbg');
    await page.waitForTimeout(500);
    equal(await axe(page), [], 'history');
    await page.click('#logout');
    await page.waitForSelector('.login');
    equal(await axe(page), [], 'log-in');
    equal(page.troubles, [], 'console errors');
    await page.context().close();
    context.page = null;
  });
}

const failed = await runTests(context, process.env.KIDOBAN_ONLY);
await leave();
await browser.close();
process.exitCode = failed ? 1 : 0;
