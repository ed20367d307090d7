// Search conditions of the list of cardholders; what is chosen stands as chips and can be taken off one by one.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { toInput, fromInput } from '../app/format.js';

const noon = (day) => fromInput(`${day}T12:00`);

/** change(conditions); gates: [{id, name}] to choose from, [] when they are not the operator's to see. */
export function conditionsForm(conditions, change, chips, gates) {
  let timer = null;
  const set = (part) => change({ ...conditions, ...part });
  const onText = (e) => {
    if (e.isComposing) return;
    clearTimeout(timer);
    const q = e.target.value.trim();
    timer = setTimeout(() => set({ q }), 300);
  };
  const choice = (name, options) => html`<label>${t(`find.${name}`)}<select name=${name} @change=${(e) => set({ [name]: e.target.value })}>
    ${options.map(([value, label]) => html`<option value=${value} ?selected=${(conditions[name] ?? '') === value}>${label}</option>`)}</select></label>`;
  const day = conditions.valid_at ? toInput(Date.parse(conditions.valid_at)).slice(0, 10) : '';
  const onCard = (e) => { if (e.target.checkValidity()) set({ card: e.target.value.trim() }); else e.target.reportValidity(); };
  return html`<form class="conditions" role="search" aria-label=${t('conditions.label')} @submit=${(e) => { e.preventDefault(); set({ q: e.target.q.value.trim() }); }}>
    <input type="search" name="q" .value=${conditions.q ?? ''} placeholder=${t('find.q')} aria-label=${t('find.q')} maxlength="100" @input=${onText} @compositionend=${onText}>
    <details class="menu" data-menu="conditions"><summary>${t('find.more')}</summary><div class="menu-box find-box">
      ${choice('enabled', [['', t('find.any')], ['true', t('find.enabled_true')], ['false', t('find.enabled_false')]])}
      ${choice('lost', [['', t('find.any')], ['true', t('find.lost_true')], ['false', t('find.lost_false')]])}
      <label>${t('find.valid_at')}<input type="date" name="valid_at" max="2999-12-31" .value=${day} @change=${(e) => set({ valid_at: e.target.value ? new Date(noon(e.target.value)).toISOString() : '' })}></label>
      <label>${t('find.card')}<input name="card" maxlength="16" pattern="[0-9A-Za-z]{1,16}" autocomplete="off" .value=${conditions.card ?? ''} @change=${onCard}></label>
      ${gates.length ? choice('gate', [['', t('find.any')], ...gates.map((g) => [String(g.id), g.name])]) : nothing}
    </div></details>
    <div class="chips">${chips.map((c) => html`<span class="chip">${c.label}<button type="button" aria-label=${t('conditions.remove', { name: c.label })} @click=${c.remove}>×</button></span>`)}</div>
    ${Object.keys(conditions).length ? html`<button type="button" class="link" @click=${() => change({})}>${t('conditions.clear')}</button>` : nothing}
  </form>`;
}
