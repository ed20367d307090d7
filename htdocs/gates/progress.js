// What became of commands: one drawer for the request looked at, one line in the strip for each under way. Requests are asked for
// again until every gate has its final outcome, and at once when the live stream tells of one; they survive a reload of the page.
import { html, render, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { get } from '../app/api.js';
import { createStore } from '../app/store.js';
import { clock, number } from '../app/format.js';
import { stateMark } from './states.js';

/** list: [{request, title, at}], newest first. */
export const jobs = createStore({ list: [] });

const kept = 'kidoban.commands';
const order = { refused: 0, unreachable: 0, expired: 0, unknown: 1, not_supported: 1, queued: 2, sent: 2, done: 3 };
let drawer = null;
let openId = null;

function put(request, title) {
  const rest = jobs.get().list.filter((j) => j.request.id !== request.id);
  const old = jobs.get().list.find((j) => j.request.id === request.id);
  const job = { request, title: title ?? old?.title ?? '', at: old?.at ?? Date.now() };
  const list = [...rest, job].sort((a, b) => b.request.id - a.request.id).slice(0, 12);
  jobs.set({ list });
  sessionStorage.setItem(kept, JSON.stringify(list.map((j) => ({ id: j.request.id, title: j.title }))));
  if (openId === request.id) draw();
}

async function refresh(id) {
  try {
    put(await get(`/gates/commands/${id}`));
  } catch (problem) {
    if (problem.status === 404) forget(id);
  }
}

function forget(id) {
  jobs.set({ list: jobs.get().list.filter((j) => j.request.id !== id) });
}

async function watch(id) {
  let wait = 250;
  for (;;) {
    await new Promise((go) => setTimeout(go, wait));
    const job = jobs.get().list.find((j) => j.request.id === id);
    if (!job || job.request.finished) return;
    await refresh(id);
    wait = Math.min(wait * 1.5, 2000);
  }
}

/** Shows a request just made and keeps asking until it is finished. */
export function follow(request, title) {
  put(request, title);
  openJob(request.id);
  watch(request.id);
}

/** Takes up requests from before a reload. */
export function resumeJobs() {
  let list = [];
  try {
    list = JSON.parse(sessionStorage.getItem(kept)) ?? [];
  } catch {
    // Nothing kept.
  }
  for (const { id, title } of list) {
    get(`/gates/commands/${id}`).then((request) => { put(request, title); if (!request.finished) watch(id); }, () => {});
  }
}

const onLive = ({ detail }) => {
  if (detail.kind === 'command' && jobs.get().list.some((j) => j.request.id === detail.data.id && !j.request.finished)) refresh(detail.data.id);
};
document.addEventListener('kidoban-live', onLive);
document.addEventListener('kidoban-logged-out', () => { sessionStorage.removeItem(kept); jobs.set({ list: [] }); closeDrawer(); });

function closeDrawer() {
  drawer?.remove();
  drawer = null;
  openId = null;
}

export function openJob(id) {
  openId = id;
  if (!drawer) {
    drawer = document.createElement('section');
    drawer.className = 'drawer';
    drawer.tabIndex = -1;
    drawer.setAttribute('aria-label', t('job.label'));
    drawer.addEventListener('keydown', (e) => { if (e.key === 'Escape') { closeDrawer(); document.querySelector('#centre-pane [role=grid]')?.focus(); } });
    document.body.append(drawer);
  }
  draw();
}

function draw() {
  const job = jobs.get().list.find((j) => j.request.id === openId);
  if (!job || !drawer) return;
  const { request, title } = job;
  const { counts } = request;
  const total = request.outcomes.length;
  const left = counts.queued + counts.sent;
  const rows = [...request.outcomes].sort((a, b) => order[a.outcome] - order[b.outcome]);
  drawer.setAttribute('data-finished', request.finished);
  render(html`
    <div class="dialog-head"><h2>${request.kind === 'lockdown' ? t('lockdown.result') : t('job.title', { command: title })}</h2>
      <button type="button" class="close" aria-label=${t('close')} @click=${closeDrawer}>×</button></div>
    <p class="drawer-sum" role="status">${request.finished
      ? html`<strong class=${counts.done === total ? 'tone-ok' : 'tone-alarm'}><span aria-hidden="true">${counts.done === total ? '●' : '■'}</span>
        ${counts.done === total ? t('job.all_done', { n: number(total) }) : t('job.some_failed', { done: number(counts.done), failed: number(total - counts.done) })}</strong>`
      : html`<strong><span aria-hidden="true">◇</span> ${t('job.waiting', { n: number(left) })}</strong>`}
      <span class="muted">${clock(request.at)} ${request.operator?.name ?? ''}</span></p>
    <progress max=${total} value=${total - left} aria-label=${t('job.progress')}></progress>
    <ul class="outcome-counts">${Object.entries(counts).filter(([, n]) => n).map(([k, n]) => html`<li>${stateMark('outcome', k)} ${number(n)}</li>`)}</ul>
    ${request.comment ? html`<p class="muted drawer-comment">${request.comment}</p>` : nothing}
    <div class="table-scroll" tabindex="0" role="region" aria-label=${t('job.outcomes')}>
      <table class="data-table"><thead><tr><th scope="col">${t('gate.name')}</th><th scope="col">${t('job.outcome')}</th><th scope="col">${t('job.at')}</th></tr></thead>
      <tbody>${rows.map((o) => html`<tr><th scope="row">${o.gate.name}</th><td>${stateMark('outcome', o.outcome)}${o.reason ? html`<br><span class="muted">${o.reason}</span>` : nothing}</td>
        <td>${o.finished_at ? clock(o.finished_at) : ''}</td></tr>`)}</tbody></table></div>`, drawer);
}
