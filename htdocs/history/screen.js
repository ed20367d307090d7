// The history screen: kind, place and department in the tree; the filter; the events; or their pictures.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-grid.js';
import '../elements/kb-tree.js';
import { t, code } from '../app/i18n.js';
import { view, cleanup } from '../app/store.js';
import { here, rewrite, go } from '../app/router.js';
import { number } from '../app/format.js';
import { notice } from '../app/notices.js';
import { offer } from '../app/palette.js';
import { problemText } from '../app/problems.js';
import { savedSearches } from '../app/saved_searches.js';
import { installMenus } from '../app/menus.js';
import { createHistoryModel, meets, queryOf } from './model.js';
import { rangeOf } from './time_range.js';
import { categories, isHole, refusals } from './words.js';
import { eventColumns } from './columns.js';
import { loadPlaces, kindNodes, gateNodes, departmentNodes, departmentsBelow } from './tree.js';
import { filterBar } from './filter_bar.js';
import { csvDialog } from './csv.js';
import { mountPlots } from './plots.js';
import { mountEventDetail } from './detail.js';

const names = ['range', 'from', 'to', 'gate', 'management_group', 'department', 'cardholder', 'person', 'q'];

function readFilter() {
  const { part, params } = here();
  const filter = { category: categories.includes(part) ? part : 'access', kind: params.getAll('kind') };
  for (const name of names) if (params.get(name)) filter[name] = params.get(name);
  return filter;
}

