// What one gate did last: its access, alarm and operation events of the last day in one list, kept up by the live stream.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { problemText } from '../app/problems.js';
import { serverNow, shortTime } from '../app/format.js';
import { address } from '../app/router.js';
import { eventMark, eventWho } from '../history/words.js';

const categories = ['access', 'alarm', 'operation', 'management'];
const longest = 60;

const newestFirst = (a, b) => Date.parse(b.t) - Date.parse(a.t);

/** Gives {events, state, follow(id), stop}; changed() is called when there is something new. */
export function createGateLog(changed) {
  const log = { id: null, events: [], state: 'idle', error: '' };
  let turn = 0;

  log.follow = async (id) => {
    turn += 1;
    const mine = turn;
    Object.assign(log, { id, events: id === log.id ? log.events : [], state: id ? 'loading' : 'idle', error: '' });
    if (!id) return;
    try {
      const from = new Date(serverNow() - 86400000).toISOString();
      const pages = await Promise.all(categories.map((c) => get(`/history/${c}`, { gate: id, from, limit: 20 })));
      if (mine !== turn) return;
      log.events = pages.flatMap((p) => p.events).sort(newestFirst).slice(0, longest);
      log.state = 'ready';
    } catch (problem) {
      if (mine !== turn) return;
      log.state = 'failed';
      log.error = problemText(problem);
    }
    changed();
  };

  const onLive = ({ detail }) => {
    if (!categories.includes(detail.kind) || detail.data.gate?.id !== log.id || log.id === null) return;
    if (log.events.some((e) => e.id === detail.data.id)) return;
    log.events = [{ ...detail.data, fresh: true }, ...log.events].sort(newestFirst).slice(0, longest);
    changed();
  };
  document.addEventListener('kidoban-live', onLive);
  log.stop = () => { turn += 1; document.removeEventListener('kidoban-live', onLive); };
  return log;
}

export function logTemplate(log, gate) {
  return html`<div class="log-head"><h3>${t('log.title')}</h3>
      <a href=${address('history', 'access', { gate: gate.id })}>${t('log.all')}</a></div>
    ${log.state === 'failed' ? html`<p class="field-error">${log.error}</p>` : nothing}
    <div class="table-scroll" tabindex="0" role="region" aria-label=${t('log.title')}>
    <table class="data-table log-table"><thead class="visually-hidden"><tr><th scope="col">${t('event.t')}</th><th scope="col">${t('event.kind')}</th><th scope="col">${t('event.who')}</th></tr></thead>
      <tbody>${log.events.map((e) => html`<tr class=${e.fresh ? 'fresh' : ''}><td>${shortTime(e.t)}</td><td>${eventMark(e)}</td><td>${eventWho(e)}</td></tr>`)}</tbody></table>
    ${log.events.length ? nothing : html`<p class="muted">${log.state === 'loading' ? t('loading') : t('log.none')}</p>`}</div>`;
}
