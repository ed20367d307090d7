// A function of the settings that is one list with a detail pane: the grid, its head with acts, what is chosen below.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-grid.js';
import { t } from '../app/i18n.js';
import { view, cleanup } from '../app/store.js';
import { problemText } from '../app/problems.js';

/**
 * options: { name, label, columns, load() -> rows, acts(chosen) -> template, detail(row) -> template, count(n) -> text, empty, rowClass,
 *   loaded() after the first rows came }.
 * Gives {reload, select, update, stop, chosen}.
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
  const chosen = () => grid.current;

  const drawHead = view(head, () => html`<div class="bar-row"><h2>${options.label}</h2><span class="bar-gap"></span>
      <span class="summary" role="status">${options.count(grid.rows.length)}</span>
      <button type="button" @click=${() => grid.chooseColumns()}>${t('grid.columns')}</button><button type="button" @click=${() => window.print()}>${t('print')}</button></div>
    <div class="bar-row">${options.acts(chosen())}</div>`);
  const drawDetail = view(box, () => (chosen() ? options.detail(chosen()) : options.none ? html`<p class="empty">${options.none}</p>` : nothing));
  const update = () => { drawHead(); drawDetail(); };

  async function reload(key) {
    turn += 1;
    const mine = turn;
    try {
      const rows = await options.load();
      if (mine !== turn) return;
      grid.failed = null;
      grid.rows = rows;
      if (key !== undefined) grid.select(key);
      options.loaded?.();
      delete options.loaded;
    } catch (problem) {
      if (mine !== turn) return;
      grid.failed = problemText(problem);
    }
    update();
  }

  grid.setup({ multiple: false, rowKey: (r) => r.id, ...options });
  undo.listen(grid, 'kb-select', () => { options.chose?.(chosen()); update(); });
  undo.listen(grid, 'kb-open', () => options.open?.(chosen()));
  undo.listen(document, 'kidoban-recovered', () => reload());
  undo.add(drawHead.stop, drawDetail.stop, () => { turn += 1; });
  reload();
  return { reload, update, chosen, grid, stop: () => undo.run() };
}

/** A line of a <dl class=facts>. */
export const fact = (label, value) => html`<div><dt>${label}</dt><dd>${value === '' || value === null || value === undefined ? html`<span class="muted">${t('none')}</span>` : value}</dd></div>`;
