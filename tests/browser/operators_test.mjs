// Operators, one's own account, the system log, and what is shown by right (U-2), against the mock.
import { readFile } from 'node:fs/promises';
import { test, ok, equal, until, axe, columnTexts, logIn } from './lib.mjs';
import { mock, site, fresh, rows, text, finish } from './on_mock.mjs';
import { operators, sessions, elsewhere, functions } from './mock/operators.mjs';
import { entries, systemAlarms, makeSystemAlarm } from './mock/system.mjs';
import { departments } from './mock/data.mjs';

const asked = (name, method) => site.requests.filter((r) => r.name === name && r.method === method).at(-1);
const choose = async (page, id) => {
  await rows(page);
  await page.click(`.kbg-row[data-key="${id}"]`);
  await page.waitForSelector('#operator-panel');
};
const saved = (page) => page.waitForSelector('dialog[open]', { state: 'detached' });
const paletteWords = async (page) => {
  await page.keyboard.press('Control+k');
  const words = await page.$$eval('#palette-list li > span', (list) => list.map((x) => x.textContent));
  await page.keyboard.press('Escape');
  return words;
};
const only = (...names) => Object.fromEntries(functions.map((f) => [f, names.includes(f) ? 'edit' : 'none']));

test("a branch office's guard is made in one form: own doors, own people, one right more than the role has", async () => {
  const page = await fresh('#/settings/operators');
  await rows(page);
  await page.click('[data-act=add]');
  await page.fill('dialog input[name=display_name]', '大阪支店 警備');
  await page.fill('dialog input[name=name]', 'osaka-guard');
  await page.fill('dialog input[name=password]', 'tokei no hari ga');
  await page.fill('dialog input[name=again]', 'tokei no hari ga');
  ok(await page.isDisabled('dialog input[name="right.operators"][value=edit]'), 'a fixed cell can not be chosen');
  await page.check('dialog input[name="right.calendars"][value=view]');
  ok((await text(page, 'dialog .rights-head')).includes('1件'), 'the difference is counted');
  await page.click('dialog .kbt-item[data-node="6"] .kbt-twist');
  await page.click('dialog .kbt-item[data-node="7"] .kbt-label');
  await page.click('dialog .kbt-item[data-node="6"] .kbt-label');
  equal(await page.getAttribute('dialog .kbt-item[data-node="7"]', 'aria-disabled'), 'true', 'what is below a chosen one is in it');
  await page.check('dialog input[name=management_group][value="2"]');
  await page.check('dialog input[name=management_group][value="4"]');
  await page.click('dialog .primary');
  await until(() => operators.some((o) => o.name === 'osaka-guard'), 'added');
  const made = operators.find((o) => o.name === 'osaka-guard');
  equal([made.rights.calendars, made.rights.gates, made.rights.operators], ['view', 'edit', 'none'], 'rights');
  equal(made.scope, { all_management_groups: false, all_departments: false, management_groups: [{ id: 2, name: '研究棟' }, { id: 4, name: 'サーバー室' }], departments: [{ id: 6, name: '研究所' }] }, 'scope');
  await until(async () => (await text(page, '#detail-pane h2')).includes('大阪支店'), 'shown');
  equal(page.troubles, [], 'console errors');
});

test('a password that is too short, or not the same twice, is not even sent; one that the server refuses is explained', async () => {
  const page = await fresh('#/settings/operators', { expected: [/422/] });
  await choose(page, 5);
  await page.click('[data-act=password]');
  const attempt = async (password, again, wanted) => {
    await page.fill('dialog input[name=password]', password);
    await page.fill('dialog input[name=again]', again);
    await page.click('dialog .primary');
    await until(async () => (await text(page, 'dialog .field-error')).includes(wanted), wanted);
  };
  await attempt('short', 'short', '15文字以上');
  await attempt('tokei no hari ga', 'tokei no hari da', '2つの入力が違います');
  equal(asked('/operators/5', 'PATCH'), undefined, 'nothing was sent');
  await attempt('kidoban kidoban kidoban', 'kidoban kidoban kidoban', '推測されやすい');
  await page.fill('dialog input[name=password]', 'tokei no hari ga');
  await page.fill('dialog input[name=again]', 'tokei no hari ga');
  await page.click('dialog .primary');
  await saved(page);
  equal(asked('/operators/5', 'PATCH').body, { password: 'tokei no hari ga' }, 'sent');
});

