// Words: both languages complete, no Japanese in code, every file listed in the build.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test, ok, equal, runTests, source } from './lib.mjs';

const root = path.join(source, 'htdocs');
function files(folder = root) {
  return readdirSync(folder).flatMap((name) => {
    const full = path.join(folder, name);
    if (statSync(full).isDirectory()) return name === 'vendor' ? [] : files(full);
    return [full];
  });
}
const read = (file) => readFileSync(file, 'utf8');
const words = (language) => JSON.parse(read(path.join(root, `messages/${language}.json`)));
const code = () => files().filter((f) => f.endsWith('.js'));
const base = (key) => key.replace(/#\w+$/, '');
const values = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test('Japanese and English have the same keys', () => {
  const ja = Object.keys(words('ja'));
  const en = Object.keys(words('en')).filter((k) => base(k) === k);
  equal(ja.filter((k) => !en.includes(k)), [], 'missing in English');
  equal(en.filter((k) => !ja.includes(k)), [], 'missing in Japanese');
});

test('no text is empty, and both languages fill in the same values', () => {
  const [ja, en] = [words('ja'), words('en')];
  for (const key of Object.keys(ja)) {
    ok(ja[key].trim() && en[key].trim(), `empty: ${key}`);
    equal(values(ja[key]), values(en[key]), `values of ${key}`);
  }
});

test('every key that the code names exists', () => {
  const ja = words('ja');
  const missing = code().flatMap((file) => [...read(file).matchAll(/\bt\('([^']+)'/g)].map((m) => m[1]).filter((k) => !(k in ja)).map((k) => `${path.relative(root, file)}: ${k}`));
  equal(missing, [], 'missing keys');
});

test('every key is used', () => {
  const text = code().map(read).join('\n');
  const built = [...text.matchAll(/`([a-z_.]*)\$\{[^`]*`/g)].map((m) => m[1]).filter((p) => p.includes('.'));
  const passed = [...text.matchAll(/'([a-z_]+(?:\.[A-Za-z0-9_.-]+)?)'/g)].map((m) => m[1]);
  const groups = ['theme.', 'density.', 'language.']; // words of the choices in the status bar
  const unused = Object.keys(words('ja')).filter((k) => !passed.includes(k) && ![...built, ...groups].some((p) => k.startsWith(p)));
  equal(unused, [], 'unused keys');
});

test('no Japanese text in code, style or page', () => {
  const found = files().filter((f) => /\.(js|css|html|svg)$/.test(f)).filter((f) => /[\u3040-\u30ff\u3400-\u9fff]/.test(read(f)));
  equal(found.map((f) => path.relative(root, f)), [], 'files with Japanese');
});

test('no inline script or style, no unsafe sink', () => {
  const found = code().filter((f) => /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|unsafeHTML|\sstyle="/.test(read(f)));
  equal(found.map((f) => path.relative(root, f)), [], 'files');
  ok(!/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/.test(read(path.join(root, 'index.html'))), 'index.html has inline code');
});

test('every file is in the build list, and the list names only files', () => {
  const list = [...read(path.join(root, 'local.mk')).matchAll(/htdocs\/[\w./-]+\.(?:js|css|html|svg|json|yaml)\b/g)].map((m) => m[0]).filter((f) => !f.includes('/vendor/') && !f.includes('codes.'));
  const here = files().filter((f) => /\.(js|css|html|svg|json|yaml)$/.test(f) && !/codes\.\w+\.json$/.test(f)).map((f) => path.relative(source, f));
  equal(here.filter((f) => !list.includes(f)).sort(), [], 'not listed');
  equal(list.filter((f) => !here.includes(f)).sort(), [], 'listed but not there');
});

process.exitCode = await runTests() ? 1 : 0;
