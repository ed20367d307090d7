// Proof: which gates have confirmed a person's latest state, which would still let pass who may not (exposed), and which do not let
// pass yet (pending). Asked for again while it is looked at, so that the operator sees the exposed gates fall to none.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { dateTime, age, ageSince, number } from '../app/format.js';
import { problemText } from '../app/problems.js';
import { stateMark } from '../gates/states.js';

const busy = 1500; // ms between questions while gates are exposed or pending
const calm = 10000;

export function createProof(changed) {
  let id = null;
  let proof = null;
  let error = '';
  let timer = 0;
  let turn = 0;

  async function ask(mine) {
    try {
      const next = await get(`/cardholders/${id}/proof`);
      if (mine !== turn) return;
      proof = next;
      error = '';
    } catch (problem) {
      if (mine !== turn) return;
      error = problemText(problem);
    }
    changed();
    const open = proof && (proof.exposed_count || proof.pending_count);
    timer = setTimeout(() => ask(mine), open ? busy : calm);
  }

  /** Follows that person from now on; null: nobody. */
  function follow(next) {
    turn += 1;
    clearTimeout(timer);
    if (next !== id) {
      proof = null;
      error = '';
    }
    id = next;
    if (id !== null) ask(turn);
  }

  const card = (name, count, tone) => html`<div class="state-card proof-${name}"><dt>${t(`proof.${name}`)}</dt><dd class="tone-${tone}" data-count=${name}>
    <span aria-hidden="true">${{ alarm: '■', warn: '▲', ok: '●', neutral: '○' }[tone]}</span> ${number(count)}</dd></div>`;

  const open = (kind, list) => (list.length ? html`<h4>${t(`proof.${kind}_list`)}</h4>
    <table class="data-table"><thead><tr><th scope="col">${t('gate.name')}</th><th scope="col">${t('proof.why')}</th><th scope="col">${t('gate.communication')}</th><th scope="col">${t('proof.since')}</th></tr></thead>
      <tbody>${list.map((g) => html`<tr><th scope="row">${g.gate.name}</th><td>${t(`proof.reason.${g.reason}`)}</td><td>${stateMark('communication', g.communication)}</td>
        <td>${g.since ? age(ageSince(g.since)) : ''}</td></tr>`)}</tbody></table>` : nothing);

  function template() {
    if (error) return html`<p class="field-error" role="alert">${error}</p>`;
    if (!proof) return html`<p class="muted">${t('loading')}</p>`;
    const confirmed = proof.concerned - proof.exposed_count - proof.pending_count;
    return html`<h3>${t('proof.title')}</h3>
      <dl class="state-cards">${card('exposed', proof.exposed_count, proof.exposed_count ? 'alarm' : 'ok')}
        ${card('pending', proof.pending_count, proof.pending_count ? 'warn' : 'neutral')}${card('confirmed', confirmed, 'ok')}${card('concerned', proof.concerned, 'neutral')}</dl>
      <p role="status">${t(proof.exposed_count ? 'proof.still' : proof.pending_count ? 'proof.waiting' : 'proof.all', { n: number(proof.exposed_count || proof.pending_count) })}</p>
      ${open('exposed', proof.exposed)}${open('pending', proof.pending)}
      ${proof.confirmed.length ? html`<details><summary>${t('proof.confirmed_list', { n: number(proof.confirmed.length) })}</summary><table class="data-table"><thead><tr><th scope="col">${t('gate.name')}</th><th scope="col">${t('proof.confirmed_at')}</th></tr></thead>
        <tbody>${proof.confirmed.map((g) => html`<tr><th scope="row">${g.gate.name}</th><td>${dateTime(g.confirmed_at)}</td></tr>`)}</tbody></table></details>` : nothing}`;
  }

  return { follow, template };
}
