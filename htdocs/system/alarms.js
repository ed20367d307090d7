// Alarms of the system itself (a program down, disk, certificate, clock, backlog), for who administers it: a button in the status bar
// while there is one, and the list. They are read when the live stream says that one came or went, and when a screen is opened; never by a clock, which would keep the session alive.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { get } from '../app/api.js';
import { createStore, cleanup } from '../app/store.js';
import { dateTime, age, ageSince, number } from '../app/format.js';
import { mayView } from '../app/session.js';
import { openDialog } from '../app/dialog.js';
import { offer } from '../app/palette.js';

export const systemAlarms = createStore({ list: [] });
export const mayWatch = () => mayView('system_log') || mayView('system_administration');
const seldom = 15000; // ms

/** Keeps the list; gives a function that ends it. */
export function startSystemAlarms() {
  if (!mayWatch()) return () => {};
  const undo = cleanup();
  let asked = 0;
  const load = async () => {
    asked = Date.now();
    try {
      systemAlarms.set({ list: (await get('/system/alarms')).alarms });
    } catch {
      // Trouble is on the banner; recovery asks again.
    }
  };
  undo.listen(window, 'hashchange', () => { if (Date.now() - asked > seldom) load(); });
  undo.listen(document, 'kidoban-live', ({ detail }) => { if (detail.kind === 'system_alarm') load(); });
  for (const name of ['kidoban-resync', 'kidoban-recovered']) undo.listen(document, name, load);
  undo.add(offer(() => [{ label: t('system_alarm.list'), hint: t('palette.act'), run: openSystemAlarms }]), () => systemAlarms.set({ list: [] }));
  load();
  return () => undo.run();
}

const look = (a) => (a.severity === 'warn' ? ['▲', 'warn'] : ['■', 'alarm']);

export function systemAlarmMark(a) {
  const [glyph, tone] = look(a);
  return html`<span class="state strong tone-${tone}"><span class="glyph" aria-hidden="true">${glyph}</span>${code('system_alarm', a.kind)}</span>`;
}

export function systemAlarmButton() {
  const { list } = systemAlarms.get();
  if (!list.length) return nothing;
  return html`<button type="button" class="bar-button has-alarm" id="system-alarm-button" title=${list.map((a) => `${code('system_alarm', a.kind)} ${a.subject}`).join(', ')} @click=${openSystemAlarms}
    ><span aria-hidden="true">■</span> ${t('system_alarm.count', { n: number(list.length) })}</button>`;
}

export function openSystemAlarms() {
  let stop = null;
  return openDialog({
    title: t('system_alarm.list'),
    className: 'alarm-panel',
    onClose: () => stop?.(),
    body: (api) => {
      stop ??= systemAlarms.subscribe(() => api.update());
      const { list } = systemAlarms.get();
      return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${t('system_alarm.list')}>${list.length ? html`<table class="data-table"><thead><tr>
          <th scope="col">${t('alarm.kind')}</th><th scope="col">${t('system_alarm.detail')}</th><th scope="col">${t('alarm.raised')}</th><th scope="col">${t('system_alarm.since')}</th></tr></thead>
        <tbody>${list.map((a) => html`<tr><th scope="row">${systemAlarmMark(a)}</th><td>${a.subject} <span class="muted" lang="en">${a.detail}</span></td><td>${dateTime(a.raised_at)}</td><td>${age(ageSince(a.raised_at))}</td></tr>`)}</tbody></table>`
        : html`<p class="empty">${t('system_alarm.none')}</p>`}</div>
        <div class="dialog-buttons"><button type="button" autofocus @click=${() => api.close()}>${t('close')}</button></div>`;
    },
  });
}
