// Status bar: system name, state of the live link, alarms, display settings, who with their own account, log-out.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, language, setLanguage } from './i18n.js';
import { theme, setTheme, themes, density, setDensity, densities } from './theme.js';
import { session, logOut, mayView, mayFollow } from './session.js';
import { liveState, pause } from './live.js';
import { connection } from './api.js';
import { clock, day, number, serverNow } from './format.js';
import { alarms } from '../alarms/alarms.js';
import { openAlarmPanel } from '../alarms/panel.js';
import { systemAlarmButton, systemAlarms } from '../system/alarms.js';
import { accountMenu } from './account.js';
import { openPalette } from './palette.js';
import { openHelp } from './help.js';
import { notice } from './notices.js';
import { problemText } from './problems.js';

async function leave() {
  try {
    await logOut();
  } catch (problem) {
    if (problem.status !== 401) {
      notice(problemText(problem), 'error');
      return;
    }
  }
  document.dispatchEvent(new CustomEvent('kidoban-logged-out'));
}

function liveButton() {
  const { state, paused, held } = liveState.get();
  const away = connection.get().state !== 'ok';
  const shown = paused ? 'paused' : away ? 'lost' : state;
  const glyph = { live: '●', paused: '▲', connecting: '◇', lost: '■' }[shown];
  const label = paused && held ? t('live.held', { n: number(held) }) : t(`live.${shown}`);
  return html`<button class="bar-button live-${shown}" id="live-button" aria-pressed=${paused ? 'true' : 'false'}
    title=${t(paused ? 'live.resume' : 'live.pause')} @click=${() => pause(!paused)}
    ><span aria-hidden="true">${glyph}</span> ${label}</button>`;
}

function alarmButton() {
  const { unacknowledged, open } = alarms.get();
  return html`<button class="bar-button ${unacknowledged ? 'has-alarm' : ''}" id="alarm-button" @click=${() => openAlarmPanel()}
    title=${t('alarm.count_help', { open: number(open) })}
    ><span aria-hidden="true">${unacknowledged ? '■' : '●'}</span> ${t('alarm.count', { n: number(unacknowledged) })}</button>`;
}

const choice = (id, label, value, values, choose, words) => html`
  <label class="bar-choice"><span class="visually-hidden">${t(label)}</span>
    <select id=${id} title=${t(label)} @change=${(e) => choose(e.target.value)}>
      ${values.map((v) => html`<option value=${v} ?selected=${v === value}>${t(`${words}.${v}`)}</option>`)}
    </select></label>`;

export function statusBar() {
  const { server, login } = session.get();
  return html`
    <a class="brand" href="#/"><img src="icon.svg" alt="" width="22" height="22">
      <strong>${t('app.name')}</strong> ${language() === 'ja' ? html`<span lang="en">Kidoban</span>` : nothing}</a>
    <span class="server-name">${server?.name && server.name.toLowerCase() !== 'kidoban' ? server.name : nothing}</span>
    <time class="bar-clock" title=${t('status.clock', { zone: server?.time_zone ?? '' })}>${day(serverNow())} ${clock(serverNow(), { seconds: false })}</time>
    ${mayFollow() ? liveButton() : nothing}
    ${mayView('history') ? alarmButton() : nothing}
    ${systemAlarmButton()}
    <span class="bar-gap"></span>
    <button class="bar-button" id="palette-button" title=${t('palette.help')} @click=${openPalette}>${t('palette.open')} <kbd>Ctrl K</kbd></button>
    ${choice('theme', 'theme.label', theme(), themes, setTheme, 'theme')}
    ${choice('density', 'density.label', density(), densities, setDensity, 'density')}
    ${choice('language', 'language.label', language(), ['ja', 'en'], setLanguage, 'language')}
    <button class="bar-button" id="help-button" aria-label=${t('help.open')} title=${t('help.open')} @click=${openHelp}>?</button>
    ${accountMenu()}
    ${login === 'remote_user' ? nothing : html`<button class="bar-button" id="logout" @click=${leave}>${t('logout')}</button>`}`;
}

/** Draws again when something shown on the bar changes. */
export function watchStatus(update) {
  const undo = [liveState.subscribe(update), alarms.subscribe(update), systemAlarms.subscribe(update), session.subscribe(update)];
  const timer = setInterval(update, 10000);
  const onTheme = () => update();
  document.addEventListener('kidoban-theme', onTheme);
  document.addEventListener('kidoban-density', onTheme);
  return () => {
    undo.forEach((stop) => stop());
    clearInterval(timer);
    document.removeEventListener('kidoban-theme', onTheme);
    document.removeEventListener('kidoban-density', onTheme);
  };
}
