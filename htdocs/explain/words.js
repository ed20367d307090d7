// How an explanation reads: verdicts with shape and tone, and what either side held, check by check, in words.
import { html } from '../vendor/lit-html/lit-html.js';
import { t, code, hasKey } from '../app/i18n.js';
import { periodWords } from '../app/validity.js';

const looks = { pass: ['●', 'ok'], refuse: ['■', 'alarm'], unknown: ['◇', 'unknown'] };

export function verdictMark(verdict, words = t(`why.verdict.${verdict}`)) {
  const [glyph, tone] = looks[verdict];
  return html`<span class="state tone-${tone} ${tone === 'alarm' ? 'strong' : ''}"><span class="glyph" aria-hidden="true">${glyph}</span>${words}</span>`;
}

/** Held by the gate or had by the server: yes, no, not known. */
export const sideMark = (passes) => verdictMark(passes === null ? 'unknown' : passes ? 'pass' : 'refuse');

export const glyphs = Object.fromEntries(Object.entries(looks).map(([verdict, [glyph]]) => [verdict, glyph]));

const known = (value, words) => (value === null || value === undefined ? t('why.not_known') : words(value));

function permitWords(p) {
  const target = p.gate_group ? t('why.permit_by_group', { group: p.gate_group.name }) : t('why.permit_direct');
  const when = periodWords(p.valid_from, p.valid_to) || t('permit.always');
  return t(p.valid ? 'why.permit_of' : 'why.permit_invalid', { target, level: p.pass_level, when });
}

const facts = {
  known: (f) => (f.card_number ? t('event.card', { number: f.card_number }) : t('why.card_not_held')),
  lost: (f) => known(f.lost, (lost) => t(lost ? 'why.lost' : 'why.not_lost')),
  enabled: (f) => known(f.enabled, (on) => t(on ? 'find.enabled_true' : 'find.enabled_false')),
  validity: (f) => periodWords(f.valid_from, f.valid_to) || t('cardholder.unbounded'),
  permit: (f) => (f.permits?.length ? f.permits.map(permitWords).join(t('change.comma')) : t('why.no_permit')),
  pass_level: (f) => (f.pass_levels?.length ? t('why.levels', { levels: f.pass_levels.join(', ') }) : t('why.no_level')),
  armed: (f) => known(f.arm_state, (s) => code('arm_state', s)),
  verification: (f) => known(f.verification_mode, (m) => (m === 'card_and_pin' ? t('why.mode_pin', { mode: code('verification_mode', m), pin: known(f.has_pin, (on) => t(on ? 'cardholder.pin_set' : 'cardholder.pin_not_set')) })
    : code('verification_mode', m))),
  anti_passback: (f) => [known(f.anti_passback, (p) => (hasKey(`why.apb.${p}`) ? t(`why.apb.${p}`) : p)), f.exempt ? t('why.apb_exempt') : '',
    f.anti_passback !== 'off' && f.last_seen ? t('why.last_seen', { kind: code('event', f.last_seen) }) : ''].filter(Boolean).join(t('change.comma')),
};

/** What one side held for a check. */
export function factWords(check, held) {
  const said = facts[check]?.(held) ?? '';
  return held.deny_list ? `${said}${t('change.comma')}${t('why.deny_list', { reason: code('revocation_reason', held.deny_list) })}` : said;
}

/** The reasons for which it is refused, in words; '' when none is known. */
export const refusalWords = (reasons, side = 'verdict', codeOf = 'code') => reasons.filter((r) => r[side] === 'refuse').map((r) => code('event', r[codeOf])).join(t('change.comma'));
