// System log (M-1): who did what from where and how it ended; searched, read on by scrolling, taken out as CSV, its chain seen.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-grid.js';
import { t, code } from '../app/i18n.js';
import { view, cleanup } from '../app/store.js';
import { here, rewrite, address } from '../app/router.js';
import { dateTime, number } from '../app/format.js';
import { mayView } from '../app/session.js';
import { offer } from '../app/palette.js';
import { fact } from '../settings/list.js';
import { csvDialog } from '../history/csv.js';
import { everyOperator } from '../operators/model.js';
import { createLogModel, queryOf } from './model.js';
import { logFilter } from './filter.js';
import { outcomeMark, whoWords, sealMark, objectWords, objectLink, logPairs } from './words.js';
import { chainButton, chainDialog } from './chain.js';
import { systemAlarms, systemAlarmMark, openSystemAlarms } from './alarms.js';

const part = 'system_log';
const singles = ['range', 'from', 'to', 'operator', 'person', 'outcome', 'origin', 'q'];
const asCsv = { path: () => '/system/log', what: 'system_log.csv_what' };

function readFilter() {
  const { params } = here();
  const filter = { action: params.getAll('action') };
  for (const name of singles) if (params.get(name)) filter[name] = params.get(name);
  return filter;
}

const columns = () => [
  { id: 'at', label: t('event.t'), width: 148, fixed: true, cell: (e) => dateTime(e.at) },
  { id: 'outcome', label: t('system_log.outcome'), width: 76, fixed: true, cell: outcomeMark },
  { id: 'action', label: t('system_log.action'), width: 160, grow: 2, fixed: true, cell: (e) => html`<strong class="name">${code('system_action', e.action)}</strong>` },
  { id: 'operator', label: t('event.operator'), width: 110, grow: 1, cell: whoWords },
  { id: 'object', label: t('system_log.object'), width: 116, grow: 2, cell: objectWords },
  { id: 'details', label: t('event.details'), width: 110, grow: 2, cell: (e) => logPairs(e.details).map(([label, value]) => `${label}: ${value}`).join(', ') },
  { id: 'origin', label: t('system_log.origin'), width: 80, cell: (e) => code('system_origin', e.origin) },
  { id: 'address', label: t('session.address'), width: 110, cell: (e) => html`<span class="mono">${e.remote_addr ?? ''}</span>` },
  { id: 'path', label: t('system_log.path'), width: 200, hidden: true, cell: (e) => html`<span class="mono">${e.method ?? ''} ${e.path ?? ''}</span>` },
  { id: 'status', label: t('system_log.status'), width: 70, align: 'end', hidden: true, cell: (e) => e.status ?? '' },
  { id: 'number', label: t('chain.number'), width: 82, align: 'end', cell: sealMark },
];

function entryDetail(e, narrow) {
  const only = (words, what) => html`<button type="button" class="small" @click=${() => narrow(what)}>${words}</button>`;
  return html`<div class="pane-title"><h2>${code('system_action', e.action)}</h2>${outcomeMark(e)}<span class="bar-gap"></span><div class="title-acts">
      ${e.operator?.id ? only(t('system_log.only_operator'), { operator: String(e.operator.id), person: e.operator.name }) : nothing}${only(t('system_log.only_action'), { action: [e.action] })}
      ${e.remote_addr ? only(t('system_log.only_address'), { q: e.remote_addr }) : nothing}</div></div>
    <div class="tab-panel"><dl class="facts wide">
      ${fact(t('event.t'), dateTime(e.at))}${fact(t('event.operator'), e.operator?.id && mayView('operators') ? html`<a href=${address('settings', 'operators', { sel: e.operator.id })}>${e.operator.name}</a>` : whoWords(e))}
      ${fact(t('system_log.origin'), code('system_origin', e.origin))}${fact(t('session.address'), e.remote_addr ? html`<span class="mono">${e.remote_addr}</span>` : '')}
      ${fact(t('system_log.object'), objectLink(e))}${fact(t('system_log.path'), e.path ? html`<span class="mono">${e.method} ${e.path}</span>` : '')}
      ${fact(t('system_log.status'), e.status)}${fact(t('chain.number'), sealMark(e))}
      ${logPairs(e.details).map(([label, value]) => fact(label, value))}</dl>
      <dl class="facts">${e.hash ? fact(t('chain.hash'), html`<span class="mono hash">${e.hash}</span>`) : nothing}${e.sealed_at ? fact(t('chain.at'), dateTime(e.sealed_at)) : nothing}</dl></div>`;
}

