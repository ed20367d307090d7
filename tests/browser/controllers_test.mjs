// Controllers against the mock: added by hand and from a search on the network, changed, deleted; what a board can not do is shown so.
import path from 'node:path';
import { test, ok, equal, until, axe } from './lib.mjs';
import { site, context, fresh, rows, text, finish } from './on_mock.mjs';
import { controllers } from './mock/controllers.mjs';

const listed = async (hash, options) => {
  await rows(await fresh(hash, options));
  return context.page;
};
const asked = (method, name) => site.requests.filter((r) => r.method === method && r.name === name).at(-1);
const shot = async (page, name) => { if (process.env.KIDOBAN_SHOTS) await page.screenshot({ path: path.join(process.env.KIDOBAN_SHOTS, `${name}.png`) }); };

test('a board is added by its serial number, whose first digit says how many doors it has', async () => {
  const page = await listed('#/gates', { expected: [/409/] });
  await page.click('[data-act=controllers]');
  await page.waitForSelector('.controllers-list tbody tr');
  equal((await page.$$('.controllers-list tbody tr')).length, controllers().length, 'rows');
  ok((await text(page, '.controllers-dialog .unsecured')).includes('VLAN'), 'a standing warning with what to do');
  await page.click('[data-act=add-controller]');
  await page.fill('dialog input[name=name]', '裏口');
  equal(await page.$$('dialog input[name^=gate-]'), [], 'no doors before the serial number');
  await page.fill('dialog input[name=serial]', '205000001');
  await page.fill('dialog input[name=address]', '192.0.2.7');
  equal(await page.$$eval('dialog input[name^=gate-]', (list) => list.map((i) => i.value)), ['裏口 1', '裏口 2'], 'two doors');
  await page.fill('dialog input[name=gate-2]', '裏口 倉庫側');
  await page.uncheck('dialog input[name=contacts]');
  await shot(page, 'controller-add');
  await page.click('.edit-dialog .primary');
  await until(() => asked('POST', '/controllers'), 'sent');
  equal(asked('POST', '/controllers').body, { name: '裏口', driver: 'uhppote', serial: '205000001', address: '192.0.2.7',
    gates: ['裏口 1', '裏口 倉庫側'].map((name, i) => ({ door: i + 1, name, management_group: 1, entry_reader: 'card', door_sensor: 'none' })) }, 'body');
  await until(async () => (await text(page, '.controllers-list')).includes('205000001'), 'in the list');
  await page.click('[data-act=add-controller]');
  await page.fill('dialog input[name=name]', 'again');
  await page.fill('dialog input[name=serial]', '205000001');
  await page.fill('dialog input[name=address]', '192.0.2.8');
  await page.click('.edit-dialog .primary');
  await until(async () => (await text(page, '.edit-dialog .field-error')).length > 0, 'a serial number that is there already is named');
  await page.keyboard.press('Escape');
  equal(page.troubles, [], 'console errors');
});

test('a search on a network shows who answers; one of them is added from there', async () => {
  const page = await listed('#/gates', { expected: [/400/] });
  await page.click('[data-act=controllers]');
  await page.click('[data-act=find-controllers]');
  await page.fill('dialog input[name=network]', 'everywhere');
  await page.keyboard.press('Enter');
  await until(async () => (await text(page, '.bulk-dialog .field-error')).length > 0, 'nonsense is refused');
  await page.fill('dialog input[name=network]', '192.0.2.255');
  await page.keyboard.press('Enter');
  await until(async () => (await page.$$('[data-act=add-found]')).length === 2, 'two boards');
  await shot(page, 'controller-search');
  await page.click('[data-act=add-found]');
  equal(await page.inputValue('dialog input[name=serial]'), '405000123', 'serial number filled in');
  equal((await page.$$('dialog input[name^=gate-]')).length, 4, 'four doors');
  await page.click('.edit-dialog .primary');
  await until(async () => (await page.$$('[data-act=add-found]')).length === 1, 'shown as added');
  await page.fill('dialog input[name=network]', '198.51.100.0/24');
  await page.click('.bulk-dialog .primary');
  await until(async () => (await text(page, '.bulk-dialog')).includes('0台'), 'nobody answers');
  equal(page.troubles, [], 'console errors');
});

