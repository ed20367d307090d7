// The chain of the system log: how far it is sealed, what to keep outside of this server, and how that is checked there.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get, send } from '../app/api.js';
import { openDialog } from '../app/dialog.js';
import { dateTime, number } from '../app/format.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { keepFile, saveReply } from '../history/csv.js';

async function checkpoints() {
  try {
    await saveReply(await send('GET', '/system/log/checkpoints', { accept: 'application/jsonl' }), 'kidoban-checkpoints.jsonl');
    notice(t('chain.checkpoints_done'));
  } catch (problem) {
    notice(problemText(problem), 'error');
  }
}

async function keys() {
  try {
    const list = (await get('/system/log/keys')).keys;
    keepFile(new Blob(list.map((k) => k.public_key), { type: 'application/x-pem-file' }), 'kidoban-audit-key.pem');
    notice(t('chain.keys_done'));
  } catch (problem) {
    notice(problemText(problem), 'error');
  }
}

/** 'Sealed to 12,345', a button that opens the rest. */
export const chainButton = (sealed, open) => html`<button type="button" data-act="chain" @click=${open}><span class=${sealed ? 'tone-ok' : 'tone-warn'} aria-hidden="true">${sealed ? '●' : '▲'}</span>
  ${sealed ? t('chain.sealed_to', { number: number(sealed.number) }) : t('chain.none')}</button>`;

export function chainDialog(sealed) {
  return openDialog({
    title: t('chain.title'),
    className: 'chain-dialog',
    body: (api) => html`<p class="dialog-text">${t('chain.what')}</p>
      ${sealed ? html`<dl class="facts"><div><dt>${t('chain.number')}</dt><dd>${number(sealed.number)}</dd></div><div><dt>${t('chain.at')}</dt><dd>${dateTime(sealed.at)}</dd></div>
        <div><dt>${t('chain.hash')}</dt><dd class="mono hash">${sealed.hash}</dd></div></dl>` : nothing}
      <p>${t('chain.keep')}</p>
      <div class="chips"><button type="button" data-act="checkpoints" autofocus @click=${checkpoints}>${t('chain.checkpoints')}</button><button type="button" data-act="keys" @click=${keys}>${t('chain.keys')}</button></div>
      <p>${t('chain.verify')}</p>
      <pre class="command" tabindex="0" role="region" aria-label=${t('chain.command')}>kidoban-audit verify --checkpoints kidoban-checkpoints.jsonl \\
  --key kidoban-audit-key.pem LOGFILE</pre>
      <div class="dialog-buttons"><button type="button" class="primary" @click=${() => api.close()}>${t('close')}</button></div>`,
  });
}
