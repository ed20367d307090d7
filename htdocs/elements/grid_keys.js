// Keyboard of the grid, after the ARIA grid pattern with row focus.
import { rowHeight } from '../app/theme.js';

function target(grid, event) {
  if (!grid.count) return -1;
  const at = grid.indexOf(grid.marks.current);
  const page = Math.max(1, Math.floor(grid.scroller.clientHeight / rowHeight()) - 2);
  const to = {
    ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: grid.count - 1,
  }[event.key];
  return to === undefined ? -1 : Math.max(0, Math.min(grid.count - 1, to));
}

export function gridKey(grid, event) {
  if (event.target !== grid.scroller || event.altKey) return;
  const to = target(grid, event);
  if (to >= 0) {
    event.preventDefault();
    grid.goTo(to, event.ctrlKey ? 'cursor' : event.shiftKey ? 'range' : 'only');
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
  } else if (event.key === 'Escape' && (grid.marks.all || grid.marks.keys.length > 1)) {
    grid.selectAll([]);
  }
}
