// Group pane of the gate screen: management groups, buildings, gate groups.
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { number } from '../app/format.js';

export async function loadGroups() {
  const [groups, buildings, sets] = await Promise.all([get('/management-groups'), get('/buildings'), get('/gate-groups')]);
  return { managementGroups: groups.management_groups, buildings: buildings.buildings, gateGroups: sets.gate_groups };
}

/** Nodes for <kb-tree>; `values` of a node are conditions for the list. */
export function groupNodes({ managementGroups, buildings, gateGroups }) {
  const total = managementGroups.reduce((sum, g) => sum + g.gates, 0);
  const nodes = [{ id: 'all', parent: null, label: t('tree.all_gates'), count: number(total), values: {} }];
  const branch = (id, label, items, make) => {
    if (!items.length) return;
    nodes.push({ id, parent: null, label, heading: true });
    items.forEach((item) => nodes.push({ parent: id, ...make(item) }));
  };
  branch('mg', t('gate.management_group'), managementGroups, (g) => ({ id: `mg-${g.id}`, label: g.name, count: number(g.gates), values: { management_group: String(g.id) } }));
  branch('b', t('gate.building'), buildings.filter((b) => b.name), (b) => ({ id: `b-${b.name}`, label: b.name, count: number(b.gates), values: { building: b.name } }));
  branch('gg', t('gate.gate_group'), gateGroups, (g) => ({ id: `gg-${g.id}`, label: g.name, count: number(g.gates), values: { gate_group: String(g.id) } }));
  return nodes;
}

export const groupNames = ['management_group', 'building', 'gate_group'];

/** The node that the conditions stand for. */
export function nodeOf(conditions) {
  if (conditions.management_group) return `mg-${conditions.management_group}`;
  if (conditions.building) return `b-${conditions.building}`;
  if (conditions.gate_group) return `gg-${conditions.gate_group}`;
  return 'all';
}
