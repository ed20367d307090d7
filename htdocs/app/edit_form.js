// A form over one thing of the server, in a dialog. When somebody else saved first (412) the difference is shown and, field by field,
// the operator chooses: nothing is silently overwritten (A-5).
//
//   fields: [{ name, label, kind, max, required, note, words(value), control(state, change) }]
//     kind: 'text' (default), 'area', 'check', 'time' (validity: ms or null; `end` when exclusive), 'own' (control() draws it),
//       'part' (another field's control draws it)
//     quiet: not in the list of differences while nobody touched it
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';
import { openDialog } from './dialog.js';
import { problemText, fieldErrors } from './problems.js';
import { validityInput, validityWords } from './validity.js';

export const changed = (fields, from, to) => Object.fromEntries(fields.filter((f) => from[f.name] !== to[f.name]).map((f) => [f.name, to[f.name]]));

function words(field, value) {
  if (field.words) return field.words(value);
  if (field.kind === 'check') return t(value ? 'yes' : 'no');
  if (field.kind === 'time') return validityWords(value, field.end) || t('edit.blank');
  return value === '' || value === null || value === undefined ? t('edit.blank') : String(value);
}

function control(field, state, update) {
  const { name } = field;
  const value = state.mine[name];
  const set = (next) => { state.mine[name] = next; };
  const invalid = state.errors[name] ? 'true' : 'false';
  const error = state.errors[name] ? html`<span class="field-error">${state.errors[name]}</span>` : nothing;
  const note = field.note ? html`<span class="field-note">${field.note}</span>` : nothing;
  if (field.kind === 'part') return nothing;
  if (field.kind === 'check') return html`<label class="choice"><input type="checkbox" name=${name} .checked=${value} @change=${(e) => set(e.target.checked)}>${field.label}</label>${error}`;
  if (field.kind === 'time') return html`<fieldset class="validity"><legend>${field.label}</legend>${validityInput(name, field.label, value, field.end, set)}${error}</fieldset>`;
  if (field.kind === 'own') return html`<div class="field ${field.className ?? ''}"><span class="field-label" id=${`label-${name}`}>${field.label}</span>${field.control(state, (next) => { set(next); update(); })}${note}${error}</div>`;
  if (field.kind === 'area') return html`<label class="whole">${field.label}<textarea name=${name} maxlength=${field.max} .value=${value} @input=${(e) => set(e.target.value)}></textarea>${error}</label>`;
  return html`<label>${field.label}<input name=${name} .value=${value ?? ''} maxlength=${field.max} ?required=${field.required} ?autofocus=${field.first} inputmode=${field.mode ?? nothing}
    pattern=${field.pattern ?? nothing} autocomplete="off" aria-invalid=${invalid} @input=${(e) => set(e.target.value)}>${note}${error}</label>`;
}

function difference(fields, state, api) {
  const radio = (f, who, value) => html`<td><label><input type="radio" name=${`keep-${f.name}`} value=${who} .checked=${state.keep[f.name] === who}
    @change=${() => { state.keep[f.name] = who; api.update(); }}>${words(f, value)}</label></td>`;
  return html`
    <p class="dialog-warning whole" role="alert"><span aria-hidden="true">▲</span> ${t('edit.conflict')}</p>
    <div class="table-scroll whole" tabindex="0" role="region" aria-label=${t('edit.conflict')}><table class="data-table difference"><thead><tr><th scope="col">${t('edit.field')}</th><th scope="col">${t('edit.before')}</th><th scope="col">${t('edit.theirs')}</th><th scope="col">${t('edit.mine')}</th></tr></thead>
      <tbody>${fields.filter((f) => !f.quiet || state.theirs[f.name] !== state.base[f.name] || state.mine[f.name] !== state.base[f.name]).map((f) => (state.theirs[f.name] === state.mine[f.name]
        ? html`<tr><th scope="row">${f.label}</th><td>${words(f, state.base[f.name])}</td><td colspan="2">${words(f, state.mine[f.name])} <span class="muted">${t('edit.same')}</span></td></tr>`
        : html`<tr class="differs"><th scope="row">${f.label}</th><td>${words(f, state.base[f.name])}</td>${radio(f, 'theirs', state.theirs[f.name])}${radio(f, 'mine', state.mine[f.name])}</tr>`))}</tbody></table></div>`;
}

/**
 * Opens the form. base: values to begin with; save(changes, etag) sends only what differs; reread() -> {values, etag} after a 412;
 * resolves with what save() gave, undefined when dismissed. Without `etag` everything is sent (something new). redraw.now() draws again
 * for a control that changes other fields' values.
 */
export function editDialog({ title, fields, base, etag = null, save, reread, className = 'edit-dialog', agree = null, intro = nothing, redraw = {} }) {
  const state = { etag, base, mine: { ...base }, theirs: null, keep: {}, errors: {}, error: '', busy: false };

  async function conflict() {
    const now = await reread();
    Object.assign(state, { etag: now.etag, theirs: now.values });
    for (const f of fields) state.keep[f.name] = state.mine[f.name] === base[f.name] ? 'theirs' : 'mine';
  }

  async function submit(api, event) {
    event.preventDefault();
    if (state.busy) return;
    const wanted = { ...state.mine };
    if (state.theirs) for (const f of fields) if (state.keep[f.name] === 'theirs') wanted[f.name] = state.theirs[f.name];
    const body = etag === null ? wanted : changed(fields, state.theirs ?? base, wanted);
    if (!Object.keys(body).length) {
      api.close();
      return;
    }
    Object.assign(state, { busy: true, error: '', errors: {} });
    api.update();
    try {
      api.close(await save(body, state.etag, state.theirs ?? base));
    } catch (problem) {
      state.busy = false;
      try {
        if (problem.status === 412) await conflict();
        else Object.assign(state, { error: problemText(problem), errors: fieldErrors(problem) });
      } catch (second) {
        state.error = problemText(second);
      }
      api.update();
      api.element.querySelector('[aria-invalid=true]')?.focus();
    }
  }

  return openDialog({
    title,
    className,
    body: (api) => {
      redraw.now = () => api.update();
      return html`<form @submit=${(e) => submit(api, e)}>
      ${state.theirs ? difference(fields, state, api) : html`${intro}${fields.map((f) => control(f, state, () => api.update()))}`}
      ${state.error ? html`<p class="field-error whole" role="alert">${state.error}</p>` : nothing}
      <div class="dialog-buttons whole"><button type="button" @click=${() => api.close()}>${t('cancel')}</button>
        <button class="primary" ?disabled=${state.busy}>${state.theirs ? t('edit.save_chosen') : agree ?? t('save')}</button></div></form>`;
    },
  });
}
