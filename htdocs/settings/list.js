// A function of the settings that is one list with a detail pane: the grid, its head with acts, what is chosen below.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-grid.js';
import { t } from '../app/i18n.js';
import { view, cleanup } from '../app/store.js';
import { problemText } from '../app/problems.js';

const pageOf = (got) => (Array.isArray(got) ? { rows: got, next: null } : got);

/**
 * options: { name, label, columns, load(after, shown) -> rows or {rows, next}, acts(chosen) -> template, detail(row) -> template,
 * count(n, more) -> text, empty, rowKey, rowClass, loaded() after the first rows came }. load is asked with after null for the
 * beginning (shown: how many are in sight now) and with `next` when the end of the list comes near.
 * Gives {reload, select, update, stop, chosen, grid}.
 */
export function mountList({ centre, detail }, options) {
  const undo = cleanup();
  const grid = document.createElement('kb-grid');
  const head = document.createElement('div');
  const box = document.createElement('div');
  head.className = 'centre-head';
  box.className = 'pane-fill';
  centre.replaceChildren(head, grid);
  detail.replaceChildren(box);
  let turn = 0;
  let next = null;
  const keyOf = options.rowKey ?? ((r) => r.id);
  const chosen = () => grid.current;

  const drawHead = view(head, () => html`<div class="bar-row"><h2>${options.label}</h2><span class="bar-gap"></span>
      <span class="summary" role="status">${options.count(grid.rows.length, next !== null)}</span>
      ${options.tools?.() ?? nothing}<button type="button" @click=${() => grid.chooseColumns()}>${t('grid.columns')}</button><button type="button" @click=${() => window.print()}>${t('print')}</button></div>
    <div class="bar-row">${options.acts(chosen())}</div>`);
  const drawDetail = view(box, () => (chosen() ? options.detail(chosen()) : options.none ? html`<p class="empty">${options.none}</p>` : nothing));
  const update = () => { drawHead(); drawDetail(); };

  async function reload(key) {
    turn += 1;
    const mine = turn;
    try {
      const page = pageOf(await options.load(null, grid.rows.length));
      if (mine !== turn) return;
      next = page.next;
      grid.failed = null;
      grid.rows = page.rows;
      grid.more = next !== null;
      if (key !== undefined) grid.select(key);
      options.loaded?.();
      delete options.loaded;
    } catch (problem) {
      if (mine !== turn) return;
      grid.failed = problemText(problem);
    }
    update();
  }

  async function loadMore() {
    const mine = turn;
    try {
      const page = pageOf(await options.load(next, grid.rows.length));
      if (mine !== turn) return;
      const known = new Set(grid.rows.map(keyOf));
      next = page.next;
      grid.rows = [...grid.rows, ...page.rows.filter((r) => !known.has(keyOf(r)))];
      grid.more = next !== null;
    } catch (problem) {
      if (mine !== turn) return;
      grid.failed = problemText(problem);
    }
    update();
  }

  grid.setup({ multiple: false, rowKey: keyOf, loadMore, ...options });
  undo.listen(grid, 'kb-select', () => { options.chose?.(chosen()); update(); });
  undo.listen(grid, 'kb-open', () => options.open?.(chosen()));
  undo.listen(document, 'kidoban-recovered', () => reload());
  undo.add(drawHead.stop, drawDetail.stop, () => { turn += 1; });
  reload(options.selected);
  return { reload, update, chosen, grid, stop: () => undo.run() };
}

/** A line of a <dl class=facts>. */
export const fact = (label, value) => html`<div><dt>${label}</dt><dd>${value === '' || value === null || value === undefined ? html`<span class="muted">${t('none')}</span>` : value}</dd></div>`;
