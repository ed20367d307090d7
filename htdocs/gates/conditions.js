// Search conditions of the gate list: text, states, alarm; what is chosen stands as chips and can be taken off one by one.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';

const choices = {
  lock_state: ['locked', 'unlocked', 'fault', 'unknown'],
  door_state: ['closed', 'open', 'no_sensor', 'unknown'],
  arm_state: ['armed', 'disarmed', 'unknown'],
  communication: ['up', 'down', 'unknown'],
};

export const listOf = (value) => (Array.isArray(value) ? value : value ? [value] : []);

/** Draws the form. change(values) is called with the new conditions. */
export function conditionsForm(conditions, change, groupChips) {
  let timer = null;
  const set = (part) => change({ ...conditions, ...part });
  const flip = (name, value, on) => {
    const rest = listOf(conditions[name]).filter((v) => v !== value);
    set({ [name]: on ? [...rest, value] : rest });
  };
  const onText = (e) => {
    if (e.isComposing) return;
    clearTimeout(timer);
    const q = e.target.value.trim();
    timer = setTimeout(() => set({ q }), 250);
  };
  const chosen = Object.keys(choices).flatMap((name) => listOf(conditions[name]).map((value) => ({ name, value })));
  return html`
    <form class="conditions" role="search" aria-label=${t('conditions.label')} @submit=${(e) => { e.preventDefault(); set({ q: e.target.q.value.trim() }); }}>
      <input type="search" name="q" .value=${conditions.q ?? ''} placeholder=${t('conditions.q')} aria-label=${t('conditions.q')} maxlength="100" @input=${onText} @compositionend=${onText}>
      <details class="menu"><summary>${t('conditions.states')}</summary><div class="menu-box conditions-box">
        ${Object.entries(choices).map(([name, values]) => html`<fieldset><legend>${t(`gate.${name}`)}</legend>
          ${values.map((v) => html`<label><input type="checkbox" name=${name} value=${v} .checked=${listOf(conditions[name]).includes(v)}
            @change=${(e) => flip(name, v, e.target.checked)}>${code(name, v)}</label>`)}</fieldset>`)}
      </div></details>
      <button type="button" aria-pressed=${conditions.alarm === 'true' ? 'true' : 'false'} @click=${() => set({ alarm: conditions.alarm === 'true' ? '' : 'true' })}>${t('conditions.alarm')}</button>
      <div class="chips">
        ${groupChips.map((c) => html`<span class="chip">${c.label}<button type="button" aria-label=${t('conditions.remove', { name: c.label })} @click=${c.remove}>×</button></span>`)}
        ${chosen.map(({ name, value }) => html`<span class="chip">${t(`gate.${name}`)}: ${code(name, value)}<button type="button"
          aria-label=${t('conditions.remove', { name: code(name, value) })} @click=${() => flip(name, value, false)}>×</button></span>`)}
      </div>
      ${chosen.length || conditions.q || conditions.alarm ? html`<button type="button" class="link" @click=${() => change({})}>${t('conditions.clear')}</button>` : nothing}
    </form>`;
}
