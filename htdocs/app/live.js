// What happens now. One tab of the browser (the holder of a Web Lock) reads /live and tells the others by BroadcastChannel.
// The stream is read with fetch() and not with EventSource: so a refusal's status is known (session ended, database away),
// silence is noticed by the missing heartbeat, and the place to resume from survives a change of the reading tab.
import { createStore } from './store.js';
import { refusal, reportTrouble } from './api.js';
import { EventReader } from './event_reader.js';

/** state: 'connecting', 'live', 'lost'; paused: this tab holds events back. */
export const liveState = createStore({ state: 'connecting', paused: false, held: 0 });

const patience = 1500; // ms
const quietLimit = 40000; // ms: two and a half heartbeats
let channel = null;
let stopLock = null;
let abort = null;
let cursor = null;
let held = [];
let wasLost = false;

function deliver(message) {
  if (message.cursor) cursor = message.cursor;
  if (message.kind === 'reset') {
    document.dispatchEvent(new CustomEvent('kidoban-resync'));
    return;
  }
  if (liveState.get().paused && message.kind !== 'command') {
    held.push(message);
    if (held.length > 5000) held.shift();
    liveState.set({ held: held.length });
    return;
  }
  document.dispatchEvent(new CustomEvent('kidoban-live', { detail: message }));
}

function tellState(state) {
  if (state === 'live' && wasLost) document.dispatchEvent(new CustomEvent('kidoban-resync'));
  wasLost = state === 'lost' || (wasLost && state !== 'live');
  if (liveState.get().state !== state) liveState.set({ state });
}

/** Holds events back, or lets the held ones go. */
export function pause(on) {
  liveState.set({ paused: on });
  if (on) return;
  const waiting = held;
  held = [];
  liveState.set({ held: 0 });
  for (const message of waiting) deliver(message);
}

function onMessage({ data }) {
  if (data.ask && abort) channel.postMessage({ state: liveState.get().state, cursor });
  else if (data.state) {
    if (data.cursor) cursor = data.cursor;
    tellState(data.state);
  } else if (data.kind) deliver(data);
}

function broadcast(message) {
  channel.postMessage(message);
  if (message.state) tellState(message.state);
  else deliver(message);
}

async function readStream(signal) {
  const headers = { Accept: 'text/event-stream' };
  if (cursor) headers['Last-Event-ID'] = cursor;
  const reply = await fetch('/api/v1/live', { headers, signal, cache: 'no-store' });
  if (!reply.ok) throw await refusal(reply);
  const reader = reply.body.getReader();
  const text = new TextDecoder();
  const events = new EventReader();
  broadcast({ state: 'live' });
  let quiet;
  const listenQuiet = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => reader.cancel(), quietLimit);
  };
  try {
    for (;;) {
      listenQuiet();
      const { value, done } = await reader.read();
      if (done) return;
      for (const event of events.feed(text.decode(value, { stream: true }))) {
        if (event.id) cursor = event.id;
        broadcast({ kind: event.type, data: event.data ? JSON.parse(event.data) : null, cursor });
      }
      cursor = events.lastId ?? cursor;
    }
  } finally {
    clearTimeout(quiet);
  }
}

async function lead(signal) {
  let wait = 500;
  while (!signal.aborted) {
    const began = Date.now();
    try {
      await readStream(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401 || error.status === 403) return; // 403: no right to anything that it carries
      if (error.status === undefined) reportTrouble('lost');
    }
    if (signal.aborted) return;
    if (Date.now() - began > 10000) wait = 500;
    broadcast({ state: 'lost' });
    await new Promise((go) => {
      const timer = setTimeout(go, wait + Math.random() * 300);
      document.addEventListener('kidoban-recovered', () => { clearTimeout(timer); go(); }, { once: true });
    });
    wait = Math.min(wait * 2, 8000);
  }
}

/** Resolves when the stream is open, so that what is read afterwards misses nothing. A slow stream holds nobody up: then
 * everything is read again once it opens. */
function opened() {
  return new Promise((go) => {
    const stop = liveState.subscribe(({ state }) => { if (state === 'live') { stop(); go(); } });
    setTimeout(() => {
      if (liveState.get().state === 'connecting') wasLost = true;
      stop();
      go();
    }, patience);
  });
}

/** Begins to follow; call once the operator is logged in, and wait for it before reading lists. */
export async function startLive() {
  if (channel) return;
  channel = new BroadcastChannel('kidoban-live');
  channel.addEventListener('message', onMessage);
  channel.postMessage({ ask: true });
  const stop = new AbortController();
  stopLock = stop;
  navigator.locks.request('kidoban-live', { signal: stop.signal }, async () => {
    abort = new AbortController();
    stop.signal.addEventListener('abort', () => abort?.abort());
    if (!stop.signal.aborted) await lead(abort.signal);
    abort = null;
  }).catch((error) => { if (error.name !== 'AbortError') throw error; });
  await opened();
}

export function stopLive() {
  if (!channel) return;
  stopLock.abort();
  abort?.abort();
  channel.close();
  channel = null;
  cursor = null;
  held = [];
  wasLost = false;
  liveState.set({ state: 'connecting', paused: false, held: 0 });
}