test('a controller is changed and deleted', async () => {
  const page = await listed('#/gates');
  await page.click('[data-act=controllers]');
  await page.fill('.controllers-dialog input[type=search]', '205000001');
  await until(async () => (await page.$$('.controllers-list tbody tr')).length === 1, 'found');
  await page.click('[data-act=edit-controller]');
  ok((await text(page, '.edit-dialog .facts')).includes('192.0.2.99:60001') && (await text(page, '.edit-dialog .facts')).includes('4枚が外部で変更'), 'whose its events are, and what had drifted');
  equal(await axe(page), [], 'axe');
  await shot(page, 'controller-edit');
  await page.check('.edit-dialog input[name=take_listener]');
  await page.fill('.edit-dialog input[name=address]', '192.0.2.70');
  await page.fill('.edit-dialog input[name=port]', '60001');
  await page.click('.edit-dialog .primary');
  await until(() => site.requests.some((r) => r.method === 'PATCH' && r.body.port === 60001 && r.body.address === '192.0.2.70' && r.body.take_listener === true), 'changed, the port as a number');
  await until(async () => (await text(page, '.controllers-list')).includes('192.0.2.70'), 'shown');
  await page.click('[data-act=delete-controller]');
  ok((await text(page, 'dialog .dialog-text')).includes('履歴は残ります'), 'says what goes and what stays');
  await page.click('dialog .danger');
  await until(async () => (await page.$$('.controllers-list tbody tr')).length === 0, 'gone');
  equal(page.troubles, [], 'console errors');
});

test('what a board can not do is shown so, with the reason, and its warning stands', async () => {
  const page = await listed('#/gates?sel=40');
  await until(async () => (await text(page, '#detail-pane .pane-title')).includes('通信が保護されていません'), 'the mark in the head of the pane');
  ok((await text(page, '#detail-pane .state-cards')).includes('この制御器にはない機能'), 'the arm state');
  ok(await page.isDisabled('[data-command=arm]'), 'arming');
  ok((await page.getAttribute('[data-command=arm]', 'title')).length > 5, 'with the reason');
  ok(!(await page.isDisabled('[data-command=unlock]')), 'unlocking works');
  await page.click('#gate-tab-controller');
  ok((await text(page, '#detail-pane .unsecured')).includes('VLAN'), 'the warning with what to do');
  ok((await page.$$('#detail-pane .lacking > div')).length > 9, 'the whole list');
  await shot(page, 'board-detail');
  await page.click('.kbg-row[data-key="39"]', { modifiers: ['Control'] });
  ok(!(await page.isDisabled('[data-command=arm]')), 'with another gate that can, the command is open: each gate answers for itself');
  equal(page.troubles, [], 'console errors');
});

test('who may not administer sees no controllers to change', async () => {
  site.rights = { system_administration: 'none' };
  const page = await listed('#/gates');
  equal(await page.$$('[data-act=controllers]'), [], 'no button');
  site.rights = {};
});

for (const [language, theme] of [['ja', 'light'], ['en', 'dark']]) {
  test(`axe finds nothing (${language}, ${theme})`, async () => {
    const page = await listed('#/gates?sel=40', { language, theme });
    await page.click('#gate-tab-controller');
    await page.waitForSelector('.lacking');
    equal(await axe(page), [], 'controller tab');
    await shot(page, `board-detail-${language}`);
    await page.click('[data-act=controllers]');
    await page.waitForSelector('.controllers-list tbody tr');
    equal(await axe(page), [], 'list');
    await shot(page, `controllers-${language}`);
    await page.click('[data-act=find-controllers]');
    await page.fill('dialog input[name=network]', '192.0.2.255');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-act=add-found]');
    equal(await axe(page), [], 'search');
    await page.click('[data-act=add-found]');
    await page.waitForSelector('dialog input[name=gate-1]');
    equal(await axe(page), [], 'form');
    await shot(page, `controller-form-${language}`);
    equal(page.troubles, [], 'console errors');
  });
}

await finish();
