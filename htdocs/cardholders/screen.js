// The screen of cardholders: departments on the left, the list of up to 300,000, the chosen one below.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-grid.js';
import '../elements/kb-tree.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { view, cleanup } from '../app/store.js';
import { here, rewrite } from '../app/router.js';
import { mayEdit, mayView } from '../app/session.js';
import { number, dateTime } from '../app/format.js';
import { offer } from '../app/palette.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { savedSearches } from '../app/saved_searches.js';
import { installMenus } from '../app/menus.js';
import { departmentNodes } from '../history/tree.js';
import { everyGate } from '../gates/model.js';
import { createCardholderModel, conditionNames } from './model.js';
import { cardholderColumns } from './columns.js';
import { conditionsForm } from './conditions.js';
import { registerCardholder, editCardholder } from './edit.js';
import { bulkDialog, bulkDelete } from './bulk.js';
import { mountCardholderDetail } from './detail.js';
import { standing } from './states.js';
import { csvDialog } from '../history/csv.js';
import { importDialog } from '../imports/dialog.js';
import { currentImport } from '../imports/jobs.js';

const asCsv = { path: () => '/cardholders', what: 'cardholder.csv_what' };

const readConditions = (params) => Object.fromEntries(conditionNames.filter((n) => params.get(n)).map((n) => [n, params.get(n)]));

/** The conditions as the API's filter object. */
function filterOf(conditions) {
  const filter = { ...conditions };
  if (filter.department) filter.department = [Number(filter.department)];
  if (filter.gate) filter.gate = Number(filter.gate);
  for (const name of ['enabled', 'lost']) if (name in filter) filter[name] = filter[name] === 'true';
  return filter;
}

