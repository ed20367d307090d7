// Columns of the event list; each kind of history shows what it has.
import { html } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { dateTime } from '../app/format.js';
import { eventMark, eventNote } from './words.js';

const column = {
  t: () => ({ id: 't', label: t('event.t'), width: 148, fixed: true, cell: (e) => dateTime(e.t) }),
  kind: () => ({ id: 'kind', label: t('event.kind'), width: 158, fixed: true, cell: eventMark }),
  gate: () => ({ id: 'gate', label: t('event.gate'), width: 150, grow: 2, cell: (e) => e.gate?.name ?? e.controller?.name ?? '' }),
  group: () => ({ id: 'group', label: t('gate.management_group'), width: 108, grow: 1, cell: (e) => e.management_group?.name ?? '' }),
  reader: () => ({ id: 'reader', label: t('event.reader'), width: 84, cell: (e) => (e.reader ? code('reader_side', e.reader) : '') }),
  cardholder: () => ({ id: 'cardholder', label: t('event.cardholder'), width: 112, grow: 1, cell: (e) => html`<strong class="name">${e.cardholder?.name ?? ''}</strong>` }),
  number: () => ({ id: 'number', label: t('event.employee_number'), width: 88, cell: (e) => e.cardholder?.employee_number ?? '' }),
  department: () => ({ id: 'department', label: t('event.department'), width: 130, grow: 1, cell: (e) => e.department?.name ?? '' }),
  card: () => ({ id: 'card', label: t('event.card_number'), width: 110, hidden: true, cell: (e) => html`<span class="mono">${e.card_number ?? ''}</span>` }),
  operator: () => ({ id: 'operator', label: t('event.operator'), width: 110, grow: 1, cell: (e) => e.operator?.name ?? t('event.at_reader') }),
  controller: () => ({ id: 'controller', label: t('gate.controller'), width: 120, grow: 1, cell: (e) => e.controller?.name ?? '' }),
  note: () => ({ id: 'note', label: t('event.details'), width: 130, grow: 2, cell: eventNote }),
};

const sets = {
  access: ['t', 'kind', 'gate', 'reader', 'cardholder', 'number', 'department', 'group', 'card', 'note'],
  alarm: ['t', 'kind', 'gate', 'group', 'controller', 'cardholder', 'card', 'note'],
  operation: ['t', 'kind', 'gate', 'group', 'operator', 'cardholder', 'reader', 'note'],
  management: ['t', 'kind', 'gate', 'group', 'controller', 'reader', 'note'],
};

export const eventColumns = (category) => sets[category].map((id) => ({ ...column[id](), hidden: id === 'card' || (category === 'access' && id === 'note') }));
