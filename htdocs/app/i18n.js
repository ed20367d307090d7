// Words. Every text on screen comes from messages/<language>.json (ours) or messages/codes.<language>.json
// (made by the build from the one list of codes). A missing key shows itself as the key, and a test finds it.
import { prefs } from './prefs.js';

export const languages = ['ja', 'en'];
const loaded = {};
let current = 'ja';

async function read(url) {
  const reply = await fetch(url, { cache: 'no-cache' });
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
  return reply.json();
}

async function load(language) {
  loaded[language] ??= await Promise.all([
    read(new URL(`../messages/${language}.json`, import.meta.url)),
    read(new URL(`../messages/codes.${language}.json`, import.meta.url)),
  ]).then(([words, codes]) => ({ words, codes }));
}

/** The language to begin with: what was chosen last, else what the browser prefers. */
export function preferredLanguage() {
  const kept = prefs.get('language');
  if (languages.includes(kept)) return kept;
  return navigator.languages.some((l) => l.startsWith('ja')) || !navigator.language.startsWith('en') ? 'ja' : 'en';
}

export async function setLanguage(language) {
  await load(language);
  current = language;
  prefs.set('language', language);
  document.documentElement.lang = language;
  document.dispatchEvent(new CustomEvent('kidoban-language'));
}

export const language = () => current;

/** Marks that turn the direction of writing: a name that holds one must not turn our words around. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

function fill(text, values) {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (values[name] === undefined || values[name] === null ? whole : String(values[name]).replace(turning, ''))) : text;
}

/** Text of a key. With `n` in values, `<key>#one` is taken where the language counts so. */
export function t(key, values) {
  const words = loaded[current]?.words ?? {};
  if (values && 'n' in values) {
    const one = words[`${key}#one`];
    if (one !== undefined && new Intl.PluralRules(current).select(Number(values.n)) === 'one') return fill(one, values);
  }
  return fill(words[key] ?? key, values);
}

/** Every coded word of a kind, in the order of the list. */
export const codesOf = (kind) => Object.keys(loaded[current]?.codes?.[kind] ?? {});

/** Label of a coded word: code('lock_state', 'locked'). An unknown code shows itself. */
export function code(kind, value) {
  if (value === null || value === undefined) return '';
  return loaded[current]?.codes?.[kind]?.[value] ?? String(value);
}

export const hasCode = (kind, value) => loaded[current]?.codes?.[kind]?.[value] !== undefined;

export const hasKey = (key) => loaded[current]?.words?.[key] !== undefined;
