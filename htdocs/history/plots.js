// Pictures of the history (H-9): passages an hour, alarms by gate; each with its table twin.
import { html, render, nothing } from '../vendor/lit-html/lit-html.js';
import '../elements/kb-plot.js';
import { t } from '../app/i18n.js';
import { get } from '../app/api.js';
import { problemText } from '../app/problems.js';
import { serverNow } from '../app/format.js';
import { rangeOf } from './time_range.js';

const longestMs = 31 * 86400000;
const mostGates = 20;

/** The range of the list, cut to what the plots take; without a beginning: one day. */
function plotRange(filter) {
  const range = rangeOf(filter);
  const to = range.to ? Date.parse(range.to) : serverNow();
  const from = Math.max(Date.parse(range.from), to - longestMs);
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), cut: from > Date.parse(range.from) };
}

/** Draws into place; gives a function that ends it. */
export function mountPlots(place, filter) {
  let dead = false;
  const { from, to, cut } = plotRange(filter);
  const passages = document.createElement('kb-plot');
  const alarms = document.createElement('kb-plot');
  const box = document.createElement('div');
  place.replaceChildren(box);
  const show = (state) => { if (!dead) render(html`<div class="plots" tabindex="0" role="region" aria-label=${t('plot.label')}>
    ${cut ? html`<p class="muted">${t('plot.cut')}</p>` : nothing}${state}</div>`, box); };
  show(html`<p class="muted">${t('loading')}</p>`);

  async function load() {
    const where = { from, to, management_group: filter.management_group };
    try {
      const [hours, gates] = await Promise.all([
        get('/history/plots/passages-per-hour', { ...where, gate: filter.gate }),
        get('/history/plots/alarms-per-gate', where),
      ]);
      const most = gates.gates.slice(0, mostGates);
      show(html`${hours.buckets.length ? passages : html`<p class="empty">${t('plot.no_passages')}</p>`}${most.length ? alarms : html`<p class="empty">${t('plot.no_alarms')}</p>`}`);
      if (dead) return;
      if (hours.buckets.length) {
        passages.setup({
          title: t('plot.passages'), kind: 'hours', labelHead: t('plot.hour'), labels: hours.buckets.map((b) => Date.parse(b.t)),
          series: ['entry', 'exit', 'refused'].map((k) => ({ label: t(`plot.${k}`), values: hours.buckets.map((b) => b[k]), color: `plot-${k}` })),
        });
      }
      if (most.length) {
        alarms.setup({
          title: t('plot.alarms'), kind: 'names', labelHead: t('gate.name'), labels: most.map((g) => g.gate.name),
          series: [{ label: t('plot.alarm_count'), values: most.map((g) => g.total), color: 'plot-refused' }],
        });
      }
    } catch (problem) {
      show(html`<p class="field-error" role="alert">${problemText(problem)}</p>`);
    }
  }

  load();
  return () => { dead = true; place.replaceChildren(); };
}
