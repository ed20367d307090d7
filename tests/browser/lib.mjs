// What the browser tests share: TAP, a real Chromium that stays on loopback, watching for CSP reports and console errors, axe.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const source = process.env.top_srcdir ?? fileURLToPath(new URL('../..', import.meta.url));
const modules = process.env.KIDOBAN_NODE_MODULES ?? path.join(process.env.top_builddir ?? source, 'node_modules');
const load = createRequire(path.join(modules, 'anchor.js'));
const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Ends with a TAP skip when the browser or npm's part is not there. */
export function needBrowser() {
  const missing = !existsSync(chromiumPath) ? chromiumPath : !existsSync(path.join(modules, 'playwright-core')) ? 'playwright-core (npm ci)' : null;
  if (!missing) return;
  console.log(`1..0 # SKIP ${missing} is not there`);
  process.exit(0);
}

export async function launch() {
  const { chromium } = load('playwright-core');
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
  });
}

const tests = [];
export const test = (name, run) => tests.push({ name, run });

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}
export function equal(got, wanted, what) {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) throw new Error(`${what}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
}

/** Waits until check() is true; says `what` when it never is. */
export async function until(check, what, ms = 10000) {
  const end = Date.now() + ms;
  for (;;) {
    if (await check()) return;
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

/** Runs all tests in order (only: those whose name has that) and prints TAP; gives how many failed. */
export async function runTests(context = {}, only = '') {
  if (only) tests.splice(0, tests.length, ...tests.filter((t) => new RegExp(only).test(t.name)));
  console.log(`1..${tests.length}`);
  let failed = 0;
  for (const [i, { name, run }] of tests.entries()) {
    try {
      await run(context);
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${i + 1} - ${name}`);
      console.log(String(error.stack ?? error).split('\n').slice(0, 6).map((l) => `# ${l}`).join('\n'));
      if (process.env.KIDOBAN_SHOTS && context.page) await context.page.screenshot({ path: path.join(process.env.KIDOBAN_SHOTS, `failed-${i + 1}.png`) }).catch(() => {});
    }
  }
  return failed;
}

/** A page of 1,280 x 1,024 that keeps in page.troubles every CSP report, console error and uncaught error. */
export async function openPage(browser, { language = 'ja', theme = 'light', context: given = null, expected = [] } = {}) {
  const context = given ?? await browser.newContext({
    viewport: { width: 1280, height: 1024 }, ignoreHTTPSErrors: true, acceptDownloads: true, locale: language === 'ja' ? 'ja-JP' : 'en-US', timezoneId: 'Asia/Tokyo',
  });
  await context.addInitScript(([l, th]) => {
    if (!localStorage.getItem('kidoban.language')) localStorage.setItem('kidoban.language', JSON.stringify(l));
    if (!localStorage.getItem('kidoban.theme')) localStorage.setItem('kidoban.theme', JSON.stringify(th));
    addEventListener('securitypolicyviolation', (e) => console.error(`CSP ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
  }, [language, theme]);
  const page = await context.newPage();
  page.troubles = [];
  const known = [/401 .*\/api\/v1\/session$/, ...expected]; // not logged in yet: asked on purpose
  page.on('console', (m) => {
    const text = `${m.text()} ${m.location()?.url ?? ''}`;
    if (m.type() === 'error' && !known.some((k) => k.test(text.replace(/Failed to load resource: the server responded with a status of (\d+) \([^)]*\)/, '$1')))) page.troubles.push(text);
  });
  page.on('pageerror', (e) => page.troubles.push(String(e)));
  page.setDefaultTimeout(15000);
  return page;
}

/** Makes the page notice when hostile text (calls of pwn(), elements with data-pwn, fetches of /pwn…) became more than text. */
export async function watchHarm(page) {
  await page.addInitScript(() => { window.pwn = () => { window.wasPwned = true; }; });
  page.fetched = [];
  page.on('request', (r) => { if (new URL(r.url()).pathname.includes('pwn')) page.fetched.push(r.url()); });
  page.on('dialog', (d) => { page.troubles.push(`dialog ${d.message()}`); d.dismiss(); });
}

/** Nothing of the text became anything but text. */
export async function harmless(page, where) {
  const found = await page.evaluate(() => ({
    ran: window.wasPwned === true,
    elements: [...document.querySelectorAll('[data-pwn], script:not([src]), iframe, object, embed, base')].map((e) => e.outerHTML.slice(0, 80)),
    handlers: [...document.querySelectorAll('*')].filter((e) => [...e.attributes].some((a) => a.name.startsWith('on'))).map((e) => e.outerHTML.slice(0, 80)),
    links: [...document.querySelectorAll('[href], [src], [action]')].map((e) => e.getAttribute('href') ?? e.getAttribute('src') ?? e.getAttribute('action')).filter((u) => /^\s*(javascript|data|vbscript):/i.test(u)),
  }));
  equal(found, { ran: false, elements: [], handlers: [], links: [] }, where);
  equal(page.fetched, [], `fetched at ${where}`);
}

const axeSource = () => readFileSync(path.join(modules, 'axe-core/axe.min.js'), 'utf8');

/** Violations of WCAG 2.2 A and AA as short lines. axe runs by the debugger's door, outside the page's CSP. */
export async function axe(page) {
  await page.evaluate(axeSource());
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? ''}`).join('; ')}`);
  });
  return found;
}

export async function logIn(page, operator, password) {
  await page.fill('input[name=operator]', operator);
  await page.fill('input[name=password]', password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.nav-bar');
}

/** Rows of the grid in sight as texts of one column. */
export const columnTexts = (page, column) => page.$$eval(`.kbg-body [data-column="${column}"]`, (cells) => cells.map((c) => c.textContent.trim()));
