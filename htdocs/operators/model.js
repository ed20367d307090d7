// Operators as the screens hold them: the functions in the order of A-2, what a role gives, what differs from it, what is in scope.
// A form holds one operator flat, so that two who change one are told cell by cell: 'right.gates' -> 'view', scope parts as sorted ids
// in a text ('all', '', '3,17').
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { departmentPath } from '../app/choosers.js';

export const functions = ['history', 'cardholders', 'cardholder_import', 'vein_import', 'gates', 'management_groups', 'departments', 'operators', 'calendars', 'data_interface',
  'permit_transfer', 'calendar_transfer', 'system_log', 'change_history', 'system_administration', 'gate_parameters', 'ic_card_parameters', 'global_apb', 'mutual_auth_password'];
export const levels = ['none', 'view', 'edit'];
export const roleNames = ['general', 'system'];
const most = 501; // L-11

/** All operators that the search finds. */
export async function everyOperator(query) {
  const list = [];
  let after = null;
  do {
    const page = await get('/operators', { ...query, limit: most, after });
    list.push(...page.operators);
    after = page.next;
  } while (after);
  return list;
}

/** What the roles give: Map role -> {rights, fixed}. */
export const loadRoles = async () => new Map((await get('/operators/roles')).roles.map((r) => [r.role, r]));

/** What scopes are chosen from. */
export async function loadPlaces() {
  const [groups, departments] = await Promise.all([get('/management-groups'), get('/departments')]);
  return { groups: groups.management_groups, departments: departments.departments };
}

/** Functions in which the rights are not the role's own. */
export const different = (rights, role) => (role ? functions.filter((f) => rights[f] !== role.rights[f]) : []);

const part = (all, list) => (all ? 'all' : list.map((x) => x.id).sort((a, b) => a - b).join(','));
export const idsOf = (text) => (text === '' || text === 'all' ? [] : text.split(',').map(Number));
export const textOf = (ids) => [...ids].sort((a, b) => a - b).join(',');

/** The flat form of an operator. */
export const flat = (o) => ({
  display_name: o.display_name,
  name: o.name,
  role: o.role,
  disabled: o.disabled,
  remote_user: o.remote_user ?? '',
  ...Object.fromEntries(functions.map((f) => [`right.${f}`, o.rights[f]])),
  departments: part(o.scope.all_departments, o.scope.departments),
  management_groups: part(o.scope.all_management_groups, o.scope.management_groups),
});

const rightsOf = (values, chosen = functions) => Object.fromEntries(chosen.map((f) => [f, values[`right.${f}`]]));
const scopeOf = (values) => ({
  all_management_groups: values.management_groups === 'all',
  all_departments: values.departments === 'all',
  management_groups: idsOf(values.management_groups),
  departments: idsOf(values.departments),
});

/** The API's body of a change. changed: what differs, flat; whole: everything as it will be. Another role begins with its own rights, so then all go along. */
export function bodyOf(changed, whole) {
  const body = {};
  for (const name of ['display_name', 'name', 'role', 'disabled']) if (name in changed) body[name] = changed[name];
  if ('remote_user' in changed) body.remote_user = changed.remote_user.trim() || null;
  const moved = 'role' in changed ? functions : functions.filter((f) => `right.${f}` in changed);
  if (moved.length) body.rights = rightsOf(whole, moved);
  if ('departments' in changed || 'management_groups' in changed) body.scope = scopeOf(whole);
  return body;
}

/** Rights of another role: what was the old role's own becomes the new one's; what somebody chose stays, but for fixed cells. */
export function moveToRole(values, from, to) {
  const moved = {};
  for (const f of functions) {
    const name = `right.${f}`;
    moved[name] = to.fixed.includes(f) || values[name] === from.rights[f] ? to.rights[f] : values[name];
  }
  return moved;
}

/** How a part of a scope reads, by names where they are known. */
export function scopeWords(text, nameOf) {
  if (text === 'all') return t('scope.all');
  if (text === '') return t('scope.nothing');
  return idsOf(text).map(nameOf).join(', ');
}

export const groupName = (places) => (id) => places.groups.find((g) => g.id === id)?.name ?? `#${id}`;
export const departmentName = (places) => (id) => departmentPath(places.departments, id) || `#${id}`;