test('the other role brings its own rights; what was chosen stays, what it fixes goes; reset brings back its defaults', async () => {
  const page = await fresh('#/settings/operators');
  await choose(page, 4); // cardholder_import and calendars: edit
  await page.click('[data-act=edit]');
  await page.check('dialog input[name="right.gates"][value=view]');
  const right = (name) => page.$eval(`dialog input[name="right.${name}"]:checked`, (r) => r.value);
  await page.selectOption('dialog select[name=role]', 'system');
  equal([await right('gates'), await right('operators'), await right('system_log')], ['view', 'edit', 'edit'], 'as system administrator');
  await page.selectOption('dialog select[name=role]', 'general');
  equal([await right('gates'), await right('operators'), await right('system_log')], ['view', 'none', 'none'], 'as general administrator');
  await page.click('dialog [data-act=reset-rights]');
  equal(await right('gates'), 'edit', 'reset');
  ok(await page.isDisabled('dialog [data-act=reset-rights]'), 'nothing left to reset');
  await page.keyboard.press('Escape');
});

test('two administrators change one operator: the second is shown right by right what is whose', async () => {
  const page = await fresh('#/settings/operators', { expected: [/412/] });
  await choose(page, 3);
  await page.click('[data-act=edit]');
  await page.check('dialog input[name="right.history"][value=view]');
  elsewhere(3, { display_name: '本館 守衛所', rights: { ...operators[2].rights, gates: 'view' } });
  await page.click('dialog .primary');
  await page.waitForSelector('.difference');
  const table = await text(page, '.difference');
  ok(table.includes('本館 守衛所') && table.includes('権限: 履歴') && table.includes('権限: ゲート') && !table.includes('権限: システムログ'), 'only what differs');
  await page.click('dialog .primary');
  await saved(page);
  equal([operators[2].display_name, operators[2].rights.history, operators[2].rights.gates], ['本館 守衛所', 'view', 'view'], 'both are kept');
});

test('the last system administrator stays: disabling the other is done, disabling the last is explained', async () => {
  const page = await fresh('#/settings/operators', { expected: [/409/] });
  const disable = async (id) => { await choose(page, id); await page.click('[data-act=disable]'); await page.click('dialog .danger'); };
  elsewhere(1, { disabled: true });
  await disable(2);
  await until(async () => (await text(page, '.notice-error')).includes('最後のシステム管理者'), 'says what to do first');
  equal(operators[1].disabled, false, 'still there');
  elsewhere(1, { disabled: false });
  await page.click('.notice-error .close');
  await disable(2);
  await until(() => operators[1].disabled, 'disabled');
  await until(async () => (await text(page, '.kbg-row[data-key="2"] [data-column=state]')).includes('無効'), 'seen');
  await page.click('[data-act=disable]');
  await until(() => !operators[1].disabled, 'enabled');
});

test('deletion wants the log-in name typed', async () => {
  const page = await fresh('#/settings/operators');
  await choose(page, 8);
  await page.click('[data-act=remove]');
  ok(await page.isDisabled('dialog .danger'), 'not yet');
  await page.fill('dialog input[name=word]', 'tanaka-new');
  ok(await page.isDisabled('dialog .danger'), 'another name');
  await page.fill('dialog input[name=word]', 'tanaka-old');
  await page.click('dialog .danger');
  await until(() => !operators.some((o) => o.id === 8), 'deleted');
  await until(async () => (await page.$('.kbg-row[data-key="8"]')) === null, 'gone from the list');
});

test('an address within the screen chooses an operator', async () => {
  const page = await fresh('#/settings/operators?sel=3');
  await page.waitForSelector('#operator-panel');
  await page.evaluate(() => { location.hash = '#/settings/operators?sel=6'; });
  await until(async () => (await text(page, '#detail-pane .mono')) === 'jinji', 'the other one');
});

test('search, role and state narrow the list', async () => {
  const page = await fresh('#/settings/operators');
  await rows(page);
  await page.fill('#centre-pane input[name=q]', 'guard-1');
  await page.keyboard.press('Enter');
  await until(async () => { const names = await columnTexts(page, 'name'); return names.length > 0 && names.every((n) => n.startsWith('guard-1')); }, 'found');
  await page.fill('#centre-pane input[name=q]', '');
  await page.keyboard.press('Enter');
  await page.selectOption('#centre-pane select[name=role]', 'system');
  await until(async () => (await columnTexts(page, 'name')).join() === 'admin,yamamoto', 'administrators');
});

