// Panes that can be made wider and higher, by mouse and by arrow keys; the sizes are remembered.
import { t } from './i18n.js';
import { prefs } from './prefs.js';

const kinds = {
  group: { property: '--group-width', start: 232, min: 150, max: 480, vertical: true, label: 'splitter.group' },
  detail: { property: '--detail-height', start: 320, min: 120, max: 700, vertical: false, label: 'splitter.detail' },
};

function makeSplitter(body, name) {
  const kind = kinds[name];
  const bar = document.createElement('div');
  bar.className = `splitter splitter-${name}`;
  bar.setAttribute('role', 'separator');
  bar.setAttribute('aria-orientation', kind.vertical ? 'vertical' : 'horizontal');
  bar.setAttribute('aria-label', t(kind.label));
  bar.setAttribute('aria-valuemin', kind.min);
  bar.setAttribute('aria-valuemax', kind.max);
  bar.tabIndex = 0;
  let size = 0;
  const set = (wanted, keep = true) => {
    const room = kind.vertical ? body.clientWidth - 400 : body.clientHeight - 220;
    size = Math.round(Math.max(kind.min, Math.min(kind.max, wanted, Math.max(room, kind.min))));
    document.documentElement.style.setProperty(kind.property, `${size}px`);
    bar.setAttribute('aria-valuenow', size);
    if (keep) prefs.set(`pane.${name}`, size);
  };
  bar.addEventListener('pointerdown', (down) => {
    down.preventDefault();
    bar.setPointerCapture(down.pointerId);
    const from = kind.vertical ? down.clientX : down.clientY;
    const began = size;
    const move = (e) => set(began + (kind.vertical ? e.clientX - from : from - e.clientY));
    bar.addEventListener('pointermove', move);
    bar.addEventListener('pointerup', () => bar.removeEventListener('pointermove', move), { once: true });
  });
  bar.addEventListener('dblclick', () => set(kind.start));
  bar.addEventListener('keydown', (e) => {
    const step = { ArrowLeft: -16, ArrowRight: 16, ArrowUp: 16, ArrowDown: -16 }[e.key];
    if (step === undefined || kind.vertical !== e.key.match(/Left|Right/)?.length > 0) return;
    e.preventDefault();
    set(size + step);
  });
  set(prefs.get(`pane.${name}`, kind.start), false);
  return { bar, fit: () => set(prefs.get(`pane.${name}`, kind.start), false) };
}

/** Puts the two splitters between the panes. */
export function installSplitters({ body, centre, detail }) {
  const group = makeSplitter(body, 'group');
  const below = makeSplitter(body, 'detail');
  body.insertBefore(group.bar, centre);
  body.insertBefore(below.bar, detail);
  const fit = () => { group.fit(); below.fit(); };
  window.addEventListener('resize', fit);
  return () => window.removeEventListener('resize', fit);
}
