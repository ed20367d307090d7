// Group pane of the history: kind of history; management group and gate; department.
import { t, code } from '../app/i18n.js';
import { get } from '../app/api.js';
import { mayView } from '../app/session.js';
import { everyGate } from '../gates/model.js';
import { categories } from './words.js';

export async function loadPlaces() {
  const places = { groups: [], gates: [], departments: [] };
  const asks = [get('/departments').then((d) => { places.departments = d.departments; }), get('/management-groups').then((d) => { places.groups = d.management_groups; })];
  if (mayView('gates')) asks.push(everyGate({}).then((gates) => { places.gates = gates; }));
  await Promise.all(asks);
  return places;
}

export const kindNodes = () => categories.map((c) => ({ id: c, parent: null, label: code('event_category', c) }));

export function gateNodes({ groups, gates }) {
  const nodes = [{ id: 'all', parent: null, label: t('tree.all_gates') }];
  for (const g of groups) nodes.push({ id: `mg-${g.id}`, parent: null, label: g.name, count: g.gates });
  for (const g of gates) nodes.push({ id: `g-${g.id}`, parent: `mg-${g.management_group.id}`, label: g.name });
  return nodes;
}

export function departmentNodes({ departments }) {
  return [{ id: 'all', parent: null, label: t('tree.all_departments') },
    ...departments.map((d) => ({ id: `d-${d.id}`, parent: d.parent === null ? null : `d-${d.parent}`, label: d.name }))];
}

/** A department's id and those of all below it. */
export function departmentsBelow(departments, id) {
  const found = new Set([id]);
  for (const d of departments) if (found.has(d.parent)) found.add(d.id); // a parent comes before its children
  return found;
}
