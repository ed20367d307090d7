// How an event reads: its kind with shape and tone, who, what beside.
import { html } from '../vendor/lit-html/lit-html.js';
import { t, code, hasKey } from '../app/i18n.js';
import { dateTime, number } from '../app/format.js';

export const passed = ['entry', 'exit', 'first_in', 'last_out', 'passback_soft', 'reader_code_unlock', 'remote_unlock_pass'];
export const refusals = ['passback_hard', 'unknown_card', 'disabled_card', 'out_of_validity', 'no_permit', 'out_of_time', 'level_too_low',
  'pin_mismatch', 'vein_mismatch', 'armed', 'dual_card_incomplete', 'lost_card_refused'];
export const kinds = {
  access: ['entry', 'exit', 'first_in', 'last_out', 'passback_soft', 'not_passed', 'reader_code_unlock', 'remote_unlock_pass', 'apb_reset', ...refusals],
  alarm: ['lost_card', 'wrong_pin', 'intrusion', 'tamper', 'lock_fault', 'reader_fault', 'reader_comm_fault', 'forced_open', 'door_open_too_long',
    'controller_comm_fault', 'vein_device_fault', 'power_fail', 'battery_low', 'fire', 'duress', 'clock_drift', 'event_overflow', 'auth_failed'],
  operation: ['lock', 'unlock', 'arm', 'disarm', 'card', 'card_and_pin', 'card_or_reader_code', 'card_and_reader_code', 'vein', 'card_and_vein', 'one_shot',
    'continuous', 'toggle', 'restart', 'alarm_stop'],
  management: ['card_count_shown', 'calendar_set', 'clock_set', 'card_added', 'card_deleted', 'schedule_set', 'parameters_set', 'address_set',
    'history_cleared', 'management_code_changed', 'version_shown'],
};
/** Kinds of events that the server can explain: somebody passed or was refused. */
export const explained = ['entry', 'exit', 'first_in', 'last_out', 'passback_soft', ...refusals.filter((k) => k !== 'dual_card_incomplete'), 'lost_card', 'wrong_pin'];
export const categories = Object.keys(kinds);

export const isHole = (event) => event.kind === 'event_overflow';

export function eventLook(event) {
  if (isHole(event)) return ['■', 'alarm'];
  if (event.category === 'alarm') return event.raised === false ? ['○', 'neutral'] : ['■', 'alarm'];
  if (refusals.includes(event.kind)) return ['▲', 'warn'];
  if (event.category === 'access') return passed.includes(event.kind) ? ['●', 'ok'] : ['○', 'neutral'];
  return ['○', 'neutral'];
}

export function eventMark(event) {
  const [glyph, tone] = eventLook(event);
  const strong = tone === 'warn' || tone === 'alarm';
  const cleared = event.category === 'alarm' && event.raised === false ? ` ${t('event.cleared')}` : '';
  return html`<span class="state tone-${tone} ${strong ? 'strong' : ''}"><span class="glyph" aria-hidden="true">${glyph}</span>${code('event', event.kind)}${cleared}</span>`;
}

/** The person of an event: cardholder as they were then, else the operator, else the card. */
export function eventWho(event) {
  if (event.cardholder) return event.cardholder.name;
  if (event.operator) return t('event.by_operator', { name: event.operator.name });
  return event.card_number ? t('event.card', { number: event.card_number }) : '';
}

function detailValue(name, value) {
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return dateTime(value);
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

/** Details as [label, value]; a name without words shows itself. */
export const detailPairs = (details) => Object.entries(details ?? {}).map(([name, value]) => [
  hasKey(`detail.${name}`) ? t(`detail.${name}`) : name, detailValue(name, value)]);

/** One line about details for the list: a hole says how much is missing. */
export function eventNote(event) {
  if (isHole(event)) {
    const d = event.details ?? {};
    const n = d.count ?? d.lost ?? d.missing;
    return n === undefined ? t('event.hole') : t('event.hole_of', { n: number(n) });
  }
  return detailPairs(event.details).map(([label, value]) => `${label}: ${value}`).join(', ');
}
