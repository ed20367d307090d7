// Begins: language, session, then the log-in page or the console; and changes between the two.
import './theme.js';
import { preferredLanguage, setLanguage, t } from './i18n.js';
import { resume, session, mayFollow } from './session.js';
import { notice } from './notices.js';
import { startLive, stopLive } from './live.js';
import { mountLogin } from './login.js';
import { mountShell } from './shell.js';

const place = document.getElementById('app');
let leave = null;
let mode = null;

function show(next, ...values) {
  leave?.();
  mode = next;
  leave = next === 'console' ? mountShell(place) : mountLogin(place, enter, ...values);
}

async function enter() {
  if (mayFollow()) await startLive();
  else stopLive();
  show('console');
}

document.addEventListener('kidoban-session-ended', () => {
  if (mode !== 'console') return;
  stopLive();
  session.set({ operator: null, rights: {} });
  show('login', 'ended');
});
document.addEventListener('kidoban-logged-out', () => {
  stopLive();
  history.replaceState(null, '', location.pathname); // the next one begins at the beginning
  show('login', 'out');
});
// The console is drawn anew with what may be used now; a form that is open stays, and the server judges what is sent.
document.addEventListener('kidoban-rights-changed', async () => {
  if (mode !== 'console') return;
  await enter();
  notice(t('session.rights_changed'));
});
document.addEventListener('kidoban-language', () => { if (mode) show(mode); });

await setLanguage(preferredLanguage());
try {
  await resume();
  enter();
} catch (problem) {
  show('login', problem.status === 401 ? 'first' : 'trouble', problem);
}
