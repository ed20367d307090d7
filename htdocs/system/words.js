// How an entry of the system log reads.
import { html } from '../vendor/lit-html/lit-html.js';
import { t, code, hasKey } from '../app/i18n.js';
import { mayView } from '../app/session.js';
import { address } from '../app/router.js';
import { functions, levels } from '../operators/model.js';

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
  permits: ['tab.permits'],
  transfers: ['setting.permit_transfer'],
  imports: ['log_detail.import'],
  alarms: ['alarm.list_short'],
  history: ['screen.history'],
  session: ['log_detail.session'],
  system: ['setting.system_log'],
  'saved-searches': ['saved.menu'],
};

/** 'gates/12' as 'Gate 12'; what has no words shows itself. */
export function objectWords(entry) {
  const [kind, id = ''] = (entry.object ?? '').split('/');
  return objects[kind] ? `${t(objects[kind][0])} ${id}`.trim() : entry.object ?? '';
}

export function objectLink(entry) {
  const [kind, id] = (entry.object ?? '').split('/');
  const [, right, to] = objects[kind] ?? [];
  const number = /^\d+(?= |$)/.exec(id ?? '')?.[0]; // its name of then may follow
  return to && number && mayView(right) ? html`<a href=${to(number)}>${objectWords(entry)}</a>` : objectWords(entry);
}

const known = (name) => (hasKey(`log_detail.${name}`) ? t(`log_detail.${name}`) : hasKey(`function.${name}`) ? t(`function.${name}`) : name);

/** Of a text only that it was given is kept: true. */
function valueWords(value, name = '') {
  if (typeof value === 'boolean') return t(value ? 'log_detail.true' : 'log_detail.false');
  if (value === null) return t('edit.blank');
  if (functions.includes(name) && levels.includes(value)) return t(`right.${value}`);
  if (Array.isArray(value)) return value.map((v) => valueWords(v)).join(', ');
  return typeof value === 'object' ? Object.entries(value).map(([n, v]) => `${known(n)} ${valueWords(v, n)}`).join(', ') : String(value);
}

const isChange = (value) => value !== null && typeof value === 'object' && 'before' in value && 'after' in value;

/** One member: what became of it when it says before and after. */
const pair = ([name, value]) => [known(name), isChange(value) ? `${valueWords(value.before)} → ${valueWords(value.after)}` : valueWords(value)];

/** Details as [label, value]: why it was refused, what was asked for, what was sent, what it changed. */
export function logPairs(details) {
  const { problem, query, body, change, ...rest } = details ?? {};
  const members = (part) => (part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.entries(part).map(pair) : part === undefined ? [] : [[known('change'), String(part)]]);
  return [...(problem ? [[t('log_detail.problem'), hasKey(`log_problem.${problem}`) ? t(`log_problem.${problem}`) : String(problem)]] : []), ...members(query), ...members(body), ...(isChange(change) ? [pair(['change', change])] : members(change)), ...Object.entries(rest).map(pair)];
}
