// A transfer of permits by hand: all gates or chosen ones, what changed or everything (T-1).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call, actKey } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { checkList } from '../app/choosers.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { mayView } from '../app/session.js';
import { everyGate } from '../gates/model.js';
import { sent } from './jobs.js';

/** Resolves with the transfer, undefined when dismissed. */
export async function beginTransfer() {
  let gates = [];
  try {
    if (mayView('gates')) gates = await everyGate({});
  } catch (problem) {
    notice(problemText(problem), 'error');
    return undefined;
  }
  const items = gates.map((g) => ({ key: g.id, label: g.name, hint: g.management_group.name }));
  const chosen = new Set();
  const search = {};
  const key = actKey();
  let all = true;
  let full = false;
  let error = '';
  let busy = false;
  return openDialog({
    title: t('transfer.begin_title'),
    className: 'bulk-dialog',
    body: (api) => {
      const update = () => api.update();
      const submit = async (event) => {
        event.preventDefault();
        if (busy) return;
        busy = true;
        error = '';
        update();
        try {
          const { data } = await call('POST', '/transfers', { body: { kind: 'permits', ...(all ? { all: true } : { gates: [...chosen] }), full }, headers: { 'Idempotency-Key': key } });
          notice(t('transfer.begun'));
          sent();
          api.close(data);
        } catch (problem) {
          busy = false;
          error = problemText(problem);
          update();
        }
      };
      const radio = (name, on, label, choose) => html`<label class="choice"><input type="radio" name=${name} .checked=${on} @change=${() => { choose(); update(); }}>${label}</label>`;
      return html`<form @submit=${submit}>
        <fieldset><legend>${t('transfer.where')}</legend>${radio('where', all, t('transfer.all_gates'), () => { all = true; })}
          ${items.length ? radio('where', !all, t('transfer.chosen_gates'), () => { all = false; }) : nothing}
          ${all ? nothing : checkList('gate', t('screen.gates'), items, chosen, search, update)}</fieldset>
        <fieldset><legend>${t('transfer.what')}</legend>${radio('what', !full, t('transfer.changed'), () => { full = false; })}${radio('what', full, t('transfer.full'), () => { full = true; })}</fieldset>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button>
          <button class="primary" ?disabled=${busy || (!all && !chosen.size)}>${t('transfer.begin_do')}</button></div></form>`;
    },
  });
}
