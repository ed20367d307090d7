// The import that this operator has begun: followed from every screen, found again after a reload, shown in the strip.
import { get } from '../app/api.js';
import { createStore } from '../app/store.js';

const kept = 'kidoban.import';
const every = 1000; // ms
export const currentImport = createStore({ job: null });
let timer = 0;

export const atWork = (job) => job.state === 'reading' || job.state === 'applying';

/** Takes a newer answer about the import and goes on asking while it is at work. */
export function take(job) {
  clearTimeout(timer);
  currentImport.set({ job });
  if (job) sessionStorage.setItem(kept, job.id);
  else sessionStorage.removeItem(kept);
  if (job && atWork(job)) timer = setTimeout(() => refresh(job.id), every);
}

export async function refresh(id) {
  try {
    take(await get(`/imports/${id}`));
  } catch (problem) {
    if (problem.status === 404 || problem.status === 403) take(null);
    else timer = setTimeout(() => refresh(id), 5 * every); // away for a while: ask again
  }
}

/** After a reload of the page. */
export function resumeImport() {
  const id = sessionStorage.getItem(kept);
  if (id && !currentImport.get().job) refresh(id);
}

document.addEventListener('kidoban-logged-out', () => take(null));
