// Detail pane of one gate, or of several: state as it is now, acts, what the gate did last; controller; readers; related; why.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { call } from '../app/api.js';
import { view, cleanup } from '../app/store.js';
import { tabs } from '../app/tabs.js';
import { age, ageSince, dateTime, number } from '../app/format.js';
import { mayEdit, mayView } from '../app/session.js';
import { problemText } from '../app/problems.js';
import { address } from '../app/router.js';
import { stateMark, alarmMarks } from './states.js';
import { createGateLog, logTemplate } from './log.js';
import { lacksState, notAvailable, lackingList, unsecuredMark, unsecuredWarning } from './driver.js';
import { createWhy, mayAskWhy } from '../explain/panel.js';

const tabIds = () => ['basic', 'controller', 'entry_reader', 'exit_reader', 'related', ...(mayAskWhy() ? ['why'] : [])];

const pair = (label, value) => html`<div><dt>${label}</dt><dd>${value === '' || value === null || value === undefined ? html`<span class="muted">${t('none')}</span>` : value}</dd></div>`;

function stateCards(gate) {
  const card = (label, value) => html`<div class="state-card"><dt>${label}</dt><dd>${value}</dd></div>`;
  const s = gate.state;
  return html`<dl class="state-cards">
    ${['lock_state', 'door_state', 'arm_state'].map((k) => card(t(`gate.${k}`), lacksState(gate, k) ? notAvailable(lacksState(gate, k)) : stateMark(k, s[k])))}
    ${card(t('gate.communication'), stateMark('communication', gate.controller.communication))}
    ${card(t('gate.verification_mode'), code('verification_mode', s.verification_mode))}
    ${card(t('gate.unlock_mode'), code('unlock_mode', s.unlock_mode))}
    ${card(t('gate.age'), age(ageSince(s.seen_at)))}
    ${s.alarms.length ? card(t('gate.alarms'), alarmMarks(s.alarms)) : nothing}</dl>`;
}

function basic(gate, log) {
  return html`<div class="detail-columns">
    <div class="detail-facts">
      ${stateCards(gate)}
      <dl class="facts">
        ${pair(t('gate.building'), gate.building)}${pair(t('gate.place'), gate.place)}
        ${pair(t('gate.management_group'), gate.management_group.name)}${pair(t('gate.changed'), dateTime(gate.state.changed_at))}
      </dl>
    </div>
    ${mayView('history') ? html`<div class="detail-log">${logTemplate(log, gate)}</div>` : nothing}</div>`;
}

function controller(gate) {
  const c = gate.controller;
  return html`${unsecuredWarning(c.driver)}<dl class="facts wide">
    ${pair(t('controller.name'), c.name)}${pair(t('gate.communication'), stateMark('communication', c.communication))}
    ${pair(t('controller.since'), c.communication_since ? `${dateTime(c.communication_since)} (${age(ageSince(c.communication_since))})` : '')}
    ${pair(t('controller.last_seen'), dateTime(c.last_seen_at))}${c.reason ? pair(t('controller.reason'), c.reason) : nothing}
    ${pair(t('controller.driver'), t(`driver.${c.driver}`))}${pair(t('controller.address'), html`<span class="mono">${c.address}:${c.port}</span>`)}
    ${pair(t('controller.serial'), html`<span class="mono">${c.serial}</span>`)}${pair(t('controller.door'), number(gate.door))}</dl>${lackingList(c.driver)}`;
}

function reader(gate, more, side) {
  if (!more) return html`<p class="muted">${t('loading')}</p>`;
  const p = more.parameters;
  const seconds = (name) => (p[name] === undefined ? t('parameter.default') : t('parameter.seconds', { v: p[name] }));
  return html`<dl class="facts wide">
    ${pair(t('reader.kind'), code('reader_kind', more[side]))}
    ${more[side] === 'none' ? nothing : html`
      ${pair(t('gate.verification_mode'), code('verification_mode', gate.state.verification_mode))}`}
    ${more[side] === 'none' || lacksState(gate, 'reader_parameters') ? nothing : html`
      ${pair(t('parameter.reread_guard_time'), seconds('reread_guard_time'))}
      ${pair(t('parameter.lockout_time'), seconds('lockout_time'))}
      ${pair(t('parameter.wrong_pin_limit'), p.wrong_pin_limit === undefined ? t('parameter.default') : number(p.wrong_pin_limit))}`}</dl>`;
}

