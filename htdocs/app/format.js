// Times and numbers as people read them: in the site's time zone, in the language chosen.
import { language, t } from './i18n.js';

let zone = 'Asia/Tokyo';
let offsetMs = 0; // server clock minus this PC's

const made = new Map();
function formatter(name, options) {
  const key = `${name}|${language()}|${zone}`;
  if (!made.has(key)) {
    // English in the order of ISO 8601: unambiguous on either side of the Atlantic.
    const locale = language() === 'ja' ? 'ja-JP' : 'en-CA';
    made.set(key, new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options }));
  }
  return made.get(key);
}

/** Takes zone and clock from the session's server part. */
export function useServer(server) {
  zone = server.time_zone || zone;
  offsetMs = Date.parse(server.now) - Date.now();
  if (!Number.isFinite(offsetMs)) offsetMs = 0;
}

export const timeZone = () => zone;
export const serverNow = () => Date.now() + offsetMs;

const two = '2-digit';
const parts = (at) => Object.fromEntries(
  formatter('parts', { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two, weekday: 'short' })
    .formatToParts(at).map((p) => [p.type, p.value]));

/** 2026/03/02 09:15:30 (ja) or 2026-03-02 09:15:30 (en). */
export function dateTime(at, { seconds = true } = {}) {
  if (at === null || at === undefined) return '';
  const p = parts(new Date(at));
  const sep = language() === 'ja' ? '/' : '-';
  return `${p.year}${sep}${p.month}${sep}${p.day} ${p.hour}:${p.minute}${seconds ? `:${p.second}` : ''}`;
}

export function clock(at, { seconds = true } = {}) {
  const p = parts(new Date(at));
  return `${p.hour}:${p.minute}${seconds ? `:${p.second}` : ''}`;
}

/** Day and weekday, for the head of a day. */
export function day(at) {
  return formatter('day', { year: 'numeric', month: 'short', day: 'numeric', weekday: 'short' }).format(new Date(at));
}

/** Month/day and clock: short enough for a list. */
export function shortTime(at) {
  if (!at) return '';
  const p = parts(new Date(at));
  return `${p.month}/${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

export const number = (n) => new Intl.NumberFormat(language()).format(n);

/** Age in words with one unit: 5 s, 3 min, 2 h, 4 d. */
export function age(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return t('age.never');
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return t('age.seconds', { v: s });
  if (s < 6000) return t('age.minutes', { v: Math.round(s / 60) });
  if (s < 172800) return t('age.hours', { v: Math.round(s / 3600) });
  return t('age.days', { v: Math.round(s / 86400) });
}

export const ageSince = (at) => (at ? (serverNow() - Date.parse(at)) / 1000 : null);

/** {year, month, day, hour, minute, second} of an instant in the site's zone. */
export function wall(at) {
  const p = parts(new Date(at));
  return { year: +p.year, month: +p.month, day: +p.day, hour: +p.hour, minute: +p.minute, second: +p.second };
}

/** The instant (ms) of a wall-clock time in the site's zone; days with 23 or 25 hours included. */
export function instant(year, month, dayOfMonth, hour = 0, minute = 0, second = 0) {
  const wanted = Date.UTC(year, month - 1, dayOfMonth, hour, minute, second);
  let guess = wanted;
  for (let i = 0; i < 3; i += 1) {
    const w = wall(guess);
    const shown = Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute, w.second);
    if (shown === wanted) break;
    guess += wanted - shown;
  }
  return guess;
}

/** Value for <input type=datetime-local>, and back. */
export function toInput(at) {
  const w = wall(at);
  const p = (n) => String(n).padStart(2, '0');
  return `${w.year}-${p(w.month)}-${p(w.day)}T${p(w.hour)}:${p(w.minute)}`;
}

export function fromInput(text) {
  const m = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  return m ? instant(+m[1], +m[2], +m[3], +m[4], +m[5], +(m[6] ?? 0)) : null;
}
