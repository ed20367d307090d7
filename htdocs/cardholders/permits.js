// Permits: what a cardholder has, and the form that grants gates and gate groups to one or to many.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call, get } from '../app/api.js';
import { confirmDialog } from '../app/dialog.js';
import { editDialog } from '../app/edit_form.js';
import { checkList } from '../app/choosers.js';
import { validityInput, periodWords, msOf, isoOf } from '../app/validity.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { mayEdit, mayView } from '../app/session.js';
import { address } from '../app/router.js';
import { sent } from '../transfers/jobs.js';

export const levels = [1, 2, 3, 4, 5, 6, 7, 8];

/** What can be granted: gate groups, and gates, which who grants need not be allowed to watch. */
export async function loadTargets() {
  const [sets, { gates }] = await Promise.all([get('/gate-groups'), get('/permits/gates')]);
  return [
    ...sets.gate_groups.filter((g) => g.editable).map((g) => ({ key: `gate_group:${g.id}`, label: g.name, hint: t('permit.gate_group') })),
    ...gates.map((g) => ({ key: `gate:${g.id}`, label: g.name, hint: g.management_group.name })),
  ];
}

export const targetOf = (key) => { const [kind, id] = key.split(':'); return { [kind]: Number(id) }; };

/** The part of a form that says what is granted: targets, level, validity. grant = {keys:Set, pass_level, valid_from, valid_to} */
export function grantForm(grant, targets, search, update) {
  return html`${checkList('target', t('permit.targets'), targets, grant.keys, search, update)}
    <div class="form-row"><label>${t('permit.pass_level')}<select name="pass_level" @change=${(e) => { grant.pass_level = Number(e.target.value); }}>
      ${levels.map((l) => html`<option value=${l} ?selected=${l === grant.pass_level}>${l}</option>`)}</select></label>
    <fieldset class="validity"><legend>${t('cardholder.valid_from')}</legend>${validityInput('permit_from', t('cardholder.valid_from'), grant.valid_from, false, (v) => { grant.valid_from = v; })}</fieldset>
    <fieldset class="validity"><legend>${t('cardholder.valid_to')}</legend>${validityInput('permit_to', t('cardholder.valid_to'), grant.valid_to, true, (v) => { grant.valid_to = v; })}</fieldset></div>`;
}

export const emptyGrant = () => ({ keys: new Set(), pass_level: 1, valid_from: null, valid_to: null });

/** As the API's permits_add. */
export const grantsOf = (g) => [...g.keys].map((key) => ({ ...targetOf(key), pass_level: g.pass_level, valid_from: isoOf(g.valid_from), valid_to: isoOf(g.valid_to) }));

const nameOf = (p) => (p.gate ?? p.gate_group).name;

/** Takes a permit away after a question. */
async function removePermit(permit, done) {
  const agreed = await confirmDialog({ title: t('permit.remove'), text: t('permit.remove_text', { name: permit.cardholder.name, target: nameOf(permit) }), agree: t('permit.remove_do'), danger: true });
  if (!agreed) return;
  try {
    const { etag } = await call('GET', `/permits/${permit.id}`);
    await call('DELETE', `/permits/${permit.id}`, { headers: { 'If-Match': etag } });
    notice(t('permit.removed', { target: nameOf(permit) }), 'info', { label: t('edit.undo'), run: () => giveBack(permit, done) });
    sent();
    done();
  } catch (problem) {
    notice(problemText(problem), 'error');
  }
}

async function giveBack(permit, done) {
  const target = permit.gate ? { gate: permit.gate.id } : { gate_group: permit.gate_group.id };
  try {
    await call('POST', '/permits', { body: { cardholders: [permit.cardholder.id], ...target, pass_level: permit.pass_level, valid_from: permit.valid_from, valid_to: permit.valid_to } });
    notice(t('edit.undone'));
    done();
  } catch (problem) {
    notice(problemText(problem), 'error');
  }
}

const values = (p) => ({ pass_level: p.pass_level, valid_from: msOf(p.valid_from), valid_to: msOf(p.valid_to) });

async function editPermit(permit, done) {
  const read = async () => { const now = await call('GET', `/permits/${permit.id}`); return { values: values(now.data), etag: now.etag }; };
  try {
    const { values: base, etag } = await read();
    const level = (state, change) => html`<select name="pass_level" aria-labelledby="label-pass_level" @change=${(e) => change(Number(e.target.value))}>
      ${levels.map((l) => html`<option value=${l} ?selected=${l === state.mine.pass_level}>${l}</option>`)}</select>`;
    await editDialog({
      title: t('permit.edit_title', { target: nameOf(permit) }),
      base,
      etag,
      reread: read,
      fields: [
        { name: 'pass_level', label: t('permit.pass_level'), kind: 'own', control: level },
        { name: 'valid_from', label: t('cardholder.valid_from'), kind: 'time', end: false },
        { name: 'valid_to', label: t('cardholder.valid_to'), kind: 'time', end: true },
      ],
      save: async (part, tag) => {
        const body = { ...part };
        for (const n of ['valid_from', 'valid_to']) if (n in body) body[n] = isoOf(body[n]);
        const { data } = await call('PATCH', `/permits/${permit.id}`, { body, headers: { 'If-Match': tag } });
        notice(t('edit.saved'));
        done();
        return data;
      },
    });
  } catch (problem) {
    notice(problemText(problem), 'error');
  }
}

/** Table of a cardholder's permits. add() opens the form; done() after a change. */
export function permitTable(permits, warnings, add, done) {
  const edit = mayEdit('cardholders');
  return html`<div class="tab-head"><span role="status">${t('permit.count', { n: permits.length })}</span><span class="bar-gap"></span>
      ${edit ? html`<button type="button" data-act="add-permit" @click=${add}>${t('permit.add')}</button>` : nothing}</div>
    ${warnings.map((w) => html`<p class="dialog-warning"><span aria-hidden="true">▲</span> ${t(`warning.${w.code}`, { card: w.card_number, gate: w.gate.name })}</p>`)}
    ${permits.length ? html`<table class="data-table permits"><thead><tr><th scope="col">${t('permit.target')}</th><th scope="col">${t('permit.kind')}</th><th scope="col">${t('permit.pass_level')}</th>
      <th scope="col">${t('permit.validity')}</th><td></td></tr></thead>
    <tbody>${permits.map((p) => html`<tr><th scope="row">${mayView('gates') ? html`<a href=${p.gate ? address('gates', '', { sel: p.gate.id }) : address('gates', '', { gate_group: p.gate_group.id })}>${nameOf(p)}</a>` : nameOf(p)}</th>
      <td>${t(p.gate ? 'permit.gate' : 'permit.gate_group')}</td><td>${p.pass_level}</td><td>${periodWords(p.valid_from, p.valid_to) || t('permit.always')}</td>
      <td class="row-acts">${edit && p.editable ? html`<button type="button" class="small" @click=${() => editPermit(p, done)}>${t('change')}</button>
        <button type="button" class="small outline-danger" aria-label=${t('permit.remove_of', { target: nameOf(p) })} @click=${() => removePermit(p, done)}>${t('permit.remove_short')}</button>` : html`<span class="muted">${edit ? t('permit.out_of_scope') : ''}</span>`}</td></tr>`)}</tbody></table>`
      : html`<p class="empty">${t('permit.none')}</p>`}`;
}
