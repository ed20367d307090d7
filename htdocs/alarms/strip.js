// The strip at the foot of every screen: the newest alarm that waits, and commands under way. Its height never changes, so
// nothing moves under the operator's pointer when an alarm comes.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { view } from '../app/store.js';
import { number, shortTime } from '../app/format.js';
import { mayEdit } from '../app/session.js';
import { jobs, openJob } from '../gates/progress.js';
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

export function mountStrip(place) {
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
          : html`<span class="tone-ok" aria-hidden="true">●</span><span class="muted">${t('strip.calm')}</span>`}
      </div>
      <div class="strip-jobs">${jobs.get().list.slice(0, 3).map(jobButton)}</div>`;
  };
  const update = view(place, template);
  const stop = [alarms.subscribe(update), jobs.subscribe(update)];
  return () => { stop.forEach((s) => s()); update.stop(); };
}
