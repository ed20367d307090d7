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

export async function logOut() {
  await call('DELETE', '/session');
  session.set({ operator: null, rights: {} });
}

export const mayView = (name) => ['view', 'edit'].includes(session.get().rights[name]);
export const mayEdit = (name) => session.get().rights[name] === 'edit';
