// Taking an act back: its inverse becomes an act of its own. What somebody changed since is shown, and stays as it is when that is chosen.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call, get } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { dateTime, number } from '../app/format.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { sent } from '../transfers/jobs.js';
import { countWords, kindWords, tableWords, whoWords, commentWords } from './words.js';
import { subjectOf } from './rows.js';

const looked = 12; // things of which it is asked who changed them

/** {table: [id]} from the refusal's text, which the server cuts when it is long. */
export function changedRows(problem) {
  const error = problem.errors?.find((e) => e.code === 'changed_rows');
  if (problem.status !== 409 || !error) return null;
  const found = {};
  for (const [, table, ids] of error.detail.matchAll(/"(\w+)":\s*\[([\d,\s]*)/g)) {
    const whole = ids.split(',').map((i) => i.trim()).filter(Boolean).map(Number);
    if (!error.detail.endsWith('}') && error.detail.endsWith(ids)) whole.pop(); // its last digits may be lacking
    if (whole.length) found[table] = whole;
  }
  return { rows: found, cut: !error.detail.endsWith('}') };
}

/** The rows of that act with these ids: names to show instead of numbers. */
async function named(revision, wanted) {
  const open = new Map(Object.entries(wanted).flatMap(([table, ids]) => ids.map((id) => [`${table} ${id}`, { table, id, label: `#${id}`, subject: null }])));
  let left = Math.min(open.size, looked);
  let after = null;
  do {
    const page = await get(`/change-sets/${revision}`, { limit: 1000, after });
    for (const row of page.changes) {
      const it = open.get(`${row.table} ${row.id}`);
      if (it && !it.subject) {
        Object.assign(it, { label: row.label, subject: subjectOf(row) });
        left -= 1;
      }
    }
    after = page.next;
  } while (after && left > 0);
  return [...open.values()];
}

async function since(revision, it) {
  if (!it.subject) return [];
  const { subject, subject_id: id } = it.subject;
  return (await get('/change-sets', { subject, subject_id: id, limit: 5 })).change_sets.filter((s) => s.revision > revision);
}

const actLine = (s) => html`<li>${dateTime(s.at)} ${kindWords(s.kind)} <span class="muted">${whoWords(s)} ${t('change.revision_n', { revision: number(s.revision) })}</span></li>`;

function refused(problem) {
  if (problem.errors?.some((e) => e.code === 'not_undoable')) return t('change.not_undoable');
  if (problem.errors?.some((e) => e.code === 'partly_out_of_scope')) return t('change.out_of_scope');
  return problemText(problem);
}

/** Asks and does it; resolves with the revision of the new act, undefined when it was left. */
export function undoDialog(set) {
  let between = null; // what was changed since
  let error = '';
  let busy = false;
  return openDialog({
    title: t('change.undo_title', { revision: number(set.revision) }),
    className: 'bulk-dialog',
    body: (api) => {
      async function conflict(found) {
        const list = await named(set.revision, found.rows);
        for (const it of list.slice(0, looked)) it.acts = await since(set.revision, it);
        between = { list, cut: found.cut };
      }
      const submit = async (event) => {
        event.preventDefault();
        if (busy) return;
        busy = true;
        error = '';
        api.update();
        try {
          const { data } = await call('POST', `/change-sets/${set.revision}/undo`, { body: between ? { skip_changed: true } : {} });
          const kept = Object.values(data.skipped).reduce((n, ids) => n + ids.length, 0);
          notice(kept ? t('change.undone_but', { n: number(kept) }) : t('change.undone'));
          sent();
          api.close(data.revision);
          return;
        } catch (problem) {
          const found = changedRows(problem);
          try {
            if (found) await conflict(found);
            else error = refused(problem);
          } catch (second) {
            error = problemText(second);
          }
        }
        busy = false;
        api.update();
      };
      const what = () => html`<dl class="facts"><div><dt>${t('change.kind')}</dt><dd>${kindWords(set.kind)} ${commentWords(set)}</dd></div><div><dt>${t('change.at')}</dt><dd>${dateTime(set.at)} ${whoWords(set)}</dd></div>
          <div><dt>${t('change.counts')}</dt><dd>${countWords(set.counts)}</dd></div></dl><p class="muted">${t('change.undo_text')}</p>`;
      const others = () => html`<p class="dialog-warning" role="alert"><span aria-hidden="true">▲</span> ${t('change.since_text')}</p>
        <div class="table-scroll since" tabindex="0" role="region" aria-label=${t('change.since')}><table class="data-table"><thead><tr><th scope="col">${t('change.subject')}</th><th scope="col">${t('change.since')}</th></tr></thead>
        <tbody>${between.list.map((it) => html`<tr><th scope="row"><span class="muted">${tableWords(it.table)}</span><br>${it.label}</th><td>${it.acts?.length ? html`<ul class="plain-list">${it.acts.map(actLine)}</ul>` : t('change.since_unknown')}</td></tr>`)}</tbody></table></div>
        ${between.cut ? html`<p class="muted">${t('change.since_more')}</p>` : nothing}`;
      return html`<form @submit=${submit}>${between ? others() : what()}
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button>
          <button class="primary" data-act=${between ? 'undo-rest' : 'undo-do'} ?disabled=${busy}>${t(busy ? 'bulk.busy' : between ? 'change.undo_rest' : 'change.undo_do')}</button></div></form>`;
    },
  });
}
