// Detail pane of an event: everything that was true when it happened; why the gate decided so; the department.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { view } from '../app/store.js';
import { tabs } from '../app/tabs.js';
import { dateTime } from '../app/format.js';
import { address } from '../app/router.js';
import { mayView } from '../app/session.js';
import { createEventWhy, mayAskWhy } from '../explain/panel.js';
import { eventMark, detailPairs, eventNote, explained, isHole, refusals } from './words.js';

const pair = (label, value) => (value === null || value === undefined || value === '' ? nothing : html`<div><dt>${label}</dt><dd>${value}</dd></div>`);

function eventTab(event, narrow, why) {
  const holder = event.cardholder;
  return html`
    ${isHole(event) ? html`<p class="dialog-warning"><span aria-hidden="true">■</span> ${t('event.hole_long')} ${eventNote(event)}</p>` : nothing}
    <dl class="facts wide">
      ${pair(t('event.t'), dateTime(event.t))}${pair(t('event.kind'), eventMark(event))}${pair(t('event.category'), code('event_category', event.category))}
      ${pair(t('event.gate'), event.gate ? (mayView('gates') ? html`<a href=${address('gates', '', { sel: event.gate.id })}>${event.gate.name}</a>` : event.gate.name) : null)}
      ${pair(t('gate.management_group'), event.management_group?.name)}${pair(t('gate.controller'), event.controller?.name)}
      ${pair(t('event.reader'), event.reader ? code('reader_side', event.reader) : null)}
      ${pair(t('event.cardholder'), holder ? html`${holder.name}${holder.kana ? html` <span class="muted">${holder.kana}</span>` : nothing}` : null)}
      ${pair(t('event.employee_number'), holder?.employee_number)}${pair(t('event.department'), event.department?.name)}
      ${pair(t('event.card_number'), event.card_number ? html`<span class="mono">${event.card_number}</span>` : null)}
      ${pair(t('event.operator'), event.operator?.name)}${pair(t('event.received'), event.received_at ? dateTime(event.received_at) : null)}
      ${detailPairs(event.details).map(([label, value]) => pair(label, value))}
      ${pair(t('event.id'), html`<span class="mono">${event.id}</span>`)}
    </dl>
    <div class="chips">
      ${event.gate ? html`<button type="button" class="small" @click=${() => narrow({ gate: String(event.gate.id), management_group: '' })}>${t('narrow.gate')}</button>` : nothing}
      ${holder?.id ? html`<button type="button" class="small" @click=${() => narrow({ cardholder: String(holder.id), person: holder.name })}>${t('narrow.cardholder')}</button>` : nothing}
      <button type="button" class="small" @click=${() => narrow({ kind: [event.kind] })}>${t('narrow.kind')}</button>
      ${explains(event) ? html`<button type="button" class="small" data-act="why" @click=${why}>${t(refusals.includes(event.kind) ? 'why.open_refusal' : 'why.open')}</button>` : nothing}
    </div>`;
}

function departmentTab(event, { departments }, narrow) {
  const now = departments.find((d) => d.id === event.department?.id);
  if (!event.department) return html`<p class="empty">${t('department.none')}</p>`;
  const path = [];
  for (let d = now; d; d = departments.find((p) => p.id === d.parent)) path.unshift(d.name);
  return html`<dl class="facts wide">${pair(t('department.then'), event.department.name)}
      ${now ? html`${pair(t('department.now'), path.join(' › '))}${pair(t('department.code'), now.code)}` : pair(t('department.now'), t('department.gone'))}</dl>
    ${now ? html`<div class="chips"><button type="button" class="small" @click=${() => narrow({ department: String(now.id) })}>${t('narrow.department')}</button></div>` : nothing}`;
}

const explains = (event) => mayAskWhy() && Boolean(event.gate) && explained.includes(event.kind);

export function mountEventDetail(place, narrow, places) {
  let event = null;
  let open = 'event';
  const why = createEventWhy(() => update());
  const box = document.createElement('div');
  box.className = 'pane-fill';
  place.replaceChildren(box);
  const template = () => {
    if (!event) return html`<p class="empty">${t('detail.choose_event')}</p>`;
    const ids = ['event', ...(explains(event) ? ['why'] : []), 'department'];
    const now = ids.includes(open) ? open : 'event';
    why.follow(now === 'why' ? event : null);
    const panels = { event: () => eventTab(event, narrow, () => { open = 'why'; update(); }), why: why.template, department: () => departmentTab(event, places(), narrow) };
    return tabs('event', t('detail.tabs'), ids.map((id) => ({ id, label: t(`tab.${id}`) })), now, (id) => { open = id; update(); }, panels[now]());
  };
  const update = view(box, template);
  return { show(next) { event = next; update(); }, stop: update.stop };
}
