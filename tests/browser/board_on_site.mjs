// What a person with one board on the desk does: finds it, adds it, gives themselves a card, and sees their swipe. See board_test.py.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { needBrowser, launch, openPage, test, ok, equal, until, runTests, axe, logIn, columnTexts } from './lib.mjs';

needBrowser();
const { serial, network, control } = JSON.parse(process.env.KIDOBAN_BOARD);
const run = promisify(execFile);
const act = async (...words) => JSON.parse((await run(control[0], [...control.slice(1), ...words])).stdout);
const browser = await launch();
const context = {};
const text = (page, selector) => page.textContent(selector).catch(() => '');
const shot = async (page, name) => { if (process.env.KIDOBAN_SHOTS) await page.screenshot({ path: path.join(process.env.KIDOBAN_SHOTS, `${name}.png`) }); };
const api = (page, where, body) => page.evaluate(async ([w, b]) => {
  const reply = await fetch(`/api/v1${w}`, b ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(b) } : {});
  return { status: reply.status, body: await reply.json() };
}, [where, body]);
const go = (page, hash) => page.evaluate((h) => { location.hash = h; }, hash);
let gates = [];

test('the board is found on the network that is named, and added with its two doors', async () => {
  context.page = await openPage(browser);
  const { page } = context;
  await page.goto(process.env.KIDOBAN_URL);
  await logIn(page, process.env.KIDOBAN_OPERATOR, process.env.KIDOBAN_PASSWORD);
  await go(page, '#/gates');
  await page.waitForSelector('.kbg-body .kbg-row');
  await page.click('[data-act=controllers]');
  await page.click('[data-act=find-controllers]');
  await page.fill('dialog input[name=network]', network);
  await page.keyboard.press('Enter');
  await until(async () => (await text(page, '.bulk-dialog')).includes(serial), 'it answers', 30000);
  ok((await text(page, '.bulk-dialog')).includes('追加済み: UHPPOTE 001'), 'the one that is there is known');
  await shot(page, 'site-found');
  await page.click('[data-act=add-found]');
  await page.fill('dialog input[name=name]', '机上の基板');
  await page.click('.edit-dialog .primary');
  await until(async () => (await page.$$('.edit-dialog')).length === 0, 'added');
  await page.click('.bulk-dialog .dialog-buttons button:first-child');
  await until(async () => (await text(page, '.controllers-list')).includes('机上の基板'), 'in the list of controllers');
  await page.click('.controllers-dialog > .choose-body .dialog-buttons button');
  await until(async () => (await columnTexts(page, 'name')).filter((n) => n.startsWith('机上の基板')).length === 2, 'its gates are in the list');
  equal(page.troubles, [], 'console errors');
});

test('it comes up by itself, and its warning stands', async () => {
  const { page } = context;
  gates = (await api(page, '/gates?q=%E6%9C%BA%E4%B8%8A')).body.gates.map((g) => g.id);
  equal(gates.length, 2, 'gates');
  await until(async () => (await api(page, `/gates/${gates[0]}`)).body.controller.communication === 'up', 'up', 30000);
  await page.reload();
  await go(page, `#/gates?sel=${gates[0]}`);
  await until(async () => (await text(page, '#detail-pane')).includes('通信が保護されていません'), 'warning');
  await page.click('#gate-tab-controller');
  equal(await axe(page), [], 'axe');
  await shot(page, 'site-board');
});

test('an unknown card shows its number; granted, its swipe is in the browser within a second', async () => {
  const { page } = context;
  await go(page, '#/history/access');
  await page.waitForSelector('.kbg');
  await page.waitForTimeout(1500);
  await act('swipe', '1', '10058400');
  await until(async () => (await text(page, '.kbg-body')).includes('未登録カード'), 'the unknown card', 5000);
  await page.click('.kbg-body .kbg-row');
  await until(async () => (await text(page, '#detail-pane')).includes('10058400'), 'with its number');
  const department = (await api(page, '/departments')).body.departments[0].id;
  const person = await api(page, '/cardholders', { employee_number: 'DESK-1', name: '机上 太郎', kana: 'キジョウ タロウ', department, card_number: '10058400' });
  equal((await api(page, '/permits', { cardholders: [person.body.id], gate: gates[0] })).status, 201, 'granted');
  await until(async () => (await act('cards')).cards.some((c) => c.card === 10058400), 'the card is on the board');
  const began = Date.now();
  const swiped = await act('swipe', '1', '10058400');
  const made = Date.now();
  equal(swiped.granted, true, 'the door opens');
  await page.waitForFunction(() => document.querySelector('.kbg-body')?.textContent.includes('机上 太郎'), null, { timeout: 5000, polling: 10 });
  const seen = Date.now();
  console.log(`# seen ${seen - made} to ${seen - began} ms after the swipe`);
  ok(seen - made < 1000, `seen after ${seen - made} ms`);
  await shot(page, 'site-swipe');
  equal(page.troubles, [], 'console errors');
});

test('the door is opened from the screen, and the board\'s answer shown; what it can not do is closed', async () => {
  const { page } = context;
  await go(page, `#/gates?sel=${gates[1]}`);
  await until(async () => (await text(page, '#detail-pane .pane-title')).includes('机上の基板'), 'chosen');
  ok(await page.isDisabled('[data-command=arm]'), 'arming is not on this controller');
  await page.click('[data-command=unlock]');
  await until(async () => (await text(page, '.drawer')).includes('完了'), 'done', 10000);
  equal((await act('status')).status.doors[1].released, true, 'the lock is released');
  await shot(page, 'site-unlocked');
  equal(page.troubles, [], 'console errors');
});

const failed = await runTests(context);
await browser.close();
process.exitCode = failed ? 1 : 0;
