// Choice, order and width of columns without a mouse.
import { html } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { openDialog } from '../app/dialog.js';

export function columnsDialog(columns, changed) {
  openDialog({
    title: t('grid.columns'),
    className: 'columns-dialog',
    body: (api) => {
      const did = (act) => () => { act(); changed(); api.update(); };
      return html`
        <ul class="column-list">${columns.all.map((c, i) => html`<li>
          <label><input type="checkbox" .checked=${columns.isShown(c.id)} ?disabled=${c.fixed}
            @change=${(e) => did(() => columns.show(c.id, e.target.checked))()}> ${c.label}</label>
          <span>
            <button type="button" class="small" ?disabled=${i === 0} aria-label=${t('grid.up', { column: c.label })} @click=${did(() => columns.move(c.id, -1))}>↑</button>
            <button type="button" class="small" ?disabled=${i === columns.all.length - 1} aria-label=${t('grid.down', { column: c.label })} @click=${did(() => columns.move(c.id, 1))}>↓</button>
            <button type="button" class="small" aria-label=${t('grid.narrower', { column: c.label })} @click=${did(() => columns.setWidth(c.id, columns.width(c.id) - 16))}>−</button>
            <button type="button" class="small" aria-label=${t('grid.wider', { column: c.label })} @click=${did(() => columns.setWidth(c.id, columns.width(c.id) + 16))}>＋</button>
          </span></li>`)}</ul>
        <div class="dialog-buttons">
          <button type="button" @click=${did(() => columns.reset())}>${t('grid.reset')}</button>
          <button type="button" class="primary" @click=${() => api.close()}>${t('close')}</button>
        </div>`;
    },
  });
}
