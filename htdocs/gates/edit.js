// Name, building, place and management group of a gate (G-4). When somebody else saved first (412) the difference is shown and,
// field by field, the operator chooses: nothing is silently overwritten (A-5). A save can be taken back.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { notice } from '../app/notices.js';
import { problemText, fieldErrors } from '../app/problems.js';

const fields = ['name', 'building', 'place', 'management_group'];
const pick = (gate) => ({ name: gate.name, building: gate.building, place: gate.place, management_group: gate.management_group.id });
const changes = (from, to) => Object.fromEntries(fields.filter((f) => from[f] !== to[f]).map((f) => [f, to[f]]));

const patch = (id, etag, body) => call('PATCH', `/gates/${id}`, { body, headers: { 'If-Match': etag } });

async function saved(id, etag, before, after, done) {
  done();
  const undo = changes(after, before);
  notice(t('edit.saved'), 'info', {
    label: t('edit.undo'),
    run: async () => {
      try {
        await patch(id, etag, undo);
        notice(t('edit.undone'));
        done();
      } catch (problem) {
        notice(problem.status === 412 ? t('edit.undo_late') : problemText(problem), 'error');
      }
    },
  });
}

/** Opens the form for a gate; groups: management groups; buildings: names to offer; done() after every change. */
export async function editGate(id, { groups, buildings }, done) {
  let answer;
  try {
    answer = await call('GET', `/gates/${id}`);
  } catch (problem) {
    notice(problemText(problem), 'error');
    return;
  }
  const state = { etag: answer.etag, base: pick(answer.data), mine: pick(answer.data), theirs: null, keep: {}, errors: {}, error: '', busy: false };
  const groupName = (g) => groups.find((m) => m.id === g)?.name ?? String(g);
  const words = (field, value) => (field === 'management_group' ? groupName(value) : value || t('edit.blank'));

  async function submit(api, event) {
    event.preventDefault();
    if (state.busy) return;
    const wanted = { ...state.mine };
    if (state.theirs) for (const f of fields) if (state.keep[f] === 'theirs') wanted[f] = state.theirs[f];
    const from = state.theirs ?? state.base;
    const body = changes(from, wanted);
    if (!Object.keys(body).length) {
      api.close(true);
      if (state.theirs) done();
      return;
    }
    Object.assign(state, { busy: true, error: '', errors: {} });
    api.update();
    try {
      const { data, etag } = await patch(id, state.etag, body);
      api.close(true);
      saved(id, etag, from, pick(data), done);
      return;
    } catch (problem) {
      state.busy = false;
      if (problem.status === 412) await conflict(problem);
      else Object.assign(state, { error: problemText(problem), errors: fieldErrors(problem) });
      api.update();
    }
  }

  async function conflict(problem) {
    try {
      const now = await call('GET', `/gates/${id}`);
      state.etag = now.etag;
      state.theirs = pick(now.data);
      for (const f of fields) state.keep[f] = state.mine[f] === state.base[f] ? 'theirs' : 'mine';
    } catch (second) {
      state.error = problemText(second.status === undefined ? problem : second);
    }
  }

  const input = (f, extra = nothing) => html`<label>${t(`gate.${f}`)}<input name=${f} .value=${state.mine[f]} maxlength=${f === 'place' ? 200 : 100} ?required=${f === 'name'} ?autofocus=${f === 'name'}
    list=${extra} aria-invalid=${state.errors[f] ? 'true' : 'false'} @input=${(e) => { state.mine[f] = e.target.value; }}>
    ${state.errors[f] ? html`<span class="field-error">${state.errors[f]}</span>` : nothing}</label>`;

  const form = () => html`
    ${input('name')}${input('building', 'edit-buildings')}
    <datalist id="edit-buildings">${buildings.map((b) => html`<option value=${b}></option>`)}</datalist>
    ${input('place')}
    <label>${t('gate.management_group')}<select name="management_group" @change=${(e) => { state.mine.management_group = Number(e.target.value); }}>
      ${groups.map((g) => html`<option value=${g.id} ?selected=${g.id === state.mine.management_group}>${g.name}</option>`)}</select></label>
    <p class="muted">${t('edit.group_note')}</p>`;

  const radio = (f, who, value, api) => html`<td><label><input type="radio" name=${`keep-${f}`} value=${who} .checked=${state.keep[f] === who}
    @change=${() => { state.keep[f] = who; api.update(); }}>${words(f, value)}</label></td>`;

  const difference = (api) => html`
    <p class="dialog-warning" role="alert"><span aria-hidden="true">▲</span> ${t('edit.conflict')}</p>
    <table class="data-table difference"><thead><tr><th scope="col">${t('edit.field')}</th><th scope="col">${t('edit.before')}</th><th scope="col">${t('edit.theirs')}</th><th scope="col">${t('edit.mine')}</th></tr></thead>
      <tbody>${fields.map((f) => (state.theirs[f] === state.mine[f]
        ? html`<tr><th scope="row">${t(`gate.${f}`)}</th><td>${words(f, state.base[f])}</td><td colspan="2">${words(f, state.mine[f])} <span class="muted">${t('edit.same')}</span></td></tr>`
        : html`<tr class="differs"><th scope="row">${t(`gate.${f}`)}</th><td>${words(f, state.base[f])}</td>${radio(f, 'theirs', state.theirs[f], api)}${radio(f, 'mine', state.mine[f], api)}</tr>`))}</tbody></table>`;

  openDialog({
    title: t('edit.title'),
    className: 'edit-dialog',
    body: (api) => html`<form @submit=${(e) => submit(api, e)}>
      ${state.theirs ? difference(api) : form()}
      ${state.error ? html`<p class="field-error" role="alert">${state.error}</p>` : nothing}
      <div class="dialog-buttons"><button type="button" @click=${() => api.close(false)}>${t('cancel')}</button>
        <button class="primary" ?disabled=${state.busy}>${state.theirs ? t('edit.save_chosen') : t('save')}</button></div></form>`,
  });
}
