// Change history (M-2): who changed what and when, each row before and after; as CSV; an act can be taken back.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { dateTime, number } from '../app/format.js';
import { here, rewrite } from '../app/router.js';
import { mayView, session } from '../app/session.js';
import { csvDialog } from '../history/csv.js';
import { mountList, fact } from '../settings/list.js';
import { everyOperator } from '../operators/model.js';
import { createRows } from './rows.js';
import { filterBar, filterNames, queryOf } from './filter.js';
import { undoDialog } from './undo.js';
import { commentWords, countWords, kindWords, originWords, subjects, undoable, whoWords } from './words.js';

const pageSize = 100;
const listCsv = { path: () => '/change-sets', what: 'change.csv_what' };
const setCsv = { path: (revision) => `/change-sets/${revision}`, what: 'change.csv_set_what' };

const columns = () => [
  { id: 'at', label: t('change.at'), width: 148, fixed: true, cell: (s) => dateTime(s.at) },
  { id: 'kind', label: t('change.kind'), width: 190, fixed: true, cell: (s) => html`<strong class="name">${kindWords(s.kind)}</strong>` },
  { id: 'counts', label: t('change.counts'), width: 230, grow: 3, cell: (s) => countWords(s.counts) },
  { id: 'operator', label: t('event.operator'), width: 110, grow: 1, cell: (s) => s.operator?.name ?? '' },
  { id: 'origin', label: t('change.origin'), width: 96, cell: (s) => originWords(s.origin) },
  { id: 'comment', label: t('change.comment'), width: 150, grow: 2, cell: commentWords },
  { id: 'revision', label: t('change.revision'), width: 90, align: 'end', cell: (s) => number(s.revision) },
];

function readFilter() {
  const { params } = here();
  const filter = { kind: params.getAll('kind') };
  for (const name of filterNames) if (params.get(name)) filter[name] = params.get(name);
  if (!subjects.includes(filter.subject) || !filter.subject_id) for (const name of ['subject', 'subject_id', 'name']) delete filter[name];
  return filter;
}

export function mountChanges(regions) {
  const { operator: me } = session.get();
  const operators = new Map(); // whom the filter can choose: all that one may see, and who has been seen here
  const offer = (o) => { if (!operators.has(String(o.id))) operators.set(String(o.id), o.display_name || o.name); };
  let filter = readFilter();
  const wanted = Number(here().params.get('revision')) || undefined;
  const rows = createRows(() => list?.update());

  const keepAddress = (revision) => rewrite('settings', 'change_history', { ...filter, revision });

  async function load(after) {
    const query = { ...queryOf(filter), limit: pageSize, after };
    let { change_sets: sets, next } = await get('/change-sets', query);
    // The server looks for a while only: of acts in scope there may be some further back.
    while (!sets.length && next) ({ change_sets: sets, next } = await get('/change-sets', { ...query, after: next }));
    for (const s of sets) if (s.operator) offer(s.operator);
    if (filter.operator && !operators.has(filter.operator)) operators.set(filter.operator, filter.operator_name || filter.operator);
    if (!after && wanted && !sets.some((s) => s.revision === wanted) && !filter.operator && !filter.kind.length && !filter.subject && !filter.range) return farAway(sets, next);
    return { rows: sets, next };
  }

  /** The act that the address names is further down than the first page: begin there. */
  async function farAway(sets, next) {
    const { change_sets: there, next: further } = await get('/change-sets', { limit: pageSize, after: wanted + 1 });
    return there[0]?.revision === wanted ? { rows: there, next: further } : { rows: sets, next };
  }

  function set(part) {
    filter = { ...filter, ...part };
    for (const name of Object.keys(filter)) if (filter[name] === '') delete filter[name];
    restart();
  }

  function restart(revision) {
    keepAddress(revision);
    list.grid.selectAll([]);
    list.grid.scroller.scrollTop = 0;
    rows.follow(null);
    list.reload(revision);
  }

  async function undo(s) {
    const revision = await undoDialog(s);
    if (revision) restart(revision);
  }

  function detail(s) {
    rows.follow(s.revision);
    return html`<div class="pane-title"><h2>${kindWords(s.kind)}</h2><span class="muted">${dateTime(s.at)} ${whoWords(s)}</span><span class="bar-gap"></span>
        <span class="title-acts">${undoable(s) ? html`<button type="button" class="small" data-act="undo" @click=${() => undo(s)}>${t('change.undo')}</button>` : nothing}
        <button type="button" class="small" data-act="csv-set" @click=${() => csvDialog(s.revision, {}, setCsv)}>${t('change.csv_set')}</button></span></div>
      <div class="tab-panel" tabindex="0" role="region" aria-label=${t('change.detail')}><dl class="facts wide">${fact(t('change.revision'), number(s.revision))}${fact(t('change.origin'), originWords(s.origin))}
        ${fact(t('change.counts'), countWords(s.counts))}${fact(t('change.comment'), commentWords(s))}</dl>${rows.template(set)}</div>`;
  }

  const list = mountList(regions, {
    name: 'change_history',
    label: t('setting.change_history'),
    columns: columns(),
    rowKey: (s) => s.revision,
    load,
    selected: wanted,
    chose: (s) => { rows.follow(s?.revision ?? null); keepAddress(s?.revision); },
    count: (n, more) => t(more ? 'change.loaded' : 'change.count', { n: number(n) }),
    none: t('change.choose'),
    empty: t('change.empty'),
    tools: () => html`<button type="button" data-act="csv" @click=${() => csvDialog('', queryOf(filter), listCsv)}>${t('csv.open')}</button>`,
    acts: () => filterBar(filter, set, operators),
    detail,
  });
  const onHash = () => {
    const { screen, part, params } = here();
    if (screen !== 'settings' || part !== 'change_history') return;
    filter = readFilter();
    restart(Number(params.get('revision')) || undefined);
  };
  window.addEventListener('hashchange', onHash);
  offer(me);
  if (mayView('operators')) everyOperator({}).then((all) => { all.forEach(offer); list.update(); }, () => {});
  return () => { window.removeEventListener('hashchange', onHash); rows.stop(); list.stop(); };
}
