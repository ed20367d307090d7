// Looking for boards on a network that the operator names. A gate-poller asks; this follows what answers.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { number } from '../app/format.js';
import { problemText, fieldErrors } from '../app/problems.js';
import { addController } from './controller_form.js';

const pause = (ms) => new Promise((go) => { setTimeout(go, ms); });

/** Opens the search; resolves true when something was added. */
export function findControllers(groups) {
  let network = '';
  let search = null;
  let error = '';
  let errors = {};
  let added = false;
  let over = false;

  async function follow(api, location) {
    while (!over) {
      const { data } = await call('GET', location);
      search = data;
      api.update();
      if (data.finished_at) return;
      await pause(700);
    }
  }

  async function start(api, event) {
    event.preventDefault();
    if (search && !search.finished_at) return;
    error = '';
    errors = {};
    search = { finished_at: null, found: [] };
    api.update();
    try {
      const { data } = await call('POST', '/controllers/discoveries', { body: { network: network.trim() } });
      await follow(api, `/controllers/discoveries/${data.id}`);
    } catch (problem) {
      search = null;
      error = problemText(problem);
      errors = fieldErrors(problem);
      api.update();
    }
  }

  async function add(api, found) {
    const made = await addController(groups, { serial: found.serial, address: found.address, port: String(found.port), name: t('controller.board_name', { serial: found.serial }) });
    if (!made) return;
    added = true;
    found.controller = { id: made.id, name: made.name };
    api.update();
  }

  const row = (api, f) => html`<tr><th scope="row" class="mono">${f.serial}</th><td class="mono">${f.address}:${f.port}</td><td>${f.doors ? number(f.doors) : t('none')}</td>
    <td class="mono">${f.firmware}</td><td class="mono">${f.mac}</td>
    <td>${f.controller ? html`<span class="state tone-ok"><span class="glyph" aria-hidden="true">●</span>${t('discovery.known', { name: f.controller.name })}</span>`
    : html`<button type="button" class="small" data-act="add-found" @click=${() => add(api, f)}>${t('add_open')}</button>`}</td></tr>`;

  const result = (api) => html`<p role="status">${search.finished_at ? (search.reason ? t('discovery.failed', { why: search.reason }) : t('discovery.found', { n: number(search.found.length) })) : t('discovery.running')}</p>
    ${search.found.length ? html`<div class="table-scroll" tabindex="0" role="region" aria-label=${t('discovery.title')}><table class="data-table"><thead><tr>
      <th scope="col">${t('controller.serial')}</th><th scope="col">${t('controller.address')}</th><th scope="col">${t('controller.doors')}</th><th scope="col">${t('controller.firmware')}</th>
      <th scope="col">MAC</th><th scope="col"><span class="visually-hidden">${t('add_open')}</span></th></tr></thead><tbody>${search.found.map((f) => row(api, f))}</tbody></table></div>` : nothing}
    ${search.finished_at && !search.found.length && !search.reason ? html`<p class="muted">${t('discovery.nothing')}</p>` : nothing}`;

  return openDialog({
    title: t('discovery.title'),
    className: 'bulk-dialog',
    onClose: () => { over = true; },
    body: (api) => html`<form @submit=${(e) => start(api, e)}>
      <label>${t('discovery.network')}<input name="network" required maxlength="64" autofocus autocomplete="off" placeholder="192.168.1.255" .value=${network}
        aria-invalid=${errors.network ? 'true' : 'false'} @input=${(e) => { network = e.target.value; }}><span class="field-note">${t('discovery.note')}</span>
        ${errors.network ? html`<span class="field-error">${errors.network}</span>` : nothing}</label>
      ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
      ${search ? result(api) : nothing}
      <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('close')}</button>
        <button class="primary" ?disabled=${search && !search.finished_at}>${t('discovery.start')}</button></div></form>`,
  }).then(() => added);
}
