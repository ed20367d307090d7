// Modal dialogs on the browser's own <dialog>: focus is kept inside, Esc closes, focus goes back where it was.
import { html, render } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';

let count = 0;

/**
 * Opens a dialog. body(api) gives the template; api = {close(value), update(), element}.
 * Resolves with the value given to close(), undefined when dismissed.
 */
export function openDialog({ title, body, className = '', onClose }) {
  const element = document.createElement('dialog');
  count += 1;
  const titleId = `dialog-title-${count}`;
  element.className = `dialog ${className}`;
  element.setAttribute('aria-labelledby', titleId);
  document.body.append(element);
  return new Promise((resolve) => {
    let result;
    const api = {
      element,
      close(value) { result = value; element.close(); },
      update() { if (element.isConnected) draw(); },
    };
    const draw = () => render(html`
      <div class="dialog-head"><h2 id=${titleId}>${typeof title === 'function' ? title() : title}</h2>
        <button type="button" class="close" aria-label=${t('close')} @click=${() => api.close()}>×</button></div>
      ${body(api)}`, element);
    draw();
    element.addEventListener('close', () => {
      onClose?.();
      element.remove();
      resolve(result);
    });
    element.showModal();
    element.querySelector('[autofocus]')?.focus();
  });
}

/** A question with two answers; true when agreed. */
export function confirmDialog({ title, text, agree, danger = false }) {
  return openDialog({
    title,
    body: (api) => html`
      <p class="dialog-text">${text}</p>
      <div class="dialog-buttons">
        <button type="button" @click=${() => api.close(false)}>${t('cancel')}</button>
        <button type="button" class=${danger ? 'danger' : 'primary'} autofocus @click=${() => api.close(true)}>${agree}</button>
      </div>`,
  });
}
