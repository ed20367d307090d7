// Cardholders, settings and transfers against the mock, with 300,000 people.
import { test, ok, equal, until, axe, columnTexts } from './lib.mjs';
import { mock, site, fresh, rows, text, finish } from './on_mock.mjs';
import { change, person, permits, proof, total, sets, transfers, imports } from './mock/people.mjs';
import { departments, groups } from './mock/data.mjs';

const chosen = (page, words) => until(async () => (await text(page, '#detail-pane h2')).includes(words), `${words} in the detail pane`);
const asked = (name) => site.requests.filter((r) => r.name === name).at(-1);

test('300,000 cardholders in one list: the first at once, the last by End, any by the scrollbar', async () => {
  const page = await fresh('#/cardholders');
  await rows(page);
  equal(Number(await page.getAttribute('.kbg', 'aria-rowcount')), total + 1, 'rows told to assistive technology');
  await page.focus('.kbg');
  await page.keyboard.press('End');
  await until(async () => (await columnTexts(page, 'employee_number')).includes(String(total)), 'the last one');
  await chosen(page, person(total).name);
  await page.$eval('.kbg', (g) => { g.scrollTop = 28 * 150000; });
  await until(async () => (await columnTexts(page, 'employee_number')).includes('150010'), 'the middle');
  equal(site.requests.filter((r) => r.name === '/cardholders').length < 8, true, 'pages between are not fetched');
  await page.keyboard.press('Home');
  await until(async () => (await columnTexts(page, 'employee_number'))[0] === '000001', 'the first again');
  equal(page.troubles, [], 'console errors');
});

test('a range over several pages is marked; all of them are meant by their search, not by name', async () => {
  const page = await fresh('#/cardholders');
  await rows(page);
  await page.click('.kbg-row[data-key="1"]');
  await page.$eval('.kbg', (g) => { g.scrollTop = 28 * 245; });
  await page.click('.kbg-row[data-key="250"]', { modifiers: ['Shift'] });
  await chosen(page, '250人');
  await page.keyboard.press('Control+a');
  await chosen(page, '300,000人');
  await page.click('#detail-pane [data-act=bulk-delete]');
  ok(await page.isDisabled('dialog .danger'), 'count not typed yet');
  await page.fill('dialog input[name=count]', '250');
  ok(await page.isDisabled('dialog .danger'), 'wrong count');
  await page.fill('dialog input[name=count]', '300,000');
  await page.click('dialog .danger');
  await until(() => asked('/cardholders/bulk')?.body.delete === true, 'deleted');
  equal(asked('/cardholders/bulk').body, { filter: {}, expected_count: 300000, delete: true }, 'order');
});

test('department in the tree and search narrow the list; the address keeps both', async () => {
  const page = await fresh('#/cardholders');
  await rows(page);
  await page.click('#group-pane [data-node=d-6] .kbt-label');
  await until(async () => (await columnTexts(page, 'department')).every((d) => d.includes('研究')), 'only the department and below');
  ok((await page.evaluate(() => location.hash)).includes('department=6'), 'address');
  await page.click('.chip button');
  await page.fill('input[name=q]', '000123');
  await until(async () => (await columnTexts(page, 'employee_number')).join() === '000123', 'found');
});

test('an edit that comes second shows the difference; it is saved with what was chosen', async () => {
  const page = await fresh('#/cardholders', { expected: [/412/] });
  await rows(page);
  await page.click('.kbg-row[data-key="5"]');
  await page.click('[data-act=edit]');
  await page.fill('dialog input[name=name]', '改姓 花子');
  change(5, { note: '別の人の入力' });
  await page.click('dialog .primary');
  await page.waitForSelector('.difference');
  ok((await text(page, '.difference')).includes('別の人の入力'), 'shows the other one');
  await page.click('dialog .primary');
  await until(() => person(5).name === '改姓 花子', 'saved');
  equal(person(5).note, '別の人の入力', 'theirs is kept');
  await until(async () => (await text(page, '.kbg-row[data-key="5"]')).includes('改姓'), 'in the list');
});

