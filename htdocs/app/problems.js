// From a problem's code to words that say what to do.
import { t, hasKey } from './i18n.js';

function byStatus(status) {
  if (status === 0) return 'network';
  if (status >= 500) return 'server';
  return 'request';
}

/** One sentence for the operator. The server's own detail is added only where we have no words for the code. */
export function problemText(problem) {
  if (!problem || problem.status === undefined) return t('problem.console', { detail: problem?.message ?? '' });
  const values = { limit: problem.limit ?? '', seconds: problem.retryAfter ?? '', detail: problem.detail };
  const limited = problem.limit && `problem.limit_reached.${problem.limit}`;
  if (limited && hasKey(limited)) return t(limited, values);
  const nearer = problem.code === 'conflict' && problem.errors.map((e) => `problem.${e.code}`).find(hasKey);
  if (nearer) return t(nearer, values);
  const key = `problem.${problem.code}`;
  if (hasKey(key)) return t(key, values);
  return t(`problem.${byStatus(problem.status)}`, values);
}

/** Words for each named field of a 400 or 422: {name: text}. */
export function fieldErrors(problem) {
  const found = {};
  for (const error of problem.errors ?? []) {
    const name = error.pointer.replace(/^[/?]/, '').replace(/:$/, '').split('/')[0];
    const key = `field_error.${error.code}`;
    found[name] = hasKey(key) ? t(key) : error.detail;
  }
  return found;
}
