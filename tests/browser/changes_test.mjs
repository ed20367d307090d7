// Change history and "why?" against the mock: filters, before and after, undo with what changed since, explanations and their lists.
import { test, ok, equal, until, axe, columnTexts } from './lib.mjs';
import { mock, site, context, fresh, rows, text, finish } from './on_mock.mjs';
import { changeSets, undo } from './mock/changes.mjs';
import { operators } from './mock/operators.mjs';

const asked = (name) => site.requests.filter((r) => r.name === name).at(-1);

test('acts are listed newest first in words; one shows each field before and after, and no JSON', async () => {
  const page = await fresh('#/settings/change_history');
  await rows(page);
  equal((await columnTexts(page, 'revision'))[0], '108', 'newest first');
  await page.click('.kbg-row[data-key="104"]');
  await page.waitForSelector('.changes');
  const table = await text(page, '.changes');
  for (const words of ['氏名', '鈴木 旧姓', '2027/03/31', 'アンチパスバック免除', 'いいえ', '設定済み(別の番号)', '90000002']) ok(table.includes(words), `${words} in ${table}`);
  await page.click('.kbg-row[data-key="107"]');
  await until(async () => (await text(page, '.changes')).includes('unlock_time'), 'a parameter by itself');
  ok((await text(page, '.changes')).includes('カード+テンキー'), 'the reader in words');
  ok(!/[{}"]/.test(await text(page, '.changes')), 'no JSON');
  equal(page.troubles, [], 'console errors');
});

test('filters narrow: kind, one person, an operator; the address keeps them', async () => {
  const page = await fresh('#/settings/change_history');
  await rows(page);
  await page.click('[data-menu=change-kinds] summary');
  await page.check('[data-menu=change-kinds] input[value=cardholder]');
  await until(async () => (await columnTexts(page, 'revision')).join() === '106,104,103', 'only what is about cardholders');
  await page.selectOption('select[name=operator]', '2');
  await until(async () => (await columnTexts(page, 'revision')).join() === '106', 'only of that operator');
  ok((await page.evaluate(() => location.hash)).includes('operator=2'), 'address');
  await page.selectOption('select[name=operator]', '');
  await page.click('.chip button');
  await until(async () => (await columnTexts(page, 'revision')).length === 8, 'all again');
  await page.keyboard.press('Escape');
  await page.click('[data-menu=change-subject] summary');
  await page.click('[data-subject=cardholder]');
  await page.fill('.choose-dialog input[type=search]', '000002');
  await until(async () => (await page.$$('.choose-list button')).length === 1, 'found');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await until(async () => (await columnTexts(page, 'revision')).join() === '106,105,104', 'acts on that person');
});

test('the filter offers every operator whom the viewer may see, and else who has been seen here', async () => {
  const offered = (page) => page.$$eval('select[name=operator] option', (list) => list.map((o) => o.value).filter(Boolean));
  await rows(await fresh('#/settings/change_history'));
  await until(async () => (await offered(context.page)).length === operators.length, 'all of them');
  site.rights = { operators: 'none' };
  await rows(await fresh('#/settings/change_history'));
  await until(async () => (await offered(context.page)).sort().join() === '1,2', 'who did something');
  site.rights = undefined;
  equal(context.page.troubles, [], 'console errors');
});

test("from a cardholder to the changes of that person; a long act's rows come page by page", async () => {
  const page = await fresh('#/cardholders?sel=2');
  await page.click('#cardholder-tab-related');
  await page.click('[data-act=changes]');
  await until(async () => (await columnTexts(page, 'revision')).join() === '106,105,104', 'acts on that person');
  await page.goto(`${mock.url}#/settings/change_history?revision=103`);
  await until(async () => (await page.$$('.changes tbody tr')).length === 100, 'the first hundred');
  await page.click('[data-act=more]');
  await page.click('[data-act=more]');
  await until(async () => (await page.$$('.changes tbody tr')).length === 230, 'all');
  equal(await page.$('[data-act=more]'), null, 'no more');
});

test('undo: what changed since is named, the rest is undone when that is chosen', async () => {
  const page = await fresh('#/settings/change_history?revision=104', { expected: [/409/] });
  await page.waitForSelector('.changes');
  undo.since = '{"cardholder": [2]}';
  await page.click('[data-act=undo]');
  await page.click('[data-act=undo-do]');
  await page.waitForSelector('[data-act=undo-rest]');
  const since = await text(page, 'dialog .since');
  ok(since.includes('高橋 健') && since.includes('カードの紛失') && since.includes('honkan'), since);
  ok(!since.includes('リビジョン 104'), 'only later acts');
  equal(await axe(page), [], 'axe');
  await page.click('[data-act=undo-rest]');
  await until(async () => (await text(page, '.notices')).includes('1件は後の変更を残しました'), 'says what stayed');
  equal(asked('/change-sets/104/undo').body, { skip_changed: true }, 'order');
  await until(async () => (await columnTexts(page, 'kind'))[0] === '元に戻す', 'an act of its own');
  ok((await text(page, '#detail-pane')).includes('リビジョン 104 の取り消し'), 'and shown');
  changeSets.pop();
});

test('an act that can not be undone offers no undo, nor one beyond the rights; CSV of list and act', async () => {
  const page = await fresh('#/settings/change_history?revision=107');
  await page.waitForSelector('.changes');
  equal(await page.$('[data-act=undo]'), null, 'a gate');
  for (const act of ['csv', 'csv-set']) {
    await page.click(`[data-act=${act}]`);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('dialog .primary')]);
    equal(download.suggestedFilename(), 'change-sets.csv', act);
  }
  site.rights = { cardholders: 'view', permit_transfer: 'none' };
  await fresh('#/settings/change_history?revision=105');
  await context.page.waitForSelector('.changes');
  equal(await context.page.$('[data-act=undo]'), null, 'may only look at cardholders');
  site.rights = undefined;
  equal(context.page.troubles, [], 'console errors');
});

