// Choosing from what is too long for a <select>: one department out of 5,000, gates and gate groups out of 1,000 and 2,000.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-tree.js';
import { t } from './i18n.js';
import { number } from './format.js';
import { openDialog } from './dialog.js';

const plain = (text) => text.normalize('NFKC').toLowerCase();
const most = 200; // shown of a long list

/** 'Head office › Personnel' of a department id. */
export function departmentPath(departments, id) {
  const byId = new Map(departments.map((d) => [d.id, d]));
  const path = [];
  for (let d = byId.get(id); d; d = byId.get(d.parent)) path.unshift(d.name);
  return path.join(' › ');
}

/** Resolves with the id chosen, null for `none`, undefined when dismissed. */
export function chooseDepartment(departments, selected, { title = t('department.choose'), none = null, without = () => false } = {}) {
  const list = departments.filter((d) => !without(d));
  const tree = document.createElement('kb-tree');
  const nodes = list.map((d) => ({ id: d.id, parent: d.parent, label: d.name }));
  let q = '';
  const found = () => list.filter((d) => plain(`${d.name} ${d.code}`).includes(plain(q)));
  return openDialog({
    title,
    className: 'choose-dialog',
    body: (api) => {
      if (!tree.firstElementChild) {
        tree.setup({ name: 'choose.department', label: title, nodes, selected });
        tree.addEventListener('kb-choose', (e) => api.close(e.detail.node.id));
      }
      return html`<div class="choose-body">
        <input type="search" autofocus placeholder=${t('department.find')} aria-label=${t('department.find')} @input=${(e) => { q = e.target.value.trim(); api.update(); }}>
        ${q ? html`<ul class="choose-list" aria-label=${title}>${found().slice(0, most).map((d) => html`<li><button type="button" class="link" @click=${() => api.close(d.id)}>${departmentPath(departments, d.id)}
            <span class="muted">${d.code}</span></button></li>`)}</ul>` : nothing}
        <div class="choose-list" ?hidden=${Boolean(q)}>${tree}</div>
        <div class="dialog-buttons">${none ? html`<button type="button" @click=${() => api.close(null)}>${none}</button>` : nothing}<button type="button" @click=${() => api.close()}>${t('cancel')}</button></div></div>`;
    },
  });
}

/**
 * A list with check boxes and a search: items [{key, label, hint}], chosen a Set of keys that it changes.
 * Gives a template; update() draws again.
 */
export function checkList(name, label, items, chosen, state, update) {
  const found = items.filter((i) => plain(`${i.label} ${i.hint ?? ''}`).includes(plain(state.q ?? '')));
  const flip = (key, on) => { if (on) chosen.add(key); else chosen.delete(key); update(); };
  return html`<div class="check-list"><input type="search" aria-label=${t('choose.find', { label })} placeholder=${t('choose.find', { label })} @input=${(e) => { state.q = e.target.value; update(); }}>
    <div class="check-list-bar"><span role="status">${t('choose.chosen', { n: number(chosen.size) })}</span>
      <button type="button" class="link" @click=${() => { found.forEach((i) => chosen.add(i.key)); update(); }}>${t('choose.all', { n: number(found.length) })}</button>
      <button type="button" class="link" @click=${() => { found.forEach((i) => chosen.delete(i.key)); update(); }}>${t('choose.none')}</button></div>
    <ul tabindex="0" aria-label=${label}>${found.slice(0, most).map((i) => html`<li><label><input type="checkbox" name=${name} value=${i.key} .checked=${chosen.has(i.key)}
      @change=${(e) => flip(i.key, e.target.checked)}>${i.label} ${i.hint ? html`<span class="muted">${i.hint}</span>` : nothing}</label></li>`)}
      ${found.length > most ? html`<li class="muted">${t('choose.more', { n: number(found.length - most) })}</li>` : nothing}</ul></div>`;
}
