// Operators (A-1 to A-4): the list with search and one operator below; or who is logged in now, with the end of their sessions.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get, call } from '../app/api.js';
import { number, dateTime } from '../app/format.js';
import { mayEdit, session, recheck } from '../app/session.js';
import { here, go, rewrite } from '../app/router.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { offer } from '../app/palette.js';
import { cleanup } from '../app/store.js';
import { confirmDialog } from '../app/dialog.js';
import { ownPassword } from '../app/account.js';
import { mountList, fact } from '../settings/list.js';
import { everyOperator, loadRoles, loadPlaces, roleNames } from './model.js';
import { operatorColumns, sessionColumns } from './columns.js';
import { operatorDetail } from './detail.js';
import { addOperator, editOperator } from './edit.js';
import { setDisabled, logOutOperator, setPassword, deleteOperator } from './acts.js';

const part = 'operators';

function viewSwitch(inside) {
  const to = (view) => () => go('settings', part, { view });
  return html`<div class="segmented" role="group" aria-label=${t('history.view')}>
    <button type="button" data-act="list" aria-pressed=${inside ? 'false' : 'true'} @click=${to('')}>${t('operator.list')}</button>
    <button type="button" data-act="sessions" aria-pressed=${inside ? 'true' : 'false'} @click=${to('sessions')}>${t('session.list')}</button></div>`;
}

function mountOperatorList(regions) {
  const undo = cleanup();
  const pane = { tab: 'basic' };
  const find = { q: here().params.get('q') ?? '', role: '', disabled: '' };
  let roles = new Map();
  let places = null;
  let wanted = Number(here().params.get('sel')) || null;

  const ready = async () => {
    try {
      [roles, places] = await Promise.all([loadRoles(), places ?? loadPlaces()]);
      return true;
    } catch (problem) {
      notice(problemText(problem), 'error');
      return false;
    }
  };
  const done = (o) => {
    if (o?.id === session.get().operator?.id) recheck({ soon: true }); // one's own rights
    return list.reload(o?.id);
  };
  const add = async () => { if (await ready()) { const o = await addOperator({ roles, places }); if (o) done(o); } };
  const acts = {
    edit: async (o) => { if (await ready()) { const now = await editOperator(o, { roles, places }); if (now) done(now); } },
    password: async (o) => { if (o.id === session.get().operator?.id) ownPassword(); else if (await setPassword(o)) done(o); },
    disable: async (o) => { if (await setDisabled(o, !o.disabled)) done(o); },
    logOut: async (o) => { if (await logOutOperator(o)) done(o); },
    remove: async (o) => { if (await deleteOperator(o)) { list.grid.selectAll([]); list.reload(); } },
  };

  const search = () => html`<form class="conditions" role="search" aria-label=${t('operator.search')} @submit=${(e) => { e.preventDefault(); find.q = e.target.q.value.trim(); list.reload(); }}>
    <input type="search" name="q" maxlength="64" .value=${find.q} placeholder=${t('operator.find')} aria-label=${t('operator.find')} @search=${(e) => { find.q = e.target.value.trim(); list.reload(); }}>
    <label class="inline"><span class="visually-hidden">${t('operator.role')}</span><select name="role" @change=${(e) => { find.role = e.target.value; list.reload(); }}>
      <option value="">${t('operator.any_role')}</option>${roleNames.map((r) => html`<option value=${r}>${t(`role.${r}`)}</option>`)}</select></label>
    <label class="inline"><span class="visually-hidden">${t('operator.state')}</span><select name="disabled" @change=${(e) => { find.disabled = e.target.value; list.reload(); }}>
      <option value="">${t('operator.any_state')}</option><option value="false">${t('operator.enabled')}</option><option value="true">${t('operator.disabled')}</option></select></label></form>`;

  const list = mountList(regions, {
    name: 'operators',
    label: t('setting.operators'),
    columns: operatorColumns((name) => roles.get(name)),
    rowClass: (o) => (o.disabled ? 'off' : ''),
    load: () => everyOperator(find),
    count: (n) => t('operator.count', { n: number(n) }),
    empty: t('operator.empty'),
    none: t('detail.choose_operator'),
    open: (o) => { if (o?.editable && mayEdit('operators')) acts.edit(o); },
    chose: (o) => rewrite('settings', part, { q: find.q, sel: o?.id }),
    acts: () => html`${viewSwitch(false)}${search()}<span class="bar-gap"></span>${mayEdit('operators') ? html`<button type="button" class="primary" data-act="add" @click=${add}>${t('add_open')}</button>` : nothing}`,
    detail: (o) => operatorDetail(o, roles.get(o.role), places, pane, acts, () => list.update()),
    loaded: () => { if (wanted) { list.grid.select(wanted); wanted = null; } },
  });
  undo.add(list.stop, offer(() => [
    ...(mayEdit('operators') ? [{ label: t('operator.add'), hint: t('palette.act'), run: add }] : []),
    ...list.grid.rows.map((o) => ({ label: `${o.display_name} ${o.name}`, hint: t('setting.operators'), run: () => list.grid.select(o.id) })),
  ]));
  undo.listen(window, 'hashchange', () => {
    const sel = Number(here().params.get('sel'));
    if (here().part === part && sel) list.grid.select(sel);
  });
  ready().then(() => { list.grid.refresh(); list.update(); });
  return () => undo.run();
}

function mountSessionList(regions) {
  const again = () => list.reload();
  const end = async (s) => {
    if (!(await confirmDialog({ title: t('session.end_title'), text: t(s.own ? 'session.end_own' : 'session.end_text', { name: s.operator.name, address: s.remote_addr }), agree: t('session.end'), danger: true }))) return;
    try {
      await call('DELETE', `/operators/sessions/${s.id}`);
      notice(t('session.ended', { name: s.operator.name }));
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
    again();
  };
  const list = mountList(regions, {
    name: 'sessions',
    label: t('setting.operators'),
    columns: sessionColumns(),
    load: async () => (await get('/operators/sessions')).sessions,
    count: (n) => t('session.count', { n: number(n) }),
    none: t('detail.choose_session'),
    acts: (s) => html`${viewSwitch(true)}<button type="button" @click=${again}>${t('reload')}</button><span class="bar-gap"></span>
      ${mayEdit('operators') ? html`<button type="button" class="outline-danger" data-act="end" ?disabled=${!s} @click=${() => end(s)}>${t('session.end')}</button>` : nothing}`,
    detail: (s) => html`<div class="pane-title"><h2>${s.operator.name}</h2>${s.own ? html`<span class="tag">${t('session.own')}</span>` : nothing}</div><div class="tab-panel"><dl class="facts wide">
      ${fact(t('session.origin'), t(`session.origin_${s.origin}`))}${fact(t('session.address'), html`<span class="mono">${s.remote_addr}</span>`)}
      ${fact(t('session.created'), dateTime(s.created_at))}${fact(t('session.last_seen'), dateTime(s.last_seen_at))}</dl>
      <div class="chips"><button type="button" class="small" @click=${() => go('settings', part, { sel: s.operator.id })}>${t('session.to_operator')}</button></div></div>`,
  });
  return list.stop;
}

export function mountOperators(regions) {
  const undo = cleanup();
  const inside = () => here().params.get('view') === 'sessions';
  let leave = null;
  let shown = null;
  const show = () => {
    if (here().screen !== 'settings' || here().part !== part || shown === inside()) return;
    leave?.();
    shown = inside();
    leave = (shown ? mountSessionList : mountOperatorList)(regions);
  };
  undo.listen(window, 'hashchange', show);
  show();
  return () => { leave?.(); undo.run(); };
}
