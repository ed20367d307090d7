// Transfers (T-7): what runs, how far, what failed and why; stop and repeat; begin by hand for chosen gates or all (T-1).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call, get, actKey } from '../app/api.js';
import { dateTime, shortTime, number } from '../app/format.js';
import { mayEdit } from '../app/session.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { mountList, fact } from '../settings/list.js';
import { beginTransfer } from './begin.js';
import { sent } from './jobs.js';
import { transferMark, transferName, progressOf, unfinished } from './states.js';
import { because, reasonWords } from './words.js';

const every = 1500; // ms while something is under way
const calm = 10000;
const pageSize = 200;
const most = 1000; // as many as one question brings: these are kept fresh

const columns = () => [
  { id: 'id', label: t('transfer.id'), width: 66, align: 'end', cell: (x) => x.id, sort: (x) => Number(x.id) },
  { id: 'kind', label: t('transfer.kind'), width: 116, cell: (x) => t(`transfer.${x.kind}`), sort: (x) => x.kind },
  { id: 'controller', label: t('gate.controller'), width: 120, grow: 1, cell: transferName, sort: transferName },
  { id: 'state', label: t('transfer.state'), width: 96, fixed: true, cell: transferMark, sort: (x) => x.state },
  { id: 'progress', label: t('transfer.progress'), width: 76, align: 'end', cell: progressOf, sort: (x) => (x.total ? x.progress / x.total : -1) },
  { id: 'reason', label: t('transfer.reason'), width: 170, grow: 3, cell: reasonWords, sort: reasonWords },
  { id: 'because', label: t('transfer.because'), width: 110, hidden: true, cell: because, sort: because },
  { id: 'attempts', label: t('transfer.attempts'), width: 56, align: 'end', cell: (x) => number(x.attempts), sort: (x) => x.attempts },
  { id: 'created_at', label: t('transfer.created'), width: 126, cell: (x) => shortTime(x.created_at), sort: (x) => Date.parse(x.created_at) },
  { id: 'finished_at', label: t('transfer.finished'), width: 126, cell: (x) => shortTime(x.finished_at), sort: (x) => Date.parse(x.finished_at ?? 0) },
];

export function mountTransfers(regions) {
  let state = '';
  let timer = 0;
  let stopped = false;

  /** The beginning is asked for again and again, with all that was loaded already. */
  async function load(after, shown) {
    const limit = after ? pageSize : Math.min(most, Math.max(pageSize, Math.ceil(shown / pageSize) * pageSize));
    if (!after) clearTimeout(timer);
    const { transfers, next } = await get('/transfers', { state, limit, after });
    if (!after && !stopped) timer = setTimeout(() => list.reload(), transfers.some(unfinished) ? every : calm);
    return { rows: transfers, next: next === null || transfers.length < limit ? null : String(next) };
  }

  async function act(x, what) {
    try {
      const { data } = await call('POST', `/transfers/${x.id}/${what}`, { headers: { 'Idempotency-Key': actKey() } });
      notice(t(`transfer.did_${what}`));
      sent();
      list.reload(data?.id);
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
  }

  const list = mountList(regions, {
    name: 'transfers',
    label: t('setting.permit_transfer'),
    columns: columns(),
    load,
    rowClass: (x) => (x.state === 'failed' ? 'alarming' : ''),
    count: (n, more) => t(more ? 'history.loaded' : 'transfer.count', { n: number(n) }),
    none: t('detail.choose_row'),
    empty: t('transfer.empty'),
    acts: (x) => html`${mayEdit('permit_transfer') ? html`<button type="button" class="primary" data-act="begin" @click=${async () => { const made = await beginTransfer(); if (made) list.reload(made.id); }}>${t('transfer.begin')}</button>
      <button type="button" data-act="stop" ?disabled=${!x || !unfinished(x)} @click=${() => act(x, 'stop')}>${t('transfer.stop')}</button>
      <button type="button" data-act="repeat" ?disabled=${!x || unfinished(x)} @click=${() => act(x, 'repeat')}>${t('transfer.repeat')}</button>` : nothing}
      <label class="inline">${t('transfer.state')}<select name="state" @change=${(e) => { state = e.target.value; list.grid.rows = []; list.grid.scroller.scrollTop = 0; list.reload(); }}>
        ${['', 'queued', 'running', 'done', 'failed', 'stopped'].map((s) => html`<option value=${s}>${s ? t(`transfer.${s}`) : t('find.any')}</option>`)}</select></label>`,
    detail: (x) => html`<div class="pane-title"><h2>${transferName(x)}</h2>${transferMark(x)}<span class="bar-gap"></span>
        ${x.total ? html`<progress max=${x.total} value=${x.progress} aria-label=${t('transfer.progress')}></progress> ${progressOf(x)}` : nothing}</div>
      <div class="tab-panel"><dl class="facts wide">
        ${fact(t('transfer.kind'), t(`transfer.${x.kind}`))}${fact(t('transfer.what'), t(x.full ? 'transfer.full' : 'transfer.changed'))}
        ${fact(t('transfer.reason'), reasonWords(x))}${fact(t('transfer.because'), because(x))}
        ${fact(t('transfer.attempts'), number(x.attempts))}${fact(t('transfer.next'), x.next_at ? dateTime(x.next_at) : '')}
        ${fact(t('transfer.created'), dateTime(x.created_at))}${fact(t('transfer.started'), x.started_at ? dateTime(x.started_at) : '')}
        ${fact(t('transfer.finished'), x.finished_at ? dateTime(x.finished_at) : '')}${fact(t('event.operator'), x.operator?.name)}
        ${fact(t('screen.gates'), x.gates.map((g) => g.name).join(', '))}</dl></div>`,
  });
  return () => { stopped = true; clearTimeout(timer); list.stop(); };
}
