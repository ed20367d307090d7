// "Why?" (G-10) as a tab: of an event, or of a cardholder or gate with another side and a moment to choose; or the list of all others.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { fromInput, toInput } from '../app/format.js';
import { problemText } from '../app/problems.js';
import { mayView } from '../app/session.js';
import { findCardholder, findGate } from '../app/find.js';
import { createReach } from './lists.js';
import { explanation } from './verdict.js';

export const mayAskWhy = () => mayView('cardholders');

/** Asks for one explanation at a time; the last question counts. */
function createAnswer(changed) {
  const answer = { x: null, loading: false, error: '' };
  let turn = 0;
  answer.ask = async (query) => {
    turn += 1;
    const mine = turn;
    Object.assign(answer, { x: null, loading: Boolean(query), error: '' });
    if (!query) return;
    changed();
    try {
      const x = await get('/explanations', query);
      if (mine === turn) answer.x = x;
    } catch (problem) {
      if (mine === turn) answer.error = problem.status === 404 ? t('why.not_there') : problemText(problem);
    }
    if (mine !== turn) return;
    answer.loading = false;
    changed();
  };
  answer.template = () => html`${answer.error ? html`<p class="field-error" role="alert">${answer.error}</p>` : nothing}
    ${answer.loading ? html`<p class="muted" role="status">${t('loading')}</p>` : nothing}${answer.x ? explanation(answer.x) : nothing}`;
  return answer;
}

/** Of an event of the history: follow(event or null). */
export function createEventWhy(changed) {
  const answer = createAnswer(changed);
  let id = null;
  return {
    follow(event) {
      if ((event?.id ?? null) === id) return;
      id = event?.id ?? null;
      answer.ask(event && { event: event.id, t: event.t });
    },
    template: answer.template,
  };
}

const sides = {
  cardholder: { other: 'gate', find: findGate, may: () => mayView('gates') },
  gate: { other: 'cardholder', find: findCardholder, may: () => mayView('cardholders') },
};

/** Of a cardholder or a gate: follow(id or null) says whose pane it is, null while it is not looked at. */
export function createWhy(kind, changed) {
  const { other, find, may } = sides[kind];
  const answer = createAnswer(changed);
  const reach = createReach(kind, changed);
  let id = null;
  let asked = null; // whom the answer on screen is about
  let mode = 'one';
  let chosen = null; // the other side; it stays while one goes down the list
  let at = null; // ISO; null: now

  function ask() {
    asked = id;
    if (id === null) return;
    if (mode === 'all') reach.ask(id, at);
    else answer.ask(chosen && { [kind]: id, [other]: chosen.id, at });
  }

  function follow(next) {
    id = next;
    if (id !== null && id !== asked) ask();
  }

  function about(it) {
    chosen = it;
    mode = 'one';
    ask();
    changed();
  }

  async function choose() {
    const it = await find();
    if (it) about(it);
  }

  function template() {
    const look = (next) => { mode = next; ask(); changed(); };
    const onMoment = (e) => { const ms = e.target.value ? fromInput(e.target.value) : null; at = ms === null ? null : new Date(ms).toISOString(); ask(); changed(); };
    return html`<div class="why-form">
        <div class="segmented" role="group" aria-label=${t('why.view')}><button type="button" aria-pressed=${mode === 'one' ? 'true' : 'false'} @click=${() => look('one')}>${t(`why.one_${other}`)}</button>
          <button type="button" data-act="reach" aria-pressed=${mode === 'all' ? 'true' : 'false'} @click=${() => look('all')}>${t(`why.every_${other}`)}</button></div>
        ${mode === 'one' && may() ? html`<button type="button" class="choose" data-act="choose" @click=${choose}>${chosen?.name ?? t(`why.choose_${other}`)}</button>` : nothing}
        <label class="inline">${t('why.moment')}<input type="datetime-local" name="at" max="2999-12-31T23:59" .value=${at ? toInput(Date.parse(at)) : ''} @change=${onMoment}></label>
        ${at ? html`<button type="button" class="link" @click=${() => { at = null; ask(); changed(); }}>${t('why.now')}</button>` : html`<span class="muted">${t('why.blank_now')}</span>`}
        <button type="button" data-act="ask" @click=${() => { ask(); changed(); }} ?disabled=${mode === 'one' && !chosen}>${t('why.again')}</button></div>
      ${mode === 'all' ? reach.template(about) : chosen ? answer.template() : html`<p class="empty">${t(`why.choose_${other}_first`)}</p>`}`;
  }

  return { follow, template, stop: () => reach.stop() };
}
