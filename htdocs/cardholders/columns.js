// Columns of the list of cardholders. The server sorts: only employee number and kana can be sorted by.
import { html } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { validityWords } from '../app/validity.js';
import { standingMark, cardCell } from './states.js';

const mark = (on, words) => (on ? words : '');

export const cardholderColumns = () => [
  { id: 'employee_number', label: t('cardholder.employee_number'), width: 104, fixed: true, order: 'employee_number', cell: (c) => html`<span class="mono">${c.employee_number}</span>` },
  { id: 'name', label: t('cardholder.name'), width: 130, grow: 2, fixed: true, cell: (c) => html`<strong class="name">${c.name}</strong>` },
  { id: 'kana', label: t('cardholder.kana'), width: 130, grow: 2, order: 'kana', cell: (c) => c.kana },
  { id: 'department', label: t('cardholder.department'), width: 130, grow: 2, cell: (c) => c.department.name },
  { id: 'card_number', label: t('cardholder.card_number'), width: 132, cell: cardCell },
  { id: 'standing', label: t('cardholder.standing'), width: 92, cell: standingMark },
  { id: 'valid_from', label: t('cardholder.from'), width: 92, cell: (c) => validityWords(c.valid_from, false) },
  { id: 'valid_to', label: t('cardholder.to'), width: 92, cell: (c) => validityWords(c.valid_to, true) },
  { id: 'has_pin', label: t('cardholder.pin'), width: 70, hidden: true, cell: (c) => mark(c.has_pin, t('cardholder.pin_set')) },
  { id: 'extended_unlock', label: t('cardholder.extended_unlock'), width: 90, hidden: true, cell: (c) => mark(c.extended_unlock, t('yes')) },
  { id: 'apb_exempt', label: t('cardholder.apb_exempt'), width: 90, hidden: true, cell: (c) => mark(c.apb_exempt, t('yes')) },
  { id: 'vein_count', label: t('cardholder.vein_count'), width: 70, align: 'end', hidden: true, cell: (c) => c.vein_count },
  { id: 'note', label: t('cardholder.note'), width: 140, hidden: true, cell: (c) => c.note },
];
