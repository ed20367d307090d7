// A stand-in for the server, for fast tests of the console alone and for what a real site can not be made to do at will.
// Serves htdocs with the site's own headers and answers the API from data.mjs. Loopback only.
import http from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { answer } from './api.mjs';

const source = process.env.top_srcdir ?? fileURLToPath(new URL('../../..', import.meta.url));
const built = process.env.top_builddir ?? source;
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html";
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' };

async function codes(language) {
  const text = await readFile(path.join(source, 'lib/gate/codes.tsv'), 'utf8');
  const table = {};
  for (const line of text.split('\n')) {
    const [kind, , code, ja, en] = line.split('\t');
    if (!en || line.startsWith('#') || kind === 'class') continue;
    (table[kind] ??= {})[code] = language === 'ja' ? ja : en;
  }
  return JSON.stringify(table);
}

async function vendor(name) {
  const list = await readFile(path.join(source, 'htdocs/third-party.txt'), 'utf8');
  const line = list.split('\n').find((l) => l.split(' ')[1] === name);
  if (!line) throw new Error(`not listed: ${name}`);
  const modules = process.env.KIDOBAN_NODE_MODULES ?? path.join(built, 'node_modules');
  return readFile(path.join(modules, line.split(' ')[0]));
}

async function file(name) {
  if (name.startsWith('/vendor/')) return vendor(name.slice(8));
  const code = /^\/messages\/codes\.(ja|en)\.json$/.exec(name);
  if (code) return codes(code[1]);
  return readFile(path.join(source, 'htdocs', name === '/' ? 'index.html' : name));
}

/** Starts on a free port; gives {url, site, stop}. site holds the switches that tests use. */
export async function startMock() {
  const site = { loggedIn: true, problem: null, streams: new Set(), requests: [], away: false };
  const server = http.createServer(async (request, reply) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    if (url.pathname.startsWith('/api/v1/')) {
      await answer(site, request, reply, url);
      return;
    }
    try {
      const body = await file(path.posix.normalize(url.pathname));
      const type = types[path.extname(url.pathname === '/' ? '/index.html' : url.pathname)] ?? 'application/octet-stream';
      reply.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': csp, 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Opener-Policy': 'same-origin', 'Referrer-Policy': 'same-origin' });
      reply.end(body);
    } catch {
      reply.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(Number(process.env.MOCK_PORT ?? 0), '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    site,
    stop() { for (const s of site.streams) s.end(); server.close(); server.closeAllConnections(); },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock();
  console.log(mock.url);
}