test('who is logged in is seen, one session is ended, all of one operator are ended', async () => {
  const page = await fresh('#/settings/operators');
  await rows(page);
  await page.click('[data-act=sessions]');
  await page.waitForSelector('.kbg-row[data-key="13"]');
  await page.click('.kbg-row[data-key="13"]');
  await page.click('[data-act=end]');
  await page.click('dialog .danger');
  await until(() => !sessions.some((s) => s.id === 13), 'ended');
  await page.click('[data-act=list]');
  await choose(page, 3);
  await page.click('[data-act=logOut]');
  await page.click('dialog .danger');
  await until(() => !sessions.some((s) => s.operator.id === 3), 'logged out');
  equal(asked('/operators/3/log-out', 'POST').body, {}, 'order');
});

test("one's own account and password", async () => {
  const page = await fresh('#/gates', { expected: [/422/] });
  await rows(page);
  await page.click('#account-button');
  ok((await text(page, '.account .menu-box')).includes('システム管理者'), 'role');
  await page.click('[data-act=own-password]');
  await page.fill('dialog input[name=current]', 'not it');
  await page.fill('dialog input[name=password]', 'tokei no hari ga');
  await page.fill('dialog input[name=again]', 'tokei no hari ga');
  await page.keyboard.press('Enter');
  await until(async () => (await text(page, 'dialog .field-error')).includes('今のパスワードが違います'), 'says which field');
  ok(await page.$eval('dialog input[name=current]', (i) => i === document.activeElement), 'and goes there');
  await page.fill('dialog input[name=current]', 'secret');
  await page.keyboard.press('Enter');
  await saved(page);
  equal(asked('/session/password', 'PUT').body, { current: 'secret', password: 'tokei no hari ga' }, 'sent');
});

test('the system log is filtered by outcome, action and text, read on, and narrowed from an entry', async () => {
  const page = await fresh('#/settings/system_log?range=days7');
  await rows(page);
  await page.selectOption('#centre-pane select[name=outcome]', 'refused');
  await until(async () => (await columnTexts(page, 'outcome')).every((o) => o === '▲拒否'), 'refused ones');
  await page.selectOption('#centre-pane select[name=outcome]', '');
  await page.click('[data-menu=actions] summary');
  await page.fill('[data-menu=actions] input[type=search]', '紛失');
  await page.check('[data-menu=actions] input[value=cardholders_lost]');
  await until(async () => { const list = await columnTexts(page, 'action'); return list.length > 0 && list.every((a) => a === '紛失登録'); }, 'one action');
  ok((await page.evaluate(() => location.hash)).includes('action=cardholders_lost'), 'address');
  await page.evaluate(() => { location.hash = '#/settings/system_log?range=days7&outcome=failed'; });
  await until(async () => { const list = await columnTexts(page, 'outcome'); return list.length > 0 && list.every((o) => o === '■失敗'); }, 'an address within the screen');
  await page.evaluate(() => { location.hash = '#/settings/system_log?range=days7&action=cardholders_lost'; });
  await page.waitForSelector('.chip');
  await page.click('.chip button');
  await rows(page);
  await page.fill('#centre-pane input[name=q]', entries[3].remote_addr);
  await page.keyboard.press('Enter');
  await until(async () => { const list = await columnTexts(page, 'address'); return list.length > 0 && list.every((a) => a === entries[3].remote_addr); }, 'by text');
  await page.fill('#centre-pane input[name=q]', '');
  await page.keyboard.press('Enter');
  await until(async () => (await columnTexts(page, 'action')).length > 15, 'all again');
  for (let i = 0; i < 40 && Number(await page.getAttribute('.kbg', 'aria-rowcount')) < 0; i += 1) {
    await page.$eval('.kbg', (g) => { g.scrollTop = g.scrollHeight; });
    await page.waitForTimeout(60);
  }
  equal(Number(await page.getAttribute('.kbg', 'aria-rowcount')), entries.length + 1, 'read to the end');
  equal(page.troubles, [], 'console errors');
});

