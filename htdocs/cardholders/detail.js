// Detail pane of one cardholder: basic, permits, related, why, department; or of several: what can be done to them.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { view } from '../app/store.js';
import { tabs } from '../app/tabs.js';
import { dateTime, number } from '../app/format.js';
import { mayEdit, mayView } from '../app/session.js';
import { problemText } from '../app/problems.js';
import { address } from '../app/router.js';
import { departmentPath } from '../app/choosers.js';
import { validityWords } from '../app/validity.js';
import { standingMark } from './states.js';
import { permitTable } from './permits.js';
import { createProof } from './proof.js';
import { createWhy } from '../explain/panel.js';
import { lostDialog, reissueDialog, deleteCardholder } from './cards.js';

const tabIds = ['basic', 'permits', 'related', 'why', 'department'];
const pair = (label, value) => html`<div><dt>${label}</dt><dd>${value === '' || value === null || value === undefined ? html`<span class="muted">${t('none')}</span>` : value}</dd></div>`;
const yes = (on) => t(on ? 'yes' : 'no');

function cardTable(c) {
  if (!c.cards.length) return html`<p class="muted">${t('card.none')}</p>`;
  return html`<table class="data-table cards"><thead><tr><th scope="col">${t('cardholder.card_number')}</th><th scope="col">${t('cardholder.issue_count')}</th><th scope="col">${t('card.state')}</th></tr></thead>
    <tbody>${c.cards.map((k) => html`<tr><th scope="row" class="mono">${k.card_number}</th><td>${number(k.issue_count)}</td>
      <td>${k.lost || c.lost ? html`<span class="state strong tone-alarm"><span class="glyph" aria-hidden="true">■</span>${t('card.lost')}</span>` : html`<span class="state tone-ok"><span class="glyph" aria-hidden="true">●</span>${t('card.in_use')}</span>`}</td></tr>`)}</tbody></table>`;
}

function basic(c, departments) {
  return html`<div class="detail-columns uneven">
    <dl class="facts wide">
      ${pair(t('cardholder.employee_number'), html`<span class="mono">${c.employee_number}</span>`)}${pair(t('cardholder.standing'), standingMark(c))}
      ${pair(t('cardholder.name'), c.name)}${pair(t('cardholder.kana'), c.kana)}
      ${pair(t('cardholder.department'), departmentPath(departments, c.department.id) || c.department.name)}${pair(t('cardholder.pin'), t(c.has_pin ? 'cardholder.pin_set' : 'cardholder.pin_not_set'))}
      ${pair(t('cardholder.valid_from'), validityWords(c.valid_from, false) || t('cardholder.unbounded'))}${pair(t('cardholder.valid_to'), validityWords(c.valid_to, true) || t('cardholder.unbounded'))}
      ${pair(t('cardholder.enabled'), yes(c.enabled))}${pair(t('cardholder.lost_at'), c.lost_at ? dateTime(c.lost_at) : '')}
      ${pair(t('cardholder.extended_unlock'), yes(c.extended_unlock))}${pair(t('cardholder.apb_exempt'), yes(c.apb_exempt))}
      ${pair(t('cardholder.vein_count'), number(c.vein_count))}${pair(t('cardholder.note'), c.note)}</dl>
    <div>${cardTable(c)}</div></div>`;
}

function related(c, proof) {
  return html`<div class="detail-columns uneven"><div>${proof.template()}</div><div><h3>${t('cardholder.history')}</h3>
    ${mayView('history') ? html`<ul class="plain-list">
      <li><a href=${address('history', 'access', { cardholder: c.id, person: c.name, range: 'days7' })}>${t('cardholder.history_access')}</a></li>
      <li><a href=${address('history', 'alarm', { cardholder: c.id, person: c.name, range: 'days31' })}>${t('cardholder.history_alarm')}</a></li></ul>` : mayView('change_history') ? nothing : html`<p class="muted">${t('none')}</p>`}
    ${mayView('change_history') ? html`<ul class="plain-list"><li><a data-act="changes" href=${address('settings', 'change_history', { subject: 'cardholder', subject_id: c.id, name: c.name })}>${t('cardholder.history_changes')}</a></li></ul>` : nothing}</div></div>`;
}

function department(c, departments, narrow) {
  const now = departments.find((d) => d.id === c.department.id);
  return html`<dl class="facts wide">${pair(t('cardholder.department'), departmentPath(departments, c.department.id) || c.department.name)}${pair(t('department.code'), now?.code)}</dl>
    <div class="chips"><button type="button" class="small" @click=${() => narrow(c.department.id)}>${t('department.people')}</button></div>`;
}

