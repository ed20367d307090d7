// The filter of the change history: time, kinds of acts, operator; and the one thing that it is about.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, language } from '../app/i18n.js';
import { fromInput, toInput, serverNow } from '../app/format.js';
import { rangeOf } from '../history/time_range.js';
import { mayView } from '../app/session.js';
import { findCardholder, findDepartment, findGate, findGateGroup } from '../app/find.js';
import { kindGroups, kindWords, otherKinds, tableWords } from './words.js';

const ranges = ['all', 'today', 'yesterday', 'days7', 'days31', 'custom'];
export const filterNames = ['range', 'from', 'to', 'operator', 'operator_name', 'subject', 'subject_id', 'name'];

/** API parameters of a filter. */
export function queryOf(filter) {
  const { from, to } = (filter.range ?? 'all') === 'all' ? { from: null, to: null } : rangeOf(filter);
  return { from, to, kind: filter.kind, operator: filter.operator, subject: filter.subject, subject_id: filter.subject_id };
}

function timeFields(filter, set) {
  if (filter.range !== 'custom') return nothing;
  const { from, to } = rangeOf(filter);
  const change = (name) => (e) => {
    const at = e.target.value ? fromInput(e.target.value) : null;
    set({ [name]: at === null ? '' : new Date(at).toISOString() });
  };
  return html`<label class="inline">${t('range.from')}<input type="datetime-local" name="from" .value=${toInput(Date.parse(from))} @change=${change('from')}></label>
    <label class="inline">${t('range.to')}<input type="datetime-local" name="to" .value=${to ? toInput(Date.parse(to)) : ''} @change=${change('to')}></label>`;
}

function kindMenu(chosen, set) {
  const box = (kind, label, within) => html`<label class=${within ? 'kind-within' : 'kind-head'}><input type="checkbox" value=${kind} .checked=${chosen.includes(kind)} ?disabled=${within && chosen.includes(within)}
    @change=${(e) => set({ kind: e.target.checked ? [...chosen.filter((k) => !k.startsWith(`${kind}.`)), kind] : chosen.filter((k) => k !== kind) })}>${label}</label>`;
  return html`<details class="menu" data-menu="change-kinds"><summary>${chosen.length ? t('change.kinds_of', { n: chosen.length }) : t('change.kinds')}</summary>
    <div class="menu-box kinds-box wider">${Object.entries(kindGroups).map(([group, kinds]) => html`<div class="kind-group">${kinds.length > 1 ? box(group, t('change.kind_all', { table: tableWords(group) }), null) : nothing}
      ${kinds.map((k) => box(`${group}.${k}`, kindWords(`${group}.${k}`), group))}</div>`)}<div class="kind-group">${otherKinds.map((k) => box(k, kindWords(k), null))}</div></div></details>`;
}

const finders = { cardholder: [findCardholder, 'cardholders'], gate: [findGate, 'gates'], gate_group: [findGateGroup, null], department: [findDepartment, null] };

/** Choosing the one thing whose changes are wanted. */
function subjectMenu(set) {
  const choose = (subject, find) => async (e) => {
    e.target.closest('details').removeAttribute('open');
    const it = await find();
    if (it) set({ subject, subject_id: String(it.id), name: it.name });
  };
  return html`<details class="menu" data-menu="change-subject"><summary>${t('change.choose_subject')}</summary><div class="menu-box">
    ${Object.entries(finders).filter(([, [, right]]) => !right || mayView(right)).map(([subject, [find]]) => html`<button type="button" data-subject=${subject} @click=${choose(subject, find)}>${t('change.one_of', { table: tableWords(subject) })}</button>`)}</div></details>`;
}

/** operators: Map of id and name that are known; set(part) changes the filter. */
export function filterBar(filter, set, operators) {
  const chosen = filter.kind ?? [];
  const onRange = (e) => {
    const range = e.target.value;
    if (range !== 'custom') return set({ range, from: '', to: '' });
    const now = filter.range && filter.range !== 'all' ? rangeOf(filter) : rangeOf({ range: 'days7' });
    return set({ range, from: now.from, to: now.to ?? new Date(serverNow()).toISOString() });
  };
  const onOperator = (e) => set({ operator: e.target.value, operator_name: operators.get(e.target.value) ?? '' });
  const chip = (label, part) => html`<span class="chip">${label}<button type="button" aria-label=${t('conditions.remove', { name: label })} @click=${() => set(part)}>×</button></span>`;
  return html`<form class="conditions" role="search" aria-label=${t('change.filter')} @submit=${(e) => e.preventDefault()}>
    <label class="inline"><span class="visually-hidden">${t('filter.range')}</span><select name="range" @change=${onRange}>${ranges.map((r) => html`<option value=${r} ?selected=${r === (filter.range ?? 'all')}>${t(`range.${r}`)}</option>`)}</select></label>
    ${timeFields(filter, set)}${kindMenu(chosen, set)}${subjectMenu(set)}
    <label class="inline">${t('event.operator')}<select name="operator" @change=${onOperator}><option value="">${t('find.any')}</option>
      ${[...operators].sort(([, a], [, b]) => a.localeCompare(b, language())).map(([id, name]) => html`<option value=${id} .selected=${id === filter.operator}>${name}</option>`)}</select></label>
    <div class="chips">${filter.subject ? chip(t('change.subject_chip', { table: tableWords(filter.subject), name: filter.name ?? filter.subject_id }), { subject: '', subject_id: '', name: '' }) : nothing}
      ${chosen.slice(0, 4).map((k) => chip(k in kindGroups ? t('change.kind_all', { table: tableWords(k) }) : kindWords(k), { kind: chosen.filter((c) => c !== k) }))}</div></form>`;
}
