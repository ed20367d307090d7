// The only place that asks the server. Refusals become Problem (RFC 9457); the state of the connection is told to everybody.
import { createStore } from './store.js';

const base = '/api/v1';

/** 'ok', 'lost' (no answer at all) or 'database_away' (the server answers, PostgreSQL does not). */
export const connection = createStore({ state: 'ok', since: null });

export class Problem extends Error {
  constructor(status, body = {}, retryAfter = null) {
    super(body.detail ?? body.title ?? String(status));
    this.status = status;
    this.code = (body.type ?? '').split(':').pop() || `http_${status}`;
    this.detail = body.detail ?? '';
    this.errors = body.errors ?? [];
    this.limit = body.limit ?? null;
    this.count = body.count ?? null;
    this.current = body.current ?? null;
    this.retryAfter = retryAfter;
  }
}

export const network = (detail) => new Problem(0, { type: 'urn:kidoban:problem:network', detail });

let recovering = null;

/** Tells that the server is away and asks for its health until it is back. Used by requests and by the live stream alike. */
export function reportTrouble(state) {
  if (connection.get().state !== state) connection.set({ state, since: Date.now() });
  recovering ??= setTimeout(recover, 2000);
}

async function recover() {
  recovering = null;
  let state = 'lost';
  try {
    const reply = await fetch(`${base}/health`, { cache: 'no-store' });
    if (reply.ok) state = 'ok';
    else if (reply.status === 503) state = 'database_away';
  } catch {
    // Still away.
  }
  if (state === 'ok') {
    connection.set({ state: 'ok', since: Date.now() });
    document.dispatchEvent(new CustomEvent('kidoban-recovered'));
  } else {
    reportTrouble(state);
  }
}

function toQuery(query) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== '') params.append(name, one);
    }
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** Turns a refusal into a Problem and tells those who must know (session gone, database away). */
export async function refusal(reply) {
  let body = {};
  try {
    body = await reply.json();
  } catch {
    // A proxy's own page: the status has to do.
  }
  const problem = new Problem(reply.status, body, Number(reply.headers.get('Retry-After')) || null);
  if (reply.status === 401) document.dispatchEvent(new CustomEvent('kidoban-session-ended'));
  if (reply.status === 403 && problem.code === 'forbidden') document.dispatchEvent(new CustomEvent('kidoban-forbidden'));
  if (problem.code === 'database_unavailable' || reply.status === 502 || reply.status === 504
      || (reply.status === 503 && problem.code === 'http_503')) {
    reportTrouble(reply.status === 503 ? 'database_away' : 'lost');
  }
  return problem;
}

/** Sends a request (body: JSON; upload: a CSV file as it is); gives the Response when it is 2xx, throws Problem otherwise. */
export async function send(method, path, { query, body, upload, headers = {}, signal, accept = 'application/json' } = {}) {
  const options = { method, signal, cache: 'no-store', headers: { Accept: accept, ...headers } };
  if (method !== 'GET') {
    options.headers['Content-Type'] = upload ? 'text/csv' : 'application/json';
    if (upload) options.body = upload;
    else if (body !== undefined) options.body = JSON.stringify(body);
  }
  let reply;
  try {
    reply = await fetch(base + path + toQuery(query), options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    reportTrouble('lost');
    throw network(error.message);
  }
  if (!reply.ok) throw await refusal(reply);
  if (connection.get().state !== 'ok') connection.set({ state: 'ok', since: Date.now() });
  return reply;
}

/** As send(), but gives {data, etag, location}. */
export async function call(method, path, options) {
  const reply = await send(method, path, options);
  const data = reply.status === 204 ? null : await reply.json();
  return { data, etag: reply.headers.get('ETag'), location: reply.headers.get('Location') };
}

export const get = async (path, query, signal) => (await call('GET', path, { query, signal })).data;

/** A key for Idempotency-Key: one for each act of the operator, kept over retries. */
export function actKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
