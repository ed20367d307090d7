// The filter of the system log: time, operator, action, outcome, text.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code, codesOf } from '../app/i18n.js';
import { number, serverNow } from '../app/format.js';
import { checkList } from '../app/choosers.js';
import { timeFields } from '../history/filter_bar.js';
import { presets, rangeOf } from '../history/time_range.js';
import { outcomes, origins } from './words.js';

function actionMenu(filter, set, search, update) {
  const chosen = new Set(filter.action);
  const items = codesOf('system_action').map((a) => ({ key: a, label: code('system_action', a) }));
  const take = () => { if ([...chosen].sort().join() === [...filter.action].sort().join()) update(); else set({ action: [...chosen] }); };
  return html`<details class="menu" data-menu="actions"><summary>${chosen.size ? t('system_log.actions_of', { n: number(chosen.size) }) : t('system_log.actions')}</summary>
    <div class="menu-box actions-box">${checkList('action', t('system_log.action'), items, chosen, search, take)}</div></details>`;
}

const choice = (name, label, value, values, words, set) => html`<label class="inline"><span class="visually-hidden">${label}</span>
  <select name=${name} @change=${(e) => set({ [name]: e.target.value })}><option value="">${t('system_log.all_of', { label })}</option>
    ${values.map((v) => html`<option value=${v} ?selected=${String(v) === String(value ?? '')}>${words(v)}</option>`)}</select></label>`;

/** operators: those to choose from, empty when they may not be seen. state: {search}. chips: [{label, remove}]. */
export function logFilter(filter, set, { operators, search, chips, update }) {
  const onRange = (e) => {
    const range = e.target.value;
    if (range !== 'custom') return set({ range, from: '', to: '' });
    const now = rangeOf(filter);
    return set({ range, from: now.from, to: now.to ?? new Date(serverNow()).toISOString() });
  };
  const text = (value) => { if (value.trim() !== (filter.q ?? '')) set({ q: value.trim() }); };
  return html`<form class="conditions" role="search" aria-label=${t('system_log.search')} @submit=${(e) => { e.preventDefault(); text(e.target.q.value); }}>
    <label class="inline"><span class="visually-hidden">${t('filter.range')}</span><select name="range" @change=${onRange}>${presets.map((p) => html`<option value=${p} ?selected=${p === (filter.range ?? 'hours24')}>${t(`range.${p}`)}</option>`)}</select></label>
    ${timeFields(filter, set)}
    ${operators.length ? choice('operator', t('event.operator'), filter.operator, operators.map((o) => o.id), (id) => { const o = operators.find((x) => x.id === id); return o.display_name || o.name; }, set) : nothing}
    ${actionMenu(filter, set, search, update)}
    ${choice('outcome', t('system_log.outcome'), filter.outcome, outcomes, (o) => code('system_outcome', o), set)}
    ${choice('origin', t('system_log.origin'), filter.origin, origins, (o) => code('system_origin', o), set)}
    <input type="search" name="q" maxlength="100" .value=${filter.q ?? ''} placeholder=${t('system_log.q')} aria-label=${t('system_log.q')} @search=${(e) => text(e.target.value)}>
    ${chips.length ? html`<div class="chips">${chips.map((c) => html`<span class="chip">${c.label}<button type="button" aria-label=${t('conditions.remove', { name: c.label })} @click=${c.remove}>×</button></span>`)}</div>` : nothing}
  </form>`;
}
