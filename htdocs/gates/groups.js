// Gate groups (G-5): add, rename, choose the gates, delete. Before gates come or go it is shown who would gain or lose them, because
// permits are granted by group. When somebody else saved first (412) both changes are shown, and mine is put on top or left (A-5).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { checkList } from '../app/choosers.js';
import { number } from '../app/format.js';
import { notice } from '../app/notices.js';
import { problemText, fieldErrors } from '../app/problems.js';
import { everyGate } from './model.js';

const match = (etag) => ({ 'If-Match': etag });
const some = (list) => list.filter((g) => g.cardholders > 0);

function effect(title, list, tone) {
  if (!some(list).length) return nothing;
  return html`<h3 class="tone-${tone}">${title}</h3><table class="data-table"><thead><tr><th scope="col">${t('gate.name')}</th><th scope="col">${t('screen.cardholders')}</th></tr></thead>
    <tbody>${some(list).map((g) => html`<tr><th scope="row">${g.gate.name}</th><td>${t('cardholder.count', { n: number(g.cardholders) })}</td></tr>`)}</tbody></table>`;
}

const preview = ({ gain, lose }) => (some(gain).length || some(lose).length
  ? html`${effect(t('gate_group.gain'), gain, 'warn')}${effect(t('gate_group.lose'), lose, 'alarm')}`
  : html`<p>${t('gate_group.no_effect')}</p>`);

const without = (ids, others) => [...ids].filter((id) => !others.has(id));

/** What became of a group between two states: {name or null, adds, removes}. */
const between = (from, to) => ({ name: from.name === to.name ? null : to.name, adds: without(to.gates, from.gates), removes: without(from.gates, to.gates) });

function difference(mine, theirs, nameOf) {
  const list = (ids) => (ids.length ? ids.map(nameOf).join(', ') : html`<span class="muted">${t('gate_group.same_gates')}</span>`);
  const row = (label, of) => html`<tr><th scope="row">${label}</th><td>${of(mine)}</td><td>${of(theirs)}</td></tr>`;
  return html`<p class="dialog-warning" role="alert"><span aria-hidden="true">▲</span> ${t('gate_group.merge')}</p>
    <div class="table-scroll since" tabindex="0" role="region" aria-label=${t('gate_group.merge')}><table class="data-table difference"><thead><tr><td></td><th scope="col">${t('gate_group.mine')}</th><th scope="col">${t('gate_group.theirs')}</th></tr></thead>
      <tbody>${row(t('gate_group.renames'), (d) => d.name ?? html`<span class="muted">${t('gate_group.same_gates')}</span>`)}${row(t('gate_group.adds'), (d) => list(d.adds))}${row(t('gate_group.removes'), (d) => list(d.removes))}</tbody></table></div>`;
}

