// Lockdown (G-9): every gate of one group is told to lock. Asked for by typing the word, so that it never happens by a slip.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { openDialog } from '../app/dialog.js';
import { number } from '../app/format.js';
import { order } from './commands.js';

/** groups: {managementGroups, gateGroups}; chosen: a value such as 'management_group:3'. */
export function lockdownDialog({ managementGroups, gateGroups }, chosen) {
  const all = [
    ...managementGroups.map((g) => ({ value: `management_group:${g.id}`, label: g.name, gates: g.gates, kind: 'management_group' })),
    ...gateGroups.map((g) => ({ value: `gate_group:${g.id}`, label: g.name, gates: g.gates, kind: 'gate_group' })),
  ];
  const word = t('lockdown.word');
  let target = all.find((g) => g.value === chosen) ?? null;
  let typed = '';
  let comment = '';
  const ready = () => target && comment.trim() && typed.trim().normalize('NFKC').toLowerCase() === word.toLowerCase();
  const options = (kind) => all.filter((g) => g.kind === kind).map((g) => html`<option value=${g.value} ?selected=${g === target}>${t('lockdown.option', { name: g.label, n: number(g.gates) })}</option>`);
  return openDialog({
    title: t('lockdown.title'),
    className: 'lockdown-dialog',
    body: (api) => {
      const submit = async (event) => {
        event.preventDefault();
        if (!ready()) return;
        const [kind, id] = target.value.split(':');
        api.close(true);
        await order('/gates/lockdown', { [kind]: Number(id), comment: comment.trim() }, t('lockdown.title'));
      };
      return html`<form @submit=${submit}>
        <p class="dialog-warning"><span aria-hidden="true">■</span> ${t('lockdown.warning')}</p>
        <label>${t('lockdown.target')}<select name="target" autofocus @change=${(e) => { target = all.find((g) => g.value === e.target.value) ?? null; api.update(); }}>
          <option value="">${t('lockdown.choose')}</option>
          <optgroup label=${t('gate.management_group')}>${options('management_group')}</optgroup>
          ${gateGroups.length ? html`<optgroup label=${t('gate.gate_group')}>${options('gate_group')}</optgroup>` : nothing}
        </select></label>
        <label>${t('lockdown.comment')}<input name="comment" required maxlength="500" @input=${(e) => { comment = e.target.value; api.update(); }}></label>
        <label>${t('lockdown.type', { word })}<input name="word" autocomplete="off" spellcheck="false" @input=${(e) => { typed = e.target.value; api.update(); }}></label>
        <div class="dialog-buttons"><button type="button" @click=${() => api.close(false)}>${t('cancel')}</button>
          <button class="danger" ?disabled=${!ready()}>${target ? t('lockdown.do', { n: number(target.gates) }) : t('lockdown.title')}</button></div>
      </form>`;
    },
  });
}
