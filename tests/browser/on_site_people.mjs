// People on a whole real site: an import with errors and its undo, why somebody was refused, a revocation followed until no gate is
// exposed, a lost card, the change history. Part of on_site.mjs, which gives the page and what makes things happen at doors.
import { readFile } from 'node:fs/promises';
import { test, ok, equal, until, columnTexts, axe } from './lib.mjs';

const json = (method, body, headers = {}) => ({ method, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });

export function registerPeople({ context, work, go, api, text, rows, at }) {
  const facts = {}; // what one test leaves for the next

  /** Two gates of different controllers where a card alone decides. */
  async function quietGates(page) {
    const { body } = await api(page, '/gates?limit=100');
    const fit = body.gates.filter((g) => g.state.verification_mode === 'card' && g.state.arm_state === 'disarmed' && g.controller.communication === 'up' && g.id > 6);
    const other = fit.find((g) => g.controller.id !== fit[0].controller.id);
    return [fit[0], other];
  }
  const person = async (page, number) => (await api(page, `/cardholders?q=${number}`)).body.cardholders[0] ?? null;
  const detailOf = async (page, id) => { await go(`#/cardholders?sel=${id}`); await page.waitForSelector(`#detail-pane .pane-fill[data-cardholder="${id}"] .pane-title`); };

  /** A card read at a gate's entry reader: {passed, refused}. Read again while the door only says that it has just read this card. */
  async function read(gate, card) {
    let said;
    await until(async () => (said = JSON.parse((await at(gate, 'pass', card)).stdout)).refused !== 'reread', 'the card is read', 15000);
    return said;
  }

  test('an import with errors: looked at first, applied, its result kept', async () => {
    const page = await work('#/cardholders');
    await rows(page);
    const { body: { departments } } = await api(page, '/departments');
    const known = (await api(page, '/cardholders?limit=2')).body.cardholders;
    facts.known = known[0];
    facts.unknown = known[1];
    const lines = ['社員番号,氏名,カナ,所属コード,カード番号,備考',
      `B0001,試験 花子,シケン ハナコ,${departments[1].code},BR0001,`, `B0002,試験 次郎,シケン ジロウ,${departments[1].code},BR0002,`,
      `${known[0].employee_number},${known[0].name},${known[0].kana},,,ブラウザ試験で変更`, 'B0003,試験 三郎,,所属なし9,BR0003,', `B0004,試験 四郎,,${departments[1].code},BR0001,`];
    await page.click('[data-act=import]');
    await page.setInputFiles('dialog input[name=file]', { name: '人事.csv', mimeType: 'text/csv', buffer: Buffer.from(`\ufeff${lines.join('\r\n')}\r\n`) });
    await page.click('dialog .primary');
    await page.waitForSelector('dialog [data-state=previewed]', { timeout: 30000 });
    const counts = await page.$$eval('dialog [data-status]', (list) => Object.fromEntries(list.map((b) => [b.dataset.status, Number(b.textContent.replace(/\D/g, ''))])));
    ok(counts.error >= 2 && counts.change === 1 && counts.error + counts.add + counts.change === 5, JSON.stringify(counts));
    await until(async () => (await text(page, '.import-rows')).includes('B0003'), 'the errors stand first');
    equal(await person(page, 'B0002'), null, 'nothing has changed yet');
    await page.click('dialog .primary');
    await page.waitForSelector('dialog [data-state=done]', { timeout: 30000 });
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('dialog [data-act=result]')]);
    const result = await readFile(await download.path(), 'utf8');
    ok(/B0002/.test(result) && /B0003/.test(result) && result.trim().split(/\r?\n/).length === 6, result);
    await page.click('dialog .close');
    ok(await person(page, 'B0002'), 'registered');
    equal(await person(page, 'B0003'), null, 'the wrong row is not');
    equal((await api(page, `/cardholders/${facts.known.id}`)).body.note, 'ブラウザ試験で変更', 'changed');
    equal(page.troubles, [], 'console errors');
  });

  test('the import in the change history: before and after, undone as a whole', async () => {
    const { page } = context;
    await go('#/settings/change_history?kind=cardholder.import');
    await rows(page);
    await page.click('.kbg-body .kbg-row');
    await until(async () => (await text(page, '.changes')).includes('ブラウザ試験で変更'), 'what it made');
    ok((await text(page, '.changes')).includes('試験 次郎') && (await text(page, '#detail-pane')).includes('人事.csv'), 'who came, from which file');
    await page.click('[data-act=undo]');
    await page.click('[data-act=undo-do]');
    await page.waitForSelector('dialog', { state: 'detached' });
    await until(async () => (await person(page, 'B0002')) === null, 'gone again');
    ok((await api(page, `/cardholders/${facts.known.id}`)).body.note !== 'ブラウザ試験で変更', 'as before');
    await go('#/settings/change_history');
    await until(async () => (await columnTexts(page, 'kind'))[0] === '元に戻す', 'the undo is an act of its own');
    equal(page.troubles, [], 'console errors');
  });

  test('a new person passes the permitted gate; at another they are refused, and it is said why', async () => {
    const { page } = context;
    const [mine, other] = await quietGates(page);
    Object.assign(facts, { mine, other });
    const { body: { departments } } = await api(page, '/departments');
    const made = await api(page, '/cardholders', json('POST', { employee_number: 'B9001', name: '門前 太郎', department: departments[1].id, card_number: 'BR9001' }));
    equal(made.status, 201, JSON.stringify(made.body));
    facts.id = made.body.id;
    await api(page, '/permits', json('POST', { cardholders: [facts.id], gate: mine.id, pass_level: 1 }));
    await go('#/settings/permit_transfer');
    await page.click('[data-act=begin]');
    await page.click('dialog .primary');
    await detailOf(page, facts.id);
    await page.click('#cardholder-tab-related');
    await until(async () => /^\D*0$/.test((await text(page, '[data-count=pending]')).trim()) && (await text(page, '#detail-pane')).includes('すべてのゲートが最新'), 'sent', 40000);
    ok((await read(mine.id, 'BR9001')).passed, 'passes');
    ok(!(await read(other.id, 'BR9001')).passed, 'is refused elsewhere');
    await go(`#/history/access?range=today&gate=${other.id}&kind=unknown_card&kind=no_permit`);
    await rows(page);
    await page.click('.kbg-body .kbg-row');
    await page.click('#detail-pane [data-act=why]');
    await page.waitForSelector('.why[data-verdict=refuse]');
    const words = await text(page, '.why');
    ok(words.includes('門前 太郎') && words.includes(other.name), words);
    equal((await page.$$('.reasons tbody tr')).length, 9, 'every check');
    ok(/許可なし|カードなし/.test(await text(page, '.reasons tbody tr:first-child')), 'the reason first');
    equal(await axe(page), [], 'axe');
    await detailOf(page, facts.id);
    await page.click('#cardholder-tab-why');
    await page.click('[data-act=reach]');
    await until(async () => (await page.$$('.reach tbody tr')).length === 1, 'opens one gate');
    ok((await text(page, '.reach tbody tr')).includes(mine.name), 'that one');
    equal(page.troubles, [], 'console errors');
  });

  test('a permit is taken away: the gate that still lets pass is exposed until it has confirmed', async () => {
    const { page } = context;
    await detailOf(page, facts.id);
    await page.click('#cardholder-tab-permits');
    await at(facts.mine.id, 'hang', 60);
    await page.click('.permits .outline-danger');
    await page.click('dialog .danger');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.click('#cardholder-tab-related');
    await until(async () => /[■]\s*1$/.test((await text(page, '[data-count=exposed]')).trim()), 'one gate is exposed', 20000);
    ok((await text(page, '#detail-pane')).includes(facts.mine.name), 'and named');
    await at(facts.mine.id, 'unhang');
    await until(async () => /[●]\s*0$/.test((await text(page, '[data-count=exposed]')).trim()), 'none is exposed', 60000);
    ok(!(await read(facts.mine.id, 'BR9001')).passed, 'and it refuses');
    equal(page.troubles, [], 'console errors');
  });

  test('the changes of that person; the withdrawal is undone', async () => {
    const { page } = context;
    await page.click('[data-act=changes]');
    await until(async () => (await columnTexts(page, 'kind'))[0] === '許可の削除', 'newest first');
    ok((await columnTexts(page, 'kind')).includes('出入ユーザーの登録'), 'from the beginning on');
    await page.click('.kbg-body .kbg-row');
    await until(async () => (await text(page, '.changes')).includes(facts.mine.name), 'which permit');
    await page.click('[data-act=undo]');
    await page.click('[data-act=undo-do]');
    await until(async () => (await api(page, `/cardholders/${facts.id}`)).body.permits.length === 1, 'has it again');
    await until(async () => (await columnTexts(page, 'kind'))[0] === '元に戻す', 'and it is among the changes');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-act=csv]').then(() => page.click('dialog .primary'))]);
    ok((await readFile(await download.path(), 'utf8')).includes('許可の削除'), 'the list as CSV');
    equal(page.troubles, [], 'console errors');
  });

  test('an act that was changed since: what, and the rest can be undone', async () => {
    const { page } = context;
    const { body, etag } = await api(page, `/cardholders/${facts.id}`);
    const first = await api(page, `/cardholders/${facts.id}`, json('PATCH', { name: '門前 改太郎' }, { 'If-Match': etag }));
    await api(page, `/cardholders/${facts.id}`, json('PATCH', { note: '後の変更' }, { 'If-Match': first.etag }));
    await go('#/settings/change_history?kind=cardholder.update');
    await rows(page);
    await page.waitForTimeout(300);
    await page.click('.kbg-body .kbg-row >> nth=1');
    await until(async () => (await text(page, '.changes')).includes('門前 改太郎'), 'the first of the two');
    await page.click('[data-act=undo]');
    await page.click('[data-act=undo-do]');
    await page.waitForSelector('[data-act=undo-rest]');
    ok((await text(page, 'dialog .since')).includes(body.employee_number), 'who was changed since');
    equal((await page.$$('dialog .since li')).length, 1, 'by one act');
    await page.click('dialog .close');
    equal(page.troubles.filter((t) => !/409/.test(t)), [], 'console errors');
    page.troubles.length = 0;
  });

  test('a lost card: refused and alarmed at the gate, and why', async () => {
    const { page } = context;
    // The withdrawal was undone on the server: the gate holds the card again only when that has reached it.
    await api(page, '/transfers', json('POST', { kind: 'permits', gates: [facts.mine.id], full: false }));
    await until(async () => (await api(page, `/cardholders/${facts.id}/proof`)).body.pending_count === 0, 'the gate holds the card', 30000);
    await detailOf(page, facts.id);
    await page.click('[data-act=lost]');
    await page.fill('dialog input[name=comment]', '試験で紛失');
    await page.click('dialog .danger');
    await until(async () => (await text(page, '.pane-title')).includes('紛失'), 'marked');
    await page.click('#cardholder-tab-related');
    await until(async () => /[●]\s*0$/.test((await text(page, '[data-count=exposed]')).trim()), 'no gate is exposed', 30000);
    equal((await read(facts.mine.id, 'BR9001')).refused, 'lost_card_refused', 'refused as lost');
    await page.locator('.toast').filter({ hasText: '紛失カード' }).first().waitFor({ timeout: 15000 });
    await go(`#/history/access?range=today&gate=${facts.mine.id}&kind=lost_card_refused`);
    await rows(page);
    await page.click('.kbg-body .kbg-row');
    await page.click('#detail-pane [data-act=why]');
    await page.waitForSelector('.why[data-verdict=refuse]');
    equal(await page.getAttribute('.reasons tbody tr', 'data-check'), 'lost', 'lost is the reason');
    ok((await text(page, '.reasons tbody tr:first-child')).includes('紛失'), 'in words');
    equal(page.troubles, [], 'console errors');
  });
}
