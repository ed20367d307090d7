// Columns of the list of operators and of those logged in.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { dateTime, number, age, ageSince } from '../app/format.js';
import { rightsSummary } from './rights.js';
import { different } from './model.js';

/** May log in, or not; and is in right now. */
export function standingMark(o) {
  if (o.disabled) return html`<span class="state strong tone-warn"><span class="glyph" aria-hidden="true">▲</span>${t('operator.disabled')}</span>`;
  return html`<span class="state tone-ok"><span class="glyph" aria-hidden="true">●</span>${t('operator.enabled')}</span>`;
}

export function insideMark(o) {
  if (!o.logged_in) return html`<span class="muted">${t('none')}</span>`;
  return html`<span class="state tone-ok"><span class="glyph" aria-hidden="true">●</span>${t('operator.logged_in_n', { n: number(o.logged_in) })}</span>`;
}

/** How the operator proves who they are. */
export function proofWords(o) {
  return [o.has_password ? t('operator.by_password') : '', o.remote_user ? t('operator.by_remote_user') : ''].filter(Boolean).join(' / ') || t('operator.by_nothing');
}

/** A part of the scope, short enough for a list: all, one name, how many, or that nothing is seen. */
export function scopeShort(all, list) {
  if (all) return t('scope.all');
  if (!list.length) return html`<span class="muted">${t('none')}</span>`;
  return list.length === 1 ? list[0].name : t('scope.first_of', { name: list[0].name, n: number(list.length - 1) });
}

/** roleOf(name): {rights, fixed} or undefined while not known. */
export const operatorColumns = (roleOf) => [
  { id: 'display_name', label: t('operator.display_name'), width: 140, grow: 2, fixed: true, cell: (o) => html`<strong class="name">${o.display_name}</strong>`, sort: (o) => o.display_name },
  { id: 'name', label: t('operator.name'), width: 112, grow: 1, fixed: true, cell: (o) => html`<span class="mono">${o.name}</span>`, sort: (o) => o.name },
  { id: 'role', label: t('operator.role'), width: 108, cell: (o) => t(`operator.role_short.${o.role}`), sort: (o) => o.role },
  { id: 'state', label: t('operator.state'), width: 88, cell: standingMark, sort: (o) => Number(o.disabled) },
  { id: 'rights', label: t('operator.rights'), width: 124, cell: (o) => { const role = roleOf(o.role); return different(o.rights, role).length ? html`<span class="tone-warn"><span aria-hidden="true">▲</span> ${rightsSummary(o.rights, role)}</span>` : rightsSummary(o.rights, role); }, sort: (o) => different(o.rights, roleOf(o.role)).length },
  { id: 'departments', label: t('scope.departments'), width: 104, grow: 2, cell: (o) => scopeShort(o.scope.all_departments, o.scope.departments) },
  { id: 'management_groups', label: t('scope.management_groups'), width: 104, grow: 2, cell: (o) => scopeShort(o.scope.all_management_groups, o.scope.management_groups) },
  { id: 'inside', label: t('operator.now'), width: 108, cell: insideMark, sort: (o) => -o.logged_in },
  { id: 'last', label: t('operator.last_login'), width: 132, cell: (o) => (o.last_login_at ? dateTime(o.last_login_at, { seconds: false }) : html`<span class="muted">${t('operator.never')}</span>`), sort: (o) => o.last_login_at ?? '' },
  { id: 'proof', label: t('operator.proof'), width: 150, hidden: true, cell: proofWords },
];

export const sessionColumns = () => [
  { id: 'operator', label: t('event.operator'), width: 170, grow: 2, fixed: true, cell: (s) => html`<strong class="name">${s.operator.name}</strong>${s.own ? html` <span class="tag">${t('session.own')}</span>` : nothing}`, sort: (s) => s.operator.name },
  { id: 'origin', label: t('session.origin'), width: 150, cell: (s) => t(`session.origin_${s.origin}`), sort: (s) => s.origin },
  { id: 'address', label: t('session.address'), width: 150, grow: 1, cell: (s) => html`<span class="mono">${s.remote_addr}</span>`, sort: (s) => s.remote_addr },
  { id: 'created', label: t('session.created'), width: 160, cell: (s) => dateTime(s.created_at), sort: (s) => s.created_at },
  { id: 'seen', label: t('session.last_seen'), width: 110, cell: (s) => age(ageSince(s.last_seen_at)), sort: (s) => -Date.parse(s.last_seen_at) },
];
