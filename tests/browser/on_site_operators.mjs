// On a whole real site: a branch office's guard is made and works within rights and scope, which change under their hands; the system
// log tells of it; hostile text in every name, and in what controllers say, stays text. Called by on_site.mjs.
import { openPage, test, ok, equal, until, logIn, columnTexts, axe, watchHarm, harmless } from './lib.mjs';

const secret = 'an umbrella by the door';
const newSecret = 'the third lantern is lit';
const evil = (n) => `${n}"'><img data-pwn src=/pwn.png onerror=pwn()>`; // names have at most 64 characters
const asJson = { 'Content-Type': 'application/json' };

export function operatorTests({ browser, context, url, work, go, rows, text, api }) {
  let guard = null; // the guard's own browser
  let group = null;
  let id = null;
  const read = async (path) => (await api(context.page, path)).body;
  const write = (method, path, body, more = {}) => context.page.evaluate(async ([m, p, b, h]) => {
    const reply = await fetch(`/api/v1${p}`, { method: m, headers: h, body: JSON.stringify(b) });
    return { status: reply.status, body: reply.status === 204 ? null : await reply.json() };
  }, [method, path, body, { ...asJson, ...more }]);
  const patch = async (path, body) => write('PATCH', path, body, { 'If-Match': (await api(context.page, path)).etag });
  const acted = (n) => until(async () => (await context.page.$('dialog[open]')) === null, n);

  test("an administrator gives a branch office's guard their own doors and people, in one form", async () => {
    const page = await work('#/settings/operators', { expected: [/4\d\d/] });
    await rows(page);
    group = (await read('/management-groups')).management_groups.find((g) => g.gates > 0);
    await page.click('[data-act=add]');
    await page.fill('dialog input[name=display_name]', '支店 警備');
    await page.fill('dialog input[name=name]', 'branch-guard');
    await page.fill('dialog input[name=password]', 'password password');
    await page.fill('dialog input[name=again]', 'password password');
    await page.check('dialog input[name="right.cardholders"][value=view]');
    await page.check(`dialog input[name=management_group][value="${group.id}"]`);
    await page.click('dialog .kbt-item >> nth=0');
    await page.click('dialog .primary');
    await until(async () => (await text(page, 'dialog .field-error')).includes('推測されやすい'), 'the easy password is refused in words');
    await page.fill('dialog input[name=password]', secret);
    await page.fill('dialog input[name=again]', secret);
    await page.click('dialog .primary');
    await acted('saved');
    await until(async () => (await columnTexts(page, 'name')).includes('branch-guard'), 'in the list');
    id = (await read('/operators?q=branch-guard')).operators[0].id;
    equal(page.troubles, [], 'console errors');
  });

  test('the guard sees exactly that: their gates, no settings, no edit of people', async () => {
    guard = await openPage(browser, { expected: [/4\d\d/] });
    await guard.goto(url);
    await logIn(guard, 'branch-guard', secret);
    await rows(guard);
    equal(await guard.$$eval('.nav-bar a', (list) => list.map((a) => a.dataset.screen)), ['history', 'cardholders', 'gates'], 'navigation');
    equal([Number(await guard.getAttribute('.kbg', 'aria-rowcount')) - 1, [...new Set(await columnTexts(guard, 'management_group'))]], [group.gates, [group.name]], 'gates');
    await guard.evaluate(() => { location.hash = '#/cardholders'; });
    await rows(guard);
    equal(await guard.$$('#centre-pane [data-act=register], #centre-pane [data-act=import], #centre-pane [data-act=delete-shown]'), [], 'people are looked at only');
    await guard.evaluate(() => { location.hash = '#/settings/operators'; });
    await guard.waitForSelector('.refused');
    equal(await axe(guard), [], 'axe');
    await guard.evaluate(() => { location.hash = '#/gates'; });
    await rows(guard);
    equal(guard.troubles, [], 'console errors');
  });

  test("a right taken away while the guard works: the next act is refused, and the console shows what is left", async () => {
    await guard.click('.kbg-body .kbg-row');
    await guard.waitForSelector('button[data-command=unlock]:not([disabled])');
    equal((await patch(`/operators/${id}`, { rights: { gates: 'view' } })).status, 200, 'changed');
    await guard.click('button[data-command=unlock]').catch(() => {});
    await until(async () => (await guard.$('[data-command]')) === null, 'no commands any more');
    await until(async () => (await text(guard, '.notices')).includes('変更'), 'says why');
    await rows(guard);
  });

  test('the guard changes the own password, and goes on working', async () => {
    await guard.click('#account-button');
    await guard.click('[data-act=own-password]');
    await guard.fill('dialog input[name=current]', 'not this one at all');
    await guard.fill('dialog input[name=password]', newSecret);
    await guard.fill('dialog input[name=again]', newSecret);
    await guard.click('dialog .primary');
    await until(async () => (await text(guard, 'dialog .field-error')).includes('今のパスワードが違います'), 'wrong');
    await guard.fill('dialog input[name=current]', secret);
    await guard.click('dialog .primary');
    await until(async () => (await guard.$('dialog[open]')) === null, 'changed');
    await guard.evaluate(() => { location.hash = '#/history/access?range=today'; });
    await guard.waitForSelector('.kbg');
    await guard.waitForTimeout(500);
    ok(await guard.$('.nav-bar') !== null, 'still logged in');
  });

  test('two administrators change one operator: the second is shown what is whose, nothing is lost', async () => {
    const { page } = context;
    await go(`#/settings/operators?sel=${id}`);
    await page.reload();
    await page.waitForSelector('#operator-panel');
    await page.click('[data-act=edit]');
    await page.waitForSelector('dialog.operator-dialog');
    await page.check('dialog input[name="right.calendars"][value=view]');
    equal((await patch(`/operators/${id}`, { display_name: '支店 守衛' })).status, 200, 'the other one saves');
    await page.click('dialog .primary');
    await page.waitForSelector('.difference');
    await page.click('dialog .primary');
    await acted('saved');
    const now = await read(`/operators/${id}`);
    equal([now.display_name, now.rights.calendars, now.rights.gates], ['支店 守衛', 'view', 'view'], 'both are kept');
  });

  test('forced log-out: the guard is at the log-in page within seconds', async () => {
    const { page } = context;
    await page.reload(); // the guard's session is counted anew
    await page.waitForSelector('#operator-panel');
    await page.click('[data-act=logOut]');
    await page.click('dialog .danger');
    await guard.waitForSelector('.login', { timeout: 10000 });
    await guard.context().close();
  });

  test('the last system administrator can not step down, and is told why', async () => {
    const { page } = context;
    await go('#/settings/operators');
    await rows(page);
    await page.locator('.kbg-body .kbg-row').filter({ hasText: 'admin' }).first().click();
    await page.click('[data-act=edit]');
    await page.selectOption('dialog select[name=role]', 'general');
    await page.click('dialog .primary');
    await until(async () => (await text(page, 'dialog [role=alert]')).includes('最後のシステム管理者'), 'explained');
    await page.keyboard.press('Escape');
    await acted('closed');
  });

  test('the system log tells of it, sealed; CSV and checkpoints come', async () => {
    const { page } = context;
    await go(`#/settings/system_log?operator=${id}`);
    await until(async () => (await columnTexts(page, 'action')).includes('パスワード変更'), 'what the guard did');
    ok((await columnTexts(page, 'outcome')).includes('▲拒否'), 'refusals as well');
    ok((await columnTexts(page, 'operator')).every((n) => n === 'branch-guard'), 'only the guard');
    await go('#/settings/system_log?action=operators_create');
    await until(async () => (await columnTexts(page, 'action'))[0] === 'オペレーター追加', 'what the administrator did');
    ok(!(await page.content()).includes(secret), 'no password in it');
    await until(async () => { await page.click('[data-act=reload]'); await page.waitForTimeout(400); return /^\d+$/.test((await columnTexts(page, 'number'))[0] ?? ''); }, 'sealed', 20000);
    await page.click('.kbg-body .kbg-row');
    await page.waitForSelector('#detail-pane .hash');
    await page.click('[data-act=chain]');
    const [checkpoints] = await Promise.all([page.waitForEvent('download'), page.click('dialog [data-act=checkpoints]')]);
    ok(checkpoints.suggestedFilename().endsWith('.jsonl'), 'checkpoints');
    equal(await axe(page), [], 'axe');
    await page.keyboard.press('Escape');
    await page.click('[data-act=csv]');
    await Promise.all([page.waitForEvent('download'), page.click('dialog .primary')]);
    equal(page.troubles, [], 'console errors');
  });

  test('hostile names and what hostile controllers say are text on every screen of the site', async () => {
    const page = await work('#/settings/departments', { expected: [/4\d\d/] });
    await watchHarm(page);
    await page.reload();
    await page.waitForSelector('.nav-bar');
    const gate = await read('/gates/2');
    const made = {
      group: await write('POST', '/management-groups', { name: evil('g'), note: evil('n') }),
      department: await write('POST', '/departments', { name: evil('d'), code: `X${Date.now() % 100000}`, parent: null }),
      set: await write('POST', '/gate-groups', { name: evil('s'), gates: [2] }),
      search: await write('POST', '/saved-searches', { screen: 'gates', name: evil('f'), search: { q: evil('q') } }),
    };
    for (const [what, answer] of Object.entries(made)) equal(answer.status, 201, what);
    made.person = await write('POST', '/cardholders', { employee_number: `X${Date.now() % 100000}`, name: evil('p'), kana: evil('k'), department: made.department.body.id, note: evil('c') });
    made.operator = await write('POST', '/operators', { name: evil('o'), display_name: evil('h'), role: 'general', remote_user: evil('r'), scope: { management_groups: [made.group.body.id], departments: [made.department.body.id] } });
    for (const [what, answer] of Object.entries(made)) equal(answer.status, 201, what);
    equal((await patch('/gates/2', { name: evil('t'), place: evil('l') })).status, 200, 'gate');
    let there = 0;
    const look = async (where) => {
      await harmless(page, where);
      there += Number((await page.evaluate(() => document.body.textContent)).includes('<img data-pwn src=/pwn.png onerror=pwn()>'));
    };
    const places = ['gates?sel=2', `gates?gate_group=${made.set.body.id}`, 'gates', 'history/access?range=days7', 'history/alarm?range=days7', 'history/operation?range=days7', 'history/access?view=plots', `cardholders?sel=${made.person.body.id}`,
      'cardholders', 'settings/management_groups', 'settings/departments', 'settings/permit_transfer', `settings/operators?sel=${made.operator.body.id}`, 'settings/system_log'];
    for (const place of places) {
      await go(`#/${place}`);
      await page.waitForTimeout(700);
      await look(place);
      if (!place.includes('sel=')) await page.click('#centre-pane .kbg-body .kbg-row, #centre-pane .kbt-item', { timeout: 1000 }).catch(() => {});
      for (const tab of await page.$$('#detail-pane [role=tab]')) {
        await tab.click();
        await page.waitForTimeout(100);
        await look(`${place} tab`);
      }
      for (const menu of await page.$$('#centre-pane details.menu > summary')) {
        await menu.click({ timeout: 500 }).catch(() => {});
        await look(`${place} menu`);
        await page.keyboard.press('Escape');
      }
    }
    for (const act of ['edit', 'remove']) {
      await go(`#/settings/operators?sel=${made.operator.body.id}`);
      await page.reload();
      await page.waitForSelector(`#detail-pane [data-act=${act}]`);
      await page.click(`#detail-pane [data-act=${act}]`);
      await page.waitForSelector('dialog[open]');
      await look(`operator ${act}`);
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('Control+k');
    await look('palette');
    await page.keyboard.press('Escape');
    ok(there >= 20, `was in sight at ${there} places`);
    equal(page.troubles.filter((t) => /CSP|pwn|Trusted|dialog/.test(t)), [], 'reports');
    const remove = async (path) => write('DELETE', path, {}, { 'If-Match': (await api(page, path)).etag });
    equal((await patch('/gates/2', { name: gate.name, place: gate.place })).status, 200, 'the gate has its name again');
    await remove(`/gate-groups/${made.set.body.id}`);
    await remove(`/operators/${made.operator.body.id}`);
    await remove(`/operators/${id}`);
    await write('DELETE', `/saved-searches/${made.search.body.id}`, {});
  });
}
