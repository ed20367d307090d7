// An alarm that comes while somebody looks: stays until acknowledged, or until put off to the strip. Says it to screen readers too.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { view } from '../app/store.js';
import { number, clock } from '../app/format.js';
import { mayEdit, mayView } from '../app/session.js';
import { go } from '../app/router.js';
import { alarms, later } from './alarms.js';
import { acknowledgeDialog } from './acknowledge.js';
import { openAlarmPanel } from './panel.js';
import { alarmKind, alarmPlace } from './words.js';

const atOnce = 3;

const toast = (a) => html`<div class="toast" role="alert">
  <div class="toast-text"><span class="tone-alarm" aria-hidden="true">■</span> <strong>${alarmKind(a)}</strong> <span class="muted">${clock(a.raised_at)}</span><br>${alarmPlace(a)}${a.cleared_at ? ` (${t('alarm.cleared')})` : ''}</div>
  <div class="toast-buttons">
    ${mayEdit('history') ? html`<button class="small primary" @click=${() => acknowledgeDialog([a])}>${t('alarm.ack')}</button>` : nothing}
    ${a.gate && mayView('gates') ? html`<button class="small" @click=${() => go('gates', '', { sel: a.gate.id })}>${t('alarm.go')}</button>` : nothing}
    <button class="small" @click=${() => later(a.id)}>${t('alarm.later')}</button></div></div>`;

export function mountToasts(place) {
  const template = () => {
    const { list, fresh } = alarms.get();
    const shown = fresh.slice(0, atOnce).map((id) => list.find((a) => a.id === id)).filter(Boolean);
    return html`${shown.map(toast)}${fresh.length > atOnce
      ? html`<button class="toast-more" @click=${() => openAlarmPanel()}>${t('alarm.more', { n: number(fresh.length - atOnce) })}</button>` : nothing}`;
  };
  const update = view(place, template);
  const stop = alarms.subscribe(() => {
    update();
    const { unacknowledged } = alarms.get();
    document.title = `${unacknowledged ? `(${unacknowledged}) ` : ''}${document.title.replace(/^\(\d+\) /, '')}`;
  });
  return () => { stop(); update.stop(); };
}
