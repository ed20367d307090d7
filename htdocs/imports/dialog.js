// Importing a file (C-3, O-2): choose it, look at what it would change, apply it, keep the result. It can be closed at any moment and
// opened again: the work goes on at the server.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, language, hasKey } from '../app/i18n.js';
import { actKey, call, get, send } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { dateTime, number } from '../app/format.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { saveReply } from '../history/csv.js';
import { sent } from '../transfers/jobs.js';
import { atWork, currentImport, take } from './jobs.js';

const statuses = ['error', 'delete', 'add', 'change', 'unchanged'];
const look = { error: ['■', 'alarm'], delete: ['▲', 'warn'], add: ['●', 'ok'], change: ['●', 'ok'], unchanged: ['○', 'neutral'] };
const pageSize = 100;
const mark = (status) => html`<span class="state tone-${look[status][1]}"><span class="glyph" aria-hidden="true">${look[status][0]}</span>${t(`import.${status}`)}</span>`;
const plain = (value) => (value === null || value === undefined || value === '' ? t('edit.blank') : typeof value === 'object' ? JSON.stringify(value) : String(value));

const label = (n) => (n === 'permits' ? t('tab.permits') : t(hasKey(`cardholder.${n}`) ? `cardholder.${n}` : `department.${n}`));

/** Why a file or the whole import was refused: the server's code in words, else itself. */
const why = (reason) => [`import.why.${reason}`, `field_error.${reason}`].filter(hasKey).map((key) => t(key))[0] ?? reason;

/** What a row changes, in words. */
function difference({ before, after }) {
  const none = (v) => v === null || v === undefined || v === '' || v === false;
  const names = Object.keys(after ?? {}).filter((n) => hasKey(`cardholder.${n}`) || hasKey(`department.${n}`) || n === 'permits')
    .filter((n) => JSON.stringify(before?.[n]) !== JSON.stringify(after[n]) && !(none(before?.[n]) && none(after[n])));
  return names.map((n) => `${label(n)}: ${before ? `${plain(before[n])} → ` : ''}${plain(after[n])}`).join(', ');
}