export function mountSystemLog({ centre, detail }) {
  const undo = cleanup();
  const model = createLogModel();
  const grid = document.createElement('kb-grid');
  const head = document.createElement('div');
  const box = document.createElement('div');
  head.className = 'centre-head';
  box.className = 'pane-fill';
  centre.replaceChildren(head, grid);
  detail.replaceChildren(box);
  let filter = readFilter();
  let operators = [];
  const search = {};

  function set(change) {
    filter = { ...filter, ...change };
    if ('operator' in change && !('person' in change)) filter.person = '';
    start();
  }
  function start() {
    rewrite('settings', part, filter);
    grid.selectAll([]);
    model.load(filter);
    update();
  }

  function chips() {
    const list = filter.action.slice(0, 4).map((a) => ({ label: code('system_action', a), remove: () => set({ action: filter.action.filter((x) => x !== a) }) }));
    if (filter.operator && !operators.some((o) => String(o.id) === filter.operator)) list.push({ label: filter.person || `${t('event.operator')} ${filter.operator}`, remove: () => set({ operator: '' }) });
    return list;
  }

  function alarmLine() {
    const { list } = systemAlarms.get();
    return list.length ? html`<div class="bar-row system-alarms">${list.slice(0, 3).map((a) => html`${systemAlarmMark(a)} <span>${a.subject}</span>`)}<button type="button" class="small" @click=${openSystemAlarms}>${t('alarm.list_short')}</button></div>` : nothing;
  }

  const template = () => {
    const { entries, next, loading, sealed } = model.store.get();
    return html`<div class="bar-row"><h2>${t('setting.system_log')}</h2>${chainButton(sealed, () => chainDialog(sealed))}<span class="bar-gap"></span>
        <span class="summary" role="status">${loading && !entries.length ? t('loading') : t(next ? 'history.loaded' : 'history.count', { n: number(entries.length) })}</span>
        <button type="button" data-act="reload" @click=${() => model.load(filter)}>${t('reload')}</button>
        <button type="button" data-act="csv" @click=${() => csvDialog('system-log', queryOf(filter), asCsv)}>${t('csv.open')}</button>
        <button type="button" @click=${() => grid.chooseColumns()}>${t('grid.columns')}</button><button type="button" @click=${() => window.print()}>${t('print')}</button></div>
      <div class="bar-row">${logFilter(filter, set, { operators, search, chips: chips(), update: () => update() })}</div>${alarmLine()}`;
  };

  grid.setup({
    name: 'system_log', label: t('setting.system_log'), columns: columns(), rowKey: (e) => e.id, multiple: false, loadMore: () => model.more(), empty: t('system_log.empty'),
    rowClass: (e) => (e.outcome === 'failed' ? 'alarming' : ''),
  });
  const update = view(head, template);
  const drawDetail = view(box, () => (grid.current ? entryDetail(grid.current, set) : html`<p class="empty">${t('detail.choose_row')}</p>`));

  undo.add(model.stop, update.stop, drawDetail.stop, systemAlarms.subscribe(update), model.store.subscribe(({ entries, next, error }) => {
    if (grid.rows !== entries) grid.rows = entries;
    grid.failed = error || null;
    grid.more = Boolean(next) && !error;
    update();
  }));
  undo.listen(grid, 'kb-select', () => drawDetail());
  undo.listen(document, 'kidoban-recovered', () => model.load(filter));
  undo.listen(window, 'hashchange', () => {
    if (here().screen !== 'settings' || here().part !== part) return;
    filter = readFilter();
    start();
  });
  undo.add(offer(() => [
    { label: t('chain.title'), hint: t('setting.system_log'), run: () => chainDialog(model.store.get().sealed) },
    { label: t('system_log.palette_refused'), hint: t('setting.system_log'), run: () => set({ outcome: 'refused' }) },
  ]));
  start();
  if (mayView('operators')) everyOperator({}).then((list) => { operators = list; update(); }, () => {});
  return () => undo.run();
}
