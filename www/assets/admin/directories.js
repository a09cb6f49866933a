// Internal Directories: the domains, and what is done with all the people of one, or with everybody.

import { byId, input, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { ready, showProblem } from './frame.js';
import { revoke } from './revoking.js';
import { copyOf, counted, nameBy, put } from './shown.js';

/** @typedef {{name: string, created_at: string, people: number, devices: number}} Domain */

/** @param {Domain} domain @param {number} index */
function item(domain, index) {
  const made = copyOf('domain-template');
  made.setAttribute('data-domain', domain.name);
  put(made, 'name', domain.name).setAttribute('href', `/admin/users?${new URLSearchParams({ domain: domain.name })}`);
  put(made, 'people', counted('people', domain.people));
  put(made, 'devices', counted('devices', domain.devices));
  nameBy(made, 'revoke', ['revoke', 'name'], String(index));
  nameBy(made, 'remove', ['remove', 'name'], String(index));
  return made;
}

async function refresh() {
  const reply = await call('GET', '/domains');
  if (!reply.ok) return showProblem(reply.problem);
  byId('domains').replaceChildren(...reply.body.domains.map(item));
  byId('no-domains').hidden = reply.body.domains.length > 0;
  byId('directory').hidden = false;
}

/** @param {Element} inside */
const domainOf = (inside) => inside.closest('[data-domain]')?.getAttribute('data-domain') ?? '';

async function add() {
  const name = input('domain').value.trim();
  const reply = await call('POST', '/domains', { name });
  if (!reply.ok) return showProblem(reply.problem, { field: 'domain' });
  input('domain').value = '';
  await refresh();
  byId('status').textContent = word('added', { domain: reply.body.name });
}

/** @param {string} domain */
async function remove(domain) {
  if (!(await ask('ask-remove', { domain }))) return;
  const reply = await call('DELETE', `/domains/${encodeURIComponent(domain)}`);
  if (!reply.ok) return showProblem(reply.problem);
  await refresh();
  byId('domains-heading').focus();
  byId('status').textContent = word('removed', { domain });
}

listen({
  add,
  remove: (pressed) => remove(domainOf(pressed)),
  'revoke-domain': (pressed) => {
    const domain = domainOf(pressed);
    return revoke({ domain }, 'ask-revoke-domain', refresh, { domain });
  },
  'revoke-everyone': () => revoke({ everyone: true }, 'ask-revoke-everyone', refresh),
});

const session = await ready();
if (session.administrator.role === 'administrator') await refresh();
