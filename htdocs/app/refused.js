// What an operator may not use is not shown (U-2). An address typed by hand, or sent by somebody, is answered in words, with the ways on.
import { html, render } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';

/** ways: [[address, words]] of what may be used instead. Gives the function that takes it away. */
export function refused(place, what, ways) {
  const box = document.createElement('div');
  place.replaceChildren(box);
  render(html`<div class="refused" role="status"><h2>${t('refused.title', { what })}</h2><p>${t('refused.text')}</p>
    <ul class="plain-list">${ways.map(([href, words]) => html`<li><a href=${href}>${words}</a></li>`)}</ul></div>`, box);
  return () => box.remove();
}
