// The console alone, against the mock: what a real site can not be made to do at will, and the elements.
import { readFile } from 'node:fs/promises';
import { openPage, test, ok, equal, until, axe, logIn, columnTexts } from './lib.mjs';
import { mock, site, browser, context, fresh, rows, finish } from './on_mock.mjs';
import { momentaryAlarm, passage, raiseAlarm, tell } from './mock/api.mjs';
import { gates, alarms } from './mock/data.mjs';

const away = /503|504|ERR_|Failed to fetch/; // provoked on purpose
const text = (page, selector) => page.textContent(selector);

test('log-in says what is wrong: password, too many, database away, too many tries', async () => {
  site.loggedIn = false;
  const page = await fresh('', { expected: [/40[19]|429|503/] });
  const attempt = async (password, wanted) => {
    await page.fill('input[name=operator]', 'admin');
    await page.fill('input[name=password]', password);
    await page.keyboard.press('Enter');
    await until(async () => (await text(page, '[role=alert]')).includes(wanted), wanted);
  };
  await attempt('wrong', 'パスワードが違う');
  site.problem = [409, 'limit_reached', { limit: 'L-11' }];
  await attempt('secret', '同時にログインできる人数');
  site.problem = [503, 'database_unavailable', {}, { 'Retry-After': '3' }];
  await attempt('secret', 'データベースに接続できません');
  site.problem = [429, 'too_many_tries', {}, { 'Retry-After': '60' }];
  await attempt('secret', '60秒間');
  site.problem = null;
  await logIn(page, 'admin', 'secret');
  await rows(page);
  equal(page.troubles, [], 'console errors');
});

test('only the screens that the operator may use are shown', async () => {
  site.rights = { history: 'none' };
  const page = await fresh('#/gates');
  await rows(page);
  equal(await page.$$eval('.nav-bar a', (list) => list.map((a) => a.dataset.screen)), ['cardholders', 'gates', 'settings'], 'navigation');
  equal(await page.$$('.detail-log'), [], 'the log of a gate is history');
  site.rights = { gates: 'view' };
  await page.reload();
  await rows(page);
  equal(await page.$$('[data-command], [data-act=lockdown]'), [], 'commands with view only');
  site.rights = {};
});

test('the grid works by keyboard: move, mark, range, all; the detail pane follows', async () => {
  const page = await fresh('#/gates');
  await rows(page);
  await page.focus('.kbg');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await until(async () => (await text(page, '#detail-pane h2')) === gates[1].name, 'second gate in the detail pane');
  equal(await page.getAttribute('.kbg', 'aria-activedescendant'), await page.getAttribute('.kbg-row.current', 'id'), 'active row');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await until(async () => (await text(page, '#detail-pane h2')).includes('3件'), 'three marked');
  await page.keyboard.press('End');
  await until(async () => (await text(page, '#detail-pane h2')) === gates[39].name, 'last gate');
  await page.keyboard.press('Control+a');
  await until(async () => (await text(page, '#detail-pane h2')).includes('40件'), 'all marked');
});

test('the grid sorts, widens and hides columns, and remembers', async () => {
  const page = await fresh('#/gates');
  await rows(page);
  await page.click('.kbg-head [data-column=alarms]');
  await until(async () => (await columnTexts(page, 'alarms'))[0] !== '', 'alarms first');
  const grip = await page.locator('.kbg-head [data-column=lock_state] .kbg-grip').boundingBox();
  const width = () => page.$eval('.kbg-head [data-column=lock_state]', (c) => c.offsetWidth);
  const before = await width();
  await page.mouse.move(grip.x + 3, grip.y + 5);
  await page.mouse.down();
  await page.mouse.move(grip.x + 63, grip.y + 5, { steps: 4 });
  await page.mouse.up();
  ok(await width() > before + 40, `wider than ${before}: ${await width()}`);
  const wide = await width();
  await page.reload();
  await rows(page);
  equal(await width(), wide, 'width after a reload');
});