/** Opens the form for a group, or for a new one (id null); resolves true when something was saved. */
export async function gateGroupDialog(id) {
  let group = null;
  let etag = null;
  let gates;
  try {
    gates = await everyGate({});
    if (id !== null) ({ data: group, etag } = await call('GET', `/gate-groups/${id}`));
  } catch (problem) {
    notice(problemText(problem), 'error');
    return false;
  }
  const items = gates.map((g) => ({ key: g.id, label: g.name, hint: g.management_group.name }));
  const membersOf = (g) => new Set((g?.members ?? []).map((m) => m.id));
  let before = membersOf(group);
  let chosen = new Set(before);
  let conflict = null; // {mine, theirs}, when somebody else saved first
  const search = {};
  let name = group?.name ?? '';
  let shown = null; // what the choice would do, once asked
  let error = '';
  let errors = {};
  let busy = false;
  const sameGates = () => chosen.size === before.size && [...chosen].every((g) => before.has(g));

  async function save() {
    if (id === null) {
      await call('POST', '/gate-groups', { body: { name: name.trim(), gates: [...chosen] } });
      return true;
    }
    if (name.trim() !== group.name) {
      ({ etag } = await call('PATCH', `/gate-groups/${id}`, { body: { name: name.trim() }, headers: match(etag) }));
      group.name = name.trim();
    }
    if (sameGates()) return true;
    const order = { body: { gates: [...chosen] }, headers: match(etag) };
    if (!shown) {
      shown = (await call('PUT', `/gate-groups/${id}/gates`, { ...order, query: { preview: true } })).data;
      return false;
    }
    await call('PUT', `/gate-groups/${id}/gates`, order);
    return true;
  }

  const nameOf = (gate) => items.find((i) => i.key === gate)?.label ?? group.members.find((m) => m.id === gate)?.name ?? `#${gate}`;

  /** Reads what the other one made; the form begins from there when mine is put on top. */
  async function meet() {
    const mine = between({ name: group.name, gates: before }, { name: name.trim(), gates: chosen });
    const now = await call('GET', `/gate-groups/${id}`);
    const gatesNow = membersOf(now.data);
    conflict = { mine, theirs: between({ name: group.name, gates: before }, { name: now.data.name, gates: gatesNow }) };
    ({ data: group, etag } = now);
    before = gatesNow;
    chosen = new Set([...gatesNow, ...mine.adds].filter((gate) => !mine.removes.includes(gate)));
    name = mine.name ?? group.name;
    shown = null;
  }

  return openDialog({
    title: t(id === null ? 'gate_group.add' : 'gate_group.edit'),
    className: 'bulk-dialog',
    body: (api) => {
      const update = () => api.update();
      const submit = async (event) => {
        event.preventDefault();
        if (busy) return;
        busy = true;
        error = '';
        errors = {};
        conflict = null;
        update();
        try {
          if (await save()) {
            notice(t('edit.saved'));
            api.close(true);
            return;
          }
        } catch (problem) {
          try {
            if (problem.status === 412) await meet();
            else {
              error = problemText(problem);
              errors = fieldErrors(problem);
            }
          } catch (second) {
            error = problemText(second);
          }
        }
        busy = false;
        update();
      };
      const form = () => html`<label>${t('setting.name')}<input name="name" maxlength="64" required autofocus .value=${name} @input=${(e) => { name = e.target.value; }}>
          ${errors.name ? html`<span class="field-error">${errors.name}</span>` : nothing}</label>
        ${checkList('gate', t('gate_group.members'), items, chosen, search, update)}`;
      return html`<form @submit=${submit}>${conflict ? difference(conflict.mine, conflict.theirs, nameOf) : shown ? html`<p class="dialog-warning">${t('gate_group.preview')}</p>${preview(shown)}` : form()}
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons">${shown ? html`<button type="button" @click=${() => { shown = null; update(); }}>${t('back')}</button>` : nothing}
          <button type="button" data-act="leave" @click=${() => api.close(Boolean(conflict))}>${t(conflict ? 'gate_group.keep_theirs' : 'cancel')}</button>
          <button class="primary" ?disabled=${busy}>${t(conflict ? 'gate_group.keep_mine' : shown || id === null || sameGates() ? 'save' : 'gate_group.next')}</button></div></form>`;
    },
  });
}

/** Deletes a group after showing who would lose what; resolves true when done. */
export async function deleteGateGroup(id) {
  try {
    const { data, etag } = await call('GET', `/gate-groups/${id}`);
    const { data: shown } = await call('DELETE', `/gate-groups/${id}`, { query: { preview: true }, headers: match(etag) });
    const agreed = await openDialog({
      title: t('gate_group.delete'),
      body: (api) => html`<form @submit=${(e) => { e.preventDefault(); api.close(true); }}><p class="dialog-warning">${t('gate_group.delete_text', { name: data.name })}</p>${preview(shown)}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close(false)}>${t('cancel')}</button><button class="danger">${t('delete')}</button></div></form>`,
    });
    if (!agreed) return false;
    await call('DELETE', `/gate-groups/${id}`, { headers: match(etag) });
    notice(t('deleted', { name: data.name }));
    return true;
  } catch (problem) {
    notice(problemText(problem), 'error');
    return false;
  }
}