function related(gate, more) {
  if (!more) return html`<p class="muted">${t('loading')}</p>`;
  return html`<div class="detail-columns">
    <div><h3>${t('related.streams')}</h3>
      <table class="data-table"><thead><tr><th scope="col">${t('related.stream')}</th><th scope="col">${t('related.state')}</th><th scope="col">${t('related.confirmed')}</th></tr></thead>
      <tbody>${more.streams.map((s) => {
        const same = s.confirmed_revision !== null && (s.wanted_revision === null || s.confirmed_revision >= s.wanted_revision);
        const tone = same ? 'ok' : s.confirmed_revision === null ? 'unknown' : 'warn';
        const word = same ? 'held' : s.confirmed_revision === null ? 'never' : 'behind';
        return html`<tr><th scope="row">${code('stream', s.stream)}</th><td><span class="state tone-${tone}"><span class="glyph" aria-hidden="true">${{ ok: '●', warn: '▲', unknown: '◇' }[tone]}</span>${t(`related.${word}`)}</span></td><td>${dateTime(s.confirmed_at)}</td></tr>`;
      })}</tbody></table></div>
    <div><h3>${t('gate.gate_group')}</h3>
      ${more.gate_groups.length ? html`<ul class="plain-list">${more.gate_groups.map((g) => html`<li><a href=${address('gates', '', { gate_group: g.id })}>${g.name}</a></li>`)}</ul>` : html`<p class="muted">${t('none')}</p>`}
      ${mayView('history') || mayView('change_history') ? html`<h3>${t('related.history')}</h3>
      <ul class="plain-list">
        ${mayView('history') ? ['access', 'alarm', 'operation', 'management'].map((c) => html`<li><a href=${address('history', c, { gate: gate.id })}>${code('event_category', c)}</a></li>`) : nothing}
        ${mayView('change_history') ? html`<li><a href=${address('settings', 'change_history', { subject: 'gate', subject_id: gate.id, name: gate.name })}>${t('setting.change_history')}</a></li>` : nothing}</ul>` : nothing}
    </div></div>`;
}

/** Mounts the pane; show(gates) with the gates chosen; edit(id) opens the form. */
export function mountGateDetail(place, edit) {
  const undo = cleanup();
  let chosen = [];
  let more = null;
  let error = '';
  let open = 'basic';
  const log = createGateLog(() => update());
  const why = createWhy('gate', () => update());
  const followWhy = () => why.follow(chosen.length === 1 && open === 'why' ? chosen[0].id : null);
  const box = document.createElement('div');
  box.className = 'pane-fill';
  place.replaceChildren(box);

  async function loadMore(id) {
    try {
      const { data } = await call('GET', `/gates/${id}`);
      if (chosen.length === 1 && chosen[0].id === id) { more = data; error = ''; }
    } catch (problem) {
      error = problemText(problem);
    }
    update();
  }

  function several() {
    const count = (kind, of) => {
      const sums = new Map();
      chosen.forEach((g) => sums.set(of(g), (sums.get(of(g)) ?? 0) + 1));
      return html`<div class="state-card"><dt>${t(`gate.${kind}`)}</dt><dd>${[...sums].map(([v, n]) => html`<div>${stateMark(kind, v)} ${number(n)}</div>`)}</dd></div>`;
    };
    return html`<div class="pane-title"><h2>${t('detail.several', { n: number(chosen.length) })}</h2></div>
      <div class="tab-panel"><dl class="state-cards">${count('lock_state', (g) => g.state.lock_state)}${count('door_state', (g) => g.state.door_state)}${count('arm_state', (g) => g.state.arm_state)}${count('communication', (g) => g.controller.communication)}</dl>
      <p class="muted several-names">${chosen.slice(0, 60).map((g) => g.name).join(', ')}${chosen.length > 60 ? ' …' : ''}</p></div>`;
  }

  const template = () => {
    if (!chosen.length) return html`<p class="empty">${t('detail.choose')}</p>`;
    if (chosen.length > 1) return several();
    const gate = chosen[0];
    const panel = {
      basic: () => basic(gate, log),
      controller: () => controller(gate),
      entry_reader: () => reader(gate, more, 'entry_reader'),
      exit_reader: () => reader(gate, more, 'exit_reader'),
      related: () => related(gate, more),
      why: why.template,
    }[open]();
    return html`<div class="pane-title"><h2>${gate.name}</h2><span class="muted">${[gate.building, gate.place].filter(Boolean).join(' ')}</span>${unsecuredMark(gate.controller.driver)}<span class="bar-gap"></span>
        ${mayEdit('gates') ? html`<button type="button" class="small" data-act="edit" @click=${() => edit(gate.id)}>${t('edit.open')}</button>` : nothing}</div>
      ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
      ${tabs('gate', t('detail.tabs'), tabIds().map((id) => ({ id, label: t(`tab.${id}`) })), open, (id) => { open = id; followWhy(); update(); }, panel)}`;
  };
  const update = view(box, template);
  const timer = setInterval(update, 5000);
  undo.add(() => clearInterval(timer), update.stop, log.stop, why.stop);

  return {
    /** Shows these gates; asks for details only when another gate is chosen. */
    show(gates) {
      const before = chosen.length === 1 ? chosen[0].id : null;
      chosen = gates;
      const now = gates.length === 1 ? gates[0].id : null;
      if (now !== before) {
        more = null;
        error = '';
        log.follow(mayView('history') ? now : null);
        if (now) loadMore(now);
        followWhy();
      }
      update();
    },
    reload() {
      if (chosen.length === 1) { loadMore(chosen[0].id); log.follow(mayView('history') ? chosen[0].id : null); }
    },
    stop: () => undo.run(),
  };
}
