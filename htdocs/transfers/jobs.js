// Transfers under way, for the strip of every screen. They are asked for when there is a reason to (the console opens, another screen,
// an act that sends something) and then again only while something moves, and never for long: asking keeps the session alive.
import { get } from '../app/api.js';
import { createStore } from '../app/store.js';
import { mayView } from '../app/session.js';
import { unfinished } from './states.js';

const every = 3000; // ms
const patience = 600000; // ms after the last reason to ask
const most = 1000;

/** list: unfinished ones; share: how far they are together, 0..1 or null; ended: {done, failed} of those followed, once none is left. */
export const transferJobs = createStore({ list: [], share: null, ended: null });

let followed = new Set();
let timer = 0;
let until = 0;

const moves = (x) => x.state === 'running' || (x.attempts === 0 && x.reason !== 'no communication');

async function outcome() {
  const { transfers } = await get('/transfers', { limit: Math.min(most, Math.max(50, 2 * followed.size)) });
  const mine = transfers.filter((x) => followed.has(x.id));
  followed = new Set();
  return { done: mine.filter((x) => x.state === 'done').length, failed: mine.filter((x) => x.state === 'failed').length };
}

async function ask() {
  clearTimeout(timer);
  try {
    const { transfers } = await get('/transfers', { state: ['queued', 'running'], limit: most });
    const list = transfers.filter(unfinished);
    list.forEach((x) => followed.add(x.id));
    const sized = list.filter((x) => x.total > 0);
    const share = sized.length ? sized.reduce((sum, x) => sum + x.progress / x.total, 0) / list.length : null;
    const ended = list.length ? null : followed.size ? await outcome() : transferJobs.get().ended;
    transferJobs.set({ list, share, ended });
    if (list.some(moves) && Date.now() < until) timer = setTimeout(ask, every);
  } catch {
    // Away or not allowed any more: the next reason asks again.
  }
}

/** There is a reason to look: now, and again a moment later, when the server had time to plan. */
export function lookAtTransfers(later = 0) {
  if (!mayView('permit_transfer')) return;
  until = Date.now() + patience;
  clearTimeout(timer);
  timer = setTimeout(ask, later);
}

/** Begins with the console; gives what ends it. */
export function followTransfers() {
  let last = 0;
  const onScreen = () => {
    if (Date.now() - last < 10000) return;
    last = Date.now();
    lookAtTransfers();
  };
  const onSent = () => lookAtTransfers(1500);
  window.addEventListener('hashchange', onScreen);
  document.addEventListener('kidoban-sent', onSent);
  onScreen();
  return () => {
    window.removeEventListener('hashchange', onScreen);
    document.removeEventListener('kidoban-sent', onSent);
    clearTimeout(timer);
    followed = new Set();
    transferJobs.set({ list: [], share: null, ended: null });
  };
}

/** Tells that something was done that goes to the gates. */
export const sent = () => document.dispatchEvent(new CustomEvent('kidoban-sent'));