test('a permit is added by picking, and taken away and given back', async () => {
  const page = await fresh('#/cardholders?sel=2');
  await chosen(page, person(2).name);
  await page.click('#cardholder-tab-permits');
  await page.click('[data-act=add-permit]');
  await page.fill('dialog .check-list input[type=search]', '会議室');
  await page.click('dialog .check-list li input >> nth=0');
  await page.selectOption('dialog select[name=pass_level]', '3');
  await page.click('dialog .primary');
  await until(async () => (await page.$$('.permits tbody tr')).length === 3, 'three permits');
  equal(permits.at(-1).pass_level, 3, 'level');
  await page.click('.permits tbody tr:last-child .outline-danger');
  await page.click('dialog .danger');
  await until(async () => (await page.$$('.permits tbody tr')).length === 2, 'two again');
});

test('who may not watch gates grants them all the same', async () => {
  site.rights = { gates: 'none' };
  const page = await fresh('#/cardholders?sel=2');
  await chosen(page, person(2).name);
  await page.click('#cardholder-tab-permits');
  await page.click('[data-act=add-permit]');
  await page.fill('dialog .check-list input[type=search]', '会議室');
  ok((await page.$$('dialog .check-list li input')).length > 0, 'gates are offered');
  equal(page.troubles, [], 'console errors');
  site.rights = {};
});

test('a lost card: reported, and the exposed gates are seen to fall to none', async () => {
  proof.exposed = 3;
  const page = await fresh('#/cardholders?sel=2');
  await chosen(page, person(2).name);
  await page.click('[data-act=lost]');
  await page.fill('dialog input[name=comment]', '駅で紛失');
  await page.click('dialog .danger');
  await until(async () => (await text(page, '.pane-title')).includes('紛失'), 'marked as lost');
  equal(asked('/cardholders/2/lost').body, { lost: true, comment: '駅で紛失' }, 'order');
  await page.click('#cardholder-tab-related');
  await until(async () => (await text(page, '[data-count=exposed]')).includes('3'), 'three exposed');
  proof.exposed = 1;
  await until(async () => (await text(page, '[data-count=exposed]')).includes('1'), 'one left');
  proof.exposed = 0;
  await until(async () => (await text(page, '[data-count=exposed]')).includes('0'), 'none');
  await page.click('[data-act=found]');
  await page.click('dialog .primary');
  await until(() => person(2).lost === false, 'found');
});

test('several are changed at once; when they are no longer as many, nothing is done and it is said', async () => {
  const page = await fresh('#/cardholders', { expected: [/409/] });
  await rows(page);
  await page.click('.kbg-row[data-key="10"]');
  await page.click('.kbg-row[data-key="11"] .kbg-mark');
  await page.click('[data-act=bulk-edit]');
  await page.click('dialog button.choose');
  await page.fill('.choose-dialog input[type=search]', '物流');
  await page.click('.choose-dialog .choose-list li button');
  await page.click('.bulk-dialog .primary');
  await until(() => person(10).department.id === 9 && person(11).department.id === 9, 'both moved');
});

test('settings: a department is added below another and moved; a management group is added', async () => {
  const page = await fresh('#/settings/departments');
  await page.click('.tree-place [data-node="6"] .kbt-label');
  await page.click('[data-act=add]');
  await page.fill('dialog input[name=name]', '第三研究部');
  await page.fill('dialog input[name=code]', 'R3');
  await page.click('dialog .primary');
  await chosen(page, '第三研究部');
  equal(departments.at(-1).parent, 6, 'below the one chosen');
  await page.click('[data-act=edit]');
  await page.click('dialog button[name=parent]');
  await page.click('.choose-dialog .dialog-buttons button');
  await page.click('.edit-dialog .primary');
  await until(() => departments.at(-1).parent === null, 'moved to the top');
  await page.click('#group-pane [data-node=management_groups]');
  await rows(page);
  await page.click('[data-act=add]');
  await page.fill('dialog input[name=name]', '別館');
  await page.click('dialog .primary');
  await until(() => groups.at(-1).name === '別館', 'added');
  groups.pop();
  departments.pop();
  equal(page.troubles, [], 'console errors');
});

test('a gate group says who would gain before it changes', async () => {
  const page = await fresh('#/gates?gate_group=1');
  await rows(page);
  await page.click('[data-menu=gate-groups] summary');
  await page.click('[data-act=edit-group]');
  await page.click('dialog .check-list li input:not(:checked) >> nth=0');
  await page.click('dialog .primary');
  await until(async () => (await text(page, 'dialog')).includes('2,034人'), 'preview');
  equal(sets[0].members.length, 5, 'nothing changed yet');
  await page.click('dialog .primary');
  await until(() => sets[0].members.length === 6, 'changed');
});