test('commands show nothing before the gate said so, and each outcome afterwards', async () => {
  const page = await fresh('#/gates?sel=23');
  await rows(page);
  await until(async () => (await text(page, '#detail-pane h2').catch(() => '')) === gates[22].name, 'gate chosen');
  await page.click('button[data-command=unlock]');
  await page.waitForSelector('.drawer');
  ok((await columnTexts(page, 'lock_state')).filter((t) => t.includes('解錠')).length === 2, 'still two unlocked');
  await page.waitForSelector('.drawer[data-finished=true]');
  ok((await text(page, '.drawer')).includes('到達不可'), 'unreachable is said');
  const order = site.requests.filter((r) => r.name === '/gates/commands').at(-1);
  ok(/^[A-Za-z0-9_-]{16,64}$/.test(order.headers['idempotency-key']), 'has an Idempotency-Key');
});

test('lockdown asks for group, reason and the typed word', async () => {
  const page = await fresh('#/gates?management_group=2');
  await rows(page);
  await page.click('[data-act=lockdown]');
  const go = page.locator('dialog .danger');
  ok(await go.isDisabled(), 'not yet');
  await page.fill('dialog input[name=comment]', '訓練');
  await page.fill('dialog input[name=word]', 'せじょう');
  ok(await go.isDisabled(), 'wrong word');
  await page.fill('dialog input[name=word]', '施錠');
  await go.click();
  await page.waitForSelector('.drawer[data-finished=true]');
  equal(site.requests.filter((r) => r.name === '/gates/lockdown').at(-1).body, { management_group: 2, comment: '訓練' }, 'order');
  equal((await page.$$('.drawer tbody tr')).length, 10, 'outcomes');
});

test('an edit that comes second shows the difference and keeps what is chosen; it can be taken back', async () => {
  const page = await fresh('#/gates?sel=3', { expected: [/412/] });
  await page.click('[data-act=edit]');
  await page.fill('dialog input[name=name]', '改名ゲート');
  Object.assign(gates[2], { place: '3F 南側', revision: gates[2].revision + 1 });
  await page.click('dialog .primary');
  await page.waitForSelector('.difference');
  ok((await text(page, '.difference')).includes('3F 南側'), 'shows the other one');
  ok(await page.isChecked('input[name=keep-place][value=theirs]'), 'what I did not touch is theirs');
  ok(await page.isChecked('input[name=keep-name][value=mine]'), 'what I changed is mine');
  await page.click('dialog .primary');
  await until(() => gates[2].name === '改名ゲート', 'saved');
  equal(gates[2].place, '3F 南側', 'their place is kept');
  await page.click('.notice .link');
  await until(() => gates[2].name !== '改名ゲート', 'undone');
});

test('an alarm comes as a toast, stays, and goes when acknowledged with a comment', async () => {
  const page = await fresh('#/gates');
  await rows(page);
  await page.waitForSelector('.live-live');
  const alarm = raiseAlarm(site, 'forced_open', gates[8]);
  await page.waitForSelector('.toast');
  await page.waitForTimeout(1500);
  await page.click('.toast .primary');
  await page.fill('dialog textarea', '現地確認済み');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.toast', { state: 'detached' });
  equal(alarms.find((a) => a.id === alarm.id).comment, '現地確認済み', 'comment');
});

test('an alarm that is over when the browser first hears of it waits to be acknowledged all the same', async () => {
  const page = await fresh('#/gates');
  await rows(page);
  await page.waitForSelector('.live-live');
  const alarm = momentaryAlarm(site, 'lost_card', gates[8]);
  const toast = page.locator('.toast').filter({ hasText: '紛失カード' });
  await toast.waitFor();
  ok((await toast.textContent()).includes('復旧'), 'says that it is over');
  await toast.locator('.primary').click();
  await page.fill('dialog textarea', '本人に連絡');
  await page.keyboard.press('Control+Enter');
  await toast.waitFor({ state: 'detached' });
  equal(alarms.find((a) => a.id === alarm.id).comment, '本人に連絡', 'comment');
});

test('paused: events wait and come afterwards', async () => {
  const page = await fresh('#/history/access?range=today');
  await rows(page);
  await page.waitForSelector('.live-live');
  await page.click('#live-button');
  const event = passage(site);
  await until(async () => /1/.test((await text(page, '#live-button')).replace(/\D/g, '')), 'one held');
  const id = await page.getAttribute('.kbg-row[data-key]', 'data-key');
  ok(id !== event.id, 'not shown yet');
  await page.click('#live-button');
  await until(async () => (await page.getAttribute('.kbg-body .kbg-row', 'data-key')) === event.id, 'shown on top');
});

