// Who works here and what they may do. Rights only decide what is shown: the server refuses all the same.
import { call, get } from './api.js';
import { createStore } from './store.js';
import { useServer } from './format.js';

export const session = createStore({ operator: null, rights: {}, scope: null, server: null, login: 'password' });

function take(data) {
  useServer(data.server);
  session.set(data);
  return data;
}

export const resume = async () => take(await get('/session'));

export const logIn = async (operator, password) => take((await call('POST', '/session', { body: { operator, password } })).data);

const standing = ({ operator, rights, scope }) => JSON.stringify([operator?.id, operator?.role, Object.entries(rights ?? {}).sort(), scope]);
const seldom = 10000; // ms
let asking = null;
let asked = 0;

/**
 * Asks again what this operator may do, because the server refused something, the live stream began anew, or another screen is opened
 * (then not more often than every 10 s). Never by a clock: each request keeps the session from its idle time-out. Everybody is told
 * when rights or scope have become others.
 */
export function recheck({ soon = false } = {}) {
  if (!session.get().operator || (!soon && Date.now() - asked < seldom)) return;
  asked = Date.now();
  asking ??= get('/session').then((data) => {
    const before = session.get();
    if (!before.operator) return;
    take(data);
    if (standing(before) !== standing(data)) document.dispatchEvent(new CustomEvent('kidoban-rights-changed'));
  }).catch(() => {}).finally(() => { asking = null; }); // 401 and trouble are told elsewhere
}
document.addEventListener('kidoban-forbidden', () => recheck({ soon: true }));
document.addEventListener('kidoban-resync', () => recheck({ soon: true }));

export async function logOut() {
  await call('DELETE', '/session');
  session.set({ operator: null, rights: {} });
}

export const mayView = (name) => ['view', 'edit'].includes(session.get().rights[name]);
export const mayEdit = (name) => session.get().rights[name] === 'edit';
/** The live stream carries what these two may see; without them there is none. */
export const mayFollow = () => mayView('gates') || mayView('history');