test('an entry shows its place in the chain; CSV takes the filter; checkpoints and key are kept', async () => {
  const page = await fresh('#/settings/system_log?range=days7&outcome=failed');
  await rows(page);
  const entry = entries.find((e) => e.outcome === 'failed' && e.number !== null);
  await page.click(`.kbg-row[data-key="${entry.id}"]`);
  await until(async () => (await text(page, '#detail-pane')).includes(entry.hash), 'hash');
  await page.click('[data-act=csv]');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('dialog .primary')]);
  equal((await readFile(await file.path(), 'utf8')).trim().split('\r\n').length, 1 + entries.filter((e) => e.outcome === 'failed').length, 'rows');
  await page.click('[data-act=chain]');
  ok((await text(page, 'dialog')).includes(entries.find((e) => e.number).hash), 'newest link');
  const [checkpoints] = await Promise.all([page.waitForEvent('download'), page.click('dialog [data-act=checkpoints]')]);
  equal(checkpoints.suggestedFilename(), 'kidoban-checkpoints.jsonl', 'checkpoints');
  const [key] = await Promise.all([page.waitForEvent('download'), page.click('dialog [data-act=keys]')]);
  ok((await readFile(await key.path(), 'utf8')).startsWith('-----BEGIN PUBLIC KEY-----'), 'key');
});

test("the system's own alarms are seen on every screen by who administers it, and by nobody else", async () => {
  systemAlarms.push(makeSystemAlarm(1, 'daemon_down', 'transfer', 'no sign of life for 120 s'));
  let page = await fresh('#/gates');
  await page.waitForSelector('#system-alarm-button');
  await page.click('#system-alarm-button');
  ok((await text(page, 'dialog')).includes('プログラム停止'), 'named');
  await page.keyboard.press('Escape');
  site.rights = { system_log: 'none', system_administration: 'none' };
  site.requests.length = 0;
  page = await fresh('#/gates');
  await rows(page);
  equal([await page.$('#system-alarm-button'), site.requests.some((r) => r.name === '/system/alarms')], [null, false], 'not shown, not asked for');
  site.rights = {};
  systemAlarms.length = 0;
});

test('with one right alone there is one screen, and nothing of the others: bar, keys, palette, strip', async () => {
  site.rights = only('cardholders');
  const page = await fresh('#/');
  await rows(page);
  equal(await page.$$eval('.nav-bar a', (list) => list.map((a) => a.dataset.screen)), ['cardholders'], 'navigation');
  for (const hidden of ['#alarm-button', '#live-button', '#system-alarm-button', '.strip-alarm > span', '[data-act=import]']) equal(await page.$(hidden), null, hidden);
  await page.focus('.kbg');
  await page.keyboard.press('a');
  await page.keyboard.press('p');
  await page.keyboard.press('2');
  await page.waitForTimeout(200);
  equal([await page.$('dialog[open]'), (await page.evaluate(() => location.hash)).startsWith('#/cardholders')], [null, true], 'keys do nothing');
  const words = await paletteWords(page);
  ok(words.includes('出入ユーザーの登録') || words.some((w) => w.includes('登録')), 'own acts are offered');
  ok(!words.some((w) => /警報|ゲート|履歴|設定|オペレーター/.test(w)), `nothing else is offered: ${words.filter((w) => /警報|ゲート|履歴|設定|オペレーター/.test(w))}`);
  equal(site.streams.size, 0, 'no live stream without a right to it');
  equal(page.troubles, [], 'console errors');
  site.rights = {};
});

test('an address typed by hand is answered in words, with the ways that are open', async () => {
  site.rights = { operators: 'none', history: 'none' };
  site.requests.length = 0;
  const page = await fresh('#/settings/operators?sel=3');
  await page.waitForSelector('.refused');
  ok((await text(page, '.refused')).includes('「オペレーター」は使えません'), 'names it');
  equal(site.requests.filter((r) => r.name.startsWith('/operators')), [], 'nothing was asked for');
  await page.click('.refused a');
  await rows(page);
  await page.evaluate(() => { location.hash = '#/history/alarm'; });
  await page.waitForSelector('.refused');
  ok((await text(page, '.refused')).includes('「履歴」'), 'a screen as well');
  await page.evaluate(() => { location.hash = '#/nowhere'; });
  await rows(page);
  equal(page.troubles, [], 'console errors');
  site.rights = {};
});