test('why was it refused: verdict, reasons of both sides, what was held, the act behind it', async () => {
  const page = await fresh('#/history/access?range=days7');
  await rows(page);
  await page.click('[data-act=refusals]');
  await until(async () => (await columnTexts(page, 'kind')).every((k) => k.startsWith('▲')), 'refusals');
  await page.click('.kbg-body .kbg-row');
  await page.click('#detail-pane [data-act=why]');
  await page.waitForSelector('.why[data-verdict=refuse]');
  equal((await page.$$('.reasons tbody tr')).length, 9, 'every check');
  equal(await page.getAttribute('.reasons tbody tr', 'data-check'), 'permit', 'what refuses stands first');
  const words = await text(page, '.why');
  for (const w of ['入室許可なし', 'リビジョン 104', 'リビジョン 108', 'サーバーの内容では通行できます', 'レベル2', 'ゲートが通知した理由']) ok(words.includes(w), `${w} in ${words}`);
  await page.click('.reasons a');
  await until(async () => (await text(page, '#detail-pane h2')) === '許可の追加', 'the act that changed it');
  equal(page.troubles, [], 'console errors');
});

test('why, of a person: a gate is chosen by keyboard, then a moment; the gates that open; and of a gate, who passes', async () => {
  const page = await fresh('#/cardholders?sel=2');
  await page.click('#cardholder-tab-why');
  await page.click('[data-act=choose]');
  await page.fill('.choose-dialog input[type=search]', '会議室');
  await until(async () => (await page.$$('.choose-list button')).length === 4, 'found');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.why');
  await page.fill('input[name=at]', '2026-03-02T09:15');
  await until(async () => (await text(page, '.why')).includes('2026/03/02 09:15:00'), 'at that moment');
  await page.click('[data-act=reach]');
  await until(async () => (await page.$$('.reach tbody tr')).length === 3, 'three gates');
  equal((await page.$$('.reach tr.differs')).length, 1, 'one where gate and server differ');
  await page.goto(`${mock.url}#/gates?sel=3`);
  await page.click('#gate-tab-why');
  await page.click('[data-act=reach]');
  await until(async () => (await page.$$('.reach tbody tr')).length === 100, 'a page of people');
  await page.click('[data-act=more]');
  await until(async () => (await page.$$('.reach tbody tr')).length === 200, 'another page');
  await page.click('.reach [data-act=why]');
  await page.waitForSelector('.why');
  equal(page.troubles, [], 'console errors');
});

for (const [language, theme] of [['ja', 'light'], ['ja', 'dark'], ['en', 'light'], ['en', 'dark']]) {
  test(`WCAG 2.2 AA: change history, why; ${language} ${theme}`, async () => {
    const page = await fresh('#/settings/change_history?revision=104', { language, theme });
    await page.waitForSelector('.changes');
    equal(await axe(page), [], 'change history');
    await page.click('[data-menu=change-kinds] summary');
    equal(await axe(page), [], 'kinds');
    await page.click('[data-act=undo]');
    await page.waitForSelector('dialog[open]');
    equal(await axe(page), [], 'undo');
    await page.keyboard.press('Escape');
    await page.goto(`${mock.url}#/gates?sel=3`);
    await page.click('#gate-tab-why');
    equal(await axe(page), [], 'why, nobody chosen');
    await page.click('[data-act=choose]');
    await page.waitForSelector('.choose-list button');
    equal(await axe(page), [], 'find');
    await page.click('.choose-list button');
    await page.waitForSelector('.why');
    equal(await axe(page), [], 'why');
    await page.click('[data-act=reach]');
    await page.waitForSelector('.reach');
    equal(await axe(page), [], 'who passes');
    equal(page.troubles, [], 'console errors');
  });
}

await finish();
