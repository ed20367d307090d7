// What a kind of controller can not do: shown as not available on this controller and with the reason, never hidden. The server refuses it
// all the same.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';

const lacking = {
  uhppote: {
    commands: { arm: 'arming', disarm: 'arming', set_verification_mode: 'verification' },
    values: { set_unlock_mode: { toggle: 'toggle' } },
    states: { arm_state: 'arming', reader_parameters: 'reader' },
    facts: ['arming', 'verification', 'toggle', 'levels', 'letters', 'time_of_day', 'calendar', 'tamper', 'lost', 'apb', 'reader', 'vein', 'restart'],
  },
};

const of = (gate) => lacking[gate.controller.driver];
const why = (key) => (key ? t(`lacking.${key}`) : null);

/** Why a gate's controller can not take a command (with a value), null when it can. */
export const lacksCommand = (gate, command, value) => why(of(gate)?.commands[command] ?? of(gate)?.values[command]?.[value]);

/** Why none of these gates can; null when at least one can, or there is none. */
export function noneCan(gates, command, value) {
  const reasons = gates.map((g) => lacksCommand(g, command, value));
  return reasons.length && reasons.every(Boolean) ? reasons[0] : null;
}

/** Why a gate has no such state, null when it has. */
export const lacksState = (gate, state) => why(of(gate)?.states[state]);

export const notAvailable = (reason) => html`<span class="state tone-unknown" title=${reason}><span class="glyph" aria-hidden="true">◇</span>${t('lacking.here')}</span>`;

export const isUnsecured = (driver) => driver === 'uhppote';

/** The standing warning of a controller whose messages nothing protects, with what to do about it. */
export const unsecuredWarning = (driver) => (isUnsecured(driver) ? html`<div class="dialog-warning unsecured" role="note"><strong><span aria-hidden="true">▲</span> ${t('unsecured.title')}</strong>
  <p>${t('unsecured.what')}</p><p>${t('unsecured.todo')}</p></div>` : nothing);

/** The same in a few words, for the head of a pane. */
export const unsecuredMark = (driver) => (isUnsecured(driver) ? html`<span class="state strong tone-warn" title=${t('unsecured.todo')}><span class="glyph" aria-hidden="true">▲</span>${t('unsecured.title')}</span>` : nothing);

/** Everything that this driver's controllers can not do, each with the reason. */
export function lackingList(driver) {
  const facts = lacking[driver]?.facts;
  return facts ? html`<h3>${t('lacking.here')}</h3><dl class="facts wide lacking">${facts.map((f) => html`<div><dt>${t(`lacking.name.${f}`)}</dt><dd>${t(`lacking.${f}`)}</dd></div>`)}</dl>` : nothing;
}
