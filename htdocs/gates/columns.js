// Columns of the gate list.
import { html } from '../vendor/lit-html/lit-html.js';
import { t, code, language } from '../app/i18n.js';
import { age, ageSince } from '../app/format.js';
import { stateMark, alarmMarks } from './states.js';
import { lacksState } from './driver.js';

const staleAfter = 90; // seconds: a state older than the minute of L-3 and its reading

const ageCell = (gate) => {
  const seconds = ageSince(gate.state.seen_at);
  const stale = seconds === null || seconds > staleAfter;
  return html`<span class=${stale ? 'tone-warn state strong' : 'muted'} title=${gate.state.seen_at ?? ''}>${stale ? html`<span class="glyph" aria-hidden="true">▲</span>` : ''}${age(seconds)}</span>`;
};

const absent = (reason) => html`<span class="muted" title=${`${t('lacking.here')}: ${reason}`}>${t('none')}</span>`;
const state = (id, width, extra = {}) => ({
  id, width, label: t(`gate.${id}`), cell: (g) => (lacksState(g, id) ? absent(lacksState(g, id)) : stateMark(id, g.state[id])), sort: (g) => g.state[id], ...extra,
});
const mode = (id, width, extra = {}) => ({
  id, width, label: t(`gate.${id}`), cell: (g) => (lacksState(g, id) ? absent(lacksState(g, id)) : code(id, g.state[id])), sort: (g) => g.state[id], ...extra,
});

// English words are longer.
const wide = (ja, en) => (language() === 'ja' ? ja : en);

export const gateColumns = () => [
  { id: 'name', label: t('gate.name'), width: 140, grow: 2, fixed: true, cell: (g) => html`<strong class="name">${g.name}</strong>`, sort: (g) => g.name },
  { id: 'management_group', label: t('gate.management_group'), width: wide(128, 100), grow: 1, cell: (g) => g.management_group.name, sort: (g) => g.management_group.name },
  { id: 'building', label: t('gate.building'), width: 110, hidden: true, cell: (g) => g.building, sort: (g) => g.building },
  { id: 'place', label: t('gate.place'), width: 110, hidden: true, cell: (g) => g.place, sort: (g) => g.place },
  state('lock_state', wide(78, 94)),
  state('door_state', wide(66, 82)),
  state('arm_state', wide(80, 100)),
  mode('verification_mode', wide(96, 112)),
  mode('unlock_mode', wide(84, 96)),
  { id: 'communication', label: t('gate.communication'), width: 70, cell: (g) => stateMark('communication', g.controller.communication), sort: (g) => g.controller.communication },
  { id: 'alarms', label: t('gate.alarms'), width: wide(130, 112), grow: 1, cell: (g) => alarmMarks(g.state.alarms), sort: (g) => -g.state.alarms.length },
  { id: 'age', label: t('gate.age'), width: wide(70, 78), align: 'end', cell: ageCell, sort: (g) => ageSince(g.state.seen_at) ?? Infinity },
  { id: 'controller', label: t('gate.controller'), width: 120, hidden: true, cell: (g) => g.controller.name, sort: (g) => g.controller.name },
];