test('the list keeps its place when events come on top', async () => {
  const page = await fresh('#/history/access?range=days31');
  await rows(page);
  await page.$eval('.kbg', (g) => { g.scrollTop = 1400; });
  await page.waitForTimeout(300);
  const seen = () => page.$eval('.kbg', (g) => [...g.querySelectorAll('.kbg-body .kbg-row')].find((r) => r.getBoundingClientRect().top > g.getBoundingClientRect().top + 28).dataset.key);
  const before = await seen();
  passage(site);
  await page.waitForTimeout(500);
  equal(await seen(), before, 'first row in sight');
});

test('older events come on scroll, to the end', async () => {
  const page = await fresh('#/history/access?range=days7');
  await rows(page);
  for (let i = 0; i < 40 && !(await text(page, '.summary')).includes('件 '); i += 1) {
    await page.$eval('.kbg', (g) => { g.scrollTop = g.scrollHeight; });
    await page.waitForTimeout(60);
    if (Number(await page.getAttribute('.kbg', 'aria-rowcount')) > 0) break;
  }
  ok(Number(await page.getAttribute('.kbg', 'aria-rowcount')) > 400, 'all loaded');
});

test('a hole in history is conspicuous', async () => {
  const page = await fresh('#/history/alarm');
  await page.click('.kbg-row.hole');
  ok((await text(page, '.kbg-row.hole')).includes('54'), 'says how many');
  await page.waitForSelector('#detail-pane .dialog-warning');
});

test('CSV takes the filter, the language and the encoding', async () => {
  const page = await fresh('#/history/access?range=yesterday');
  await page.click('[data-act=refusals]');
  await rows(page);
  await page.click('[data-act=csv]');
  await page.check('dialog input[value=cp932]');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('dialog .primary')]);
  const rowsInFile = (await readFile(await download.path(), 'utf8')).trim().split('\r\n').slice(1);
  ok(rowsInFile.length > 5 && rowsInFile.every((r) => !/,(entry|exit),/.test(r)), 'only refusals');
  const asked = site.requests.filter((r) => r.headers.accept === 'text/csv').at(-1);
  ok(asked, 'by Accept');
});

test('CSV that could not be finished is not kept, and says what to do', async () => {
  const { page } = context;
  site.hardName = true;
  await page.click('[data-act=csv]');
  await page.check('dialog input[value=cp932]');
  await page.click('dialog .primary');
  await until(async () => (await text(page, 'dialog [role=alert]').catch(() => '')).includes('UTF-8'), 'names the way out');
  await page.click('dialog input[value=utf-8]');
  await Promise.all([page.waitForEvent('download'), page.click('dialog .primary')]);
  site.hardName = false;
});

test('log out and in again', async () => {
  const page = await fresh('', { expected: [/401/] });
  await rows(page);
  await page.click('#logout');
  await page.waitForSelector('.login');
  ok((await text(page, '.login')).includes('ログアウト'), 'says so');
  await logIn(page, 'admin', 'secret');
  await rows(page);
  await page.click('#logout');
  await page.waitForSelector('input[name=operator]');
  await logIn(page, 'admin', 'secret');
  await page.goto(`${mock.url}#/history/access?view=plots&range=today`);
  await page.waitForSelector('.plots');
  await page.click('.segmented button:first-child');
  await page.click('[data-act=plots]');
  await page.waitForSelector('.plots');
  equal(page.troubles, [], 'console errors');
});

test('database away and back: a banner, and it goes on by itself', async () => {
  const page = await fresh('#/gates', { expected: [away] });
  await rows(page);
  site.away = true;
  for (const stream of site.streams) stream.end();
  await page.waitForSelector('.banner');
  ok((await text(page, '.banner')).includes('データベース'), 'names the database');
  await page.waitForSelector('.live-lost');
  site.away = false;
  await page.waitForSelector('.banner', { state: 'detached' });
  await page.waitForSelector('.live-live');
  equal(await page.evaluate(() => document.querySelector('.nav-bar') !== null), true, 'still logged in');
});

