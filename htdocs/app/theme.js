// Light, dark or the system's choice; and the density of rows. Both are attributes of <html> that the style sheets read.
import { prefs } from './prefs.js';

export const themes = ['auto', 'light', 'dark'];
export const densities = ['compact', 'normal', 'roomy'];
export const rowHeights = { compact: 24, normal: 28, roomy: 36 };

const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)');

export const theme = () => prefs.get('theme', 'auto');
export const density = () => prefs.get('density', 'normal');
export const rowHeight = () => rowHeights[density()] ?? 28;

function changed(what) {
  document.dispatchEvent(new CustomEvent(`kidoban-${what}`));
}

export function setTheme(name) {
  prefs.set('theme', name);
  apply();
  changed('theme');
}

export function setDensity(name) {
  prefs.set('density', name);
  apply();
  changed('density');
}

function apply() {
  root.dataset.theme = theme();
  root.dataset.density = density();
}

apply();
system.addEventListener('change', () => changed('theme'));
