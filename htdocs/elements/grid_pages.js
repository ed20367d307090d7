// Rows of a list too long to hold (300,000): the pages around what is looked at, each fetched by itself, so that a true scrollbar
// can jump anywhere. Far pages are given up again. A row that is not there yet is null.
const held = 60; // pages

export class GridPages {
  #pages = new Map(); // page number -> rows; the first in it was used longest ago
  #places = new Map(); // key -> index
  #asked = new Map(); // page number -> promise
  #turn = 0;
  #timer = 0;
  #wanted = [0, 0];

  /** load(number) -> promise of that page's rows; keyOf(row); changed() is called when rows came or went. */
  constructor({ step, keyOf, load, changed }) {
    Object.assign(this, { step, keyOf, load, changed, total: 0 });
  }

  /** Forgets all and begins with the first page's rows. */
  reset(total, rows = []) {
    this.#turn += 1;
    this.#pages.clear();
    this.#places.clear();
    this.#asked.clear();
    this.total = total;
    if (rows.length) this.#keep(0, rows);
    this.changed();
  }

  at(index) { return this.#pages.get(Math.floor(index / this.step))?.[index % this.step] ?? null; }
  indexOf(key) { return this.#places.get(key) ?? -1; }
  byKey(key) { return this.#places.has(key) ? this.at(this.#places.get(key)) : null; }

  /** Another version of a row that is held; nothing otherwise. */
  replace(row) {
    const index = this.indexOf(this.keyOf(row));
    if (index < 0) return;
    this.#pages.get(Math.floor(index / this.step))[index % this.step] = row;
    this.changed();
  }

  #keep(number, rows) {
    this.#pages.delete(number);
    this.#pages.set(number, rows);
    rows.forEach((row, i) => this.#places.set(this.keyOf(row), number * this.step + i));
    if (this.#pages.size <= held) return;
    const [oldest, gone] = this.#pages.entries().next().value;
    this.#pages.delete(oldest);
    gone.forEach((row) => this.#places.delete(this.keyOf(row)));
  }

  /** Rows first..last-1 are in sight: fetches what is missing once the scrollbar rests for a moment. */
  need(first, last) {
    this.#wanted = [first, last];
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ensure(...this.#wanted).catch(() => {}), 60);
  }

  /** Resolves when rows first..last-1 are there. */
  async ensure(first, last) {
    const waits = [];
    for (let n = Math.floor(first / this.step); n * this.step < Math.min(last, this.total); n += 1) {
      if (!this.#pages.has(n)) waits.push(this.#ask(n));
    }
    await Promise.all(waits);
  }

  #ask(number) {
    if (!this.#asked.has(number)) {
      const turn = this.#turn;
      this.#asked.set(number, this.load(number).then((rows) => {
        if (turn !== this.#turn) return;
        this.#keep(number, rows);
        this.changed();
      }).finally(() => { if (turn === this.#turn) this.#asked.delete(number); }));
    }
    return this.#asked.get(number);
  }

  /** Keys of rows from..to, fetched when they must be. */
  async keys(from, to) {
    const keys = [];
    for (let at = from; at <= to; at += this.step) {
      const end = Math.min(to + 1, at + this.step);
      await this.ensure(at, end);
      for (let i = at; i < end; i += 1) if (this.at(i)) keys.push(this.keyOf(this.at(i)));
    }
    return keys;
  }

  stop() { clearTimeout(this.#timer); this.#turn += 1; }
}
