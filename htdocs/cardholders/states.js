// Whether a cardholder's card works now, in text, colour and shape.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { serverNow } from '../app/format.js';

const looks = { lost: ['■', 'alarm'], disabled: ['○', 'neutral'], expired: ['▲', 'warn'], not_yet: ['◇', 'unknown'], no_card: ['○', 'neutral'], valid: ['●', 'ok'] };

export function standing(c) {
  if (c.lost) return 'lost';
  if (!c.enabled) return 'disabled';
  if (c.valid_to && Date.parse(c.valid_to) <= serverNow()) return 'expired';
  if (c.valid_from && Date.parse(c.valid_from) > serverNow()) return 'not_yet';
  if (!c.cards.some((k) => !k.lost)) return 'no_card';
  return 'valid';
}

export function standingMark(c) {
  const state = standing(c);
  const [glyph, tone] = looks[state];
  return html`<span class="state tone-${tone} ${tone === 'alarm' || tone === 'warn' ? 'strong' : ''}"><span class="glyph" aria-hidden="true">${glyph}</span>${t(`standing.${state}`)}</span>`;
}

/** The card that counts, and how many are on the lost list beside it. */
export function cardCell(c) {
  const now = c.cards.find((k) => !k.lost);
  const lost = c.cards.filter((k) => k.lost).length;
  return html`${now ? html`<span class="mono">${now.card_number}</span>` : nothing}${lost ? html` <span class="tone-warn" title=${t('card.lost_others', { n: lost })}><span aria-hidden="true">▲</span>${lost}</span>` : nothing}`;
}
