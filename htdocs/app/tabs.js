// Tabs after the ARIA pattern: arrows move between them, the panel follows.
import { html } from '../vendor/lit-html/lit-html.js';

/** tabs: [{id, label}]; choose(id); panel: template of the open tab. */
export function tabs(name, label, list, open, choose, panel) {
  const onKey = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = list.findIndex((tab) => tab.id === open);
    const next = list[(at + step + list.length) % list.length];
    choose(next.id);
    queueMicrotask(() => document.getElementById(`${name}-tab-${next.id}`)?.focus());
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} @keydown=${onKey}>
      ${list.map((tab) => html`<button type="button" role="tab" id=${`${name}-tab-${tab.id}`} aria-selected=${tab.id === open ? 'true' : 'false'}
        aria-controls=${`${name}-panel`} tabindex=${tab.id === open ? '0' : '-1'} @click=${() => choose(tab.id)}>${tab.label}</button>`)}
    </div>
    <div class="tab-panel" role="tabpanel" id=${`${name}-panel`} aria-labelledby=${`${name}-tab-${open}`} tabindex="0">${panel}</div>`;
}