test('two tabs share one stream, and the second takes over', async () => {
  const page = await fresh('#/gates');
  await page.waitForSelector('.live-live');
  const second = await openPage(browser, { context: page.context() });
  await second.goto(`${mock.url}#/history/access?range=today`);
  await rows(second);
  await second.waitForSelector('.live-live');
  equal(site.streams.size, 1, 'streams');
  const event = passage(site);
  await until(async () => (await second.getAttribute('.kbg-body .kbg-row', 'data-key')) === event.id, 'the second tab hears of it');
  await page.close();
  await until(() => site.streams.size === 1, 'taken over');
  await second.waitForSelector('.live-live');
  const next = passage(site);
  await until(async () => (await second.getAttribute('.kbg-body .kbg-row', 'data-key')) === next.id, 'goes on');
  equal(second.troubles, [], 'console errors');
});

test('a session that ends goes to the log-in page and says so', async () => {
  const page = await fresh('#/gates', { expected: [/401/] });
  await rows(page);
  site.loggedIn = false;
  for (const stream of site.streams) stream.end();
  await page.waitForSelector('.login');
  ok((await text(page, '.login')).includes('有効期限'), 'says why');
  site.loggedIn = true;
});

test('text that looks like HTML stays text', async () => {
  const name = gates[5].name;
  gates[5].name = '<img src=x onerror=alert(1)>';
  const page = await fresh('#/gates?sel=6');
  await rows(page);
  await until(async () => (await text(page, '#detail-pane h2').catch(() => '')) === gates[5].name, 'as text');
  tell(site, 'gate', { id: 6, state: { ...gates[5].state, lock_state: 'fault' } });
  await until(async () => (await columnTexts(page, 'lock_state'))[5].includes('錠異常'), 'live');
  gates[5].name = name;
  equal(page.troubles, [], 'console errors');
});

test('the palette finds a gate by name, the help opens', async () => {
  const page = await fresh('#/gates');
  await rows(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type(gates[13].name.split(' ').at(-1));
  await page.keyboard.press('Enter');
  await until(async () => (await text(page, '#detail-pane').catch(() => '')).includes(gates[13].name.split(' ').at(-1)), 'found');
  await page.focus('.kbg');
  await page.keyboard.press('?');
  await page.waitForSelector('dialog.help');
  await page.keyboard.press('Escape');
});

test('paper shows every loaded row and no control', async () => {
  const page = await fresh('#/gates?sel=3');
  await rows(page);
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  equal((await page.$$('.kbg-body .kbg-row')).length, 40, 'rows');
  const shown = await page.$$eval('button, select, input', (list) => list.filter((b) => b.checkVisibility()).map((b) => b.textContent || b.name));
  equal(shown, [], 'controls');
  const at = (selector) => page.$eval(selector, (c) => Math.round(c.getBoundingClientRect().left));
  equal(await at('.kbg-head [data-column=lock_state]'), await at('.kbg-body [data-column=lock_state]'), 'columns in line');
});

for (const [language, theme] of [['ja', 'light'], ['ja', 'dark'], ['en', 'light'], ['en', 'dark']]) {
  test(`WCAG 2.2 AA: gates, history, charts, dialogs; ${language} ${theme}`, async () => {
    const page = await fresh('#/gates?sel=5', { language, theme });
    await page.waitForSelector('.log-table tbody tr');
    equal(await page.getAttribute('html', 'lang'), language, 'lang');
    equal(await axe(page), [], 'gates');
    await page.click('#gate-tab-related');
    await page.waitForSelector('.tab-panel .data-table');
    equal(await axe(page), [], 'related');
    await page.click('[data-act=edit]');
    await page.waitForSelector('dialog.edit-dialog');
    equal(await axe(page), [], 'edit');
    await page.keyboard.press('Escape');
    await page.click('#alarm-button');
    await page.waitForSelector('dialog.alarm-panel');
    equal(await axe(page), [], 'alarms');
    await page.keyboard.press('Escape');
    await page.goto(`${mock.url}#/history/access?range=days7`);
    await rows(page);
    await page.click('.kbg-body .kbg-row');
    await page.click('[data-menu=kinds] summary');
    equal(await axe(page), [], 'history');
    await page.goto(`${mock.url}#/history/access?range=days7&view=plots`);
    await page.waitForSelector('.plot-canvas canvas');
    equal(await axe(page), [], 'charts');
    await page.click('.plot button');
    equal(await axe(page), [], 'table twin');
    equal(page.troubles, [], 'console errors');
  });
}

await finish();