export function mountCardholders({ group, centre, detail }) {
  const undo = cleanup();
  const model = createCardholderModel();
  let departments = [];
  let gates = [];
  let conditions = readConditions(here().params);
  let wanted = Number(here().params.get('sel')) || null;

  const tree = document.createElement('kb-tree');
  const grid = document.createElement('kb-grid');
  const head = document.createElement('div');
  head.className = 'centre-head';
  group.replaceChildren(tree);
  centre.replaceChildren(head, grid);

  const total = () => model.pages.total;
  const markedCount = () => (grid.marks.all ? total() : grid.marks.keys.length);
  const marked = () => (grid.marks.all ? { filter: filterOf(conditions) } : { cardholders: grid.marks.keys });
  const bulk = async (start) => { if (await bulkDialog(marked(), markedCount(), departments, { start })) again(); };
  const removeMarked = async () => { if (await bulkDelete(marked(), markedCount())) { grid.selectAll([]); again(); } };
  const removeAll = async () => { if (await bulkDelete({ filter: filterOf(conditions) }, total())) { grid.selectAll([]); again(); } };
  const again = () => { model.load(); pane.reload(); };

  const pane = mountCardholderDetail(detail, () => departments, {
    edit: (id) => editCardholder(id, departments, changed),
    permits: async (person) => {
      const one = { shown: ['permits_add'], title: t('permit.add_title', { name: person.name }), agree: t('permit.add_do') };
      if (await bulkDialog({ cardholders: [person.id] }, 1, departments, one)) pane.reload();
    },
    bulk,
    remove: removeMarked,
    narrow: (id) => search({ ...conditions, department: String(id) }),
  }, changed);
  const saved = savedSearches('cardholders', { current: () => ({ ...conditions, sort: model.order() }), run: ({ sort, ...rest }) => search(rest, sort), changed: () => update() });

  /** A cardholder became another (null: is gone). */
  function changed(person) {
    if (person) {
      const { permits, warnings, ...row } = person;
      model.pages.replace(row);
      pane.reload();
    } else {
      grid.selectAll([]);
      model.load();
    }
  }

  function importFile() {
    const { job } = currentImport.get();
    importDialog('cardholders', again, job?.kind === 'cardholders' ? job : null);
  }

  async function register() {
    const person = await registerCardholder(departments, Number(conditions.department) || undefined);
    if (!person) return;
    await model.load();
    grid.select(person.id);
  }

  function search(next, sort = model.order()) {
    conditions = Object.fromEntries(Object.entries(next).filter(([n, v]) => conditionNames.includes(n) && v !== undefined && v !== ''));
    tree.selected = conditions.department ? `d-${conditions.department}` : 'all';
    grid.selectAll([]);
    grid.scroller.scrollTop = 0;
    keepAddress();
    grid.order = sort;
    model.load(conditions, sort);
    update();
  }

  function keepAddress() {
    const one = grid.marks.all || grid.marks.keys.length !== 1 ? null : grid.marks.keys[0];
    rewrite('cardholders', '', { ...conditions, sel: one });
  }

  function showChosen() {
    const count = markedCount();
    if (count > 1) pane.several(count);
    else if (count === 1 && !grid.marks.all) pane.show(grid.marks.keys[0]);
    else if (wanted) pane.show(wanted);
    else pane.none();
  }

  function chips() {
    const without = (name) => () => search(Object.fromEntries(Object.entries(conditions).filter(([n]) => n !== name)));
    const words = {
      department: (v) => departments.find((d) => String(d.id) === v)?.name ?? `${t('cardholder.department')} ${v}`,
      enabled: (v) => t(`find.enabled_${v}`),
      lost: (v) => t(`find.lost_${v}`),
      valid_at: (v) => t('find.valid_at_of', { day: dateTime(v).slice(0, 10) }),
      card: (v) => t('event.card', { number: v }),
      gate: (v) => t('find.gate_of', { gate: gates.find((g) => String(g.id) === v)?.name ?? v }),
    };
    return Object.entries(conditions).filter(([n]) => words[n]).map(([n, v]) => ({ label: words[n](v), remove: without(n) }));
  }

  function summary() {
    const { loading } = model.store.get();
    return html`<span class="summary" role="status">${loading && !total() ? t('loading') : t('cardholder.count', { n: number(total()) })}</span>`;
  }

  const template = () => {
    const count = markedCount();
    return html`
      <div class="bar-row">${conditionsForm(conditions, (next) => search(next), chips(), gates)}<span class="bar-gap"></span>${saved.template()}
        ${mayEdit('cardholder_import') ? html`<button type="button" data-act="import" @click=${importFile}>${t('import.open')}</button>` : nothing}
        <button type="button" data-act="csv" @click=${() => csvDialog('cardholders', { ...conditions, sort: model.order() }, asCsv)}>${t('csv.open')}</button>
        <button type="button" @click=${() => grid.chooseColumns()}>${t('grid.columns')}</button>
        <button type="button" @click=${() => window.print()}>${t('print')}</button></div>
      <div class="bar-row">${mayEdit('cardholders') ? html`
        <button type="button" class="primary" data-act="register" @click=${register}>${t('cardholder.register')}</button>
        <button type="button" data-act="bulk-permits" ?disabled=${!count} @click=${() => bulk('permits_add')}>${t('permit.add')}</button>
        <button type="button" data-act="bulk-edit" ?disabled=${!count} @click=${() => bulk('department')}>${t('bulk.open')}</button>
        <button type="button" class="outline-danger" data-act="delete-shown" ?disabled=${!total()} @click=${removeAll}>${t('bulk.delete_shown')}</button>` : nothing}
        <span class="bar-gap"></span>${count > 1 ? html`<strong>${t('gates.marked', { n: number(count) })}</strong>` : nothing}${summary()}</div>`;
  };

  async function readPlaces() {
    try {
      departments = (await get('/departments')).departments;
      tree.setup({ name: 'cardholders', label: t('tree.department'), nodes: departmentNodes({ departments }), selected: conditions.department ? `d-${conditions.department}` : 'all' });
      update();
      pane.update();
      if (mayView('gates')) gates = await everyGate({});
      update();
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
  }

  grid.setup({
    name: 'cardholders',
    label: t('cardholder.list'),
    columns: cardholderColumns(),
    order: 'employee_number',
    rowKey: (c) => c.id,
    rowClass: (c) => (standing(c) === 'lost' ? 'alarming' : ''),
    empty: t('cardholder.empty'),
  });
  grid.pages = model.pages;
  const update = view(head, template);

  undo.add(model.stop, update.stop, pane.stop, installMenus(centre), model.store.subscribe(({ error }) => {
    grid.failed = error || null;
    if (wanted && model.pages.indexOf(wanted) >= 0) {
      const id = wanted;
      wanted = null;
      requestAnimationFrame(() => grid.select(id));
    }
    update();
  }));
  undo.listen(grid, 'kb-select', () => { wanted = null; showChosen(); keepAddress(); update(); });
  undo.listen(grid, 'kb-order', ({ detail: { order } }) => { grid.scroller.scrollTop = 0; model.load(conditions, order); });
  undo.listen(grid, 'kb-open', () => detail.querySelector('[role=tab][tabindex="0"]')?.focus());
  undo.listen(tree, 'kb-choose', ({ detail: { node } }) => {
    const { department, ...rest } = conditions;
    search(node.id === 'all' ? rest : { ...rest, department: node.id.slice(2) });
  });
  undo.listen(document, 'kidoban-recovered', () => { again(); readPlaces(); });
  undo.listen(window, 'hashchange', () => {
    if (here().screen !== 'cardholders') return;
    const sel = Number(here().params.get('sel')) || null;
    search(readConditions(here().params));
    wanted = sel;
    showChosen();
  });
  undo.add(offer(() => [
    ...(mayEdit('cardholders') ? [{ label: t('cardholder.register'), hint: t('palette.act'), run: register }] : []),
    ...departments.map((d) => ({ label: d.name, hint: `${t('cardholder.department')} ${d.code}`, run: () => search({ department: String(d.id) }) })),
  ]));

  model.load(conditions);
  showChosen();
  readPlaces();
  saved.load();
  return () => undo.run();
}
