// <kb-grid>: a list of any length. Draws only the rows in sight, asks for more near the end (keyset paging), marks one or many
// rows, works by keyboard (ARIA grid), remembers widths, order and choice of columns.
//
//   grid.setup({ name, label, columns, rowKey, rowClass, loadMore, multiple, empty })
//     columns: [{ id, label, width, min, align, cell(row) -> template or text, sort(row) -> value, fixed }]
//     loadMore(): called when the end comes near and `more` is true; returns a promise
//   grid.rows = [...]; grid.more = true|false; grid.refresh()
//   grid.pages = new GridPages(...): a list of hundreds of thousands with a true scrollbar, instead of rows and more. It is
//     sorted by the server: columns have `order` (a word of the API) instead of sort(); `order` of setup() tells which holds.
//   events: kb-select {keys, all, current}, kb-open {row}, kb-order {order}
import { html, render, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { rowHeight } from '../app/theme.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { ColumnSet } from './grid_columns.js';
import { columnsDialog } from './grid_columns_dialog.js';
import { Marks } from './grid_marks.js';
import { gridKey } from './grid_keys.js';

const printed = 3000;
const rangeMost = 20000; // rows marked one by one: as many as the server takes by name
let serial = 0;

export class KbGrid extends HTMLElement {
  #rows = [];
  #pages = null;
  #order = null;
  #sorted = null;
  #more = false;
  #loading = false;
  #failed = null;
  #frame = 0;
  #options = null;
  #columns = null;
  #stop = [];
  #sort = null;
  #printing = false; // paper shows every loaded row, up to a sane many
  #id = `grid-${serial += 1}`;
  marks = new Marks();

  setup(options) {
    this.#options = { multiple: true, empty: '', rowClass: () => '', ...options };
    this.#columns = new ColumnSet(options.name, options.columns);
    this.marks.keyOf = options.rowKey;
    this.#order = options.order ?? null;
    this.#build();
  }

  connectedCallback() {
    const onDensity = () => this.refresh();
    document.addEventListener('kidoban-density', onDensity);
    const sized = new ResizeObserver(() => this.refresh());
    sized.observe(this);
    const before = () => { this.#printing = true; this.#draw(); };
    const after = () => { this.#printing = false; this.refresh(); };
    window.addEventListener('beforeprint', before);
    window.addEventListener('afterprint', after);
    this.#stop.push(() => document.removeEventListener('kidoban-density', onDensity), () => sized.disconnect(),
      () => window.removeEventListener('beforeprint', before), () => window.removeEventListener('afterprint', after));
  }

  disconnectedCallback() {
    this.#stop.splice(0).forEach((stop) => stop());
    cancelAnimationFrame(this.#frame);
  }

  get rows() { return this.#rows; }
  set rows(rows) { this.#rows = rows; this.#sorted = null; this.refresh(); }
  set more(more) { this.#more = more; this.refresh(); }
  get more() { return this.#more; }
  set failed(text) { this.#failed = text; this.refresh(); }
  get shown() { return this.#sorted ??= this.#inOrder(); }
  set pages(pages) { this.#pages = pages; this.refresh(); }
  set order(order) { this.#order = order; this.refresh(); }
  get count() { return this.#pages ? this.#pages.total : this.shown.length; }
  /** The row at a place, null when it has not come yet. */
  rowAt(index) { return this.#pages ? this.#pages.at(index) : this.shown[index] ?? null; }
  indexOf(key) {
    if (key === null) return -1;
    return this.#pages ? this.#pages.indexOf(key) : this.shown.findIndex((row) => this.#options.rowKey(row) === key);
  }

  get scroller() { return this.firstElementChild; }
  get columns() { return this.#columns; }

  /** Puts rows on top; what the operator looks at stays where it is. */
  prepend(rows) {
    const height = rows.length * rowHeight();
    this.rows = [...rows, ...this.#rows];
    if (this.scroller.scrollTop > 0 && !this.#sort) {
      this.#draw();
      this.scroller.scrollTop += height;
    }
  }

  /** The row that has the cursor, or null. */
  get current() { const at = this.indexOf(this.marks.current); return at < 0 ? null : this.rowAt(at); }

  select(key, { scroll = true } = {}) {
    this.marks.only(key);
    if (scroll) this.scrollToKey(key);
    this.#selected();
  }

  selectAll(keys) {
    this.marks.set(keys);
    this.#selected();
  }

  scrollToKey(key) { this.scrollToIndex(this.indexOf(key)); }

  scrollToIndex(index) {
    if (index < 0) return;
    const h = rowHeight();
    const head = this.scroller.firstElementChild.offsetHeight;
    const top = index * h;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + h + head > this.scroller.scrollTop + this.scroller.clientHeight) this.scroller.scrollTop = top + h + head - this.scroller.clientHeight;
  }

  refresh() {
    if (this.#frame || !this.#options) return;
    this.#frame = requestAnimationFrame(() => { this.#frame = 0; this.#draw(); });
  }

  #build() {
    const scroller = document.createElement('div');
    scroller.className = 'kbg';
    scroller.tabIndex = 0;
    scroller.id = this.#id;
    scroller.setAttribute('role', 'grid');
    scroller.setAttribute('aria-label', this.#options.label);
    if (this.#options.multiple) scroller.setAttribute('aria-multiselectable', 'true');
    scroller.addEventListener('scroll', () => this.refresh(), { passive: true });
    scroller.addEventListener('keydown', (e) => gridKey(this, e));
    this.replaceChildren(scroller);
    this.refresh();
  }

  #inOrder() {
    if (!this.#sort) return this.#rows;
    const column = this.#columns.get(this.#sort.id);
    const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    const sign = this.#sort.down ? -1 : 1;
    return [...this.#rows].sort((a, b) => {
      const x = column.sort(a);
      const y = column.sort(b);
      return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(String(x ?? ''), String(y ?? '')));
    });
  }

  sortBy(id) {
    const { sort, order } = this.#columns.get(id);
    if (this.#pages && order) {
      this.#order = order;
      this.dispatchEvent(new CustomEvent('kb-order', { detail: { order } }));
      this.refresh();
    }
    if (!sort || this.#pages) return;
    if (this.#sort?.id !== id) this.#sort = { id, down: false };
    else this.#sort = this.#sort.down ? null : { id, down: true };
    this.#sorted = null;
    this.refresh();
  }

  /** Marks by pointer or key; how is 'only', 'toggle' or 'range'. */
  mark(key, how) {
    if (how === 'toggle' && this.#options.multiple) this.marks.toggle(key);
    else if (how === 'range' && this.#options.multiple) {
      this.#markRange(key);
      return;
    } else this.marks.only(key);
    this.scrollToKey(key);
    this.#selected();
  }

  async #markRange(key) {
    const to = this.indexOf(key);
    const from = Math.max(0, this.indexOf(this.marks.anchor));
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    if (high - low >= rangeMost) {
      notice(t('grid.range_too_long'), 'error');
      return;
    }
    try {
      const keys = this.#pages ? await this.#pages.keys(low, high) : this.shown.slice(low, high + 1).map(this.#options.rowKey);
      this.marks.range(keys, key);
      this.scrollToKey(key);
      this.#selected();
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
  }

  /** Goes to a place, which may have to be fetched; how as in mark(), or 'cursor' to mark nothing. */
  async goTo(index, how) {
    if (!this.rowAt(index)) {
      this.scrollToIndex(index);
      try {
        await this.#pages?.ensure(index, index + 1);
      } catch (problem) {
        notice(problemText(problem), 'error');
      }
    }
    const row = this.rowAt(index);
    if (!row) return;
    const key = this.#options.rowKey(row);
    if (how !== 'cursor') this.mark(key, how);
    else {
      this.marks.at(key);
      this.scrollToIndex(index);
      this.refresh();
    }
  }

  markEvery() {
    if (!this.#options.multiple) return;
    if (this.#pages) this.marks.every();
    else this.marks.set(this.shown.map(this.#options.rowKey));
    this.#selected();
  }

  open(row) { if (row) this.dispatchEvent(new CustomEvent('kb-open', { detail: { row } })); }

  #selected() {
    this.refresh();
    this.dispatchEvent(new CustomEvent('kb-select', { detail: { keys: this.marks.keys, all: this.marks.all, current: this.current } }));
  }

  async #loadIfNear(last) {
    if (this.#pages || !this.#more || this.#loading || this.#failed || last < this.shown.length - 20) return;
    this.#loading = true;
    try {
      await this.#options.loadMore();
    } finally {
      this.#loading = false;
      this.refresh();
    }
  }

  #click(event, key) {
    const box = event.target.closest('.kbg-mark');
    this.mark(key, event.shiftKey ? 'range' : event.ctrlKey || event.metaKey || box ? 'toggle' : 'only');
  }

  #draw() {
    const scroller = this.scroller;
    if (!scroller || !this.isConnected) return;
    const h = rowHeight();
    const { count } = this;
    const first = this.#printing ? 0 : Math.max(0, Math.floor(scroller.scrollTop / h) - 6);
    const last = Math.min(count, this.#printing ? printed : Math.ceil((scroller.scrollTop + scroller.clientHeight) / h) + 6);
    const columns = this.#columns.visible;
    scroller.style.setProperty('--kbg-columns', `${this.#options.multiple ? '28px ' : ''}${this.#columns.template}`);
    scroller.style.setProperty('--kbg-total', `${this.#columns.total + (this.#options.multiple ? 28 : 0)}px`);
    scroller.style.setProperty('--kbg-row', `${h}px`);
    scroller.setAttribute('aria-rowcount', this.#more ? -1 : count + 1);
    scroller.setAttribute('aria-colcount', columns.length + (this.#options.multiple ? 1 : 0));
    const at = this.indexOf(this.marks.current);
    if (at >= first && at < last) scroller.setAttribute('aria-activedescendant', `${this.#id}-${at}`);
    else scroller.removeAttribute('aria-activedescendant');
    const slots = [];
    for (let i = first; i < last; i += 1) {
      const row = this.rowAt(i);
      if (row) slots.push(this.#row(row, i, h, columns));
      else if (!this.#printing) slots.push(this.#waiting(i, h, columns));
    }
    render(html`${this.#head(columns)}
      <div class="kbg-body" role="rowgroup" .style=${`height:${Math.max(count * h, 1)}px`}>${slots}</div>
      ${this.#foot(count)}`, scroller);
    this.#pages?.need(first, last);
    if (!this.#printing) this.#loadIfNear(last);
  }

  #waiting(index, h, columns) {
    const width = columns.length + (this.#options.multiple ? 1 : 0);
    return html`<div role="row" id=${`${this.#id}-${index}`} aria-rowindex=${index + 2} class="kbg-row kbg-waiting ${index % 2 ? 'odd' : ''}"
      .style=${`transform:translateY(${index * h}px)`}><div role="gridcell" aria-colindex="1" aria-colspan=${width} class="kbg-cell">…</div></div>`;
  }

  #row(row, index, h, columns) {
    const key = this.#options.rowKey(row);
    const marked = this.marks.has(key);
    const many = this.#options.multiple;
    return html`<div role="row" id=${`${this.#id}-${index}`} aria-rowindex=${index + 2} aria-selected=${marked ? 'true' : 'false'}
      class="kbg-row ${index % 2 ? 'odd' : ''} ${key === this.marks.current ? 'current' : ''} ${this.#options.rowClass(row)}"
      .style=${`transform:translateY(${index * h}px)`} data-key=${key}
      @click=${(e) => this.#click(e, key)} @dblclick=${() => this.open(row)}>
      ${many ? html`<div role="gridcell" aria-colindex="1" class="kbg-mark"><span aria-hidden="true">${marked ? '☑' : '☐'}</span></div>` : nothing}
      ${columns.map((c, i) => html`<div role="gridcell" aria-colindex=${i + (many ? 2 : 1)} class="kbg-cell ${c.align ?? ''}"
        data-column=${c.id}>${c.cell(row)}</div>`)}</div>`;
  }

  #head(columns) {
    const many = this.#options.multiple;
    const all = this.count > 0 && (this.marks.all || this.marks.keys.length >= this.count);
    return html`<div role="rowgroup" class="kbg-head"><div role="row" aria-rowindex="1" class="kbg-row">
      ${many ? html`<div role="columnheader" aria-colindex="1" class="kbg-mark" title=${t('grid.all')} @click=${() => (all ? this.selectAll([]) : this.markEvery())}
        ><span aria-hidden="true">${all ? '☑' : '☐'}</span><span class="visually-hidden">${t('grid.mark')}</span></div>` : nothing}
      ${columns.map((c, i) => html`<div role="columnheader" aria-colindex=${i + (many ? 2 : 1)} class="kbg-cell ${c.align ?? ''} ${c.sort || c.order ? 'sortable' : ''}"
        aria-sort=${this.#sorting(c) ?? nothing}
        draggable="true" data-column=${c.id} title=${c.label}
        @click=${(e) => { if (!e.target.classList.contains('kbg-grip')) this.sortBy(c.id); }}
        @dragstart=${(e) => e.dataTransfer.setData('text/plain', c.id)}
        @dragover=${(e) => e.preventDefault()}
        @drop=${(e) => { e.preventDefault(); this.#columns.moveBefore(e.dataTransfer.getData('text/plain'), c.id); this.refresh(); }}
        ><span class="kbg-label">${c.label}</span><span aria-hidden="true" class="kbg-sort">${{ ascending: '▴', descending: '▾' }[this.#sorting(c)] ?? ''}</span>
        <span class="kbg-grip" draggable="false" @pointerdown=${(e) => this.#resize(e, c)}
          @dblclick=${() => { this.#columns.setWidth(c.id, null); this.refresh(); }}></span></div>`)}
    </div></div>`;
  }

  #sorting(column) {
    if (column.order && column.order === this.#order) return 'ascending';
    if (this.#sort?.id !== column.id) return null;
    return this.#sort.down ? 'descending' : 'ascending';
  }

  #resize(down, column) {
    down.preventDefault();
    down.stopPropagation();
    const cell = down.target.parentElement;
    const began = cell.offsetWidth;
    cell.draggable = false;
    down.target.setPointerCapture(down.pointerId);
    const move = (e) => { this.#columns.setWidth(column.id, began + e.clientX - down.clientX); this.refresh(); };
    down.target.addEventListener('pointermove', move);
    down.target.addEventListener('pointerup', () => {
      down.target.removeEventListener('pointermove', move);
      cell.draggable = true;
    }, { once: true });
  }

  #foot(count) {
    if (this.#failed) return html`<div class="kbg-foot" role="presentation">${this.#failed}</div>`;
    if (this.#more) return html`<div class="kbg-foot" role="presentation">${t('grid.loading')}</div>`;
    return count ? nothing : html`<div class="kbg-foot kbg-empty" role="presentation">${this.#options.empty || t('grid.empty')}</div>`;
  }

  /** Opens the dialog in which columns are chosen, ordered and widened by keyboard. */
  chooseColumns() {
    columnsDialog(this.#columns, () => this.refresh());
  }
}

customElements.define('kb-grid', KbGrid);
