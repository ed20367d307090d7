// How an act of the change history reads: its kind, what it made of how many, each field with its value in words.
import { t, code, hasCode } from '../app/i18n.js';
import { dateTime, number } from '../app/format.js';
import { validityWords } from '../app/validity.js';
import { mayEdit } from '../app/session.js';

/** Kinds of acts by what they are about, in the order in which the filter offers them. */
export const kindGroups = {
  cardholder: ['create', 'update', 'delete', 'lost', 'found', 'reissue', 'bulk_update', 'bulk_delete', 'import'],
  permit: ['create', 'update', 'delete'],
  department: ['create', 'update', 'delete', 'import'],
  gate_group: ['create', 'update', 'gates', 'delete'],
  management_group: ['create', 'update', 'delete'],
  gate: ['update'],
};
export const otherKinds = ['undo'];
export const subjects = ['cardholder', 'department', 'gate', 'gate_group', 'management_group', 'controller'];

export function kindWords(kind) {
  const word = kind.replace('.', '_');
  return hasCode('change_kind', word) ? code('change_kind', word) : kind;
}
export const originWords = (origin) => code('change_origin', origin);
export const tableWords = (table) => code('change_table', table);

/** Who did it: an operator, else what did. */
export const whoWords = (set) => set.operator?.name ?? originWords(set.origin);

export const commentWords = (set) => (set.kind === 'undo' ? t('change.undo_of', { revision: set.comment }) : set.comment);

const actions = ['added', 'changed', 'removed'];

/** 'Cardholders: 1 changed; permits: 2 added'. */
export const countWords = (counts) => Object.entries(counts).map(([table, n]) => t('change.count_of', {
  table: tableWords(table), counts: actions.filter((a) => n[a]).map((a) => t(`change.${a}_n`, { n: number(n[a]) })).join(t('change.and')),
})).join(t('change.comma'));

const order = {
  cardholder: ['employee_number', 'name', 'kana', 'department', 'valid_from', 'valid_to', 'enabled', 'lost', 'lost_at', 'has_pin', 'extended_unlock', 'apb_exempt', 'vein_count', 'note'],
  credential: ['card_number', 'cardholder', 'issue_count', 'lost'],
  permit: ['cardholder', 'gate', 'gate_group', 'pass_level', 'valid_from', 'valid_to'],
  department: ['code', 'name', 'parent'],
  gate: ['name', 'building', 'place', 'management_group', 'controller', 'door', 'entry_reader', 'exit_reader', 'parameters'],
  controller: ['name', 'driver', 'address', 'port', 'serial', 'enabled', 'note'],
};

export function fieldWords(table, name) {
  if (name.startsWith('parameters.')) return t(`parameter.${name.slice(11)}`).replace(/^parameter\./, '');
  return code('change_field', hasCode('change_field', `${table}_${name}`) ? `${table}_${name}` : name);
}

export function valueWords(name, value) {
  if (value === null || value === undefined || value === '') return t('edit.blank');
  if (name === 'has_pin') return t(value ? 'cardholder.pin_set' : 'cardholder.pin_not_set');
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value === 'object') return value.name ?? (value.id === undefined ? Object.entries(value).map(([k, v]) => `${k}: ${valueWords(k, v)}`).join(', ') : `#${value.id}`);
  if (name === 'valid_from' || name === 'valid_to') return validityWords(value, name === 'valid_to');
  if (name === 'entry_reader' || name === 'exit_reader') return code('reader_kind', value);
  if (name === 'driver') return t(`driver.${value}`);
  return /^\d{4}-\d\d-\d\dT/.test(value) ? dateTime(value) : String(value);
}

const flat = (row) => Object.fromEntries(Object.entries(row ?? {}).flatMap(([name, value]) => (name === 'parameters'
  ? Object.entries(value ?? {}).map(([k, v]) => [`parameters.${k}`, v]) : [[name, value]])));
const place = (table, name) => { const at = (order[table] ?? []).indexOf(name.split('.')[0]); return at < 0 ? 99 : at; };

/** [{label, before, after}] of a row that was changed. */
export function differences({ table, before, after, changed }) {
  const [was, is] = [flat(before), flat(after)];
  const pin = changed?.includes('pin') && was.has_pin === true && is.has_pin === true;
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((n) => JSON.stringify(was[n] ?? null) !== JSON.stringify(is[n] ?? null) || (pin && n === 'has_pin'));
  return names.sort((a, b) => place(table, a) - place(table, b)).map((n) => ({
    label: fieldWords(table, n), before: valueWords(n, was[n]), after: pin && n === 'has_pin' ? t('change.other_pin') : valueWords(n, is[n]),
  }));
}

/** What a row held that came or went, in one line; what is blank or no is left out. */
export function contentWords(table, row) {
  const all = flat(row);
  return Object.keys(all).filter((n) => all[n] !== null && all[n] !== '' && all[n] !== false && !(n === 'vein_count' && all[n] === 0) && n !== 'lost_at').sort((a, b) => place(table, a) - place(table, b))
    .map((n) => t('change.field_value', { field: fieldWords(table, n), value: valueWords(n, all[n]) })).join(t('change.comma'));
}

const needs = { management_group: 'management_groups', department: 'departments', gate_group: 'gates', gate_group_member: 'gates', cardholder: 'cardholders', credential: 'cardholders', permit: 'cardholders' };

/** May this operator ask for its undoing? The server looks at scope besides. */
export function undoable(set) {
  const tables = Object.keys(set.counts);
  if (!tables.length || set.origin === 'install' || tables.some((table) => !needs[table] || !mayEdit(needs[table]))) return false;
  return !(['import', 'hr'].includes(set.origin) && tables.includes('cardholder')) || mayEdit('cardholder_import');
}
