// Finding one of many by typing: a cardholder out of 300,000, a gate out of 1,000, anything that has a name. Arrows move between field and answers.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';
import { get } from './api.js';
import { openDialog } from './dialog.js';
import { problemText } from './problems.js';
import { everyGate } from '../gates/model.js';

const most = 50;
const pause = 250; // ms after the last key
const plain = (text) => text.normalize('NFKC').toLowerCase();

/** search(q) -> promise of [{label, hint, value}], at most `most` and one more; resolves with the value chosen, undefined when dismissed. */
function findDialog({ title, label, search }) {
  let found = null;
  let error = '';
  let timer = 0;
  let turn = 0;
  return openDialog({
    title,
    className: 'choose-dialog',
    onClose: () => { clearTimeout(timer); turn += 1; },
    body: (api) => {
      const ask = async (q) => {
        turn += 1;
        const mine = turn;
        try {
          const list = await search(q);
          if (mine !== turn) return;
          found = list;
          error = '';
        } catch (problem) {
          if (mine !== turn) return;
          error = problemText(problem);
        }
        api.update();
      };
      const onInput = (e) => {
        if (e.isComposing) return;
        clearTimeout(timer);
        timer = setTimeout(ask, pause, e.target.value.trim());
      };
      const onKey = (e) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
        if (!step) return;
        const stops = [...api.element.querySelectorAll('input[type=search], .choose-list button')];
        e.preventDefault();
        stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(document.activeElement) + step))]?.focus();
      };
      if (found === null && !turn) queueMicrotask(() => ask(''));
      return html`<form class="choose-body" @keydown=${onKey} @submit=${(e) => { e.preventDefault(); if (found?.length === 1) api.close(found[0].value); }}>
        <input type="search" autofocus maxlength="100" autocomplete="off" placeholder=${label} aria-label=${label} @input=${onInput} @compositionend=${onInput}>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <ul class="choose-list" aria-label=${title} aria-busy=${found ? 'false' : 'true'}>${(found ?? []).slice(0, most).map((f) => html`<li><button type="button" class="link" @click=${() => api.close(f.value)}>${f.label} <span class="muted">${f.hint}</span></button></li>`)}
          ${found && !found.length ? html`<li class="muted">${t('palette.none')}</li>` : nothing}${found && found.length > most ? html`<li class="muted">${t('find.narrow')}</li>` : nothing}</ul>
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button></div></form>`;
    },
  });
}

/** Resolves with {id, name, employee_number}. */
export const findCardholder = () => findDialog({
  title: t('find.cardholder'),
  label: t('find.q'),
  search: async (q) => (await get('/cardholders', { q, limit: most + 1 })).cardholders.map((c) => ({
    label: c.name, hint: `${c.employee_number} ${c.department.name}`, value: { id: c.id, name: c.name, employee_number: c.employee_number },
  })),
});

/** Finds in a list that is asked for once: load() -> [{id, name, hint, words}]; resolves with {id, name}. */
function findIn(title, label, load) {
  let all = null;
  return findDialog({
    title,
    label,
    search: async (q) => {
      all ??= await load();
      return all.filter((x) => plain(`${x.name} ${x.hint} ${x.words ?? ''}`).includes(plain(q))).slice(0, most + 1).map((x) => ({ label: x.name, hint: x.hint, value: { id: x.id, name: x.name } }));
    },
  });
}

export const findGate = () => findIn(t('find.gate_title'), t('conditions.q'), async () => (await everyGate({})).map((g) => ({ id: g.id, name: g.name, hint: g.management_group.name, words: `${g.building} ${g.place}` })));
export const findDepartment = () => findIn(t('department.choose'), t('department.find'), async () => (await get('/departments')).departments.map((d) => ({ ...d, hint: d.code })));
export const findGateGroup = () => findIn(t('find.gate_group_title'), t('setting.name'), async () => (await get('/gate-groups')).gate_groups.map((g) => ({ ...g, hint: t('gates.count', { n: g.gates }) })));
