// Detail pane of one operator: basic, rights, scope; and the acts.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { tabs } from '../app/tabs.js';
import { dateTime } from '../app/format.js';
import { mayEdit, session } from '../app/session.js';
import { fact } from '../settings/list.js';
import { rightsTable, rightsSummary } from './rights.js';
import { scopeTable } from './scope.js';
import { standingMark, insideMark, proofWords, scopeShort } from './columns.js';
import { nameOf } from './acts.js';

const tabIds = ['basic', 'rights', 'scope'];

function basic(o, role) {
  return html`<dl class="facts wide">
    ${fact(t('operator.display_name'), o.display_name)}${fact(t('operator.name'), html`<span class="mono">${o.name}</span>`)}
    ${fact(t('operator.role'), t(`role.${o.role}`))}${fact(t('operator.state'), standingMark(o))}
    ${fact(t('operator.rights'), rightsSummary(o.rights, role))}${fact(t('operator.now'), insideMark(o))}
    ${fact(t('scope.departments'), scopeShort(o.scope.all_departments, o.scope.departments))}${fact(t('scope.management_groups'), scopeShort(o.scope.all_management_groups, o.scope.management_groups))}
    ${fact(t('operator.proof'), proofWords(o))}${fact(t('operator.remote_user'), o.remote_user ? html`<span class="mono">${o.remote_user}</span>` : '')}
    ${fact(t('operator.last_login'), o.last_login_at ? dateTime(o.last_login_at) : t('operator.never'))}</dl>`;
}

/** state: {tab}; acts: {edit, password, disable, logOut, remove}(operator); update() draws again. */
export function operatorDetail(o, role, places, state, acts, update) {
  const own = o.id === session.get().operator?.id;
  const button = (act, words, className = '') => html`<button type="button" class="small ${className}" data-act=${act} @click=${() => acts[act](o)}>${words}</button>`;
  const panel = { basic: () => basic(o, role), rights: () => rightsTable(o.rights, role), scope: () => scopeTable(o.scope, places) }[state.tab]();
  return html`<div class="pane-title"><h2>${nameOf(o)}</h2><span class="muted mono">${o.name}</span>${own ? html`<span class="tag">${t('operator.yourself')}</span>` : nothing}<span class="bar-gap"></span>
      ${mayEdit('operators') && o.editable ? html`<div class="title-acts">${button('edit', t('change'))}${button('password', t('password.set_open'))}
        ${o.logged_in ? button('logOut', t('operator.log_out')) : nothing}${own ? nothing : html`${button('disable', t(o.disabled ? 'operator.enable' : 'operator.disable'))}${button('remove', t('delete'), 'outline-danger')}`}</div>` : mayEdit('operators') ? html`<span class="muted">${t('operator.not_editable')}</span>` : nothing}</div>
    ${tabs('operator', t('detail.tabs'), tabIds.map((id) => ({ id, label: t(`operator.tab.${id}`) })), state.tab, (id) => { state.tab = id; update(); }, panel)}`;
}
