// Ctrl+K: one box that finds screens, gates, groups and acts by name. Screens register what they offer.
import { html, render } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';

const sources = new Set();

/** Adds a source of entries: () -> [{label, hint, run}]. Gives a function that removes it. */
export function offer(source) {
  sources.add(source);
  return () => sources.delete(source);
}

const plain = (text) => text.normalize('NFKC').toLowerCase();

function find(entries, words) {
  const parts = plain(words).split(/\s+/).filter(Boolean);
  const found = entries.filter((e) => {
    const text = plain(`${e.label} ${e.hint ?? ''}`);
    return parts.every((p) => text.includes(p));
  });
  return found.slice(0, 50);
}

let open = null;

export function openPalette() {
  if (open) return;
  const element = document.createElement('dialog');
  open = element;
  element.className = 'palette';
  element.setAttribute('aria-label', t('palette.label'));
  document.body.append(element);
  const entries = [...sources].flatMap((source) => source());
  let found = find(entries, '');
  let at = 0;

  const run = (entry) => {
    element.close();
    entry?.run();
  };
  const onInput = (e) => { found = find(entries, e.target.value); at = 0; draw(); };
  const onKey = (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      e.preventDefault();
      at = Math.max(0, Math.min(found.length - 1, at + step));
      draw();
      element.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
    } else if (e.key === 'Enter' && !e.isComposing) {
      e.preventDefault();
      run(found[at]);
    }
  };
  const draw = () => render(html`
    <input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list"
      aria-label=${t('palette.label')} placeholder=${t('palette.placeholder')} aria-activedescendant=${found.length ? `palette-${at}` : ''}
      @input=${onInput} @keydown=${onKey}>
    <ul id="palette-list" role="listbox" aria-label=${t('palette.label')}>
      ${found.map((e, i) => html`<li role="option" id=${`palette-${i}`} aria-selected=${i === at ? 'true' : 'false'} @click=${() => run(e)}>
        <span>${e.label}</span> <small>${e.hint ?? ''}</small></li>`)}
    </ul>
    ${found.length ? '' : html`<p class="palette-none">${t('palette.none')}</p>`}`, element);
  draw();
  element.addEventListener('close', () => { element.remove(); open = null; });
  element.addEventListener('click', (e) => { if (e.target === element) element.close(); });
  element.showModal();
  element.querySelector('input').focus();
}
