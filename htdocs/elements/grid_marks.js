// Which rows are marked, and which one has the cursor. Keys, not indexes: rows come, go and are sorted.
export class Marks {
  #keys = new Set();
  anchor = null;
  current = null;
  all = false; // every row of a list too long to name them
  keyOf = (row) => row.id;

  get keys() { return [...this.#keys]; }
  has(key) { return this.all || this.#keys.has(key); }

  only(key) {
    this.all = false;
    this.#keys = new Set(key === null ? [] : [key]);
    this.anchor = key;
    this.current = key;
  }

  toggle(key) {
    if (this.all) {
      this.only(key);
      return;
    }
    if (!this.#keys.delete(key)) this.#keys.add(key);
    this.anchor = key;
    this.current = key;
  }

  /** These, which reach from the anchor to key. */
  range(keys, key) {
    this.all = false;
    this.#keys = new Set(keys);
    this.current = key;
  }

  set(keys) {
    this.all = false;
    this.#keys = new Set(keys);
    if (!this.#keys.has(this.current)) this.current = keys[0] ?? null;
    this.anchor = this.current;
  }

  every() {
    this.#keys.clear();
    this.all = true;
  }

  /** Moves the cursor only. */
  at(key) { this.current = key; }
}
