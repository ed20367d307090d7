// What one act made of which row: read page by page, shown with before and after.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { get } from '../app/api.js';
import { problemText } from '../app/problems.js';
import { contentWords, differences, tableWords } from './words.js';

const pageSize = 100;
const looks = { added: ['●', 'ok'], changed: ['▲', 'warn'], removed: ['■', 'alarm'] };

export function createRows(changed) {
  const state = { revision: null, rows: [], next: null, loading: false, error: '' };
  let turn = 0;

  async function page() {
    const mine = turn;
    Object.assign(state, { loading: true, error: '' });
    changed();
    try {
      const data = await get(`/change-sets/${state.revision}`, { limit: pageSize, after: state.next });
      if (mine !== turn) return;
      Object.assign(state, { rows: [...state.rows, ...data.changes], next: data.next });
    } catch (problem) {
      if (mine !== turn) return;
      state.error = problemText(problem);
    }
    state.loading = false;
    changed();
  }

  /** Shows that act; narrow(row) is called when one wants all the acts on that row's thing. */
  function follow(revision) {
    if (revision === state.revision) return;
    turn += 1;
    Object.assign(state, { revision, rows: [], next: null, error: '', loading: false });
    if (revision !== null) page();
  }

  function lines(row, narrow) {
    const [glyph, tone] = looks[row.action];
    const list = row.action === 'changed' && row.before ? differences(row) : [];
    const head = (n) => html`<th scope="row" rowspan=${n}><span class="muted">${tableWords(row.table)}</span><br>${narrow && subjectOf(row)
      ? html`<button type="button" class="link" title=${t('change.only_this')} @click=${() => narrow(subjectOf(row))}>${row.label}</button>` : row.label}</th>
      <td rowspan=${n}><span class="state tone-${tone}"><span class="glyph" aria-hidden="true">${glyph}</span>${code('change_action', row.action)}</span></td>`;
    if (list.length) {
      return list.map((d, i) => html`<tr class=${i ? 'more-of-row' : ''}>${i ? nothing : head(list.length)}<td>${d.label}</td><td class="was">${d.before}</td><td>${d.after}</td></tr>`);
    }
    const whole = (part) => (part ? contentWords(row.table, part) : '');
    return html`<tr>${head(1)}<td class="muted">${t('change.all_fields')}</td><td class="was">${whole(row.before)}</td><td>${whole(row.after)}</td></tr>`;
  }

  const template = (narrow) => html`
    ${state.error ? html`<p class="field-error" role="alert">${state.error}</p>` : nothing}
    ${state.rows.length ? html`<table class="data-table changes"><thead><tr><th scope="col">${t('change.subject')}</th><th scope="col">${t('change.action')}</th><th scope="col">${t('edit.field')}</th>
      <th scope="col">${t('change.before')}</th><th scope="col">${t('change.after')}</th></tr></thead><tbody>${state.rows.map((r) => lines(r, narrow))}</tbody></table>`
      : state.loading || state.error ? nothing : html`<p class="muted">${t('change.no_rows')}</p>`}
    ${state.loading ? html`<p class="muted" role="status">${t('loading')}</p>` : state.next ? html`<button type="button" class="more" data-act="more" @click=${page}>${t('more')}</button>` : nothing}`;

  return { follow, template, stop: () => { turn += 1; } };
}

/** What a row belongs to, as the list's filter wants it: a card or permit to its holder, a member to its group. */
export function subjectOf(row) {
  const is = row.after ?? row.before;
  if (row.table === 'credential' || row.table === 'permit') return is?.cardholder ? { subject: 'cardholder', subject_id: String(is.cardholder.id), name: is.cardholder.name } : null;
  if (row.table === 'gate_group_member') return is?.gate_group ? { subject: 'gate_group', subject_id: String(is.gate_group.id), name: is.gate_group.name } : null;
  return { subject: row.table, subject_id: String(row.id), name: row.label };
}
