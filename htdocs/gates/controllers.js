// Controllers: the list, adding (by hand or from what a search on the network found), changing, deleting (G-1).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { number } from '../app/format.js';
import { mayEdit } from '../app/session.js';
import { problemText } from '../app/problems.js';
import { deleteThing } from '../settings/things.js';
import { stateMark } from './states.js';
import { addController, editController } from './controller_form.js';
import { findControllers } from './discovery.js';
import { isUnsecured, unsecuredWarning } from './driver.js';

export const mayAdminister = () => mayEdit('gates') && mayEdit('system_administration');

/** Opens the list; groups: management groups. Resolves true when anything was changed. */
export function controllersDialog(groups) {
  let controllers = null;
  let q = '';
  let error = '';
  let changed = false;

  async function load(api) {
    try {
      ({ controllers } = await get('/controllers'));
      error = '';
    } catch (problem) {
      error = problemText(problem);
    }
    api.update();
  }

  async function act(api, what) {
    if (!(await what())) return;
    changed = true;
    await load(api);
  }
  const remove = (c) => deleteThing(`/controllers/${c.id}`, t('controller.delete'), t('controller.delete_text', { name: c.name, n: number(c.gates.length) }));

  const row = (api, c) => html`<tr><th scope="row">${c.name}</th><td>${t(`driver.${c.driver}`)}</td><td class="mono">${c.serial}</td><td class="mono">${c.address}:${c.port}</td>
    <td title=${c.gates.map((g) => g.name).join(', ')}>${number(c.gates.length)}</td>
    <td>${c.enabled ? stateMark('communication', c.communication) : html`<span class="muted">${t('controller.off')}</span>`}</td>
    <td class="row-acts"><button type="button" class="small" data-act="edit-controller" aria-label=${t('controller.edit', { name: c.name })} @click=${() => act(api, () => editController(c))}>${t('change')}</button>
      <button type="button" class="small outline-danger" data-act="delete-controller" aria-label=${t('controller.delete_one', { name: c.name })} @click=${() => act(api, () => remove(c))}>${t('delete')}</button></td></tr>`;

  const table = (api) => {
    const found = controllers.filter((c) => !q || [c.name, c.serial, c.address].join(' ').toLowerCase().includes(q.toLowerCase()));
    return html`<div class="table-scroll controllers-list" tabindex="0" role="region" aria-label=${t('controller.list')}><table class="data-table"><thead><tr>
      <th scope="col">${t('controller.name')}</th><th scope="col">${t('controller.driver')}</th><th scope="col">${t('controller.serial')}</th><th scope="col">${t('controller.address')}</th>
      <th scope="col">${t('screen.gates')}</th><th scope="col">${t('gate.communication')}</th><th scope="col"><span class="visually-hidden">${t('change')}</span></th></tr></thead>
      <tbody>${found.map((c) => row(api, c))}</tbody></table></div>
      ${controllers.some((c) => isUnsecured(c.driver)) ? unsecuredWarning('uhppote') : nothing}`;
  };

  let loading = false;
  return openDialog({
    title: t('controller.list'),
    className: 'controllers-dialog',
    body: (api) => {
      if (!loading) { loading = true; queueMicrotask(() => load(api)); }
      return html`<div class="choose-body">
        <div class="bar-row"><button type="button" class="primary" data-act="add-controller" @click=${() => act(api, () => addController(groups))}>${t('add_open')}</button>
          <button type="button" data-act="find-controllers" @click=${() => act(api, () => findControllers(groups))}>${t('discovery.open')}</button>
          <span class="bar-gap"></span><input type="search" maxlength="64" aria-label=${t('controller.search')} placeholder=${t('controller.search')} .value=${q} @input=${(e) => { q = e.target.value.trim(); api.update(); }}>
          <span class="summary" role="status">${controllers ? t('controller.count', { n: number(controllers.length) }) : t('loading')}</span></div>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        ${controllers ? table(api) : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('close')}</button></div></div>`;
    },
  }).then(() => changed);
}
