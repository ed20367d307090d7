// The log-in page. It says what went wrong in words that say what to do, and begins work by itself when the server is back.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, language, setLanguage } from './i18n.js';
import { logIn, resume } from './session.js';
import { connection } from './api.js';
import { problemText } from './problems.js';
import { view, cleanup } from './store.js';

/** mountLogin(place, enter, why, problem): why is 'first', 'ended', 'out' or 'trouble'. */
export function mountLogin(place, enter, why = 'first', problem = null) {
  const undo = cleanup();
  let busy = false;
  let message = problem && why === 'trouble' ? problemText(problem) : '';
  let failed = Boolean(message);
  if (why === 'ended') message = t('login.ended');
  if (why === 'out') message = t('login.out');

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    const form = event.target;
    busy = true;
    message = '';
    update();
    try {
      await logIn(form.operator.value.trim(), form.password.value);
      enter();
      return;
    } catch (refused) {
      failed = true;
      message = refused.status === 401 ? t('problem.wrong_password') : problemText(refused);
    }
    busy = false;
    update();
    form.password.select();
  }

  const banner = () => {
    const { state } = connection.get();
    return state === 'ok' ? nothing : html`<p class="login-away" role="status">${t(`connection.${state}`)}</p>`;
  };

  const template = () => html`
    <main class="login">
      <form class="login-box" @submit=${submit} novalidate>
        <h1><img src="icon.svg" alt="" width="36" height="36"> ${t('app.name')} ${language() === 'ja' ? html`<span lang="en" class="login-latin">Kidoban</span>` : nothing}</h1>
        <p class="login-what">${t('app.subtitle')}</p>
        ${banner()}
        <div role="alert" class=${message && failed ? 'login-error' : 'login-note'}>${message}</div>
        <label>${t('login.operator')}
          <input name="operator" autocomplete="username" required autocapitalize="off" spellcheck="false">
        </label>
        <label>${t('login.password')}
          <input name="password" type="password" autocomplete="current-password" required>
        </label>
        <button class="primary" ?disabled=${busy}>${busy ? t('login.busy') : t('login.enter')}</button>
        <p class="login-language">
          <button type="button" class="link" lang=${language() === 'ja' ? 'en' : 'ja'}
            @click=${() => setLanguage(language() === 'ja' ? 'en' : 'ja')}>${t('language.other')}</button>
        </p>
      </form>
    </main>`;

  const box = document.createElement('div'); // its own: what lit-html drew into stays its own
  box.className = 'login-place';
  place.replaceChildren(box);
  const update = view(box, template);
  document.title = t('app.title', { page: t('login.title') });
  place.querySelector('input[name=operator]').focus();
  undo.add(connection.subscribe(update), update.stop);
  undo.listen(document, 'kidoban-recovered', async () => {
    update();
    try {
      await resume();
      enter();
    } catch {
      // Not logged in: the form is there.
    }
  });
  return () => undo.run();
}
