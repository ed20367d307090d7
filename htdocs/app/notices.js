// Short notices about what the operator just did. Errors stay until closed; the rest goes by itself.
import { t } from './i18n.js';

/** Shows a notice. action: {label, run} for an undo. */
export function notice(text, kind = 'info', action = null) {
  const place = document.getElementById('notices');
  if (!place) return;
  const box = document.createElement('div');
  box.className = `notice notice-${kind}`;
  const words = document.createElement('span');
  words.textContent = text;
  box.append(words);
  const close = () => box.remove();
  if (action) {
    const button = document.createElement('button');
    button.className = 'link';
    button.textContent = action.label;
    button.addEventListener('click', () => { close(); action.run(); });
    box.append(button);
  }
  const x = document.createElement('button');
  x.className = 'close';
  x.textContent = '×';
  x.setAttribute('aria-label', t('close'));
  x.addEventListener('click', close);
  box.append(x);
  place.append(box);
  while (place.children.length > 4) place.firstChild.remove();
  if (kind !== 'error') setTimeout(close, action ? 15000 : 6000);
}
