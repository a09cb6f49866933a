// The people of a domain, or of all: a page at a time, however many there are.

import { part } from '../devices-list.js';
import { byId, fill, input, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ready, showProblem } from './frame.js';
import { showPages } from './pages.js';
import { revoke } from './revoking.js';
import { copyOf, counted, personPage, put } from './shown.js';

/**
 * @typedef {object} User
 * @property {string} id
 * @property {string} address
 * @property {string[]} aliases
 * @property {boolean} disabled
 * @property {number} devices how many are enrolled
 * @property {string | null} revoked_at
 * @property {string} created_at
 */

/** A page of a hundred is still seen and picked from. */
const PAGE = 100;
/** What the help desk has to know of somebody before it sees anybody. */
const SHORTEST_SEARCH = 3;

const asked = new URLSearchParams(location.search);
const domain = asked.get('domain') ?? '';
const search = (asked.get('search') ?? '').trim();

const boxes = () => [...byId('people').querySelectorAll('input')];
const selected = () => boxes().filter((box) => box.checked).map((box) => box.value);

/** @param {User} user @param {number} index */
function item(user, index) {
  const made = copyOf('person-template');
  const name = put(made, 'address', user.address);
  name.id = `person-${index}`;
  name.setAttribute('href', personPage(user.id));
  put(made, 'aliases', word('aliases', { aliases: user.aliases.join(', ') })).hidden = user.aliases.length === 0;
  put(made, 'devices', counted('devices', user.devices));
  part(made, 'disabled').hidden = !user.disabled;
  const box = /** @type {HTMLInputElement} */ (part(made, 'box'));
  box.value = user.id;
  box.setAttribute('aria-labelledby', `select-word ${name.id}`);
  return made;
}

function showSelected() {
  const count = selected().length;
  const all = input('select-all');
  all.checked = count > 0 && count === boxes().length;
  all.indeterminate = count > 0 && !all.checked;
  fill('selected', counted('selected', count));
}

async function refresh() {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const name of ['domain', 'search', 'after']) {
    const value = asked.get(name)?.trim();
    if (value) query.set(name, value);
  }
  const reply = await call('GET', `/users?${query}`);
  if (!reply.ok) return showProblem(reply.problem);
  byId('people').replaceChildren(...reply.body.users.map(item));
  const found = reply.body.users.length > 0;
  byId('list').hidden = !found;
  byId('nobody').hidden = found || search === '';
  byId('empty').hidden = found || search !== '';
  showPages('after', reply.body.next);
  showSelected();
}

/** As they were typed, one to a line. @param {string} text */
const lines = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);

async function add() {
  const address = input('address').value.trim();
  const aliases = lines(input('aliases').value);
  const reply = await call('POST', '/users', { address, aliases });
  if (!reply.ok) {
    const field = aliases.includes(reply.problem.detail ?? '') ? 'aliases' : 'address';
    return showProblem(reply.problem, { field });
  }
  input('address').value = '';
  input('aliases').value = '';
  await refresh();
  const link = byId('added');
  link.setAttribute('href', personPage(reply.body.id));
  link.textContent = reply.body.address;
  byId('added-part').hidden = false;
  byId('added-part').focus();
}

/** What was done on a person's page, once: loading this one again is no news. */
function showNote() {
  const here = new URL(location.href);
  const note = ['saved', 'deleted'].find((name) => here.searchParams.has(name));
  if (!note) return;
  here.searchParams.delete(note);
  history.replaceState(history.state, '', here);
  byId(`note-${note}`).hidden = false;
  byId(`note-${note}`).focus();
}

async function begin() {
  const session = await ready();
  const helps = session.administrator.role === 'help_desk';
  if (domain) {
    byId('heading').textContent = domain;
    document.title = `${domain} – ${document.title}`;
  }
  input('domain').disabled = domain === '';
  input('domain').value = domain;
  input('search').value = search;
  byId('all').setAttribute('href', domain ? `/admin/users?${new URLSearchParams({ domain })}` : '/admin/users');
  byId('all').hidden = search === '' || helps;
  const file = domain ? `?${new URLSearchParams({ domain })}` : '';
  byId('export').setAttribute('href', `/api/v1/admin/users/export${file}`);
  if (helps && [...search].length < SHORTEST_SEARCH) byId('too-short').hidden = false;
  else await refresh();
  showNote();
}

document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.type !== 'checkbox') return;
  if (target.id === 'select-all') for (const box of boxes()) box.checked = target.checked;
  showSelected();
});

listen({
  add,
  revoke: async () => {
    const users = selected();
    if (users.length === 0) showProblem({ code: 'none_selected' });
    else await revoke({ users }, 'ask-revoke', refresh, { selection: counted('people', users.length) });
  },
});

await begin();