export function mountHistory({ group, centre, detail }) {
  const undo = cleanup();
  const model = createHistoryModel();
  let filter = readFilter();
  let places = { groups: [], gates: [], departments: [] };
  let pictures = here().params.get('view') === 'plots';
  let stopPlots = null;
  let queued = [];

  const trees = ['kind', 'gate', 'department'].map((name) => {
    const box = document.createElement('div');
    box.className = `tree-section tree-${name}`;
    const title = document.createElement('h2');
    title.textContent = t(`tree.${name}`);
    const tree = document.createElement('kb-tree');
    box.append(title, tree);
    return { name, box, tree };
  });
  group.replaceChildren(...trees.map((s) => s.box));
  const [kindTree, gateTree, departmentTree] = trees.map((s) => s.tree);

  const head = document.createElement('div');
  head.className = 'centre-head';
  const plotPlace = document.createElement('div');
  plotPlace.className = 'plot-place';
  let grid = null;
  const pane = mountEventDetail(detail, (part) => set(part), () => places);
  const saved = savedSearches('history', { current: () => filter, run: (search) => { filter = { kind: [], ...search }; start(); }, changed: () => update() });

  function keepAddress() {
    const { category, ...rest } = filter;
    rewrite('history', category, { ...rest, view: pictures ? 'plots' : '' });
  }

  function set(part) {
    filter = { ...filter, ...part };
    if (part.category) filter.kind = [];
    start();
  }

  /** Shows the filter from its beginning. */
  function start() {
    keepAddress();
    choose();
    stopPlots?.();
    stopPlots = null;
    if (!grid || grid.dataset.category !== filter.category) makeGrid();
    grid.hidden = pictures;
    plotPlace.hidden = !pictures;
    centre.parentElement.classList.toggle('wide', pictures); // pictures have no detail of their own
    queued = [];
    grid.selectAll([]);
    pane.show(null);
    if (pictures) stopPlots = mountPlots(plotPlace, filter);
    model.load(filter);
    update();
  }

  function choose() {
    kindTree.selected = filter.category;
    gateTree.selected = filter.gate ? `g-${filter.gate}` : filter.management_group ? `mg-${filter.management_group}` : 'all';
    departmentTree.selected = filter.department ? `d-${filter.department}` : 'all';
  }

  function makeGrid() {
    const next = document.createElement('kb-grid');
    next.dataset.category = filter.category;
    next.setup({
      name: `history.${filter.category}`,
      label: code('event_category', filter.category),
      columns: eventColumns(filter.category),
      rowKey: (e) => e.id,
      rowClass: (e) => `${isHole(e) ? 'hole' : ''} ${e.fresh ? 'fresh' : ''}`,
      multiple: false,
      loadMore: () => model.more(),
      empty: t('history.empty'),
    });
    next.addEventListener('kb-select', () => pane.show(next.current));
    next.addEventListener('kb-open', () => detail.querySelector('[role=tab][tabindex="0"]')?.focus());
    if (grid) grid.replaceWith(next);
    else centre.append(next);
    grid = next;
  }

  /** New events wait for the next frame, so that a burst is drawn once. */
  function onLive({ detail: message }) {
    if (!categories.includes(message.kind) || rangeOf(filter).to !== null) return;
    if (!meets(message.data, filter, (id) => departmentsBelow(places.departments, id)) || !model.take(message.data)) return;
    if (!queued.length) requestAnimationFrame(flush);
    queued.push({ ...message.data, fresh: true });
  }

  function flush() {
    const rows = queued.splice(0).sort((a, b) => Date.parse(b.t) - Date.parse(a.t));
    if (!rows.length) return;
    const { events } = model.store.get();
    const late = events.length && rows.some((r) => Date.parse(r.t) < Date.parse(events[0].t));
    if (late) model.store.set({ events: [...rows, ...events].sort((a, b) => Date.parse(b.t) - Date.parse(a.t)) });
    else {
      grid.prepend(rows);
      model.store.set({ events: [...rows, ...events] });
    }
  }

  function chips() {
    const list = [];
    const gate = places.gates.find((g) => String(g.id) === filter.gate);
    const inGroup = places.groups.find((g) => String(g.id) === filter.management_group);
    const department = places.departments.find((d) => String(d.id) === filter.department);
    if (filter.gate) list.push({ label: gate?.name ?? `${t('event.gate')} ${filter.gate}`, remove: () => set({ gate: '' }) });
    if (filter.management_group) list.push({ label: inGroup?.name ?? filter.management_group, remove: () => set({ management_group: '' }) });
    if (filter.department) list.push({ label: department?.name ?? filter.department, remove: () => set({ department: '' }) });
    if (filter.cardholder) list.push({ label: filter.person ?? filter.cardholder, remove: () => set({ cardholder: '', person: '' }) });
    return list;
  }

  const template = () => {
    const { events, complete, loading } = model.store.get();
    const look = (on) => { pictures = on; start(); };
    return html`<div class="bar-row">${filterBar(filter, set, chips())}</div>
      <div class="bar-row"><div class="segmented" role="group" aria-label=${t('history.view')}>
        <button type="button" aria-pressed=${pictures ? 'false' : 'true'} @click=${() => look(false)}>${t('history.as_list')}</button>
        <button type="button" data-act="plots" aria-pressed=${pictures ? 'true' : 'false'} @click=${() => look(true)}>${t('history.as_plots')}</button></div>
        <span class="summary" role="status">${pictures ? nothing : loading && !events.length ? t('loading') : complete ? t('history.count', { n: number(events.length) }) : t('history.loaded', { n: number(events.length) })}
          ${rangeOf(filter).to === null ? html`<span class="muted">● ${t('history.live')}</span>` : nothing}</span>
        <span class="bar-gap"></span>${saved.template()}
        <button type="button" data-act="csv" @click=${() => csvDialog(filter.category, queryOf(filter))}>${t('csv.open')}</button>
        <button type="button" @click=${() => grid.chooseColumns()} ?disabled=${pictures}>${t('grid.columns')}</button>
        <button type="button" @click=${() => window.print()}>${t('print')}</button></div>`;
  };

  async function readPlaces() {
    try {
      places = await loadPlaces();
      gateTree.setup({ name: 'history.gate', label: t('tree.gate'), nodes: gateNodes(places) });
      departmentTree.setup({ name: 'history.department', label: t('tree.department'), nodes: departmentNodes(places) });
      choose();
      update();
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
  }

  centre.replaceChildren(head, plotPlace);
  kindTree.setup({ name: 'history.kind', label: t('tree.kind'), nodes: kindNodes(), selected: filter.category });
  gateTree.setup({ name: 'history.gate', label: t('tree.gate'), nodes: gateNodes(places) });
  departmentTree.setup({ name: 'history.department', label: t('tree.department'), nodes: departmentNodes(places) });
  makeGrid();
  const update = view(head, template);

  undo.add(model.stop, update.stop, pane.stop, () => stopPlots?.(), installMenus(centre), model.store.subscribe(({ events, next, error, complete }) => {
    if (grid.rows !== events) grid.rows = events;
    grid.failed = error || null;
    grid.more = Boolean(next) && !complete && !error;
    update();
  }));
  undo.listen(kindTree, 'kb-choose', ({ detail: { node } }) => set({ category: node.id }));
  undo.listen(gateTree, 'kb-choose', ({ detail: { node } }) => {
    const [kind, id] = node.id.split('-');
    set({ gate: kind === 'g' ? id : '', management_group: kind === 'mg' ? id : '' });
  });
  undo.listen(departmentTree, 'kb-choose', ({ detail: { node } }) => set({ department: node.id === 'all' ? '' : node.id.slice(2) }));
  undo.listen(document, 'kidoban-live', onLive);
  for (const name of ['kidoban-resync', 'kidoban-recovered']) undo.listen(document, name, () => { model.load(filter); readPlaces(); });
  undo.listen(window, 'hashchange', () => { if (here().screen === 'history') { filter = readFilter(); pictures = here().params.get('view') === 'plots'; start(); } });
  undo.add(offer(() => [
    ...categories.map((c) => ({ label: code('event_category', c), hint: t('screen.history'), run: () => set({ category: c }) })),
    { label: t('palette.refusals_yesterday'), hint: t('screen.history'), run: () => set({ category: 'access', range: 'yesterday' }) || set({ kind: [...refusals] }) },
    { label: t('csv.open'), hint: t('palette.act'), run: () => csvDialog(filter.category, queryOf(filter)) },
    ...places.gates.map((g) => ({ label: g.name, hint: t('palette.gate'), run: () => go('gates', '', { sel: g.id }) })),
  ]));

  start();
  readPlaces();
  saved.load();
  return () => {
    undo.run();
    centre.parentElement.classList.remove('wide');
  };
}
