// One's own passkeys: shown, added, removed.

import { isolated, part } from '../devices-list.js';
import { byId, input, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { ready, showProblem } from './frame.js';
import { create } from './passkey.js';
import { copyOf, nameBy, put, putTime } from './shown.js';
import { withTouch } from './touch.js';

/** @typedef {{id: string, name: string, created_at: string, last_used_at: string, current: boolean}} Passkey */

/** @param {Passkey} passkey @param {number} index */
function row({ id, name, created_at, last_used_at, current }, index) {
  const item = copyOf('passkey-template');
  put(item, 'name', name);
  putTime(item, 'created', created_at, { dateStyle: 'medium' });
  putTime(item, 'used', last_used_at, { dateStyle: 'medium' });
  part(item, 'current').hidden = !current;
  const remove = part(item, 'remove');
  remove.dataset.id = id;
  remove.dataset.name = name;
  nameBy(item, 'remove', ['remove', 'name'], String(index));
  return item;
}

async function show() {
  const reply = await call('GET', '/session/passkeys');
  if (!reply.ok) return showProblem(reply.problem);
  byId('passkeys').replaceChildren(...reply.body.passkeys.map(row));
}

/** Options, the passkey, and where it is kept. @param {string} name */
async function made(name) {
  const options = await call('POST', '/session/passkeys/challenge', {});
  if (!options.ok) return options;
  const passkey = await create(options.body);
  return passkey.ok ? call('POST', '/session/passkeys', { name, passkey: passkey.body }) : passkey;
}

async function add() {
  const name = input('name').value.trim();
  // Before a passkey is made in vain.
  if (!name) return showProblem({ code: 'body_invalid' }, { field: 'name' });
  const reply = await withTouch(() => /** @type {Promise<import('./api.js').Reply>} */ (made(name)));
  if (!reply.ok) return showProblem(reply.problem);
  input('name').value = '';
  await show();
  byId('status').textContent = word('added', { name: isolated(name) });
}

/** @param {HTMLElement} pressed */
async function remove({ dataset: { id = '', name = '' } }) {
  if (!(await ask('ask-remove', { passkey: name }))) return;
  const reply = await withTouch(() => call('DELETE', `/session/passkeys/${encodeURIComponent(id)}`));
  if (!reply.ok) return showProblem(reply.problem);
  // Whoever removed the one they came with is led to signing in again.
  await show();
  byId('status').textContent = word('removed', { name: isolated(name) });
  document.querySelector('h1')?.focus();
}

listen({ add, remove });
await ready();
await show();