test('view shows everything and changes nothing: no button, no form, no check box that would', async () => {
  site.rights = Object.fromEntries(functions.map((f) => [f, 'view']));
  const page = await fresh('#/settings/operators?sel=3');
  await page.waitForSelector('#operator-panel');
  const acts = async () => page.$$eval('#app [data-act]', (list) => [...new Set(list.map((b) => b.dataset.act))]);
  const harmless = ['list', 'sessions', 'csv', 'reload', 'chain', 'plots', 'refusals', 'own-password'];
  const places = ['settings/operators?sel=3', 'settings/operators?view=sessions', 'settings/system_log', 'settings/departments', 'settings/management_groups', 'settings/permit_transfer', 'gates?sel=3', 'cardholders?sel=2', 'history/alarm'];
  for (const place of places) {
    await page.evaluate((h) => { location.hash = `#/${h}`; }, place);
    await page.waitForTimeout(400);
    equal((await acts()).filter((a) => !harmless.includes(a)), [], place);
    equal(await page.$$('[data-command]'), [], `commands at ${place}`);
  }
  await page.evaluate(() => { location.hash = '#/settings/operators'; });
  await rows(page);
  await page.dblclick('.kbg-row[data-key="3"]');
  await page.focus('.kbg');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(200);
  equal(await page.$('dialog[open]'), null, 'no form by keyboard or double click');
  await page.keyboard.press('a');
  await page.waitForSelector('dialog.alarm-panel');
  equal(await page.$$('dialog input, dialog .primary'), [], 'alarms are looked at only');
  equal(page.troubles, [], 'console errors');
  site.rights = {};
});

test('rights taken away while logged in: the next refusal draws the console anew and says so', async () => {
  const page = await fresh('#/settings/operators', { expected: [/403/] });
  await rows(page);
  site.rights = { operators: 'none' };
  await page.click('[data-act=sessions]');
  await page.waitForSelector('.refused');
  await until(async () => (await text(page, '.notices')).includes('権限または担当範囲が変更'), 'says why');
  equal(await page.$('#group-pane [data-node=operators]'), null, 'gone from the tree');
  site.rights = {};
});

test('rights given or narrowed while logged in are noticed when another screen is opened, or the live stream begins anew', async () => {
  site.rights = { history: 'none' };
  const page = await fresh('#/gates');
  await rows(page);
  await page.waitForSelector('.live-live');
  equal(await page.$('[data-screen=history]'), null, 'not yet');
  site.rights = {};
  for (const stream of site.streams) stream.end();
  await page.waitForSelector('[data-screen=history]');
  site.rights = Object.fromEntries(functions.map((f) => [f, f === 'cardholders' ? 'edit' : 'none']));
  for (const stream of site.streams) stream.end();
  await until(async () => (await page.$$('.nav-bar a')).length === 1, 'only one left');
  await until(() => site.streams.size === 0, 'the stream is given up');
  site.rights = {};
});

test('who logs out leaves no address behind for the next one', async () => {
  const page = await fresh('#/settings/operators', { expected: [/401/] });
  await rows(page);
  await page.click('#logout');
  await page.waitForSelector('.login');
  site.rights = { operators: 'none' };
  await logIn(page, 'admin', 'secret');
  await rows(page);
  equal(await page.$('.refused'), null, 'begins at the beginning');
  site.rights = {};
});

test('who comes by Apache has no password to change here', async () => {
  site.login = 'remote_user';
  const page = await fresh('#/gates');
  await rows(page);
  await page.click('#account-button');
  equal([await page.$('[data-act=own-password]'), await page.$('#logout')], [null, null], 'neither password nor log-out');
  site.login = undefined;
});

test('an administrator of a part can not give more than they have', async () => {
  site.rights = { mutual_auth_password: 'none', data_interface: 'view' };
  site.scope = { all_management_groups: false, all_departments: true, management_groups: [1], departments: [] };
  const page = await fresh('#/settings/operators');
  await choose(page, 3);
  await page.click('[data-act=edit]');
  ok(await page.isDisabled('dialog input[name="right.mutual_auth_password"][value=view]'), 'what one has not');
  ok(await page.isDisabled('dialog input[name="right.data_interface"][value=edit]'), 'more than one has');
  ok(await page.isEnabled('dialog input[name="right.data_interface"][value=view]'), 'as much as one has');
  ok(await page.isDisabled('dialog input[name=all-management_groups][value=all]'), 'all groups');
  ok(await page.isEnabled('dialog input[name=all-departments][value=all]'), 'all departments');
  site.rights = {};
  site.scope = undefined;
});

