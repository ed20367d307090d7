// One or many cardholders changed at once, as one change set; and bulk deletion with the count typed (C-2, C-5).
// The server compares the count that the operator saw and confirmed with what it finds: another number changes nothing.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { number } from '../app/format.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { chooseDepartment, departmentPath, checkList } from '../app/choosers.js';
import { validityInput, isoOf } from '../app/validity.js';
import { sent } from '../transfers/jobs.js';
import { emptyGrant, grantForm, grantsOf, loadTargets, targetOf } from './permits.js';

/** who: {cardholders:[id]} or {filter:{...}}; count: how many the operator sees. */
const order = (who, count, what) => call('POST', '/cardholders/bulk', { body: { ...who, expected_count: count, ...what } });

const parts = ['permits_add', 'permits_remove', 'department', 'enabled', 'valid_from', 'valid_to'];

function otherCount(problem) {
  return problem.status === 409 && problem.errors.some((e) => e.code === 'other_count') && problem.count !== null ? problem.count : null;
}

/** Opens the form: `shown` are its parts, `start` is the one opened at first. Resolves true when something was changed. */
export async function bulkDialog(who, count, departments, { start = 'permits_add', shown = parts, title = t('bulk.title', { n: number(count) }), agree = null } = {}) {
  let targets;
  try {
    targets = await loadTargets();
  } catch (problem) {
    notice(problemText(problem), 'error');
    return false;
  }
  const on = new Set([start]);
  const grant = emptyGrant();
  const away = new Set();
  const searches = { add: {}, remove: {} };
  const mine = { department: null, enabled: true, valid_from: null, valid_to: null };
  let error = '';
  let busy = false;

  function change() {
    const body = {};
    if (on.has('permits_add') && grant.keys.size) body.permits_add = grantsOf(grant);
    if (on.has('permits_remove') && away.size) body.permits_remove = [...away].map(targetOf);
    if (on.has('department') && mine.department) body.department = mine.department;
    if (on.has('enabled')) body.enabled = mine.enabled;
    for (const end of ['valid_from', 'valid_to']) if (on.has(end)) body[end] = isoOf(mine[end]);
    return body;
  }

  const controls = {
    permits_add: (update) => grantForm(grant, targets, searches.add, update),
    permits_remove: (update) => checkList('remove', t('bulk.permits_remove'), targets, away, searches.remove, update),
    department: (update) => html`<button type="button" class="choose" @click=${async () => {
      const id = await chooseDepartment(departments, mine.department);
      if (id) { mine.department = id; update(); }
    }}>${departmentPath(departments, mine.department) || t('choose.please')}</button>`,
    enabled: () => html`<select name="enabled" aria-label=${t('bulk.enabled')} @change=${(e) => { mine.enabled = e.target.value === 'true'; }}>
      <option value="true">${t('find.enabled_true')}</option><option value="false">${t('find.enabled_false')}</option></select>`,
    valid_from: () => html`<div class="validity">${validityInput('bulk_from', t('bulk.valid_from'), mine.valid_from, false, (v) => { mine.valid_from = v; })}</div>`,
    valid_to: () => html`<div class="validity">${validityInput('bulk_to', t('bulk.valid_to'), mine.valid_to, true, (v) => { mine.valid_to = v; })}</div>`,
  };

  return openDialog({
    title,
    className: 'bulk-dialog',
    body: (api) => {
      const update = () => api.update();
      const submit = async (event) => {
        event.preventDefault();
        if (busy) return;
        busy = true;
        error = '';
        update();
        try {
          const { data } = await order(who, count, { change: change() });
          notice(t('bulk.done', { n: number(data.changed) }));
          sent();
          api.close(true);
        } catch (problem) {
          busy = false;
          const now = otherCount(problem);
          error = now === null ? problemText(problem) : t('bulk.other_count', { n: number(now), before: number(count) });
          if (now !== null) count = now;
          update();
        }
      };
      const nothingYet = !Object.keys(change()).length;
      return html`<form @submit=${submit}>${shown.map((p) => (shown.length === 1 ? html`<div>${controls[p](update)}</div>` : html`<fieldset class="bulk-part"><legend><label><input type="checkbox" name=${`do-${p}`} .checked=${on.has(p)}
          @change=${(e) => { if (e.target.checked) on.add(p); else on.delete(p); update(); }}>${t(`bulk.${p}`)}</label></legend>${on.has(p) ? controls[p](update) : nothing}</fieldset>`))}
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button>
          <button class="primary" ?disabled=${busy || nothingYet}>${busy ? t('bulk.busy') : agree ?? t('bulk.do', { n: number(count) })}</button></div></form>`;
    },
  });
}

/** Deletes them all; the count must be typed. Resolves true when done. */
export function bulkDelete(who, count) {
  let typed = '';
  let error = '';
  let busy = false;
  return openDialog({
    title: t('bulk.delete_title', { n: number(count) }),
    className: 'lockdown-dialog',
    body: (api) => {
      const agreed = () => typed.normalize('NFKC').replace(/[,\s]/g, '') === String(count);
      const submit = async (event) => {
        event.preventDefault();
        if (busy || !agreed()) return;
        busy = true;
        error = '';
        api.update();
        try {
          const { data } = await order(who, count, { delete: true });
          notice(t('bulk.deleted', { n: number(data.changed) }));
          sent();
          api.close(true);
        } catch (problem) {
          busy = false;
          const now = otherCount(problem);
          error = now === null ? problemText(problem) : t('bulk.other_count', { n: number(now), before: number(count) });
          if (now !== null) count = now;
          api.update();
        }
      };
      return html`<form @submit=${submit}><p class="dialog-warning"><span aria-hidden="true">■</span> ${t('bulk.delete_warning', { n: number(count) })}</p>
        <label>${t('bulk.delete_type', { n: count })}<input name="count" inputmode="numeric" autocomplete="off" autofocus @input=${(e) => { typed = e.target.value; api.update(); }}></label>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button>
          <button class="danger" ?disabled=${busy || !agreed()}>${busy ? t('bulk.busy') : t('bulk.delete_do', { n: number(count) })}</button></div></form>`;
    },
  });
}
