// The gate screen: groups on the left, the list, the chosen gate below; commands to what is marked.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-grid.js';
import '../elements/kb-tree.js';
import { t } from '../app/i18n.js';
import { view, cleanup } from '../app/store.js';
import { here, rewrite, go, address } from '../app/router.js';
import { mayEdit } from '../app/session.js';
import { number } from '../app/format.js';
import { offer } from '../app/palette.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { savedSearches } from '../app/saved_searches.js';
import { installMenus } from '../app/menus.js';
import { createGateModel, conditionNames, everyGate } from './model.js';
import { gateColumns } from './columns.js';
import { loadGroups, groupNodes, groupNames, nodeOf } from './tree.js';
import { conditionsForm, listOf } from './conditions.js';
import { commandBar, command, plain } from './commands.js';
import { lockdownDialog } from './lockdown.js';
import { editGate } from './edit.js';
import { gateGroupDialog, deleteGateGroup } from './groups.js';
import { mountGateDetail } from './detail.js';
import { controllersDialog, mayAdminister } from './controllers.js';
import { resumeJobs } from './progress.js';

const multiple = ['communication', 'lock_state', 'arm_state', 'door_state'];

function readConditions(params) {
  const found = {};
  for (const name of conditionNames) {
    const values = params.getAll(name);
    if (values.length) found[name] = multiple.includes(name) ? values : values[0];
  }
  return found;
}

