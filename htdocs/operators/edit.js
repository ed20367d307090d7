// The form of an operator: who, with what role, rights and scope, on one page, so that a branch office's guard is made in one go.
// A second administrator's change at the same time is shown right by right (A-5).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call, Problem } from '../app/api.js';
import { editDialog } from '../app/edit_form.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { passwordFields, passwordFault, passwordNote, passwordSeen } from '../app/account.js';
import { functions, roleNames, flat, bodyOf, moveToRole, scopeWords, groupName, departmentName } from './model.js';
import { rightsChoice } from './rights.js';
import { departmentChoice, groupChoice } from './scope.js';

const path = (o) => `/operators/${o.id}`;

function roleControl(roles, update) {
  return (state) => {
    const choose = (e) => {
      Object.assign(state.mine, moveToRole(state.mine, roles.get(state.mine.role), roles.get(e.target.value)), { role: e.target.value });
      update();
    };
    return html`<select name="role" aria-labelledby="label-role" @change=${choose}>${roleNames.map((r) => html`<option value=${r} ?selected=${r === state.mine.role}>${t(`role.${r}`)}</option>`)}</select>`;
  };
}

/** redraw: {now: function} filled in when the dialog is there. */
function fields({ roles, places, adding, redraw }) {
  const update = () => redraw.now?.();
  const words = (nameOf) => (text) => scopeWords(text, nameOf);
  const set = (state, name) => (text) => { state.mine[name] = text; update(); };
  const matrix = (state) => rightsChoice(state.mine, roles.get(state.mine.role), (part) => { Object.assign(state.mine, part); update(); });
  const [byDepartment, byGroup] = [{}, {}];
  const password = (state) => html`<div class="password-pair">${passwordFields(state.mine.secret, state.errors, !state.mine.remote_user.trim())}</div>
    ${passwordSeen(state.mine.secret, update)}<p class="field-note">${passwordNote()} ${t('password.or_remote')}</p>`;
  return [
    { name: 'display_name', label: t('operator.display_name'), max: 64, required: true, first: true },
    { name: 'name', label: t('operator.name'), max: 64, required: true, note: t('operator.name_note') },
    { name: 'role', label: t('operator.role'), kind: 'own', control: roleControl(roles, update), words: (r) => t(`role.${r}`) },
    { name: 'remote_user', label: t('operator.remote_user'), max: 256, note: t('operator.remote_user_note') },
    ...(adding ? [{ name: 'secret', label: t('password.first'), kind: 'own', className: 'whole', control: password }] : [{ name: 'disabled', label: t('operator.disabled_check'), kind: 'check' }]),
    { name: 'rights', label: t('operator.rights'), kind: 'own', className: 'whole', control: matrix, words: () => '', quiet: true },
    ...functions.map((f) => ({ name: `right.${f}`, label: `${t('operator.rights')}: ${t(`function.${f}`)}`, kind: 'part', quiet: true, words: (l) => t(`right.${l}`) })),
    { name: 'departments', label: t('scope.departments'), kind: 'own', className: 'scope-half', control: (s) => html`${departmentChoice(byDepartment, places.departments, s.mine.departments, set(s, 'departments'))}${s.errors.scope ? html`<span class="field-error">${s.errors.scope}</span>` : nothing}`, words: words(departmentName(places)) },
    { name: 'management_groups', label: t('scope.management_groups'), kind: 'own', className: 'scope-half', control: (s) => groupChoice(byGroup, places.groups, s.mine.management_groups, set(s, 'management_groups')), words: words(groupName(places)) },
  ];
}

/** Adds an operator; resolves with it, undefined when dismissed. */
export function addOperator({ roles, places }) {
  const general = roles.get('general');
  const base = {
    ...flat({ display_name: '', name: '', role: 'general', disabled: false, remote_user: '', rights: general.rights, scope: { all_departments: false, all_management_groups: false, departments: [], management_groups: [] } }),
    secret: { password: '', again: '' }, rights: '',
  };
  const redraw = {};
  return editDialog({
    title: t('operator.add'),
    className: 'operator-dialog',
    fields: fields({ roles, places, adding: true, redraw }),
    base,
    agree: t('add'),
    redraw,
    save: async (values) => {
      const { password, again } = values.secret;
      const fault = password || again || !values.remote_user.trim() ? passwordFault(password, again) : null;
      if (fault) throw new Problem(422, { type: 'urn:kidoban:problem:invalid', errors: [{ pointer: password === again ? '/password' : '/again', code: 'own_words', detail: fault }] });
      const { disabled, ...body } = bodyOf(values, values);
      const { data } = await call('POST', '/operators', { body: password ? { ...body, password } : body });
      notice(t('added', { name: data.display_name || data.name }));
      return data;
    },
  });
}

/** Changes an operator; resolves with them, undefined when dismissed. */
export async function editOperator(operator, { roles, places }) {
  try {
    const { data, etag } = await call('GET', path(operator));
    const redraw = {};
    const values = (o) => ({ ...flat(o), rights: '' });
    return await editDialog({
      title: t('operator.edit', { name: data.display_name || data.name }),
      className: 'operator-dialog',
      fields: fields({ roles, places, adding: false, redraw }),
      base: values(data),
      etag,
      redraw,
      reread: async () => { const now = await call('GET', path(operator)); return { values: values(now.data), etag: now.etag }; },
      save: async (part, tag, before) => {
        const answer = await call('PATCH', path(operator), { body: bodyOf(part, { ...before, ...part }), headers: { 'If-Match': tag } });
        notice(t('edit.saved'));
        return answer.data ?? operator; // nothing comes back when one took one's own rights away
      },
    });
  } catch (problem) {
    notice(problemText(problem), 'error');
    return undefined;
  }
}
