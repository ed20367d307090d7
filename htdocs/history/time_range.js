// Time ranges of the history: names for the usual ones, two instants for the rest; days are the site's.
import { instant, wall, serverNow } from '../app/format.js';

export const presets = ['today', 'yesterday', 'hours24', 'days7', 'days31', 'custom'];

/** {from, to, live}: ISO times; to is null when the range goes on to now (then new events come on top). */
export function rangeOf({ range = 'hours24', from = '', to = '' }) {
  const now = wall(serverNow());
  const midnight = (days) => new Date(instant(now.year, now.month, now.day + days)).toISOString();
  const ago = (ms) => new Date(serverNow() - ms).toISOString();
  switch (range) {
    case 'today': return { from: midnight(0), to: null };
    case 'yesterday': return { from: midnight(-1), to: midnight(0) };
    case 'days7': return { from: midnight(-6), to: null };
    case 'days31': return { from: midnight(-30), to: null };
    case 'custom': return { from: from || midnight(0), to: to || null };
    default: return { from: ago(86400000), to: null };
  }
}