export function mountGates({ group, centre, detail }) {
  const undo = cleanup();
  const model = createGateModel();
  let groups = { managementGroups: [], buildings: [], gateGroups: [] };
  let conditions = readConditions(here().params);
  let wanted = Number(here().params.get('sel')) || null;

  const tree = document.createElement('kb-tree');
  const grid = document.createElement('kb-grid');
  const head = document.createElement('div');
  head.className = 'centre-head';
  group.replaceChildren(tree);
  centre.replaceChildren(head, grid);

  const chosen = () => grid.marks.keys.map(model.byId).filter(Boolean);
  const buildingNames = () => groups.buildings.map((b) => b.name).filter(Boolean);
  const edit = (id) => editGate(id, { groups: groups.managementGroups, buildings: buildingNames() }, async () => {
    await Promise.all([model.load(), refreshGroups()]);
    pane.reload();
  });
  const pane = mountGateDetail(detail, edit);
  const saved = savedSearches('gates', { current: () => conditions, run: (search) => search_(search), changed: () => update() });

  function search_(next, { keepGroup = false } = {}) {
    if (keepGroup) next = { ...Object.fromEntries(groupNames.map((n) => [n, conditions[n]])), ...next };
    conditions = Object.fromEntries(Object.entries(next).filter(([, v]) => v !== undefined && v !== '' && listOf(v).length));
    keepAddress();
    tree.selected = nodeOf(conditions);
    grid.selectAll([]);
    model.load(conditions);
    update();
  }

  function keepAddress() {
    rewrite('gates', '', { ...conditions, sel: grid.marks.current });
  }

  async function refreshGroups() {
    try {
      groups = await loadGroups();
      tree.setup({ name: 'gates', label: t('tree.gates'), nodes: groupNodes(groups), selected: nodeOf(conditions), open: ['mg', 'b', 'gg'] });
      update();
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
  }

  /** Marks every gate that the conditions select, also those not loaded yet. */
  async function markAll() {
    try {
      if (model.store.get().next) {
        const gates = await everyGate(conditions);
        model.store.set({ gates, total: gates.length, next: null });
      }
      grid.selectAll(model.store.get().gates.map((g) => g.id));
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
  }

  function lockdown() {
    const of = conditions.management_group ? `management_group:${conditions.management_group}` : conditions.gate_group ? `gate_group:${conditions.gate_group}` : '';
    lockdownDialog(groups, of);
  }

  /** Adds a gate group (id null) or changes the one chosen. */
  async function editGroup(id) {
    if (!(await gateGroupDialog(id))) return;
    await refreshGroups();
    model.load();
  }

  async function removeGroup(id) {
    if (!(await deleteGateGroup(id))) return;
    await refreshGroups();
    search_({});
  }

  async function administer() {
    if (!(await controllersDialog(groups.managementGroups))) return;
    await refreshGroups();
    model.load();
  }

  function groupMenu() {
    const id = Number(conditions.gate_group) || null;
    const close = (act) => (e) => { e.target.closest('details').removeAttribute('open'); act(); };
    return html`<details class="menu" data-menu="gate-groups"><summary>${t('gate.gate_group')}</summary><div class="menu-box">
      <button type="button" data-act="add-group" @click=${close(() => editGroup(null))}>${t('gate_group.add_open')}</button>
      ${id ? html`<button type="button" data-act="edit-group" @click=${close(() => editGroup(id))}>${t('gate_group.edit_open')}</button>
        <button type="button" data-act="delete-group" @click=${close(() => removeGroup(id))}>${t('gate_group.delete_open')}</button>` : nothing}</div></details>`;
  }

  function groupChips() {
    const node = groupNodes(groups).find((n) => n.id === nodeOf(conditions));
    if (!node || node.id === 'all') return [];
    return [{ label: node.label, remove: () => search_(Object.fromEntries(Object.entries(conditions).filter(([n]) => !groupNames.includes(n)))) }];
  }

  function summary() {
    const { gates, total, loading } = model.store.get();
    const alarmed = gates.filter((g) => g.state.alarms.length).length;
    const open = gates.filter((g) => g.state.lock_state === 'unlocked').length;
    const down = gates.filter((g) => g.controller.communication === 'down').length;
    return html`<span class="summary" role="status">${loading && !gates.length ? t('loading') : html`${t('gates.count', { n: number(total) })}
      ${open ? html`<span class="tone-warn">▲ ${t('gates.unlocked', { n: number(open) })}</span>` : nothing}
      ${down ? html`<span class="tone-alarm">■ ${t('gates.down', { n: number(down) })}</span>` : nothing}
      ${alarmed ? html`<span class="tone-alarm">■ ${t('gates.alarmed', { n: number(alarmed) })}</span>` : nothing}`}</span>`;
  }

  const template = () => {
    const marked = grid.marks?.keys.length ?? 0;
    return html`
      <div class="bar-row">${conditionsForm(conditions, (next) => search_(next, { keepGroup: true }), groupChips())}
        <span class="bar-gap"></span>${saved.template()}
        <button type="button" @click=${() => grid.chooseColumns()}>${t('grid.columns')}</button>
        <button type="button" @click=${() => window.print()}>${t('print')}</button></div>
      <div class="bar-row">${mayEdit('gates') ? html`${commandBar(marked, chosen)}
        <button type="button" @click=${markAll}>${t('gates.mark_all')}</button>
        ${groupMenu()}
        ${mayAdminister() ? html`<button type="button" data-act="controllers" @click=${administer}>${t('controller.open')}</button>` : nothing}
        <button type="button" class="outline-danger" data-act="lockdown" @click=${lockdown}>${t('lockdown.open')}</button>` : nothing}
        <span class="bar-gap"></span>
        ${marked > 1 ? html`<strong>${t('gates.marked', { n: number(marked) })}</strong>` : nothing}${summary()}</div>`;
  };

  grid.setup({
    name: 'gates',
    label: t('gates.list'),
    columns: gateColumns(),
    rowKey: (g) => g.id,
    rowClass: (g) => (g.state.alarms.length ? 'alarming' : g.controller.communication === 'down' ? 'down' : ''),
    loadMore: () => model.more(),
    empty: t('gates.empty'),
  });
  const update = view(head, template);

  undo.add(model.stop, update.stop, pane.stop, installMenus(centre), model.store.subscribe(({ gates, next, error, loading }) => {
    grid.rows = gates;
    grid.failed = error || null;
    grid.more = Boolean(next) && !error;
    if (wanted && gates.some((g) => g.id === wanted)) {
      const id = wanted;
      wanted = null;
      requestAnimationFrame(() => grid.select(id));
    } else if (wanted && next && !loading && !error) {
      model.more(); // further down the list
    }
    pane.show(chosen());
    update();
  }));
  undo.listen(grid, 'kb-select', () => { pane.show(chosen()); keepAddress(); update(); });
  undo.listen(grid, 'kb-open', () => detail.querySelector('[role=tab][tabindex="0"]')?.focus());
  undo.listen(tree, 'kb-choose', ({ detail: { node } }) => {
    const rest = Object.fromEntries(Object.entries(conditions).filter(([n]) => !groupNames.includes(n)));
    search_({ ...rest, ...node.values });
  });
  undo.listen(document, 'kidoban-live', ({ detail: message }) => { if (message.kind === 'gate') model.take(message.data); });
  for (const name of ['kidoban-resync', 'kidoban-recovered']) undo.listen(document, name, () => { model.load(); pane.reload(); refreshGroups(); });
  undo.listen(window, 'hashchange', () => {
    if (here().screen !== 'gates') return;
    wanted = Number(here().params.get('sel')) || null;
    search_(readConditions(here().params));
  });
  const aging = setInterval(() => grid.refresh(), 5000);
  undo.add(() => clearInterval(aging), offer(() => [
    ...model.store.get().gates.map((g) => ({ label: g.name, hint: `${t('palette.gate')} ${g.management_group.name}`, run: () => go('gates', '', { ...conditions, sel: g.id }) })),
    ...groupNodes(groups).filter((n) => n.values).map((n) => ({ label: n.label, hint: t('palette.group'), run: () => { location.hash = address('gates', '', n.values); } })),
    ...(mayEdit('gates') && grid.marks.keys.length ? plain.map((name) => ({ label: t(`palette.command.${name}`, { n: number(grid.marks.keys.length) }), hint: t('palette.act'), run: () => command(chosen(), name) })) : []),
    ...(mayAdminister() ? [{ label: t('controller.open'), hint: t('palette.act'), run: administer }] : []),
    ...(mayEdit('gates') ? [{ label: t('lockdown.open'), hint: t('palette.act'), run: lockdown }] : []),
  ]));

  model.load(conditions);
  refreshGroups();
  saved.load();
  resumeJobs();
  return () => undo.run();
}
