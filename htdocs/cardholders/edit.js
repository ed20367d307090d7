// Registering a cardholder and changing one (C-1). A change can be taken back as long as nobody changed more.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { editDialog, changed } from '../app/edit_form.js';
import { chooseDepartment, departmentPath } from '../app/choosers.js';
import { msOf, isoOf } from '../app/validity.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';

/** The card that `card_number` of the API means: the one that is not lost. */
const cardOf = (c) => c.cards.find((k) => !k.lost) ?? null;

const values = (c) => ({
  employee_number: c.employee_number, name: c.name, kana: c.kana, department: c.department.id, card_number: cardOf(c)?.card_number ?? '',
  issue_count: String(cardOf(c)?.issue_count ?? 0), valid_from: msOf(c.valid_from), valid_to: msOf(c.valid_to), enabled: c.enabled, pin: '', extended_unlock: c.extended_unlock,
  apb_exempt: c.apb_exempt, note: c.note,
});
const blank = (department) => ({
  employee_number: '', name: '', kana: '', department, card_number: '', issue_count: '0', valid_from: null, valid_to: null, enabled: true, pin: '',
  extended_unlock: false, apb_exempt: false, note: '',
});

/** From the form to the API: instants as text, nothing as null, PIN only when it changes. */
function bodyOf(part) {
  const body = { ...part };
  for (const name of ['valid_from', 'valid_to']) if (name in body) body[name] = isoOf(body[name]);
  if (body.card_number === '') body.card_number = null;
  if ('issue_count' in body) body.issue_count = Number(body.issue_count);
  if (body.pin === '') delete body.pin;
  return body;
}

function fields(departments, hasPin, several) {
  const pinControl = (state, change) => html`<div class="inline">
    <input name="pin" type="password" inputmode="numeric" pattern="[0-9]{4,8}" maxlength="8" autocomplete="new-password" aria-labelledby="label-pin"
      placeholder=${hasPin ? t('cardholder.pin_keep') : ''} .value=${state.mine.pin ?? ''} ?disabled=${state.mine.pin === null} @change=${(e) => change(e.target.value)}>
    ${hasPin ? html`<label class="choice"><input type="checkbox" name="pin_remove" .checked=${state.mine.pin === null} @change=${(e) => change(e.target.checked ? null : '')}>${t('cardholder.pin_remove')}</label>` : nothing}</div>`;
  const departmentControl = (state, change) => html`<button type="button" name="department" class="choose" aria-labelledby="label-department department-now" @click=${async () => {
    const id = await chooseDepartment(departments, state.mine.department);
    if (id !== undefined) change(id);
  }}><span id="department-now">${departmentPath(departments, state.mine.department) || t('choose.please')}</span></button>`;
  return [
    { name: 'employee_number', label: t('cardholder.employee_number'), max: 32, required: true, first: true },
    { name: 'name', label: t('cardholder.name'), max: 64, required: true },
    { name: 'kana', label: t('cardholder.kana'), max: 64 },
    { name: 'department', label: t('cardholder.department'), kind: 'own', control: departmentControl, words: (id) => departmentPath(departments, id) },
    ...(several ? [] : [
      { name: 'card_number', label: t('cardholder.card_number'), max: 16, pattern: '[0-9A-Za-z]{1,16}', note: t('cardholder.card_note') },
      { name: 'issue_count', label: t('cardholder.issue_count'), max: 3, pattern: '[0-9]{1,3}', mode: 'numeric' },
    ]),
    { name: 'valid_from', label: t('cardholder.valid_from'), kind: 'time', end: false },
    { name: 'valid_to', label: t('cardholder.valid_to'), kind: 'time', end: true },
    { name: 'pin', label: t('cardholder.pin'), kind: 'own', control: pinControl, note: t('cardholder.pin_note'), words: (v) => t(v === null ? 'cardholder.pin_removed' : v ? 'cardholder.pin_new' : hasPin ? 'cardholder.pin_same' : 'none') },
    { name: 'enabled', label: t('cardholder.enabled'), kind: 'check' },
    { name: 'extended_unlock', label: t('cardholder.extended_unlock'), kind: 'check' },
    { name: 'apb_exempt', label: t('cardholder.apb_exempt'), kind: 'check' },
    { name: 'note', label: t('cardholder.note'), kind: 'area', max: 1000 },
  ];
}

const patch = (id, etag, body) => call('PATCH', `/cardholders/${id}`, { body, headers: { 'If-Match': etag } });

/** Registers a new one; resolves with the cardholder, undefined when dismissed. */
export function registerCardholder(departments, department) {
  return editDialog({
    title: t('cardholder.register'),
    className: 'edit-dialog two',
    fields: fields(departments, false, false),
    base: blank(department ?? departments[0]?.id),
    agree: t('cardholder.register_do'),
    save: async (all) => {
      const { card_number: card, issue_count: count, ...rest } = bodyOf(all);
      const { data } = await call('POST', '/cardholders', { body: card ? { ...rest, card_number: card, issue_count: count } : rest });
      notice(t('cardholder.registered', { name: data.name }));
      return data;
    },
  });
}

/** Opens the form for one; done(cardholder) after every change, also one taken back. */
export async function editCardholder(id, departments, done) {
  let answer;
  try {
    answer = await call('GET', `/cardholders/${id}`);
  } catch (problem) {
    notice(problemText(problem), 'error');
    return;
  }
  const list = fields(departments, answer.data.has_pin, answer.data.cards.filter((k) => !k.lost).length > 1);
  const base = values(answer.data);
  await editDialog({
    title: t('cardholder.edit_title', { name: answer.data.name }),
    className: 'edit-dialog two',
    fields: list,
    base,
    etag: answer.etag,
    reread: async () => { const now = await call('GET', `/cardholders/${id}`); return { values: values(now.data), etag: now.etag }; },
    save: async (part, tag, from) => {
      const { data, etag } = await patch(id, tag, bodyOf(part));
      done(data);
      const { pin, ...back } = changed(list, values(data), from); // a PIN is not known, so it can not come back
      notice(t('edit.saved'), 'info', Object.keys(back).length && pin === undefined ? { label: t('edit.undo'), run: () => takeBack(id, etag, back, done) } : null);
      return data;
    },
  });
}

async function takeBack(id, etag, back, done) {
  try {
    const { data } = await patch(id, etag, bodyOf(back));
    notice(t('edit.undone'));
    done(data);
  } catch (problem) {
    notice(problem.status === 412 ? t('edit.undo_late') : problemText(problem), 'error');
  }
}
