// Acts on one operator beside the form: password, disable, end of their sessions, deletion.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { openDialog, confirmDialog } from '../app/dialog.js';
import { notice } from '../app/notices.js';
import { problemText, fieldErrors } from '../app/problems.js';
import { number } from '../app/format.js';
import { passwordFault, passwordFields, passwordNote, passwordSeen } from '../app/account.js';

const path = (o) => `/operators/${o.id}`;
export const nameOf = (o) => o.display_name || o.name;

/** Does something to the operator as they are now; gives the answer, null after a refusal that was told. */
async function change(operator, method, body) {
  try {
    const { etag } = await call('GET', path(operator));
    return await call(method, path(operator), { body, headers: { 'If-Match': etag } });
  } catch (problem) {
    notice(problemText(problem), 'error');
    return null;
  }
}

export async function setDisabled(operator, disabled) {
  const name = nameOf(operator);
  if (disabled && !(await confirmDialog({ title: t('operator.disable_title'), text: t('operator.disable_text', { name }), agree: t('operator.disable_do'), danger: true }))) return false;
  if (!(await change(operator, 'PATCH', { disabled }))) return false;
  notice(t(disabled ? 'operator.disabled_done' : 'operator.enabled_done', { name }));
  return true;
}

export async function logOutOperator(operator) {
  const name = nameOf(operator);
  if (!(await confirmDialog({ title: t('operator.log_out_title'), text: t('operator.log_out_text', { name, n: number(operator.logged_in) }), agree: t('operator.log_out_do'), danger: true }))) return false;
  try {
    const { data } = await call('POST', `${path(operator)}/log-out`, { body: {} });
    notice(t('operator.logged_out', { name, n: number(data.ended) }));
    return true;
  } catch (problem) {
    notice(problemText(problem), 'error');
    return false;
  }
}

/** An administrator gives somebody a new password. */
export function setPassword(operator) {
  const state = { password: '', again: '' };
  let errors = {};
  let error = '';
  let busy = false;
  return openDialog({
    title: t('password.set_title', { name: nameOf(operator) }),
    className: 'password-dialog',
    body: (api) => {
      const submit = async (event) => {
        event.preventDefault();
        if (busy) return;
        const fault = passwordFault(state.password, state.again);
        errors = fault ? { [state.password === state.again ? 'password' : 'again']: fault } : {};
        error = '';
        if (!fault) {
          busy = true;
          api.update();
          try {
            const { etag } = await call('GET', path(operator));
            await call('PATCH', path(operator), { body: { password: state.password }, headers: { 'If-Match': etag } });
            notice(t('password.set_done', { name: nameOf(operator) }));
            api.close(true);
            return;
          } catch (problem) {
            errors = fieldErrors(problem);
            if (!errors.password) error = problemText(problem);
          }
          busy = false;
        }
        api.update();
        api.element.querySelector('[aria-invalid=true]')?.focus();
      };
      return html`<form @submit=${submit}>${passwordFields(state, errors)}${passwordSeen(state, () => api.update())}
        <p class="field-note">${passwordNote()} ${t('password.set_effect')}</p>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close(false)}>${t('cancel')}</button><button class="primary" ?disabled=${busy}>${t('password.do')}</button></div></form>`;
    },
  });
}

/** Deletes after the log-in name was typed; true when done. */
export async function deleteOperator(operator) {
  let typed = '';
  const agreed = await openDialog({
    title: t('operator.delete_title'),
    body: (api) => html`<form @submit=${(e) => { e.preventDefault(); if (typed === operator.name) api.close(true); }}>
      <p class="dialog-warning"><span aria-hidden="true">▲</span> ${t('operator.delete_text', { name: nameOf(operator) })}</p>
      <label>${t('operator.delete_type', { name: operator.name })}<input name="word" autofocus autocomplete="off" spellcheck="false" @input=${(e) => { typed = e.target.value.trim(); api.update(); }}></label>
      <div class="dialog-buttons"><button type="button" @click=${() => api.close(false)}>${t('cancel')}</button><button class="danger" ?disabled=${typed !== operator.name}>${t('delete')}</button></div></form>`,
  });
  if (!agreed || !(await change(operator, 'DELETE'))) return false;
  notice(t('deleted', { name: nameOf(operator) }));
  return true;
}
