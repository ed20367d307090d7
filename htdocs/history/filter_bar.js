// The filter of the history: time range, kinds with the refusals at one press, cardholder; the places are chosen in the tree.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { fromInput, toInput, serverNow } from '../app/format.js';
import { presets, rangeOf } from './time_range.js';
import { kinds, refusals } from './words.js';

const same = (a, b) => a.length === b.length && a.every((k) => b.includes(k));

/** Two times, when the range is one of one's own. */
export function timeFields(filter, set) {
  if (filter.range !== 'custom') return nothing;
  const { from, to } = rangeOf(filter);
  const change = (name) => (e) => {
    const at = e.target.value ? fromInput(e.target.value) : null;
    set({ [name]: at === null ? '' : new Date(at).toISOString() });
  };
  return html`<label class="inline">${t('range.from')}<input type="datetime-local" name="from" .value=${toInput(Date.parse(from))} @change=${change('from')}></label>
    <label class="inline">${t('range.to')}<input type="datetime-local" name="to" .value=${to ? toInput(Date.parse(to)) : ''} @change=${change('to')}></label>`;
}

function kindMenu(filter, set) {
  const list = kinds[filter.category];
  const chosen = filter.kind ?? [];
  const flip = (kind, on) => set({ kind: on ? [...chosen, kind] : chosen.filter((k) => k !== kind) });
  return html`<details class="menu" data-menu="kinds"><summary>${chosen.length ? t('filter.kinds_of', { n: chosen.length }) : t('filter.kinds')}</summary>
    <div class="menu-box kinds-box">${list.map((k) => html`<label class=${refusals.includes(k) ? 'tone-warn' : ''}><input type="checkbox" value=${k} .checked=${chosen.includes(k)} @change=${(e) => flip(k, e.target.checked)}>${code('event', k)}</label>`)}</div></details>`;
}

/** chips: [{label, remove}] for places and person. set(part) changes the filter. */
export function filterBar(filter, set, chips) {
  const chosen = filter.kind ?? [];
  const onlyRefusals = filter.category === 'access' && same(chosen, refusals);
  const onRange = (e) => {
    const range = e.target.value;
    if (range !== 'custom') return set({ range, from: '', to: '' });
    const now = rangeOf(filter);
    return set({ range, from: now.from, to: now.to ?? new Date(serverNow()).toISOString() });
  };
  const submit = (e) => { e.preventDefault(); set({ q: e.target.q.value.trim() }); };
  return html`<form class="conditions" role="search" aria-label=${t('filter.label')} @submit=${submit}>
    <label class="inline"><span class="visually-hidden">${t('filter.range')}</span><select name="range" @change=${onRange}>${presets.map((p) => html`<option value=${p} ?selected=${p === (filter.range ?? 'hours24')}>${t(`range.${p}`)}</option>`)}</select></label>
    ${timeFields(filter, set)}
    ${kindMenu(filter, set)}
    ${filter.category === 'access' ? html`<button type="button" data-act="refusals" aria-pressed=${onlyRefusals ? 'true' : 'false'} @click=${() => set({ kind: onlyRefusals ? [] : [...refusals] })}>${t('filter.refusals')}</button>` : nothing}
    <input type="search" name="q" maxlength="100" .value=${filter.q ?? ''} placeholder=${t('filter.q')} aria-label=${t('filter.q')} @search=${(e) => set({ q: e.target.value.trim() })}>
    <div class="chips">${chips.map((c) => html`<span class="chip">${c.label}<button type="button" aria-label=${t('conditions.remove', { name: c.label })} @click=${c.remove}>×</button></span>`)}
      ${onlyRefusals ? nothing : chosen.slice(0, 4).map((k) => html`<span class="chip">${code('event', k)}<button type="button" aria-label=${t('conditions.remove', { name: code('event', k) })} @click=${() => set({ kind: chosen.filter((c) => c !== k) })}>×</button></span>`)}</div>
  </form>`;
}
