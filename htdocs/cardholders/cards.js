// A lost card, a card found again, another card, and the end of a cardholder (C-1, C-7).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { call } from '../app/api.js';
import { openDialog, confirmDialog } from '../app/dialog.js';
import { editDialog } from '../app/edit_form.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { sent } from '../transfers/jobs.js';

/** Says that a card, or the person with all cards, is lost (or found); controllers are told at once. Resolves with the cardholder. */
export function lostDialog(c, lost) {
  let card = '';
  let comment = '';
  let error = '';
  let busy = false;
  const cards = c.cards.filter((k) => k.lost !== lost);
  return openDialog({
    title: t(lost ? 'lost.title' : 'found.title', { name: c.name }),
    className: 'lost-dialog',
    body: (api) => {
      const submit = async (event) => {
        event.preventDefault();
        if (busy) return;
        busy = true;
        api.update();
        try {
          const body = { lost, ...(card ? { card: Number(card) } : {}), ...(comment.trim() ? { comment: comment.trim() } : {}) };
          const { data } = await call('POST', `/cardholders/${c.id}/lost`, { body });
          notice(t(lost ? 'lost.done' : 'found.done', { name: c.name }));
          sent();
          api.close(data);
        } catch (problem) {
          error = problemText(problem);
          busy = false;
          api.update();
        }
      };
      const radio = (value, label) => html`<label class="choice"><input type="radio" name="card" value=${value} .checked=${card === value} @change=${() => { card = value; }}>${label}</label>`;
      return html`<form @submit=${submit}>
        <p class="dialog-warning">${t(lost ? 'lost.warning' : 'found.warning')}</p>
        <fieldset><legend>${t('lost.what')}</legend>${radio('', t(lost ? 'lost.person' : 'found.person'))}${cards.map((k) => radio(String(k.id), html`${t('lost.card')} <span class="mono">${k.card_number}</span>`))}</fieldset>
        <label>${t('lost.comment')}<input name="comment" maxlength="500" autofocus autocomplete="off" @input=${(e) => { comment = e.target.value; }}></label>
        ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
        <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button>
          <button class=${lost ? 'danger' : 'primary'} ?disabled=${busy}>${t(lost ? 'lost.do' : 'found.do')}</button></div></form>`;
    },
  });
}

/** Another card; all before stay on the lost list. Resolves with the cardholder. */
export async function reissueDialog(c, etag) {
  const answer = { etag };
  return editDialog({
    title: t('reissue.title', { name: c.name }),
    className: '',
    fields: [{ name: 'card_number', label: t('reissue.number'), max: 16, pattern: '[0-9A-Za-z]{1,16}', required: true, first: true }],
    base: { card_number: '' },
    etag: answer.etag,
    agree: t('reissue.do'),
    intro: html`<p class="dialog-warning">${t('reissue.warning')}</p>`,
    reread: async () => ({ values: { card_number: '' }, etag: (await call('GET', `/cardholders/${c.id}`)).etag }),
    save: async (body, tag) => {
      const { data } = await call('POST', `/cardholders/${c.id}/reissue`, { body, headers: { 'If-Match': tag } });
      notice(t('reissue.done', { number: body.card_number }));
      return data;
    },
  });
}

/** Deletes one after a question; true when done. */
export async function deleteCardholder(c, etag) {
  const agreed = await confirmDialog({ title: t('cardholder.delete'), text: t('cardholder.delete_text', { name: c.name, number: c.employee_number }), agree: t('cardholder.delete_do'), danger: true });
  if (!agreed) return false;
  try {
    await call('DELETE', `/cardholders/${c.id}`, { headers: { 'If-Match': etag } });
    notice(t('cardholder.deleted', { name: c.name }));
    return true;
  } catch (problem) {
    notice(problemText(problem), 'error');
    return false;
  }
}
