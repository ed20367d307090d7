// Keys that work everywhere. Letters do nothing while somebody types.
import { openPalette, offer } from './palette.js';
import { openHelp } from './help.js';
import { liveState, pause } from './live.js';
import { openAlarmPanel } from '../alarms/panel.js';
import { mayView, mayFollow } from './session.js';
import { t } from './i18n.js';
import { go } from './router.js';

const typing = (target) => target.closest?.('input, select, textarea, [contenteditable]');

function focusIn(id) {
  const pane = document.getElementById(id);
  (pane?.querySelector('kb-grid [tabindex="0"], kb-tree [tabindex="0"], [role=tab][tabindex="0"]') ?? pane)?.focus();
}

const acts = {
  '?': openHelp,
  '/': () => [...document.querySelectorAll('#centre-pane input[type=search]')].find((i) => i.checkVisibility())?.focus(),
  g: () => focusIn('group-pane'),
  l: () => focusIn('centre-pane'),
  d: () => focusIn('detail-pane'),
  a: () => { if (mayView('history')) openAlarmPanel(); },
  p: () => { if (mayFollow()) pause(!liveState.get().paused); },
};

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || document.querySelector('dialog[open]')) return;
  const link = /^[1-9]$/.test(event.key) && document.querySelectorAll('.nav-bar a')[Number(event.key) - 1];
  if (link) {
    event.preventDefault();
    link.click();
  } else if (acts[event.key]) {
    event.preventDefault();
    acts[event.key]();
  }
}

export function installKeys() {
  document.addEventListener('keydown', onKey);
  const stop = offer(() => [
    ...[...document.querySelectorAll('.nav-bar a')].map((a) => ({ label: a.textContent, hint: t('palette.screen'), run: () => go(a.dataset.screen) })),
    ...(mayView('history') ? [{ label: t('alarm.list'), hint: t('palette.act'), run: () => openAlarmPanel() }] : []),
    { label: t('help.title'), hint: t('palette.act'), run: openHelp },
  ]);
  return () => {
    document.removeEventListener('keydown', onKey);
    stop();
  };
}
