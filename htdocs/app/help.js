// `?`: the keys, and what the shapes mean.
import { html } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';
import { mayView, mayFollow } from './session.js';
import { openDialog } from './dialog.js';

/** key, words, and whether this operator has it. */
const keys = [
  ['Ctrl K', 'keys.palette'], ['?', 'keys.help'], ['1 / 2 / 3 / 4', 'keys.screen'], ['/', 'keys.search'], ['g', 'keys.group'], ['l', 'keys.list'],
  ['d', 'keys.detail'], ['a', 'keys.alarms', () => mayView('history')], ['p', 'keys.pause', mayFollow], ['↑ ↓ Home End', 'keys.move'], ['Space', 'keys.mark'],
  ['Shift ↑ ↓', 'keys.range'], ['Ctrl A', 'keys.all'], ['Enter', 'keys.open'], ['Esc', 'keys.close'],
];

const shapes = [['●', 'ok', 'shape.normal'], ['○', 'neutral', 'shape.neutral'], ['▲', 'warn', 'shape.attention'], ['■', 'alarm', 'shape.alarm'], ['◇', 'unknown', 'shape.unknown']];

export function openHelp() {
  openDialog({
    title: t('help.title'),
    className: 'help',
    body: () => html`
      <h3>${t('help.keys')}</h3>
      <dl class="key-list">${keys.filter(([, , has]) => !has || has()).map(([key, text]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${t(text)}</dd></div>`)}</dl>
      <h3>${t('help.shapes')}</h3>
      <dl class="key-list">${shapes.map(([glyph, tone, text]) => html`<div><dt class="tone-${tone}">${glyph}</dt><dd>${t(text)}</dd></div>`)}</dl>`,
  });
}
