// The strip at the foot of every screen: the newest alarm that waits, and commands under way. Its height never changes, so
// nothing moves under the operator's pointer when an alarm comes.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { view } from '../app/store.js';
import { number, shortTime } from '../app/format.js';
import { mayEdit, mayView } from '../app/session.js';
import { jobs, openJob } from '../gates/progress.js';
import { currentImport, atWork, resumeImport } from '../imports/jobs.js';
import { importDialog } from '../imports/dialog.js';
import { followTransfers, transferJobs } from '../transfers/jobs.js';
import { address } from '../app/router.js';
import { alarms } from './alarms.js';
import { acknowledgeDialog } from './acknowledge.js';
import { openAlarmPanel } from './panel.js';
import { alarmKind, alarmPlace } from './words.js';

function jobButton(job) {
  const { counts } = job.request;
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  const left = counts.queued + counts.sent;
  const bad = total - left - counts.done;
  return html`<button class="small" @click=${() => openJob(job.request.id)}>
    <span class=${left ? 'tone-unknown' : bad ? 'tone-alarm' : 'tone-ok'} aria-hidden="true">${left ? '◇' : bad ? '■' : '●'}</span>
    ${job.title} ${t('job.share', { done: number(total - left), total: number(total) })}</button>`;
}

function importButton(job) {
  if (!job) return nothing;
  const left = atWork(job) || job.state === 'previewed';
  const done = () => document.dispatchEvent(new CustomEvent('kidoban-recovered')); // lists in sight are read again
  return html`<button class="small" data-act="import-job" @click=${() => importDialog(job.kind, done, job)}>
    <span class=${left ? 'tone-unknown' : job.state === 'done' ? 'tone-ok' : 'tone-alarm'} aria-hidden="true">${left ? '◇' : job.state === 'done' ? '●' : '■'}</span>
    ${t(`import.title.${job.kind}`)} ${t(`import.state.${job.state}`)}${atWork(job) && job.total ? ` ${number(Math.floor((100 * job.progress) / job.total))}%` : ''}</button>`;
}

/** Transfers under way as one line; when the last is over, how they ended. */
function transferLink({ list, share, ended }) {
  if (!list.length && !ended) return nothing;
  const waits = list.length > 0 && list.every((x) => x.reason === 'no communication');
  const [glyph, tone] = !list.length ? (ended.failed ? ['■', 'alarm'] : ['●', 'ok']) : waits ? ['▲', 'warn'] : ['◇', 'unknown'];
  const words = !list.length ? t(ended.failed ? 'strip.transfers_failed' : 'strip.transfers_done', { n: number(ended.failed || ended.done) })
    : t(waits ? 'strip.transfers_wait' : 'strip.transfers', { n: number(list.length) });
  return html`<a class="button small" data-act="transfers" href=${address('settings', 'permit_transfer')}><span class="tone-${tone}" aria-hidden="true">${glyph}</span> ${words}${share === null || !list.length ? '' : ` ${number(Math.floor(100 * share))}%`}</a>`;
}

export function mountStrip(place) {
  if (mayView('cardholder_import') || mayView('departments')) resumeImport();
  const template = () => {
    const { list, unacknowledged } = alarms.get();
    const waiting = list.filter((a) => !a.acknowledged_at);
    const newest = waiting[0];
    place.classList.toggle('alarming', Boolean(newest));
    return html`
      <div class="strip-alarm">
        ${newest ? html`<span class="tone-alarm" aria-hidden="true">■</span>
          <strong>${t('strip.waiting', { n: number(unacknowledged) })}</strong>
          <span>${shortTime(newest.raised_at)} ${alarmKind(newest)} ${alarmPlace(newest)}${newest.cleared_at ? ` (${t('alarm.cleared')})` : ''}</span>
          ${mayEdit('history') ? html`<button class="small" @click=${() => acknowledgeDialog([newest])}>${t('alarm.ack')}</button>` : nothing}
          <button class="small" @click=${() => openAlarmPanel()}>${t('alarm.list_short')}</button>`
          : mayView('history') ? html`<span class="tone-ok" aria-hidden="true">●</span><span class="muted">${t('strip.calm')}</span>` : nothing}
      </div>
      <div class="strip-jobs">${transferLink(transferJobs.get())}${importButton(currentImport.get().job)}${jobs.get().list.slice(0, 3).map(jobButton)}</div>`;
  };
  const update = view(place, template);
  const stop = [alarms.subscribe(update), jobs.subscribe(update), currentImport.subscribe(update), transferJobs.subscribe(update), followTransfers()];
  return () => { stop.forEach((s) => s()); update.stop(); };
}