test('a gate group that another operator changed meanwhile: both changes are shown, and mine is put on top', async () => {
  const page = await fresh('#/gates?gate_group=1', { expected: [/412/] });
  await rows(page);
  const had = [...sets[0].members];
  await page.click('[data-menu=gate-groups] summary');
  await page.click('[data-act=edit-group]');
  await page.click('dialog .check-list li input[value="6"]');
  Object.assign(sets[0], { members: [...had.filter((g) => g !== 1), 4], name: '来客用', revision: sets[0].revision + 1 });
  await page.click('dialog .primary');
  await page.waitForSelector('dialog .difference');
  const cells = await page.$$eval('dialog .difference tbody tr', (list) => list.map((r) => [...r.querySelectorAll('td')].map((d) => d.textContent.trim())));
  equal(cells[0], ['変更なし', '来客用'], 'name');
  equal(cells[1], ['研究棟 6F 通用口', 'サーバー室 4F 正面玄関'], 'added by me, by them');
  equal(cells[2], ['変更なし', '本館 1F 正面玄関'], 'removed by me, by them');
  equal(await axe(page), [], 'axe');
  await page.click('dialog .primary');
  await until(async () => (await text(page, 'dialog')).includes('通行でき'), 'preview again');
  await page.click('dialog .primary');
  await until(() => sets[0].members.includes(6), 'saved');
  equal([...sets[0].members].sort((a, b) => a - b), [...had.filter((g) => g !== 1), 6, 4].sort((a, b) => a - b), 'both changes are kept');
  equal(sets[0].name, '来客用', 'their name too');
  Object.assign(sets[0], { members: had, name: '来客用ゲート' });
});

test('a transfer is begun by hand for all gates, followed and stopped', async () => {
  const page = await fresh('#/settings/permit_transfer');
  await page.click('[data-act=begin]');
  await page.click('dialog .primary');
  await until(async () => (await text(page, '.kbg-body')).includes('30%'), 'progress');
  equal(asked('/transfers').name, '/transfers', 'asked');
  const order = site.requests.filter((r) => r.name === '/transfers' && r.method === 'POST').at(-1);
  equal(order.body, { kind: 'permits', all: true, full: false }, 'order');
  ok(order.headers['idempotency-key'], 'has an Idempotency-Key');
  await page.click('#centre-pane [data-act=stop]');
  await until(async () => (await columnTexts(page, 'state'))[0].includes('停止'), 'stopped');
});

test('transfers: reasons in words, more than a page, and in the strip of every screen', async () => {
  const proto = transfers[0];
  const extra = Array.from({ length: 450 }, (_, i) => ({ ...proto, id: 1000 - i, state: 'done', reason: i === 0 ? 'the controller has no room' : i === 1 ? '3 queued, 12 without traffic' : i === 2 ? 'ERR 0x17 of the vendor' : null }));
  transfers.unshift(...extra);
  const page = await fresh('#/settings/permit_transfer');
  await rows(page);
  const reasons = await columnTexts(page, 'reason');
  equal(reasons.slice(0, 3), ['制御器の容量が足りません', '3台へ転送、12台は転送不要', 'ERR 0x17 of the vendor'], 'known ones in words, an unknown one as it is');
  for (let i = 0; i < 3; i += 1) {
    await page.$eval('.kbg', (g) => { g.scrollTop = g.scrollHeight; });
    await page.waitForTimeout(400);
  }
  await until(async () => (await text(page, '.summary')).includes(String(transfers.length)), 'all of them');
  await page.waitForTimeout(1800);
  ok((await text(page, '.summary')).includes(String(transfers.length)), 'and they stay when the list is refreshed');
  transfers.unshift({ ...proto, id: 2000, state: 'running', progress: 1, total: 4 });
  await page.goto(`${mock.url}#/gates`);
  await page.reload();
  await until(async () => (await text(page, '[data-act=transfers]')).includes('転送 1件 25%'), 'in the strip');
  transfers[0].state = 'failed';
  await until(async () => (await text(page, '[data-act=transfers]')).includes('転送 1件失敗'), 'and how it ended');
  await page.click('[data-act=transfers]');
  await until(async () => (await page.evaluate(() => location.hash)).includes('permit_transfer'), 'leads there');
  transfers.splice(0, transfers.length, proto);
  equal(page.troubles, [], 'console errors');
});