/**
 * Mounts the pane. acts: {edit(id), permits(cardholder), bulk(), remove(), narrow(department)}; changed(cardholder or null when it is gone).
 * show(id), several(count), none(), reload(), take(detail).
 */
export function mountCardholderDetail(place, departments, acts, changed) {
  let id = null;
  let count = 0;
  let person = null;
  let etag = null;
  let error = '';
  let open = 'basic';
  const proof = createProof(() => update());
  const why = createWhy('cardholder', () => update());
  const box = document.createElement('div');
  box.className = 'pane-fill';
  place.replaceChildren(box);

  async function load() {
    const mine = id;
    try {
      const answer = await call('GET', `/cardholders/${mine}`);
      if (mine !== id) return;
      person = answer.data;
      etag = answer.etag;
      error = '';
    } catch (problem) {
      if (mine !== id) return;
      person = null;
      error = problemText(problem);
    }
    update();
  }

  /** Proof and explanation are asked for while they are looked at. */
  function follow() {
    proof.follow(count === 1 && open === 'related' ? id : null);
    why.follow(count === 1 && open === 'why' ? id : null);
  }

  const after = (next) => { if (next) { changed(next); load(); follow(); } };

  function buttons() {
    if (!mayEdit('cardholders')) return nothing;
    const marked = person.lost || person.cards.some((k) => k.lost);
    return html`<span class="title-acts">
      <button type="button" class="small" data-act="edit" @click=${() => acts.edit(person.id)}>${t('change')}</button>
      ${person.lost ? nothing : html`<button type="button" class="small outline-danger" data-act="lost" @click=${async () => after(await lostDialog(person, true))}>${t('lost.open')}</button>`}
      ${marked ? html`<button type="button" class="small" data-act="found" @click=${async () => after(await lostDialog(person, false))}>${t('found.open')}</button>` : nothing}
      <button type="button" class="small" data-act="reissue" @click=${async () => after(await reissueDialog(person, etag))}>${t('reissue.open')}</button>
      <button type="button" class="small outline-danger" data-act="delete" @click=${async () => { if (await deleteCardholder(person, etag)) changed(null); }}>${t('delete')}</button></span>`;
  }

  const panels = {
    basic: () => basic(person, departments()),
    permits: () => permitTable(person.permits, person.warnings, () => acts.permits(person), load),
    related: () => related(person, proof),
    why: why.template,
    department: () => department(person, departments(), acts.narrow),
  };

  const template = () => {
    if (count > 1) {
      return html`<div class="pane-title"><h2>${t('cardholder.several', { n: number(count) })}</h2></div>
        <div class="tab-panel"><p>${t('cardholder.several_what')}</p><div class="chips">${mayEdit('cardholders') ? html`
          <button type="button" data-act="bulk" @click=${() => acts.bulk('permits_add')}>${t('permit.add')}</button>
          <button type="button" @click=${() => acts.bulk('department')}>${t('bulk.department')}</button>
          <button type="button" @click=${() => acts.bulk('enabled')}>${t('bulk.open')}</button>
          <button type="button" class="outline-danger" data-act="bulk-delete" @click=${acts.remove}>${t('bulk.delete_open')}</button>` : nothing}</div></div>`;
    }
    if (id === null) return html`<p class="empty">${t('detail.choose_cardholder')}</p>`;
    if (error) return html`<p class="empty">${error}</p>`;
    if (!person) return html`<p class="empty">${t('loading')}</p>`;
    return html`<div class="pane-title"><h2>${person.name}</h2><span class="muted mono">${person.employee_number}</span>${standingMark(person)}<span class="bar-gap"></span>${buttons()}</div>
      ${tabs('cardholder', t('detail.tabs'), tabIds.map((tab) => ({ id: tab, label: t(`tab.${tab}`) })), open, (next) => { open = next; follow(); update(); }, panels[open]())}`;
  };
  const update = view(box, template);

  return {
    show(next) {
      count = 1;
      if (next === id) return;
      Object.assign(box.dataset, { cardholder: next });
      id = next;
      person = null;
      error = '';
      update();
      follow();
      load();
    },
    several(n) { count = n; id = null; person = null; follow(); update(); },
    none() { count = 0; id = null; person = null; error = ''; follow(); update(); },
    reload() { if (id !== null) { load(); follow(); } },
    update,
    current: () => person,
    stop() { proof.follow(null); why.stop(); update.stop(); },
  };
}
