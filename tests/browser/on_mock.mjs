// The console in Chromium against the mock: how every test of it begins and ends.
import { needBrowser, launch, openPage, runTests } from './lib.mjs';
import { startMock } from './mock/server.mjs';

needBrowser();
export const mock = await startMock();
export const { site } = mock;
export const browser = await launch();

/** page: the one that fresh() opened last. */
export const context = {};

/** A new page at an address of the console, in place of the last one; prepare(page) before anything is loaded. */
export async function fresh(hash, options, prepare = () => {}) {
  await context.page?.context().close();
  context.page = await openPage(browser, options);
  await prepare(context.page);
  await context.page.goto(mock.url + hash);
  return context.page;
}

export const rows = (page) => page.waitForSelector('.kbg-body .kbg-row');
/** Text of what may not be there. */
export const text = (page, selector) => page.textContent(selector).catch(() => '');

/** Runs all tests and ends. */
export async function finish() {
  const failed = await runTests(context);
  await browser.close();
  mock.stop();
  process.exitCode = failed ? 1 : 0;
}
