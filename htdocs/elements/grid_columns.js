// Columns of a grid: which are shown, in what order, how wide; remembered by the grid's name.
import { prefs } from '../app/prefs.js';

export class ColumnSet {
  #columns;
  #kept;
  #name;

  constructor(name, columns) {
    this.#name = `grid.${name}`;
    this.#columns = new Map(columns.map((c) => [c.id, c]));
    this.#kept = { order: [], widths: {}, hidden: columns.filter((c) => c.hidden).map((c) => c.id), ...prefs.get(this.#name, {}) };
  }

  #keep() { prefs.set(this.#name, this.#kept); }

  get(id) { return this.#columns.get(id); }

  /** All, in the operator's order; a column that came with a newer version keeps its own place at the end. */
  get all() {
    const known = this.#kept.order.filter((id) => this.#columns.has(id));
    return [...known, ...[...this.#columns.keys()].filter((id) => !known.includes(id))].map((id) => this.#columns.get(id));
  }

  get visible() { return this.all.filter((c) => !this.#kept.hidden.includes(c.id)); }
  isShown(id) { return !this.#kept.hidden.includes(id); }
  width(id) { return this.#kept.widths[id] ?? this.#columns.get(id).width; }

  /** Value for grid-template-columns: the columns that grow share what is left. */
  get template() {
    return this.visible.map((c) => (c.grow && !this.#kept.widths[c.id] ? `minmax(${c.width}px, ${c.grow}fr)` : `${this.width(c.id)}px`)).join(' ');
  }

  /** The least width of a row, in px: every row gets the same, whatever stands in it. */
  get total() { return this.visible.reduce((sum, c) => sum + this.width(c.id), 0); }

  setWidth(id, width) {
    if (width === null) delete this.#kept.widths[id];
    else this.#kept.widths[id] = Math.round(Math.max(this.#columns.get(id).min ?? 40, Math.min(900, width)));
    this.#keep();
  }

  show(id, on) {
    this.#kept.hidden = this.#kept.hidden.filter((h) => h !== id);
    if (!on) this.#kept.hidden.push(id);
    this.#keep();
  }

  move(id, step) {
    const order = this.all.map((c) => c.id);
    const from = order.indexOf(id);
    const to = Math.max(0, Math.min(order.length - 1, from + step));
    order.splice(from, 1);
    order.splice(to, 0, id);
    this.#kept.order = order;
    this.#keep();
  }

  moveBefore(id, other) {
    if (id === other || !this.#columns.has(id)) return;
    const order = this.all.map((c) => c.id).filter((o) => o !== id);
    order.splice(order.indexOf(other), 0, id);
    this.#kept.order = order;
    this.#keep();
  }

  reset() {
    this.#kept = { order: [], widths: {}, hidden: [...this.#columns.values()].filter((c) => c.hidden).map((c) => c.id) };
    this.#keep();
  }
}
