// A transfer's state in text, colour and shape.
import { html } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { number } from '../app/format.js';

const looks = { queued: ['◇', 'unknown'], running: ['▲', 'warn'], done: ['●', 'ok'], failed: ['■', 'alarm'], stopped: ['○', 'neutral'] };
export const unfinished = (x) => x.state === 'queued' || x.state === 'running';

export function transferMark(x) {
  const [glyph, tone] = looks[x.state] ?? ['◇', 'unknown'];
  return html`<span class="state tone-${tone} ${tone === 'alarm' ? 'strong' : ''}"><span class="glyph" aria-hidden="true">${glyph}</span>${t(`transfer.${x.state}`)}</span>`;
}

export const progressOf = (x) => (x.total ? `${number(Math.floor((100 * x.progress) / x.total))}%` : '');
export const transferName = (x) => (x.controller ? x.controller.name : t('transfer.planning'));
