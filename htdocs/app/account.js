// One's own account, behind the name in the status bar: who, with what role and scope, since when; change of the own password.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';
import { call } from './api.js';
import { session } from './session.js';
import { openDialog } from './dialog.js';
import { notice } from './notices.js';
import { problemText, fieldErrors } from './problems.js';
import { dateTime, number } from './format.js';

const pair = (label, value) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
const shut = (event) => event.target.closest('details').removeAttribute('open');

/** 'All' or how many; nothing is said, because then nothing is seen. */
function share(all, list) {
  if (all) return t('scope.all');
  return list.length ? t('scope.n', { n: number(list.length) }) : t('scope.nothing');
}

export function accountMenu() {
  const { operator, scope, login, logged_in_at: since, previous_login_at: before } = session.get();
  if (!operator) return nothing;
  return html`<details class="menu right account"><summary id="account-button" title=${t('account.open')}><span class="who">${operator.display_name || operator.name}</span></summary>
    <div class="menu-box"><dl class="facts">
      ${pair(t('operator.name'), html`<span class="mono">${operator.name}</span>`)}${pair(t('operator.role'), t(`role.${operator.role}`))}
      ${scope ? html`${pair(t('scope.management_groups'), share(scope.all_management_groups, scope.management_groups))}${pair(t('scope.departments'), share(scope.all_departments, scope.departments))}` : nothing}
      ${pair(t('account.by'), t(`account.by_${login}`))}
      ${since ? pair(t('session.created'), dateTime(since, { seconds: false })) : nothing}${before ? pair(t('account.before'), dateTime(before, { seconds: false })) : nothing}</dl>
      ${login === 'password' ? html`<button type="button" data-act="own-password" @click=${(e) => { shut(e); ownPassword(); }}>${t('password.own_open')}</button>` : nothing}</div></details>`;
}

/** Words about what is wrong before it is sent, null when nothing: too short, or the second is another. */
export function passwordFault(password, again) {
  const least = session.get().server?.password_min_length;
  if (least && [...password].length < least) return t('password.short', { n: number(least) });
  return password === again ? null : t('password.differs');
}

/** What a good one is, in one sentence; the least length where the server says it. */
export function passwordNote() {
  const least = session.get().server?.password_min_length;
  return `${least ? t('password.least', { n: number(least) }) : ''}${t('password.rule')}`;
}

/** Two fields for a new password. state: {password, again}. */
export function passwordFields(state, errors = {}, required = true) {
  const field = (name, label) => html`<label>${label}<input type=${state.seen ? 'text' : 'password'} name=${name} autocomplete="new-password" maxlength="127" ?required=${required} spellcheck="false"
    aria-invalid=${errors[name] ? 'true' : 'false'} .value=${state[name] ?? ''} @input=${(e) => { state[name] = e.target.value; }}>${errors[name] ? html`<span class="field-error">${errors[name]}</span>` : nothing}</label>`;
  return html`${field('password', t('password.new'))}${field('again', t('password.again'))}`;
}

/** The check box that shows what is typed. */
export const passwordSeen = (state, update) => html`<label class="choice"><input type="checkbox" name="seen" .checked=${Boolean(state.seen)} @change=${(e) => { state.seen = e.target.checked; update(); }}>${t('password.show')}</label>`;

/** Changes one's own password; the operator's other sessions end. */
export function ownPassword() {
  const state = { current: '', password: '', again: '' };
  let errors = {};
  let error = '';
  let busy = false;
  return openDialog({
    title: t('password.own'),
    className: 'password-dialog',
    body: (api) => {
      const submit = async (event) => {
        event.preventDefault();
        const fault = passwordFault(state.password, state.again);
        error = '';
        errors = fault ? { [state.password === state.again ? 'password' : 'again']: fault } : {};
        if (!fault && !busy) {
          busy = true;
          api.update();
          try {
            await call('PUT', '/session/password', { body: { current: state.current, password: state.password } });
            api.close(true);
            notice(t('password.own_done'));
            return;
          } catch (problem) {
            errors = fieldErrors(problem);
            if (!Object.keys(errors).length) error = problemText(problem);
          }
          busy = false;
        }
        api.update();
        api.element.querySelector('[aria-invalid=true]')?.focus();
      };
      return html`<form @submit=${submit}>
        <input type="text" name="username" class="visually-hidden" autocomplete="username" tabindex="-1" aria-hidden="true" .value=${session.get().operator.name} readonly>
        <label>${t('password.current')}<input type=${state.seen ? 'text' : 'password'} name="current" autocomplete="current-password" required autofocus maxlength="127"
          aria-invalid=${errors.current ? 'true' : 'false'} @input=${(e) => { state.current = e.target.value; }}>${errors.current ? html`<span class="field-error">${errors.current}</span>` : nothing}</label>
        ${passwordFields(state, errors)}
        ${passwordSeen(state, () => api.update())}
        <p class="field-note">${passwordNote()} ${t('password.own_effect')}</p>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button><button class="primary" ?disabled=${busy}>${t('password.do')}</button></div></form>`;
    },
  });
}
