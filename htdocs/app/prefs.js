// What this browser remembers: language, theme, density, widths. Never anything about people or gates.
const prefix = 'kidoban.';

export const prefs = {
  get(name, fallback = null) {
    try {
      const text = localStorage.getItem(prefix + name);
      return text === null ? fallback : JSON.parse(text);
    } catch {
      return fallback;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(prefix + name, JSON.stringify(value));
    } catch {
      // Storage may be full or forbidden: the console works without memory.
    }
  },
};
