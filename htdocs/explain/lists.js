// Who could pass a gate at a moment, what somebody could open: by what the gates held, and by what the server had.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { dateTime, number } from '../app/format.js';
import { problemText } from '../app/problems.js';
import { mayView } from '../app/session.js';
import { address } from '../app/router.js';
import { heldFacts } from './verdict.js';
import { sideMark } from './words.js';

const pageSize = 100;
const kinds = {
  gate: { path: '/explanations/gate', rows: (d) => d.cardholders },
  cardholder: { path: '/explanations/cardholder', rows: (d) => d.gates },
};

/** kind: 'gate' (who could pass it) or 'cardholder' (what they could open). ask(id, at ISO or null); template(why(other)). */
export function createReach(kind, changed) {
  const { path, rows } = kinds[kind];
  let query = null;
  let first = null;
  let list = [];
  let next = null;
  let loading = false;
  let error = '';
  let turn = 0;

  async function page() {
    const mine = turn;
    loading = true;
    error = '';
    changed();
    try {
      const data = await get(path, { ...query, at: first?.at ?? query.at, limit: pageSize, after: next });
      if (mine !== turn) return;
      first ??= data;
      list = [...list, ...rows(data)];
      next = data.next;
    } catch (problem) {
      if (mine !== turn) return;
      error = problemText(problem);
    }
    loading = false;
    changed();
  }

  function ask(id, at) {
    turn += 1;
    query = { [kind]: id, at };
    first = null;
    list = [];
    next = null;
    page();
  }

  const link = (screen, it) => (mayView(screen) ? html`<a href=${address(screen, '', { sel: it.id })}>${it.name}</a>` : it.name);
  const person = (r) => html`<th scope="row">${link('cardholders', r.cardholder)} <span class="muted mono">${r.cardholder.employee_number}</span></th><td>${r.department.name}</td>`;
  const gate = (r) => html`<th scope="row">${link('gates', r.gate)}</th>`;
  const line = (r, why) => html`<tr class=${r.held !== r.server ? 'differs' : ''}>${kind === 'gate' ? person(r) : gate(r)}<td class="mono">${r.card_number}</td><td>${r.pass_level}</td>
    <td>${sideMark(r.held)}</td><td>${sideMark(r.server)}</td><td class="row-acts"><button type="button" class="small" data-act="why" @click=${() => why(kind === 'gate' ? r.cardholder : r.gate)}>${t('why.open')}</button></td></tr>`;

  function template(why) {
    if (error) return html`<p class="field-error" role="alert">${error}</p>`;
    if (!first) return loading ? html`<p class="muted" role="status">${t('loading')}</p>` : nothing;
    const differing = list.filter((r) => r.held !== r.server).length;
    return html`<p role="status"><strong>${t(next ? 'history.loaded' : 'history.count', { n: number(list.length) })}</strong> <span class="muted">${dateTime(first.at)}</span>
        ${differing ? html`<span class="tone-warn"><span aria-hidden="true">▲</span> ${t('why.differing', { n: number(differing) })}</span>` : nothing}</p>
      ${kind === 'gate' ? heldFacts(first) : nothing}
      ${list.length ? html`<table class="data-table reach"><thead><tr>${kind === 'gate' ? html`<th scope="col">${t('event.cardholder')}</th><th scope="col">${t('event.department')}</th>` : html`<th scope="col">${t('gate.name')}</th>`}
        <th scope="col">${t('cardholder.card_number')}</th><th scope="col">${t('permit.pass_level')}</th><th scope="col">${t('why.by_gate')}</th><th scope="col">${t('why.by_server')}</th><td></td></tr></thead>
        <tbody>${list.map((r) => line(r, why))}</tbody></table>` : html`<p class="empty">${t(kind === 'gate' ? 'why.nobody_passes' : 'why.opens_nothing')}</p>`}
      ${loading ? html`<p class="muted" role="status">${t('loading')}</p>` : next ? html`<button type="button" class="more" data-act="more" @click=${page}>${t('more')}</button>` : nothing}
      <p class="muted">${t('why.list_note')}</p>`;
  }

  return { ask, template, stop: () => { turn += 1; } };
}
