// Why a transfer waits, failed or was asked for, and what a planning found: the server's stable words in the operator's language. Text
// that is not known here (a controller's own, the database's) is shown as it came.
import { t, hasKey } from '../app/i18n.js';
import { number } from '../app/format.js';

const keyed = (prefix, text) => {
  const key = `${prefix}.${text.toLowerCase().replace(/[^a-z]+/g, '_')}`;
  return hasKey(key) ? t(key) : text;
};

/** Who or what asked for it. */
export const because = (x) => (x.because ? keyed('transfer.because', x.because) : '');

export function reasonWords(x) {
  const plan = /^(\d+) queued, (\d+) without traffic$/.exec(x.reason ?? '');
  if (plan) return t('transfer.planned', { queued: number(plan[1]), advanced: number(plan[2]) });
  return x.reason ? keyed('transfer.why', x.reason) : '';
}
