// <kb-tree>: a tree of any size; only open branches are drawn. Keyboard after the ARIA tree pattern.
//
//   tree.setup({ name, label, nodes, selected })
//     nodes: [{ id, parent, label, count, tone }], a parent before its children; parent null at the top
//     checked (a Set of ids, may be left out): nodes have check boxes; a checked one takes all below it with it
//   events: kb-choose {node}, kb-check {node, on}
import { html, render, nothing } from '../vendor/lit-html/lit-html.js';
import { prefs } from '../app/prefs.js';

let serial = 0;

export class KbTree extends HTMLElement {
  #nodes = new Map();
  #children = new Map();
  #open = new Set();
  #cursor = null;
  #selected = null;
  #checked = null;
  #name = '';
  #typed = { text: '', at: 0 };
  #id = `tree-${serial += 1}`;

  setup({ name, label, nodes, selected = null, open = [], checked = null }) {
    this.#name = `tree.${name}`;
    this.#open = new Set(prefs.get(this.#name, open));
    this.#checked = checked;
    if (!this.firstElementChild) this.#build(label);
    this.nodes = nodes;
    this.selected = selected;
  }

  set nodes(nodes) {
    this.#nodes = new Map(nodes.map((n) => [n.id, n]));
    this.#children = new Map();
    for (const node of nodes) {
      const parent = node.parent !== null && this.#nodes.has(node.parent) ? node.parent : null;
      if (!this.#children.has(parent)) this.#children.set(parent, []);
      this.#children.get(parent).push(node);
    }
    this.#draw();
  }

  get selected() { return this.#selected; }
  set selected(id) {
    this.#selected = id;
    for (let up = this.#nodes.get(id)?.parent; up; up = this.#nodes.get(up)?.parent) this.#open.add(up);
    if (this.#nodes.has(id)) this.#cursor = id;
    this.#draw();
  }

  #build(label) {
    const box = document.createElement('div');
    box.className = 'kbt';
    box.tabIndex = 0;
    box.id = this.#id;
    box.setAttribute('role', 'tree');
    box.setAttribute('aria-label', label);
    if (this.#checked) box.setAttribute('aria-multiselectable', 'true');
    box.addEventListener('keydown', (e) => this.#key(e));
    this.replaceChildren(box);
  }

  /** Open branches flattened: [{node, level, size, position, branch, open}]. */
  #visible() {
    const list = [];
    const walk = (parent, level) => {
      const children = this.#children.get(parent) ?? [];
      children.forEach((node, i) => {
        const branch = this.#children.has(node.id);
        const open = branch && this.#open.has(node.id);
        list.push({ node, level, size: children.length, position: i + 1, branch, open });
        if (open) walk(node.id, level + 1);
      });
    };
    walk(null, 1);
    return list;
  }

  #draw() {
    const box = this.firstElementChild;
    if (!box) return;
    const list = this.#visible();
    if (!list.some((v) => v.node.id === this.#cursor)) this.#cursor = list[0]?.node.id ?? null;
    if (this.#cursor !== null) box.setAttribute('aria-activedescendant', `${this.#id}-${list.findIndex((v) => v.node.id === this.#cursor)}`);
    render(list.map((v, i) => this.#item(v, i)), box);
  }

  /** 'own', 'above' (one above it is checked) or 'no'. */
  #check(id) {
    if (this.#checked.has(id)) return 'own';
    for (let up = this.#nodes.get(id)?.parent; up !== null && up !== undefined; up = this.#nodes.get(up)?.parent) if (this.#checked.has(up)) return 'above';
    return 'no';
  }

  #item({ node, level, size, position, branch, open }, index) {
    const check = this.#checked && this.#check(node.id);
    return html`<div role="treeitem" id=${`${this.#id}-${index}`} aria-level=${level} aria-setsize=${size} aria-posinset=${position}
      aria-expanded=${branch ? String(open) : nothing} aria-selected=${check ? nothing : node.id === this.#selected ? 'true' : 'false'}
      aria-checked=${check ? String(check !== 'no') : nothing} aria-disabled=${check === 'above' ? 'true' : nothing}
      class="kbt-item ${node.id === this.#cursor ? 'current' : ''} ${node.heading ? 'heading' : ''}" data-node=${node.id} title=${node.label}
      .style=${`padding-inline-start:${(level - 1) * 14 + 4}px`}
      @click=${(e) => this.#click(e, node, branch)}>
      <span class="kbt-twist" aria-hidden="true">${branch ? (open ? '▾' : '▸') : ''}</span>
      ${check ? html`<span class="kbt-check ${check}" aria-hidden="true">${check === 'no' ? '☐' : '☑'}</span>` : nothing}
      <span class="kbt-label">${node.label}</span>
      ${node.tone ? html`<span class="tone-${node.tone}" aria-hidden="true">■</span>` : nothing}
      ${node.count === undefined ? nothing : html`<span class="kbt-count">${node.count}</span>`}</div>`;
  }

  #click(event, node, branch) {
    this.#cursor = node.id;
    if (this.#checked && !event.target.classList.contains('kbt-twist')) this.#flip(node);
    else if (branch && (event.target.classList.contains('kbt-twist') || node.heading)) this.#toggle(node.id, !this.#open.has(node.id));
    else this.#choose(node);
  }

  #toggle(id, on) {
    if (on) this.#open.add(id);
    else this.#open.delete(id);
    prefs.set(this.#name, [...this.#open]);
    this.#draw();
  }

  #flip(node) {
    const check = this.#check(node.id);
    if (check !== 'above') this.dispatchEvent(new CustomEvent('kb-check', { detail: { node, on: check === 'no' } }));
    this.#draw();
  }

  #choose(node) {
    if (this.#checked) {
      this.#flip(node);
      return;
    }
    if (node.heading) {
      this.#toggle(node.id, !this.#open.has(node.id));
      return;
    }
    this.#selected = node.id;
    this.#draw();
    this.dispatchEvent(new CustomEvent('kb-choose', { detail: { node } }));
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const list = this.#visible();
    const at = list.findIndex((v) => v.node.id === this.#cursor);
    const here = list[at];
    if (!here) return;
    const go = (i) => {
      this.#cursor = list[Math.max(0, Math.min(list.length - 1, i))].node.id;
      this.#draw();
      this.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
    };
    const acts = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(list.length - 1),
      ArrowRight: () => { if (here.branch && !here.open) this.#toggle(here.node.id, true); else if (here.branch) go(at + 1); },
      ArrowLeft: () => {
        if (here.open) this.#toggle(here.node.id, false);
        else go(list.findIndex((v) => v.node.id === here.node.parent));
      },
      Enter: () => this.#choose(here.node),
      ' ': () => this.#choose(here.node),
    };
    if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    } else if (event.key.length === 1 && /\p{L}|\p{N}/u.test(event.key) && !/^[gldap?/1-9]$/.test(event.key)) {
      this.#typeAhead(event.key, list, at, go);
    }
  }

  #typeAhead(key, list, at, go) {
    const now = Date.now();
    this.#typed = { text: (now - this.#typed.at < 800 ? this.#typed.text : '') + key.toLowerCase(), at: now };
    const order = [...list.keys()].map((i) => (at + 1 + i) % list.length);
    const found = order.find((i) => list[i].node.label.toLowerCase().startsWith(this.#typed.text));
    if (found !== undefined) go(found);
  }
}

customElements.define('kb-tree', KbTree);
