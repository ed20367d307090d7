// <kb-plot>: a bar plot (uPlot) with its table twin. Draws again when the theme, the language or the size changes.
//
//   plot.setup({ title, kind: 'hours' | 'names', labels, series: [{ label, values, color }], labelHead })
//     hours: labels are instants in ms; names: labels are texts, bars lie. Series are stacked. color names a CSS property.
import uPlot from '../vendor/uplot/uPlot.esm.js';
import { html, render } from '../vendor/lit-html/lit-html.js';
import { t } from '../app/i18n.js';
import { clock, shortTime, dateTime, number, timeZone } from '../app/format.js';

const wholeSteps = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((p) => n * 10 ** p)).sort((a, b) => a - b); // counts are whole

const stacked = (series) => {
  const sums = [];
  let below = null;
  for (const s of series) {
    below = s.values.map((v, i) => v + (below ? below[i] : 0));
    sums.push(below);
  }
  return sums.reverse(); // the highest is drawn first, the others over it
};

export class KbPlot extends HTMLElement {
  #options = null;
  #plot = null;
  #asTable = false;
  #stop = [];

  setup(options) {
    this.#options = options;
    this.#draw();
  }

  connectedCallback() {
    const again = () => requestAnimationFrame(() => this.#paint());
    document.addEventListener('kidoban-theme', again);
    const sized = new ResizeObserver(again);
    sized.observe(this);
    this.#stop.push(() => document.removeEventListener('kidoban-theme', again), () => sized.disconnect());
  }

  disconnectedCallback() {
    this.#stop.splice(0).forEach((stop) => stop());
    this.#plot?.destroy();
    this.#plot = null;
  }

  #draw() {
    const { title, series } = this.#options;
    render(html`
      <figure class="plot">
        <figcaption><h3>${title}</h3>
          <ul class="plot-key">${series.map((s) => html`<li><span class="plot-swatch ${s.color}" aria-hidden="true"></span>${s.label}
            <b>${number(s.values.reduce((a, b) => a + b, 0))}</b></li>`)}</ul>
          <button type="button" class="small" aria-pressed=${this.#asTable ? 'true' : 'false'} @click=${() => { this.#asTable = !this.#asTable; this.#draw(); }}>
            ${this.#asTable ? t('plot.as_picture') : t('plot.as_table')}</button>
        </figcaption>
        <div class="plot-canvas" role="img" aria-label=${t('plot.described', { title })} ?hidden=${this.#asTable}></div>
        <div class="plot-table" tabindex="0" role="region" aria-label=${title} ?hidden=${!this.#asTable}>${this.#table()}</div>
      </figure>`, this);
    this.#paint();
  }

  #label(value, long = false) {
    if (this.#options.kind === 'names') return value;
    return long ? dateTime(value, { seconds: false }) : clock(value, { seconds: false });
  }

  #table() {
    const { labels, series, labelHead } = this.#options;
    return html`<table><thead><tr><th scope="col">${labelHead}</th>${series.map((s) => html`<th scope="col">${s.label}</th>`)}<th scope="col">${t('plot.total')}</th></tr></thead>
      <tbody>${labels.map((l, i) => html`<tr><th scope="row">${this.#label(l, true)}</th>
        ${series.map((s) => html`<td>${number(s.values[i])}</td>`)}<td>${number(series.reduce((a, s) => a + s.values[i], 0))}</td></tr>`)}</tbody></table>`;
  }

  #paint() {
    const place = this.querySelector('.plot-canvas');
    if (!place || place.hidden || place.clientWidth < 40) return;
    this.#plot?.destroy();
    place.replaceChildren();
    const style = getComputedStyle(this);
    const { labels, series, kind } = this.#options;
    const lying = kind === 'names';
    const height = lying ? Math.max(120, labels.length * 26 + 50) : 240;
    const text = getComputedStyle(this.querySelector('figcaption')).color;
    const grid = getComputedStyle(this.querySelector('.plot')).borderTopColor;
    const font = `12px ${style.fontFamily}`;
    const x = lying ? labels.map((_, i) => i) : labels.map((l) => l / 1000);
    const colors = [...this.querySelectorAll('.plot-swatch')].map((s) => getComputedStyle(s).backgroundColor).reverse();
    const bars = uPlot.paths.bars({ size: [0.72, 40], align: lying ? 0 : 1 });
    const wholes = (u, splits) => splits.map((v) => (Number.isInteger(v) ? number(v) : ''));
    this.#plot = new uPlot({
      width: place.clientWidth,
      height,
      padding: [8, 16, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), timeZone()),
      scales: {
        x: { time: !lying, ori: lying ? 1 : 0, dir: lying ? -1 : 1, range: lying ? [-0.6, labels.length - 0.4] : (u, min, max) => [min, max + 3600] },
        y: { ori: lying ? 0 : 1, range: (u, min, max) => [0, Math.max(4, max * 1.08)] },
      },
      axes: [
        lying
          ? { side: 3, stroke: text, font, size: this.#nameWidth(font), grid: { show: false }, ticks: { show: false }, splits: () => x, values: (u, s) => s.map((i) => labels[i] ?? '') }
          : { side: 2, stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, values: (u, s) => this.#hourLabels(s) },
        { side: lying ? 2 : 3, stroke: text, font, size: lying ? 34 : 52, incrs: wholeSteps, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, values: wholes },
      ],
      series: [{}, ...colors.map((c) => ({ fill: c, stroke: c, width: 0, paths: bars, points: { show: false } }))],
    }, [x, ...stacked(series)], place);
  }

  #hourLabels(splits) {
    let lastDay = '';
    return splits.map((s) => {
      const text = shortTime(new Date(s * 1000).toISOString());
      const dayText = text.slice(0, 5);
      const first = dayText !== lastDay;
      lastDay = dayText;
      return first ? `${text.slice(6, 11)}\n${dayText}` : text.slice(6, 11);
    });
  }

  #nameWidth(font) {
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = font;
    return Math.min(260, Math.max(60, ...this.#options.labels.map((l) => pen.measureText(l).width + 16)));
  }
}

customElements.define('kb-plot', KbPlot);