test('an import: looked at with its errors, left and come back to, applied, the result kept', async () => {
  const page = await fresh('#/cardholders');
  await rows(page);
  await page.click('[data-act=import]');
  await page.setInputFiles('dialog input[name=file]', { name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\r\n') });
  await page.selectOption('dialog select[name=mode]', 'delete');
  await page.click('dialog .primary');
  await page.waitForSelector('dialog [data-state=reading]');
  await page.click('dialog .close');
  await page.goto(`${mock.url}#/gates`);
  await page.click('[data-act=import-job]');
  await page.waitForSelector('dialog [data-state=previewed]');
  await until(async () => (await text(page, '.import-rows')).includes('所属が見つかりません'), 'errors are shown first');
  equal((await page.$$('.import-rows tbody tr')).length, 1, 'only errors');
  await page.click('[data-status=change]');
  await until(async () => (await text(page, '.import-rows')).includes('旧姓 → 新姓'), 'before and after');
  await page.click('[data-status=unchanged]');
  await until(async () => (await page.$$('.import-rows tbody tr')).length === 100, 'a page of rows');
  await page.click('dialog [data-act=more]');
  await until(async () => (await page.$$('.import-rows tbody tr')).length === 150, 'and the rest');
  equal(await axe(page), [], 'axe');
  ok(await page.isDisabled('dialog .primary'), 'too many deletions: not without agreement');
  await page.check('dialog input[name=agree]');
  await page.click('dialog .primary');
  await page.waitForSelector('dialog [data-state=done]');
  equal(asked('/imports/1/apply').body, { agree_deletions: true }, 'agreed');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('dialog [data-act=result]')]);
  equal(download.suggestedFilename(), 'result.csv', 'result file');
  equal(page.troubles, [], 'console errors');
});

test('an import whose rows the database lost says so, and offers nothing that can not be done', async () => {
  imports.unshift({ ...imports[0], id: 2, state: 'previewed', rows_lost: true });
  const page = await fresh('#/cardholders');
  await rows(page);
  await page.click('[data-act=import]');
  await page.click('dialog .plain-list button >> nth=0');
  await until(async () => (await text(page, 'dialog .dialog-warning')).includes('失われました'), 'says so');
  equal(await page.$('dialog [data-act=result], dialog .primary, dialog .import-rows'), null, 'neither result nor apply');
  equal(site.requests.filter((r) => r.name === '/imports/2/rows').length, 0, 'rows are not asked for');
  imports.shift();
  equal(page.troubles, [], 'console errors');
});

for (const [language, theme] of [['ja', 'light'], ['ja', 'dark'], ['en', 'light'], ['en', 'dark']]) {
  test(`WCAG 2.2 AA: cardholders, their dialogs, settings, transfers; ${language} ${theme}`, async () => {
    proof.exposed = 2;
    const page = await fresh('#/cardholders?sel=2', { language, theme });
    await chosen(page, person(2).name);
    equal(await axe(page), [], 'basic');
    for (const tab of ['permits', 'related', 'department']) {
      await page.click(`#cardholder-tab-${tab}`);
      await page.waitForTimeout(200);
      equal(await axe(page), [], tab);
    }
    for (const act of ['edit', 'lost', 'reissue']) {
      await page.click(`.title-acts [data-act=${act}]`);
      await page.waitForSelector('dialog[open]');
      equal(await axe(page), [], act);
      await page.keyboard.press('Escape');
    }
    await page.click('[data-act=bulk-edit]');
    await page.waitForSelector('dialog[open]');
    await page.check('dialog input[name=do-permits_add]');
    equal(await axe(page), [], 'bulk');
    await page.keyboard.press('Escape');
    for (const part of ['departments', 'management_groups', 'permit_transfer']) {
      await page.goto(`${mock.url}#/settings/${part}`);
      await page.waitForTimeout(300);
      equal(await axe(page), [], part);
    }
    equal(page.troubles, [], 'console errors');
  });
}

await finish();
