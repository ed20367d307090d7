// The matrix of rights (A-2): 19 functions x none, view, edit. What the role fixes is seen to be fixed, what differs from the role's own
// is marked. To look at, or to choose.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { number } from '../app/format.js';
import { session } from '../app/session.js';
import { functions, levels, different } from './model.js';

/** The functions in n columns. */
function columns(n) {
  const height = Math.ceil(functions.length / n);
  return Array.from({ length: n }, (_, i) => functions.slice(i * height, (i + 1) * height));
}
const glyphs = { none: '–', view: '○', edit: '●' };

const mark = (differs) => (differs ? html`<span class="tone-warn" title=${t('right.differs')}><span aria-hidden="true">▲</span><span class="visually-hidden">${t('right.differs')}</span></span>` : nothing);
const lock = (fixed) => (fixed ? html`<span class="fixed-right" title=${t('right.fixed')}>${t('right.fixed_short')}</span>` : nothing);

const head = (choosing) => html`<thead><tr><th scope="col">${t('right.function')}</th>${choosing ? levels.map((l) => html`<th scope="col" class="level">${t(`right.${l}`)}</th>`) : html`<th scope="col">${t('right.level')}</th>`}
  ${choosing ? html`<th scope="col"><span class="visually-hidden">${t('right.remark')}</span></th>` : nothing}</tr></thead>`;

/** The rights of one operator to look at; role: {rights, fixed} of the operator's role, null while it is not known. */
export function rightsTable(rights, role) {
  const line = (f) => {
    const fixed = role?.fixed.includes(f);
    const differs = role && rights[f] !== role.rights[f];
    return html`<tr class=${differs ? 'differs' : ''}><th scope="row">${t(`function.${f}`)} ${mark(differs)}</th>
      <td><span class="state level-${rights[f]}"><span class="glyph" aria-hidden="true">${glyphs[rights[f]]}</span>${t(`right.${rights[f]}`)}</span> ${lock(fixed)}
        ${differs ? html`<span class="muted">${t('right.role_has', { level: t(`right.${role.rights[f]}`) })}</span>` : nothing}</td></tr>`;
  };
  return html`<div class="rights-columns three">${columns(3).map((list) => html`<table class="data-table rights">${head(false)}<tbody>${list.map(line)}</tbody></table>`)}</div>`;
}

/** In words: 'as the role has it', or how many differ. */
export function rightsSummary(rights, role) {
  const n = different(rights, role).length;
  return n ? t('right.different', { n: number(n) }) : t('right.as_role');
}

/** Nobody gives more than they have. */
const beyond = (f, level) => levels.indexOf(level) > levels.indexOf(session.get().rights[f]);

/** The matrix to choose in. values: flat form; role: {rights, fixed}; set(part) takes changes; reset() goes back to the role's own. */
export function rightsChoice(values, role, set) {
  const own = Object.fromEntries(functions.map((f) => [f, values[`right.${f}`]]));
  const n = different(own, role).length;
  const line = (f) => {
    const fixed = role.fixed.includes(f);
    const now = own[f];
    const differs = now !== role.rights[f];
    const name = `right.${f}`;
    return html`<tr class="${differs ? 'differs' : ''} ${fixed ? 'is-fixed' : ''}"><th scope="row" id=${`th-${f}`}>${t(`function.${f}`)}</th>
      ${levels.map((level) => html`<td class="level"><input type="radio" name=${name} value=${level} .checked=${now === level} ?disabled=${fixed || (beyond(f, level) && now !== level)}
        aria-label=${`${t(`function.${f}`)}: ${t(`right.${level}`)}`} @change=${() => set({ [name]: level })}></td>`)}
      <td class="remark">${lock(fixed)}${mark(differs)}</td></tr>`;
  };
  const reset = () => set(Object.fromEntries(functions.map((f) => [`right.${f}`, role.rights[f]])));
  return html`<div class="rights-head"><span role="status">${n ? html`<span class="tone-warn" aria-hidden="true">▲</span> ${t('right.different', { n: number(n) })}` : t('right.as_role')}</span>
      <button type="button" class="small" data-act="reset-rights" ?disabled=${!n} @click=${reset}>${t('right.reset')}</button></div>
    <div class="rights-columns">${columns(2).map((list) => html`<table class="data-table rights choose">${head(true)}<tbody>${list.map(line)}</tbody></table>`)}</div>`;
}
