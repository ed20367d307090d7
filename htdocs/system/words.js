// How an entry of the system log reads.
import { html } from '../vendor/lit-html/lit-html.js';
import { t, code, hasKey } from '../app/i18n.js';
import { mayView } from '../app/session.js';
import { address } from '../app/router.js';

const looks = { done: ['●', 'ok'], refused: ['▲', 'warn'], failed: ['■', 'alarm'] };
export const outcomes = Object.keys(looks);
export const origins = ['screen', 'api', 'cli', 'system'];

export function outcomeMark(entry) {
  const [glyph, tone] = looks[entry.outcome] ?? ['◇', 'unknown'];
  return html`<span class="state tone-${tone} ${entry.outcome === 'done' ? '' : 'strong'}"><span class="glyph" aria-hidden="true">${glyph}</span>${code('system_outcome', entry.outcome)}</span>`;
}

/** Who: nobody was logged in at a refused log-in, and the system acts by itself. */
export const whoWords = (entry) => entry.operator?.name ?? (entry.origin === 'system' ? code('system_origin', 'system') : t('system_log.nobody'));

export const sealMark = (entry) => (entry.number === null ? html`<span class="muted">${t('system_log.not_sealed')}</span>` : String(entry.number));

/** What an object's first word is called, and where it is looked at. */
const objects = {
  gates: ['screen.gates', 'gates', (id) => address('gates', '', { sel: id })],
  cardholders: ['screen.cardholders', 'cardholders', (id) => address('cardholders', '', { sel: id })],
  operators: ['setting.operators', 'operators', (id) => address('settings', 'operators', { sel: id })],
  departments: ['setting.departments'],
  'management-groups': ['setting.management_groups'],
  'gate-groups': ['gate.gate_group'],
};

/** 'gates/12' as 'Gate 12'; what has no words shows itself. */
export function objectWords(entry) {
  const [kind, id = ''] = (entry.object ?? '').split('/');
  return objects[kind] ? `${t(objects[kind][0])} ${id}`.trim() : entry.object ?? '';
}

export function objectLink(entry) {
  const [kind, id] = (entry.object ?? '').split('/');
  const [, right, to] = objects[kind] ?? [];
  return to && /^\d+$/.test(id) && mayView(right) ? html`<a href=${to(id)}>${objectWords(entry)}</a>` : objectWords(entry);
}

const valueWords = (value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));

/** Details as [label, value]; a name without words shows itself. */
export const logPairs = (details) => Object.entries(details ?? {}).map(([name, value]) => [hasKey(`log_detail.${name}`) ? t(`log_detail.${name}`) : name, valueWords(value)]);
