// From and to of something valid for a time. People say days, both included; the server keeps instants, the end exclusive.
// A blank time means the whole day.
import { html } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';
import { instant, wall, dateTime } from './format.js';

const p = (n) => String(n).padStart(2, '0');
const midnight = (at) => { const w = wall(at); return w.hour === 0 && w.minute === 0; };
const before = (at) => { const w = wall(at); return instant(w.year, w.month, w.day - 1); };

/** {day: '2027-03-31', time: '' or '12:30'} of an instant, for the two inputs. */
function split(at, end) {
  if (at === null) return { day: '', time: '' };
  const whole = midnight(at);
  const w = wall(whole && end ? before(at) : at);
  return { day: `${w.year}-${p(w.month)}-${p(w.day)}`, time: whole ? '' : `${p(w.hour)}:${p(w.minute)}` };
}

function join({ day, time }, end) {
  const d = /^(\d{4,})-(\d\d)-(\d\d)$/.exec(day);
  if (!d) return null;
  const c = /^(\d\d):(\d\d)/.exec(time);
  return c ? instant(+d[1], +d[2], +d[3], +c[1], +c[2]) : instant(+d[1], +d[2], +d[3] + (end ? 1 : 0));
}

/** Two inputs for one end; change(ms or null). */
export function validityInput(name, label, value, end, change) {
  const now = split(value, end);
  const on = (part) => (e) => { now[part] = e.target.value; change(join(now, end)); };
  return html`<input type="date" name=${name} .value=${now.day} max="2999-12-31" aria-label=${label} @change=${on('day')}>
    <input type="time" name=${`${name}_time`} .value=${now.time} aria-label=${t('validity.time', { label })} @change=${on('time')}>`;
}

/** 2027/03/31, or with the time when it is not a whole day. */
export function validityWords(at, end) {
  if (at === null || at === undefined) return '';
  const ms = typeof at === 'number' ? at : Date.parse(at);
  if (!midnight(ms)) return dateTime(ms, { seconds: false });
  return dateTime(end ? before(ms) : ms, { seconds: false }).slice(0, 10);
}

/** '2026/04/01 - 2027/03/31', '' when never bounded. */
export function periodWords(from, to) {
  if (!from && !to) return '';
  return t('validity.period', { from: validityWords(from, false), to: validityWords(to, true) }).trim();
}

export const msOf = (text) => (text === null || text === undefined ? null : Date.parse(text));
export const isoOf = (ms) => (ms === null ? null : new Date(ms).toISOString());
