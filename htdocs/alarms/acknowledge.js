// Acknowledging: by name (the operator's own) and with a comment. Ctrl+Enter sends.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { openDialog } from '../app/dialog.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { shortTime, number } from '../app/format.js';
import { session } from '../app/session.js';
import { acknowledge } from './alarms.js';
import { alarmKind, alarmPlace } from './words.js';

const ready = ['alarm.ready.checked', 'alarm.ready.false', 'alarm.ready.guard', 'alarm.ready.maintenance'];

/** Asks for a comment and acknowledges; true when done. */
export function acknowledgeDialog(list) {
  let comment = '';
  let error = '';
  let busy = false;
  return openDialog({
    title: t('alarm.ack_title', { n: number(list.length) }),
    className: 'ack-dialog',
    body: (api) => {
      const submit = async (event) => {
        event?.preventDefault();
        if (busy) return;
        busy = true;
        api.update();
        try {
          await acknowledge(list.map((a) => a.id), comment.trim());
          notice(t('alarm.acknowledged', { n: number(list.length) }));
          api.close(true);
        } catch (problem) {
          error = problemText(problem);
          busy = false;
          api.update();
        }
      };
      const pick = (text) => {
        comment = comment ? `${comment} ${text}` : text;
        api.element.querySelector('textarea').value = comment;
      };
      return html`<form @submit=${submit} @keydown=${(e) => { if (e.key === 'Enter' && e.ctrlKey) submit(e); }}>
        <ul class="ack-list" tabindex="0" aria-label=${t('alarm.list')}>${list.slice(0, 200).map((a) => html`<li><span class="tone-alarm" aria-hidden="true">■</span> ${alarmKind(a)}
          <strong>${alarmPlace(a)}</strong> <span class="muted">${shortTime(a.raised_at)}${a.cleared_at ? ` ${t('alarm.cleared')}` : ''}</span></li>`)}</ul>
        <label>${t('alarm.comment')}<textarea name="comment" maxlength="500" autofocus @input=${(e) => { comment = e.target.value; }}></textarea></label>
        <div class="chips">${ready.map((key) => html`<button type="button" class="small" @click=${() => pick(t(key))}>${t(key)}</button>`)}</div>
        <p class="muted">${t('alarm.by', { name: session.get().operator.display_name })}</p>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close(false)}>${t('cancel')}</button>
          <button class="primary" ?disabled=${busy}>${t('alarm.ack')}</button></div>
      </form>`;
    },
  });
}
