// Scope (A-3): departments, each with all below it, and management groups; several of each, or all.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-tree.js';
import { t } from '../app/i18n.js';
import { number } from '../app/format.js';
import { session } from '../app/session.js';
import { checkList, departmentPath } from '../app/choosers.js';
import { departmentsBelow } from '../history/tree.js';
import { idsOf, textOf } from './model.js';

const plain = (text) => text.normalize('NFKC').toLowerCase();
const most = 200; // shown of what a search finds

/** All, or some: then what was chosen before comes back. */
function everything(name, value, words, kept, set) {
  const beyond = !session.get().scope?.[`all_${name}`]; // nobody gives more than they have
  const radio = (all) => html`<label class="choice"><input type="radio" name=${`all-${name}`} value=${all ? 'all' : 'some'} .checked=${(value === 'all') === all} ?disabled=${all && beyond && value !== 'all'}
    @change=${() => set(all ? 'all' : kept)}>${t(all ? 'scope.all' : words)}</label>`;
  return html`<div class="scope-kind">${radio(true)}${radio(false)}</div>`;
}

/** Choosing departments: a tree with check boxes. Keeps its element and search in `state`. */
export function departmentChoice(state, departments, value, set) {
  const chosen = new Set(idsOf(value));
  if (!state.tree) {
    state.tree = document.createElement('kb-tree');
    state.chosen = chosen;
    state.tree.addEventListener('kb-check', ({ detail: { node, on } }) => {
      if (on) {
        departmentsBelow(departments, node.id).forEach((id) => state.chosen.delete(id)); // what is below is in it already
        state.chosen.add(node.id);
      } else state.chosen.delete(node.id);
      state.set(textOf(state.chosen));
    });
    state.tree.setup({ name: 'operator.departments', label: t('scope.departments'), nodes: departments.map((d) => ({ id: d.id, parent: d.parent, label: d.name, count: d.code })), checked: state.chosen });
  }
  state.set = set;
  if (value !== 'all' && textOf(state.chosen) !== value) {
    state.chosen.clear();
    chosen.forEach((id) => state.chosen.add(id));
    state.tree.selected = null; // draws
  }
  const q = state.q ?? '';
  const above = (d) => departments.some((x) => state.chosen.has(x.id) && x.id !== d.id && departmentsBelow(departments, x.id).has(d.id));
  const found = q ? departments.filter((d) => plain(`${d.name} ${d.code}`).includes(plain(q))).slice(0, most) : [];
  const flip = (d, on) => { if (on) state.chosen.add(d.id); else state.chosen.delete(d.id); set(textOf(state.chosen)); };
  return html`${everything('departments', value, 'scope.some_departments', textOf(state.chosen), set)}
    ${value === 'all' ? nothing : html`<input type="search" aria-label=${t('department.find')} placeholder=${t('department.find')} @input=${(e) => { state.q = e.target.value.trim(); set(value); }}>
    <div class="scope-list" ?hidden=${Boolean(q)}>${state.tree}</div>
    ${q ? html`<ul class="scope-list" tabindex="0" aria-label=${t('scope.departments')}>${found.map((d) => html`<li><label><input type="checkbox" .checked=${state.chosen.has(d.id) || above(d)} ?disabled=${above(d)}
      @change=${(e) => flip(d, e.target.checked)}>${departmentPath(departments, d.id)} <span class="muted">${d.code}</span></label></li>`)}</ul>` : nothing}
    <p class="field-note" role="status">${chosen.size ? t('scope.departments_chosen', { n: number(chosen.size) }) : t('scope.no_departments')}</p>`}`;
}

/** Choosing management groups: a list with check boxes. */
export function groupChoice(state, groups, value, set) {
  const chosen = new Set(idsOf(value));
  if (value !== 'all') state.kept = value;
  const items = groups.map((g) => ({ key: g.id, label: g.name, hint: g.gates === undefined ? '' : t('gates.count', { n: number(g.gates) }) }));
  return html`${everything('management_groups', value, 'scope.some_groups', state.kept ?? '', set)}
    ${value === 'all' ? nothing : html`${checkList('management_group', t('scope.management_groups'), items, chosen, state, () => set(textOf(chosen)))}
    ${chosen.size ? nothing : html`<p class="field-note">${t('scope.no_groups')}</p>`}`}`;
}

/** A scope to look at. */
export function scopeTable(scope, places) {
  const list = (label, all, things, words) => html`<div><h3>${label}</h3>${all ? html`<p>${t('scope.all')}</p>` : things.length
    ? html`<ul class="plain-list scope-names">${things.map((x) => html`<li>${words(x)}</li>`)}</ul>` : html`<p class="tone-warn"><span aria-hidden="true">▲</span> ${t('scope.nothing')}</p>`}</div>`;
  const path = (d) => (places && departmentPath(places.departments, d.id)) || d.name;
  const below = (d) => (places ? departmentsBelow(places.departments, d.id).size - 1 : 0);
  return html`<div class="detail-columns">
    ${list(t('scope.departments'), scope.all_departments, scope.departments, (d) => html`${path(d)} ${below(d) ? html`<span class="muted">${t('scope.with_below', { n: number(below(d)) })}</span>` : nothing}`)}
    ${list(t('scope.management_groups'), scope.all_management_groups, scope.management_groups, (g) => g.name)}</div>`;
}
