// A state in text, colour and shape; never colour alone.
import { html } from '../vendor/lit-html/lit-html.js';
import { code } from '../app/i18n.js';

const looks = {
  lock_state: { locked: ['●', 'ok'], unlocked: ['▲', 'warn'], fault: ['■', 'alarm'] },
  arm_state: { armed: ['●', 'ok'], disarmed: ['○', 'neutral'] },
  door_state: { closed: ['●', 'ok'], open: ['▲', 'warn'], no_sensor: ['○', 'neutral'] },
  communication: { up: ['●', 'ok'], down: ['■', 'alarm'] },
  outcome: {
    queued: ['◇', 'unknown'], sent: ['◇', 'unknown'], done: ['●', 'ok'], refused: ['■', 'alarm'], unreachable: ['■', 'alarm'],
    expired: ['■', 'alarm'], not_supported: ['▲', 'warn'], unknown: ['▲', 'warn'],
  },
};

/** Glyph and tone of a coded state. */
export const look = (kind, value) => looks[kind]?.[value] ?? ['◇', 'unknown'];

export function stateMark(kind, value) {
  const [glyph, tone] = look(kind, value);
  const strong = tone === 'alarm' || tone === 'warn';
  return html`<span class="state tone-${tone} ${strong ? 'strong' : ''}"><span class="glyph" aria-hidden="true">${glyph}</span>${code(kind, value)}</span>`;
}

/** Alarms of a gate in one cell. */
export function alarmMarks(kinds) {
  if (!kinds.length) return '';
  const words = kinds.map((k) => code('event', k)).join(', ');
  return html`<span class="state strong tone-alarm" title=${words}><span class="glyph" aria-hidden="true">■</span>${words}</span>`;
}
