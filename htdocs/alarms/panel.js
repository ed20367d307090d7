// All alarms to look at, in one dialog: mark some or all, acknowledge, go to the gate.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { openDialog } from '../app/dialog.js';
import { dateTime, number } from '../app/format.js';
import { mayEdit, mayView } from '../app/session.js';
import { go } from '../app/router.js';
import { alarms } from './alarms.js';
import { acknowledgeDialog } from './acknowledge.js';
import { alarmKind, alarmPlace } from './words.js';

let opened = false;

function rowOf(a, marked, toggle, api) {
  const open = () => { api.close(); go('gates', '', { sel: a.gate.id }); };
  return html`<tr class=${a.acknowledged_at ? '' : 'waiting'}>
    <td>${a.acknowledged_at || !mayEdit('history') ? nothing : html`<input type="checkbox" aria-label=${t('alarm.mark', { name: `${alarmKind(a)} ${alarmPlace(a)}` })} .checked=${marked.has(a.id)} @change=${() => toggle(a.id)}>`}</td>
    <th scope="row"><span class=${a.cleared_at ? 'tone-warn' : 'tone-alarm'}><span aria-hidden="true">${a.cleared_at ? '▲' : '■'}</span> ${alarmKind(a)}</span></th>
    <td>${a.gate && mayView('gates') ? html`<button type="button" class="link" @click=${open}>${a.gate.name}</button>` : alarmPlace(a)}</td>
    <td>${dateTime(a.raised_at)}</td>
    <td>${a.cleared_at ? dateTime(a.cleared_at) : t('alarm.still')}</td>
    <td>${a.acknowledged_at ? html`${a.acknowledged_by?.name ?? ''} ${a.comment ?? ''}` : t('alarm.waiting')}</td></tr>`;
}

export function openAlarmPanel() {
  if (opened) return;
  opened = true;
  const marked = new Set();
  let stop = null;
  openDialog({
    title: () => t('alarm.list'),
    className: 'alarm-panel',
    onClose: () => { opened = false; stop?.(); },
    body: (api) => {
      stop ??= alarms.subscribe(() => api.update());
      const { list, open, unacknowledged } = alarms.get();
      const waiting = list.filter((a) => !a.acknowledged_at);
      for (const id of marked) if (!waiting.some((a) => a.id === id)) marked.delete(id);
      const toggle = (id) => { if (!marked.delete(id)) marked.add(id); api.update(); };
      const all = () => { const full = marked.size === waiting.length; marked.clear(); if (!full) waiting.forEach((a) => marked.add(a.id)); api.update(); };
      return html`
        <p class="dialog-text">${t('alarm.summary', { open: number(open), waiting: number(unacknowledged) })}</p>
        <div class="table-scroll" tabindex="0" role="region" aria-label=${t('alarm.list')}>
          ${list.length ? html`<table class="data-table"><thead><tr>
            <td>${mayEdit('history') ? html`<input type="checkbox" aria-label=${t('alarm.mark_all')} .checked=${waiting.length > 0 && marked.size === waiting.length} @change=${all}>` : nothing}</td>
            <th scope="col">${t('alarm.kind')}</th><th scope="col">${t('gate.name')}</th><th scope="col">${t('alarm.raised')}</th>
            <th scope="col">${t('alarm.cleared')}</th><th scope="col">${t('alarm.ack_by')}</th></tr></thead>
            <tbody>${list.slice(0, 500).map((a) => rowOf(a, marked, toggle, api))}</tbody></table>`
            : html`<p class="empty">${t('alarm.none')}</p>`}
        </div>
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('close')}</button>
          ${mayEdit('history') ? html`<button type="button" class="primary" ?disabled=${!marked.size}
            @click=${() => acknowledgeDialog(waiting.filter((a) => marked.has(a.id)))}>${t('alarm.ack_marked', { n: number(marked.size) })}</button>` : nothing}</div>`;
    },
  });
}
