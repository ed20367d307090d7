// Adding a controller with its gates, and changing where it is (G-1).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { call } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { notice } from '../app/notices.js';
import { problemText, fieldErrors } from '../app/problems.js';
import { dateTime, number } from '../app/format.js';
import { editThing } from '../settings/things.js';
import { fact } from '../settings/list.js';
import { unsecuredWarning } from './driver.js';

const drivers = ['uhppote', 'kidoban'];
const boardDoors = { 1: 1, 2: 2, 4: 4 };

/** How many doors a controller has: a board's serial number says it; ours are told. */
const doorsOf = (state) => (state.driver === 'uhppote' ? boardDoors[state.serial[0]] ?? 0 : state.doors);

/** Opens the form; found: what a search on the network found, to begin with. Resolves with the controller added. */
export function addController(groups, found = {}) {
  const state = {
    name: '', driver: 'uhppote', serial: '', address: '', port: '', management_group: groups[0]?.id, doors: 1, names: [], reader: 'card', contacts: true, errors: {}, error: '', busy: false, ...found,
  };
  const gateName = (door) => state.names[door - 1] ?? `${state.name || t('screen.gates')} ${door}`;

  async function submit(api, event) {
    event.preventDefault();
    if (state.busy) return;
    Object.assign(state, { busy: true, error: '', errors: {} });
    api.update();
    const gates = Array.from({ length: doorsOf(state) }, (_, i) => ({ door: i + 1, name: gateName(i + 1).trim(), management_group: state.management_group,
      entry_reader: state.reader, door_sensor: state.contacts ? 'normally_closed' : 'none' }));
    const body = { name: state.name.trim(), driver: state.driver, serial: state.serial.trim(), address: state.address.trim(), gates };
    if (state.port) body.port = Number(state.port);
    try {
      const { data } = await call('POST', '/controllers', { body });
      notice(t('added', { name: data.name }));
      api.close(data);
    } catch (problem) {
      Object.assign(state, { busy: false, error: problemText(problem), errors: fieldErrors(problem) });
      api.update();
      api.element.querySelector('[aria-invalid=true]')?.focus();
    }
  }

  const input = (api, name, label, more = {}) => html`<label>${label}<input name=${name} .value=${state[name]} maxlength=${more.max ?? 64} ?required=${!more.optional} ?autofocus=${more.first}
    inputmode=${more.mode ?? nothing} placeholder=${more.placeholder ?? nothing} pattern=${more.pattern ?? nothing} autocomplete="off" aria-invalid=${state.errors[name] ? 'true' : 'false'}
    @input=${(e) => { state[name] = e.target.value; api.update(); }}>${more.note ? html`<span class="field-note">${more.note}</span>` : nothing}
    ${state.errors[name] ? html`<span class="field-error">${state.errors[name]}</span>` : nothing}</label>`;

  const doorNames = (api) => html`<fieldset class="whole door-names"><legend>${t('controller.gate_names')}</legend>
    ${doorsOf(state) ? Array.from({ length: doorsOf(state) }, (_, i) => html`<label>${t('controller.gate_of_door', { n: i + 1 })}
      <input name=${`gate-${i + 1}`} maxlength="64" required .value=${gateName(i + 1)} @input=${(e) => { state.names[i] = e.target.value; api.update(); }}></label>`)
    : html`<p class="muted">${t('controller.serial_first')}</p>`}${state.errors.gates ? html`<span class="field-error">${state.errors.gates}</span>` : nothing}</fieldset>`;

  return openDialog({
    title: t('controller.add'),
    className: 'edit-dialog two',
    body: (api) => html`<form @submit=${(e) => submit(api, e)}>
      ${input(api, 'name', t('controller.name'), { first: true })}
      <label>${t('controller.driver')}<select name="driver" @change=${(e) => { state.driver = e.target.value; api.update(); }}>
        ${drivers.map((d) => html`<option value=${d} ?selected=${d === state.driver}>${t(`driver.${d}`)}</option>`)}</select></label>
      ${input(api, 'serial', t('controller.serial'), { max: 16, note: t(`controller.serial_note.${state.driver}`), pattern: state.driver === 'uhppote' ? '[124][0-9]{8}' : '[0-9a-f]{16}' })}
      ${input(api, 'address', t('controller.address'), { max: 45, placeholder: '192.0.2.20' })}
      ${input(api, 'port', t('controller.port'), { max: 5, optional: true, mode: 'numeric', pattern: '[0-9]*', placeholder: state.driver === 'uhppote' ? '60000' : '11000' })}
      ${state.driver === 'kidoban' ? html`<label>${t('controller.doors')}<select name="doors" @change=${(e) => { state.doors = Number(e.target.value); api.update(); }}>
        ${[1, 2, 3, 4, 5, 6, 7, 8].map((n) => html`<option value=${n} ?selected=${n === state.doors}>${n}</option>`)}</select></label>` : nothing}
      <label>${t('gate.management_group')}<select name="management_group" @change=${(e) => { state.management_group = Number(e.target.value); }}>
        ${groups.map((g) => html`<option value=${g.id} ?selected=${g.id === state.management_group}>${g.name}</option>`)}</select></label>
      <label>${t('controller.entry_readers')}<select name="reader" @change=${(e) => { state.reader = e.target.value; }}>
        ${['card', 'card_keypad'].map((r) => html`<option value=${r} ?selected=${r === state.reader}>${code('reader_kind', r)}</option>`)}</select></label>
      ${doorNames(api)}
      <label class="choice whole"><input type="checkbox" name="contacts" .checked=${state.contacts} @change=${(e) => { state.contacts = e.target.checked; }}>${t('controller.contacts')}</label>
      <div class="whole">${unsecuredWarning(state.driver)}</div>
      ${state.error ? html`<p class="field-error whole" role="alert">${state.error}</p>` : nothing}
      <div class="dialog-buttons whole"><button type="button" @click=${() => api.close()}>${t('cancel')}</button>
        <button class="primary" ?disabled=${state.busy}>${t('add')}</button></div></form>`,
  });
}