test('keyboard alone: an operator is found, opened, a department and a right are chosen, saved', async () => {
  const page = await fresh('#/settings/operators');
  const { keyboard } = page;
  await rows(page);
  await keyboard.press('/');
  await keyboard.type('logi');
  await keyboard.press('Enter');
  await until(async () => (await columnTexts(page, 'name')).join() === 'logi-center', 'found');
  await page.focus('#centre-pane h2').catch(() => {});
  await page.evaluate(() => document.activeElement.blur());
  await keyboard.press('l');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await page.waitForSelector('dialog.operator-dialog');
  await page.focus('dialog input[name="right.history"]:checked');
  await keyboard.press('ArrowLeft');
  await page.focus('dialog .kbt');
  await keyboard.press('Home');
  await keyboard.press(' ');
  await page.focus('dialog input[name=name]');
  await keyboard.press('Enter');
  await saved(page);
  const o = operators.find((x) => x.name === 'logi-center');
  equal([o.rights.history, o.scope.departments.map((d) => d.id)], ['view', [departments[0].id, 9]], 'saved');
  equal(page.troubles, [], 'console errors');
});

for (const [language, theme] of [['ja', 'light'], ['ja', 'dark'], ['en', 'light'], ['en', 'dark']]) {
  test(`WCAG 2.2 AA: operators, their dialogs, account, system log, refusal; ${language} ${theme}`, async () => {
    if (!systemAlarms.length) systemAlarms.push(makeSystemAlarm(1, 'disk_low', '/var', '8 % left', 'warn'));
    const page = await fresh('#/settings/operators?sel=4', { language, theme });
    await page.waitForSelector('#operator-panel');
    const fits = async (where) => equal(await page.$$eval('.kbg, .tab-panel, .bar-row', (list) => list.filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth).map((e) => `${e.className} ${e.scrollWidth} in ${e.clientWidth}`)), [], `${where} fits 1,280`);
    for (const tab of ['basic', 'rights', 'scope']) {
      await page.click(`#operator-tab-${tab}`);
      equal(await axe(page), [], tab);
    }
    await fits('operators');
    for (const act of ['edit', 'password', 'logOut', 'remove']) {
      await page.click(`.title-acts [data-act=${act}]`).catch(() => {});
      await page.waitForSelector('dialog[open]');
      await page.waitForTimeout(100);
      equal(await axe(page), [], act);
      await page.keyboard.press('Escape');
    }
    await page.click('[data-act=add]');
    await page.waitForSelector('dialog[open]');
    equal(await axe(page), [], 'add');
    await page.keyboard.press('Escape');
    await page.click('[data-act=sessions]');
    await page.click('.kbg-body .kbg-row');
    equal(await axe(page), [], 'sessions');
    await page.click('#account-button');
    equal(await axe(page), [], 'account');
    await page.click('[data-act=own-password]');
    equal(await axe(page), [], 'own password');
    await page.keyboard.press('Escape');
    await page.evaluate(() => { location.hash = '#/settings/system_log'; });
    await page.waitForSelector('[data-act=chain]');
    await rows(page);
    await page.click('.kbg-body .kbg-row >> nth=5');
    await page.click('[data-menu=actions] summary');
    equal(await axe(page), [], 'system log');
    await fits('system log');
    await page.keyboard.press('Escape');
    await page.click('[data-act=chain]');
    equal(await axe(page), [], 'chain');
    await page.keyboard.press('Escape');
    await page.click('#system-alarm-button');
    equal(await axe(page), [], 'system alarms');
    await page.keyboard.press('Escape');
    site.rights = { history: 'none' };
    await page.goto(`${mock.url}?again#/history`);
    await page.waitForSelector('.refused');
    equal(await axe(page), [], 'refusal');
    site.rights = {};
    equal(page.troubles, [], 'console errors');
  });
}

await finish();
