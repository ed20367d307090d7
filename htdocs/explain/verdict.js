// One explanation: what the gate decided or would decide, every check against what it held and against what the server had.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { dateTime, number } from '../app/format.js';
import { mayView } from '../app/session.js';
import { address } from '../app/router.js';
import { kindWords } from '../changes/words.js';
import { factWords, glyphs, refusalWords, verdictMark } from './words.js';

function changeCell(set) {
  if (!set) return nothing;
  const words = html`${dateTime(set.at, { seconds: false })}${set.kind ? html` <span class="muted">${kindWords(set.kind)}${set.operator ? ` ${set.operator.name}` : ''}</span>` : nothing}`;
  return mayView('change_history') ? html`<a href=${address('settings', 'change_history', { revision: set.revision })}>${words}</a>` : words;
}

function row(r) {
  const cell = (verdict, word, held) => html`<td class=${verdict === 'refuse' ? 'refuses' : ''}>${verdictMark(verdict, verdict === 'refuse' && word ? code('event', word) : undefined)}
    ${held ? html`<span class="fact-words">${factWords(r.check, held)}</span>` : nothing}</td>`;
  return html`<tr data-check=${r.check}><th scope="row">${t(`why.check.${r.check}`)}${r.told ? html` <span class="told" title=${t('why.told')}><span aria-hidden="true">◀</span><span class="visually-hidden">${t('why.told')}</span></span>` : nothing}</th>
    ${cell(r.verdict, r.code, r.held)}${cell(r.server_verdict, r.server_code, r.server)}<td>${changeCell(r.change_set)}</td></tr>`;
}

/** What refuses stands first; else the order of decision holds. */
const matters = (r) => r.verdict === 'refuse' || r.server_verdict === 'refuse';

/** In one sentence: who, where, and why. */
function sentence(x) {
  const why = refusalWords(x.reasons);
  if (x.verdict === 'pass') return t(x.event ? 'why.passed' : 'why.would_pass');
  if (x.verdict === 'unknown') return why ? t('why.unknown_but', { why }) : t('why.unknown');
  return t(x.event ? 'why.refused' : 'why.would_refuse', { why: why || code('event', x.event?.kind) });
}

function otherwise(x) {
  if (x.held_revision === null) return t('why.held_unknown');
  if (x.verdict === 'refuse' && x.server_verdict === 'pass') return t('why.server_passes');
  if (x.verdict === 'pass' && x.server_verdict === 'refuse') return t('why.server_refuses', { why: refusalWords(x.reasons, 'server_verdict', 'server_code') });
  return '';
}

const held = (label, revision, since) => html`<div><dt>${label}</dt><dd>${revision === null ? html`<span class="muted">${t('why.nothing_held')}</span>`
  : html`${t('change.revision_n', { revision: number(revision) })}${since ? html` <span class="muted">${t('why.since', { at: dateTime(since, { seconds: false }) })}</span>` : nothing}`}</dd></div>`;

/** What the gate held and the server had. */
export const heldFacts = (x) => html`<dl class="facts wide held-facts">${held(t('why.permits_held'), x.held_revision, x.held_since)}${held(t('why.list_held'), x.list_revision, x.list_since)}${held(t('why.server_had'), x.server_revision, null)}</dl>`;

export function explanation(x) {
  const note = otherwise(x);
  const who = x.cardholder ? `${x.cardholder.name} (${x.cardholder.employee_number})` : t('why.nobody');
  return html`<div class="why" data-verdict=${x.verdict}>
    <p class="why-verdict tone-${{ pass: 'ok', refuse: 'alarm', unknown: 'unknown' }[x.verdict]}" role="status"><span aria-hidden="true">${glyphs[x.verdict]}</span> <strong>${sentence(x)}</strong></p>
    <p class="muted">${t('why.about', { who, gate: x.gate.name, at: dateTime(x.at) })}${x.card_number ? ` ${t('event.card', { number: x.card_number })}` : ''}</p>
    ${note ? html`<p class="why-note"><span aria-hidden="true">▲</span> ${note}</p>` : nothing}
    ${heldFacts(x)}
    <table class="data-table reasons"><thead><tr><th scope="col">${t('why.check')}</th><th scope="col">${t('why.by_gate')}</th><th scope="col">${t('why.by_server')}</th><th scope="col">${t('why.last_change')}</th></tr></thead>
      <tbody>${[...x.reasons.filter(matters), ...x.reasons.filter((r) => !matters(r))].map(row)}</tbody></table>
    ${x.reasons.some((r) => r.told) ? html`<p class="muted"><span class="told" aria-hidden="true">◀</span> ${t('why.told')}</p>` : nothing}</div>`;
}
