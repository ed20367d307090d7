// Keyboard of the grid, after the ARIA grid pattern with row focus.
import { rowHeight } from '../app/theme.js';

function target(grid, event) {
  const rows = grid.shown;
  const at = rows.findIndex((row) => grid.marks.keyOf(row) === grid.marks.current);
  const page = Math.max(1, Math.floor(grid.scroller.clientHeight / rowHeight()) - 2);
  const to = {
    ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: rows.length - 1,
  }[event.key];
  if (to === undefined) return null;
  return rows[Math.max(0, Math.min(rows.length - 1, to))] ?? null;
}

export function gridKey(grid, event) {
  if (event.target !== grid.scroller || event.altKey) return;
  const row = target(grid, event);
  if (row) {
    event.preventDefault();
    const key = grid.marks.keyOf(row);
    if (event.ctrlKey) {
      grid.marks.at(key);
      grid.scrollToKey(key);
      grid.refresh();
    } else {
      grid.mark(key, event.shiftKey ? 'range' : 'only');
    }
    return;
  }
  if (event.key === ' ' && grid.marks.current !== null) {
    event.preventDefault();
    grid.mark(grid.marks.current, 'toggle');
  } else if (event.key === 'Enter') {
    event.preventDefault();
    grid.open(grid.current);
  } else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    grid.markEvery();
  } else if (event.key === 'Escape' && grid.marks.keys.length > 1) {
    grid.selectAll([]);
  }
}
