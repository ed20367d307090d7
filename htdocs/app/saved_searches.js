// Saved searches of a screen (at most 20 an operator): a menu to run, save and forget them.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';
import { call, get } from './api.js';
import { openDialog } from './dialog.js';
import { notice } from './notices.js';
import { problemText } from './problems.js';

/** Gives {template, load}: template() draws the menu; current() gives the search to save, run(search) repeats one. */
export function savedSearches(screen, { current, run, changed }) {
  let list = [];

  async function load() {
    try {
      list = (await get('/saved-searches', { screen })).saved_searches;
      changed();
    } catch {
      // The menu stays empty; the banner tells of trouble.
    }
  }

  async function forget(search) {
    try {
      await call('DELETE', `/saved-searches/${search.id}`);
      notice(t('saved.forgotten', { name: search.name }));
      await load();
    } catch (problem) {
      notice(problemText(problem), 'error');
    }
  }

  function save() {
    let name = '';
    let error = '';
    openDialog({
      title: t('saved.save'),
      body: (api) => {
        const submit = async (event) => {
          event.preventDefault();
          if (!name.trim()) return;
          try {
            await call('POST', '/saved-searches', { body: { screen, name: name.trim(), search: current() } });
            api.close();
            notice(t('saved.saved', { name }));
            await load();
          } catch (problem) {
            error = problemText(problem);
            api.update();
          }
        };
        return html`<form @submit=${submit}><label>${t('saved.name')}<input name="name" maxlength="100" required autofocus @input=${(e) => { name = e.target.value; }}></label>
          ${error ? html`<p class="field-error" role="alert">${error}</p>` : nothing}
          <div class="dialog-buttons"><button type="button" @click=${() => api.close()}>${t('cancel')}</button><button class="primary">${t('save')}</button></div></form>`;
      },
    });
  }

  const close = (event) => event.target.closest('details').removeAttribute('open');

  const template = () => html`<details class="menu"><summary>${t('saved.menu')}</summary><div class="menu-box">
    ${list.map((s) => html`<div class="saved-row"><button type="button" @click=${(e) => { close(e); run(s.search); }}>${s.name}</button>
      <button type="button" class="close" aria-label=${t('saved.forget', { name: s.name })} @click=${() => forget(s)}>×</button></div>`)}
    ${list.length ? nothing : html`<p class="muted menu-note">${t('saved.none')}</p>`}
    <button type="button" class="link" @click=${(e) => { close(e); save(); }}>${t('saved.save')}</button></div></details>`;

  return { template, load };
}
