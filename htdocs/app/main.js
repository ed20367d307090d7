// Begins: language, session, then the log-in page or the console; and changes between the two.
import './theme.js';
import { preferredLanguage, setLanguage } from './i18n.js';
import { resume, session } from './session.js';
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
  await startLive();
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
  show('login', 'out');
});
document.addEventListener('kidoban-language', () => { if (mode) show(mode); });

await setLanguage(preferredLanguage());
try {
  await resume();
  enter();
} catch (problem) {
  show('login', problem.status === 401 ? 'first' : 'trouble', problem);
}
