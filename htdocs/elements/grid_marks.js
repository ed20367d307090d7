// Which rows are marked, and which one has the cursor. Keys, not indexes: rows come, go and are sorted.
export class Marks {
  #keys = new Set();
  #anchor = null;
  current = null;
  keyOf = (row) => row.id;

  get keys() { return [...this.#keys]; }
  has(key) { return this.#keys.has(key); }

  only(key) {
    this.#keys = new Set(key === null ? [] : [key]);
    this.#anchor = key;
    this.current = key;
  }

  toggle(key) {
    if (!this.#keys.delete(key)) this.#keys.add(key);
    this.#anchor = key;
    this.current = key;
  }

  /** From the anchor to key, in the order in which the rows are shown. */
  range(key, rows) {
    const keys = rows.map(this.keyOf);
    const from = Math.max(0, keys.indexOf(this.#anchor));
    const to = keys.indexOf(key);
    this.#keys = new Set(keys.slice(Math.min(from, to), Math.max(from, to) + 1));
    this.current = key;
  }

  set(keys) {
    this.#keys = new Set(keys);
    if (!this.#keys.has(this.current)) this.current = keys[0] ?? null;
    this.#anchor = this.current;
  }

  /** Moves the cursor only. */
  at(key) { this.current = key; }
}
