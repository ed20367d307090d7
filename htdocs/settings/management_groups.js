// Management groups (O-1): the unit of operators' authority over gates.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { number } from '../app/format.js';
import { mayEdit, mayView } from '../app/session.js';
import { address } from '../app/router.js';
import { mountList, fact } from './list.js';
import { addThing, editThing, deleteThing } from './things.js';

const fields = () => [
  { name: 'name', label: t('setting.name'), max: 64, required: true, first: true },
  { name: 'note', label: t('setting.note'), kind: 'area', max: 1000 },
];
const path = (g) => `/management-groups/${g.id}`;

export function mountManagementGroups(regions) {
  const add = async () => { const g = await addThing('/management-groups', t('management_group.add'), fields(), { name: '', note: '' }); if (g) list.reload(g.id); };
  const edit = async (g) => { if (await editThing(path(g), t('management_group.edit', { name: g.name }), fields(), (d) => ({ name: d.name, note: d.note }))) list.reload(g.id); };
  const remove = async (g) => { if (await deleteThing(path(g), t('management_group.delete'), t('delete_text', { name: g.name }))) { list.grid.selectAll([]); list.reload(); } };

  const list = mountList(regions, {
    name: 'management_groups',
    label: t('setting.management_groups'),
    columns: [
      { id: 'name', label: t('setting.name'), width: 220, grow: 2, fixed: true, cell: (g) => html`<strong class="name">${g.name}</strong>`, sort: (g) => g.name },
      { id: 'gates', label: t('screen.gates'), width: 90, align: 'end', cell: (g) => number(g.gates), sort: (g) => g.gates },
      { id: 'note', label: t('setting.note'), width: 260, grow: 3, cell: (g) => g.note, sort: (g) => g.note },
    ],
    load: async () => (await get('/management-groups')).management_groups,
    count: (n) => t('management_group.count', { n: number(n) }),
    none: t('detail.choose_row'),
    open: (g) => { if (g && mayEdit('management_groups')) edit(g); },
    acts: (g) => (mayEdit('management_groups') ? html`<button type="button" class="primary" data-act="add" @click=${add}>${t('add_open')}</button>
      <button type="button" data-act="edit" ?disabled=${!g} @click=${() => edit(g)}>${t('change')}</button>
      <button type="button" class="outline-danger" data-act="delete" ?disabled=${!g} @click=${() => remove(g)}>${t('delete')}</button>` : nothing),
    detail: (g) => html`<div class="pane-title"><h2>${g.name}</h2></div><div class="tab-panel"><dl class="facts wide">
      ${fact(t('screen.gates'), mayView('gates') ? html`<a href=${address('gates', '', { management_group: g.id })}>${t('gates.count', { n: number(g.gates) })}</a>` : number(g.gates))}${fact(t('setting.note'), g.note)}</dl>
      ${mayView('change_history') ? html`<a href=${address('settings', 'change_history', { subject: 'management_group', subject_id: g.id, name: g.name })}>${t('setting.change_history')}</a>` : nothing}</div>`,
  });
  return list.stop;
}
