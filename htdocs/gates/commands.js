// Commands to gates. Nothing is shown as done before the gate said so: the answer opens the progress drawer.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t, code } from '../app/i18n.js';
import { call, actKey } from '../app/api.js';
import { confirmDialog } from '../app/dialog.js';
import { notice } from '../app/notices.js';
import { problemText } from '../app/problems.js';
import { number } from '../app/format.js';
import { follow } from './progress.js';
import { noneCan } from './driver.js';

export const plain = ['unlock', 'lock', 'arm', 'disarm'];
export const modes = {
  set_verification_mode: ['verification_mode', ['card', 'card_and_pin', 'card_or_reader_code', 'card_and_reader_code', 'vein', 'card_and_vein']],
  set_unlock_mode: ['unlock_mode', ['one_shot', 'continuous', 'toggle']],
};

/** How a command reads: its word, or the mode that it sets. */
export function commandText(command, value) {
  const mode = modes[command];
  return mode && value ? t('command.with_value', { command: code('command', command), value: code(mode[0], value) }) : code('command', command);
}

/** Commands that many gates get at once are asked about first, with the count. */
const askAbove = 1;

/** Sends a command to gates (objects with id and name). */
export async function command(gates, name, value) {
  if (!gates.length) return;
  const text = commandText(name, value);
  if (gates.length > askAbove) {
    const agreed = await confirmDialog({
      title: t('command.confirm_title', { command: text }),
      text: t('command.confirm', { n: number(gates.length), command: text }),
      agree: t('command.confirm_do', { n: number(gates.length), command: text }),
      danger: name === 'unlock' || name === 'disarm',
    });
    if (!agreed) return;
  }
  await order('/gates/commands', { gates: gates.map((g) => g.id), command: name, ...(value ? { value } : {}) }, text);
}

/** Posts an order once (the same key on a repeated try) and follows its outcome. */
export async function order(path, body, title) {
  const headers = { 'Idempotency-Key': actKey() };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { data } = await call('POST', path, { body, headers });
      follow(data, title);
      return data;
    } catch (problem) {
      if (problem.status === 0 && attempt < 3) {
        await new Promise((go) => setTimeout(go, 700 * attempt));
        continue;
      }
      notice(t('command.not_sent', { command: title, why: problemText(problem) }), 'error');
      return null;
    }
  }
}

/** The row of command buttons; `chosen()` gives the gates. */
export function commandBar(count, chosen) {
  const none = count === 0;
  // What no marked gate's controller can do is refused here with the reason; where some can, each gate answers for itself.
  const why = (name, value) => noneCan(chosen(), name, value);
  const shut = (event) => event.target.closest('details').removeAttribute('open');
  return html`
    <div class="segmented" role="group" aria-label=${t('command.label')}>
      ${plain.map((name) => html`<button type="button" data-command=${name} ?disabled=${none || why(name)} title=${why(name) ?? nothing} @click=${() => command(chosen(), name)}>${code('command', name)}</button>`)}
    </div>
    ${Object.entries(modes).map(([name, [kind, values]]) => html`
      <details class="menu" data-command=${name}><summary aria-disabled=${none || why(name) ? 'true' : 'false'} tabindex=${none || why(name) ? '-1' : '0'} title=${why(name) ?? nothing}>${t(`gate.${kind}`)}</summary>
        <div class="menu-box">${values.map((v) => html`<button type="button" data-value=${v} ?disabled=${why(name, v)} title=${why(name, v) ?? nothing} @click=${(e) => { shut(e); command(chosen(), name, v); }}>${code(kind, v)}</button>`)}</div>
      </details>`)}`;
}