const boardFields = (c) => (c.driver === 'uhppote' ? [
  { name: 'door_events', label: t('board.door_events'), kind: 'check' },
  { name: 'take_listener', label: t('board.take_listener'), kind: 'check' },
] : []);
const fields = (c) => [
  { name: 'name', label: t('controller.name'), max: 64, required: true, first: true },
  { name: 'address', label: t('controller.address'), max: 45, required: true },
  { name: 'port', label: t('controller.port'), max: 5, required: true, mode: 'numeric', pattern: '[0-9]+' },
  { name: 'note', label: t('setting.note'), kind: 'area', max: 1000 },
  { name: 'enabled', label: t('controller.enabled'), kind: 'check' },
  ...boardFields(c),
];
const boardValues = (d) => (d.board ? { door_events: d.board.door_events, take_listener: d.board.take_listener } : {});

/** What a board said of itself: who gets its events, what it holds, what had changed behind our back. */
function aboutBoard({ board, firmware }) {
  if (!board) return undefined;
  const listener = board.listener === null ? t('board.not_read') : board.listener_ours ? t('board.listener_ours') : board.listener === '0.0.0.0:0' ? t('none') : board.listener;
  return html`<dl class="facts whole">
    ${fact(t('board.listener'), listener)}${board.listener_replaced ? fact(t('board.listener_replaced'), `${board.listener_replaced} (${dateTime(board.listener_replaced_at)})`) : nothing}
    ${fact(t('controller.firmware'), [firmware, board.firmware_date].filter(Boolean).join(' '))}${fact('MAC', board.mac)}
    ${fact(t('board.cards'), board.cards === null ? t('board.not_read') : number(board.cards))}
    ${fact(t('board.drift'), board.drift === null ? t('board.not_read') : board.drift ? html`<span class="state strong tone-warn"><span class="glyph" aria-hidden="true">▲</span>${t('board.drifted', { n: number(board.drift), at: dateTime(board.checked_at) })}</span>` : t('board.no_drift', { at: dateTime(board.checked_at) }))}</dl>`;
}
const numbers = (part) => ('port' in part ? { ...part, port: Number(part.port) } : part);

/** Changes name, address, port, note, whether it is talked to; resolves with the controller when saved. */
export const editController = (c) => editThing(`/controllers/${c.id}`, t('controller.edit', { name: c.name }), fields(c),
  (d) => ({ name: d.name, address: d.address, port: String(d.port), note: d.note, enabled: d.enabled, ...boardValues(d) }), numbers, aboutBoard);
