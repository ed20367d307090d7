// Departments (O-2): the tree of up to 5,000 in five levels; add, move, rename, delete.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-tree.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { view, cleanup } from '../app/store.js';
import { number } from '../app/format.js';
import { mayEdit, mayView } from '../app/session.js';
import { address } from '../app/router.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { chooseDepartment, departmentPath } from '../app/choosers.js';
import { departmentsBelow } from '../history/tree.js';
import { csvDialog } from '../history/csv.js';
import { importDialog } from '../imports/dialog.js';
import { currentImport } from '../imports/jobs.js';
import { fact } from './list.js';
import { addThing, editThing, deleteThing } from './things.js';

const asCsv = { path: () => '/departments', what: 'department.csv_what' };
const path = (d) => `/departments/${d.id}`;
const values = (d) => ({ code: d.code, name: d.name, parent: d.parent });

export function mountDepartments({ centre, detail }) {
  const undo = cleanup();
  let departments = [];
  let chosen = null;
  let q = '';
  const head = document.createElement('div');
  const place = document.createElement('div');
  const tree = document.createElement('kb-tree');
  const box = document.createElement('div');
  head.className = 'centre-head';
  place.className = 'tree-place';
  box.className = 'pane-fill';
  place.append(tree);
  centre.replaceChildren(head, place);
  detail.replaceChildren(box);

  function fields(own) {
    const below = own ? departmentsBelow(departments, own.id) : new Set();
    const parent = (state, change) => html`<button type="button" class="choose" name="parent" aria-labelledby="label-parent parent-now" @click=${async () => {
      const id = await chooseDepartment(departments, state.mine.parent, { title: t('department.choose_parent'), none: t('department.top'), without: (d) => below.has(d.id) });
      if (id !== undefined) change(id);
    }}><span id="parent-now">${words(state.mine.parent)}</span></button>`;
    const words = (id) => (id === null ? t('department.top') : departmentPath(departments, id));
    return [
      { name: 'name', label: t('setting.name'), max: 64, required: true, first: true },
      { name: 'code', label: t('department.code'), max: 32, required: true },
      { name: 'parent', label: t('department.parent'), kind: 'own', control: parent, words },
    ];
  }

  async function add(under) {
    const made = await addThing('/departments', t('department.add'), fields(null), { name: '', code: '', parent: under?.id ?? null });
    if (made) load(made.id);
  }
  async function edit(d) {
    if (await editThing(path(d), t('department.edit', { name: d.name }), fields(d), values)) load(d.id);
  }
  async function remove(d) {
    if (await deleteThing(path(d), t('department.delete'), t('delete_text', { name: d.name }))) load(d.parent);
  }

  function importFile() {
    const { job } = currentImport.get();
    importDialog('departments', () => load(), job?.kind === 'departments' ? job : null);
  }

  async function load(select = chosen?.id) {
    try {
      departments = (await get('/departments')).departments;
      chosen = departments.find((d) => d.id === select) ?? null;
      draw();
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
  }

  function draw() {
    const found = q ? departments.filter((d) => `${d.name} ${d.code}`.toLowerCase().includes(q.toLowerCase())) : departments;
    const nodes = found.map((d) => ({ id: d.id, parent: q ? null : d.parent, label: q ? departmentPath(departments, d.id) : d.name, count: d.code }));
    tree.setup({ name: 'settings.departments', label: t('setting.departments'), nodes, selected: chosen?.id ?? null });
    drawHead();
    drawDetail();
  }

  const drawHead = view(head, () => html`<div class="bar-row"><h2>${t('setting.departments')}</h2>
      <input type="search" maxlength="64" aria-label=${t('department.find')} placeholder=${t('department.find')} @input=${(e) => { q = e.target.value.trim(); draw(); }}>
      <span class="bar-gap"></span>${mayEdit('departments') ? html`<button type="button" data-act="import" @click=${importFile}>${t('import.open')}</button>` : nothing}
      <button type="button" data-act="csv" @click=${() => csvDialog('departments', {}, asCsv)}>${t('csv.open')}</button><span class="summary" role="status">${t('department.count', { n: number(departments.length) })}</span></div>
    <div class="bar-row">${mayEdit('departments') ? html`<button type="button" class="primary" data-act="add" @click=${() => add(chosen)}>${chosen ? t('department.add_under') : t('department.add_top')}</button>
      <button type="button" data-act="edit" ?disabled=${!chosen} @click=${() => edit(chosen)}>${t('department.edit_open')}</button>
      <button type="button" class="outline-danger" data-act="delete" ?disabled=${!chosen} @click=${() => remove(chosen)}>${t('delete')}</button>` : nothing}</div>`);
  const drawDetail = view(box, () => (chosen ? html`<div class="pane-title"><h2>${chosen.name}</h2><span class="muted mono">${chosen.code}</span></div>
    <div class="tab-panel"><dl class="facts wide">${fact(t('department.path'), departmentPath(departments, chosen.id))}${fact(t('department.code'), chosen.code)}
      ${fact(t('department.below'), t('department.count', { n: number(departmentsBelow(departments, chosen.id).size - 1) }))}</dl>
      ${mayView('cardholders') ? html`<a href=${address('cardholders', '', { department: chosen.id })}>${t('department.people')}</a> ` : nothing}
      ${mayView('change_history') ? html`<a href=${address('settings', 'change_history', { subject: 'department', subject_id: chosen.id, name: chosen.name })}>${t('setting.change_history')}</a>` : nothing}</div>`
    : html`<p class="empty">${t('detail.choose_department')}</p>`));

  undo.add(drawHead.stop, drawDetail.stop);
  undo.listen(tree, 'kb-choose', ({ detail: { node } }) => { chosen = departments.find((d) => d.id === node.id) ?? null; drawHead(); drawDetail(); });
  undo.listen(document, 'kidoban-recovered', () => load());
  load();
  return () => undo.run();
}