/** Opens the import of that kind; job: one to go on with. done() is called when one was applied. */
export function importDialog(kind, done, job = null) {
  const choice = { mode: 'upsert', encoding: 'auto', blank: 'keep', file: null };
  let rows = null;
  let next = null; // more rows than are shown
  let filter = '';
  let before = [];
  let error = '';
  let busy = false;
  let agreed = false;
  let key = actKey();
  let stop = null;
  let update = () => {};

  const fail = (problem) => { error = problem.errors?.some((e) => e.code === 'rows_lost') ? t('import.rows_lost') : problemText(problem); };
  async function doing(work) {
    if (busy) return;
    busy = true;
    error = '';
    update();
    try {
      await work();
    } catch (problem) {
      fail(problem);
    }
    busy = false;
    update();
  }

  let turn = 0;
  async function readRows(after = null) {
    if (job.rows_lost) return; // said in the dialog; nothing to ask for
    turn += 1;
    const mine = turn;
    try {
      const page = await get(`/imports/${job.id}/rows`, { status: filter, limit: pageSize, lang: language(), after });
      if (mine !== turn) return;
      rows = after ? [...rows, ...page.rows] : page.rows;
      next = page.next;
    } catch (problem) {
      if (mine !== turn) return;
      fail(problem);
    }
    update();
  }

  function follow(next) {
    if (!next || (job && next.id !== job.id)) return;
    const was = job?.state;
    job = next;
    if (job.state !== was && job.state === 'previewed') {
      filter = job.counts.error ? 'error' : '';
      readRows();
    }
    if (job.state === 'done' && was === 'applying') { done(); sent(); readRows(); }
    update();
  }

  const upload = () => doing(async () => {
    const { file, ...rest } = choice;
    const reply = await send('POST', '/imports', { query: { kind, ...rest, file_name: file.name.slice(0, 200) }, upload: file, headers: { 'Idempotency-Key': key } });
    take(await reply.json());
    follow(currentImport.get().job);
  });
  const apply = () => doing(async () => {
    const { data } = await call('POST', `/imports/${job.id}/apply`, { body: job.deletion_cap.exceeded ? { agree_deletions: agreed } : {} });
    take(data);
    follow(data);
  });
  const cancel = () => doing(async () => {
    const { data } = await call('POST', `/imports/${job.id}/cancel`, { body: {} });
    take(data);
    follow(data);
  });
  const result = () => doing(async () => saveReply(await send('GET', `/imports/${job.id}/result`, { query: { lang: language() }, accept: 'text/csv' }), `import-${job.id}.csv`));
  const another = () => { job = null; rows = null; key = actKey(); agreed = false; error = ''; take(null); readBefore(); update(); };
  async function readBefore() {
    try {
      before = (await get('/imports', { limit: 50 })).imports.filter((i) => i.kind === kind).slice(0, 5);
      update();
    } catch (problem) {
      fail(problem);
    }
  }

  const select = (name, values) => html`<label>${t(`import.${name}`)}<select name=${name} @change=${(e) => { choice[name] = e.target.value; }}>
    ${values.map((v) => html`<option value=${v} ?selected=${v === choice[name]}>${t(`import.${name}.${v}`)}</option>`)}</select></label>`;

  const form = () => html`
    <label>${t('import.file')}<input type="file" name="file" accept=".csv,text/csv" required @change=${(e) => { choice.file = e.target.files[0] ?? null; update(); }}></label>
    ${select('mode', ['upsert', 'update', 'delete'])}${select('encoding', ['auto', 'cp932', 'utf-8'])}${select('blank', ['keep', 'clear'])}
    <p class="muted">${t('import.what')}</p>
    ${before.length ? html`<h3>${t('import.before')}</h3><ul class="plain-list">${before.map((i) => html`<li><button type="button" class="link" @click=${() => { take(i); job = null; follow(i); readRows(); }}>${i.file_name || i.id}</button>
      ${t(`import.state.${i.state}`)} <span class="muted">${dateTime(i.at)} ${i.operator.name}</span></li>`)}</ul>` : nothing}`;

  const counts = () => html`<div class="chips">${statuses.map((s) => html`<button type="button" class="small" aria-pressed=${filter === s ? 'true' : 'false'} data-status=${s}
    @click=${() => { filter = filter === s ? '' : s; readRows(); }}>${mark(s)} ${number(job.counts[s])}</button>`)}</div>`;

  const table = () => html`<div class="table-scroll import-rows" tabindex="0" role="region" aria-label=${t('import.rows')}><table class="data-table"><thead><tr><th scope="col">${t('import.row')}</th><th scope="col">${t('import.key')}</th>
      <th scope="col">${t('import.status')}</th><th scope="col">${t('import.content')}</th></tr></thead>
    <tbody>${(rows ?? []).map((r) => html`<tr><td>${number(r.row)}</td><th scope="row" class="mono nowrap">${r.key}</th><td>${mark(r.status)}</td><td>${r.message ?? difference(r)}</td></tr>`)}</tbody></table></div>
    ${next ? html`<p class="muted"><button type="button" data-act="more" @click=${() => readRows(next)}>${t('more')}</button> ${t('import.first', { n: number(rows.length) })}</p>` : nothing}`;

  const state = () => html`
    <p role="status" data-state=${job.state}><strong>${t(`import.state.${job.state}`)}</strong> ${job.file_name} <span class="muted">${t(`import.mode.${job.mode}`)} ${t('import.row_count', { n: number(job.rows) })}</span></p>
    ${atWork(job) ? html`<progress max=${job.total || 1} value=${job.total ? job.progress : 0} aria-label=${t('transfer.progress')}></progress><p class="muted">${t('import.leave')}</p>` : nothing}
    ${job.state === 'failed' ? html`<p class="field-error" role="alert">${job.fault ? `${job.fault.row ? t('import.fault', { row: number(job.fault.row) }) : ''} ${why(job.fault.code)} ${job.fault.detail}` : why(job.reason)}</p>` : nothing}
    ${job.rows_lost ? html`<p class="dialog-warning" role="alert"><span aria-hidden="true">▲</span> ${t('import.rows_lost')}</p>` : nothing}
    ${atWork(job) || job.fault || job.rows_lost ? nothing : html`${counts()}${table()}`}
    ${job.state === 'previewed' && job.deletion_cap.exceeded && !job.rows_lost ? html`<label class="choice dialog-warning"><input type="checkbox" name="agree" .checked=${agreed} @change=${(e) => { agreed = e.target.checked; update(); }}>
      ${t('import.agree', { n: number(job.counts.delete) })}</label>` : nothing}`;

  function buttons(api) {
    if (!job) return html`<button type="button" @click=${() => api.close()}>${t('cancel')}</button><button class="primary" ?disabled=${busy || !choice.file}>${t(busy ? 'import.sending' : 'import.preview')}</button>`;
    const toApply = job.counts.add + job.counts.change + job.counts.delete;
    return html`${atWork(job) ? nothing : html`<button type="button" @click=${another}>${t('import.another')}</button>`}
      ${['reading', 'previewed'].includes(job.state) ? html`<button type="button" @click=${cancel}>${t('import.cancel')}</button>` : nothing}
      ${['previewed', 'done'].includes(job.state) && !job.rows_lost ? html`<button type="button" data-act="result" @click=${result}>${t('import.result')}</button>` : nothing}
      <button type="button" @click=${() => api.close()}>${t('close')}</button>
      ${job.state === 'previewed' && !job.rows_lost ? html`<button class="primary" ?disabled=${busy || !toApply || (job.deletion_cap.exceeded && !agreed)}>${t('import.apply', { n: number(toApply) })}</button>` : nothing}`;
  }

  stop = currentImport.subscribe(({ job: next }) => { if (job) follow(next); });
  if (job) { const first = job; job = null; follow(first); take(first); if (!atWork(first)) readRows(); } else readBefore();
  return openDialog({
    title: t(`import.title.${kind}`),
    className: 'import-dialog',
    onClose: () => { stop(); if (job && atWork(job)) notice(t('import.goes_on')); },
    body: (api) => {
      update = () => api.update();
      return html`<form @submit=${(e) => { e.preventDefault(); if (job) apply(); else if (choice.file) upload(); }}>
        ${job ? state() : form()}${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons">${buttons(api)}</div></form>`;
    },
  });
}
