// Administrators: shown, invited, changed, removed.

import { isolated, part } from '../devices-list.js';
import { copy } from '../copy.js';
import { byId, choose, fill, input, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { ready, showProblem } from './frame.js';
import { copyOf, nameBy, number, put, putTime } from './shown.js';
import { withTouch } from './touch.js';

/**
 * @typedef {object} Administrator
 * @property {string} id
 * @property {string} name
 * @property {string} address
 * @property {'administrator' | 'help_desk'} role
 * @property {number} passkeys
 * @property {string | null} last_seen_at
 * @property {string} created_at
 * @property {string | null} invited_until
 */

/** What is said of a field without naming it. */
const FIELDS = new Map([['address_taken', 'address'], ['address_invalid', 'address']]);
const SHORT = /** @type {const} */ ({ dateStyle: 'medium', timeStyle: 'short' });

/** @type {import('./frame.js').Session} */
let session;
/** @type {Map<string, Administrator>} */
let all = new Map();
/** Whom the form for changes is about. */
let changed = '';

/** @param {Administrator} one @param {number} index */
function row(one, index) {
  const item = copyOf('administrator-template');
  put(item, 'name', one.name);
  put(item, 'address', one.address);
  part(item, 'own').hidden = one.id !== session.administrator.id;
  choose(part(item, 'role'), one.role);
  put(item, 'passkeys', number(one.passkeys));
  // Where Access is in charge nobody has any, and nobody lacks them.
  part(item, 'passkeys-part').hidden = session.by === 'access';
  if (one.last_seen_at) putTime(item, 'seen', one.last_seen_at, SHORT);
  part(item, 'unseen').hidden = one.last_seen_at !== null;
  const isOpen = one.invited_until !== null && Date.parse(one.invited_until) > Date.now();
  if (one.invited_until) putTime(item, 'invited-until', one.invited_until, SHORT);
  part(item, 'invited').hidden = !isOpen;
  part(item, 'over').hidden = isOpen || one.last_seen_at !== null || one.passkeys > 0;
  for (const name of ['change', 'invite', 'remove']) {
    part(item, name).dataset.id = one.id;
    nameBy(item, name, [name, 'name'], String(index));
  }
  return item;
}

async function show() {
  const reply = await call('GET', '/administrators');
  if (!reply.ok) return showProblem(reply.problem);
  /** @type {Administrator[]} */
  const administrators = reply.body.administrators;
  all = new Map(administrators.map((one) => [one.id, one]));
  byId('administrators').replaceChildren(...administrators.map(row));
}

/** @param {string} of the name of a group of radio buttons */
const chosenRole = (of) => document.querySelector(`input[name="${of}"]:checked`)?.getAttribute('value');

function hideSecret() {
  byId('made').hidden = true;
  byId('set-up-address').textContent = '';
}

/** The set-up address of somebody, this once. @param {{administrator: Administrator, url: string, expires_at: string}} made */
async function showMade({ administrator, url, expires_at }) {
  fill('invited', administrator.name);
  byId('set-up-address').textContent = url;
  putTime(byId('made'), 'until', expires_at, SHORT);
  await show();
  byId('made').hidden = false;
  byId('made-heading').focus();
}

async function invite() {
  hideSecret();
  const invited = { name: input('name').value.trim(), address: input('address').value.trim(), role: chosenRole('role') };
  const empty = [...(invited.name ? [] : ['name']), ...(invited.address.includes('@') ? [] : ['address'])];
  if (empty.length > 0) return showProblem({ code: 'body_invalid' }, { field: empty });
  const reply = await withTouch(() => call('POST', '/administrators', invited));
  if (!reply.ok) return showProblem(reply.problem, { field: FIELDS.get(reply.problem.code) ?? reply.problem.field });
  input('name').value = '';
  input('address').value = '';
  await showMade(reply.body);
}

/** @param {HTMLElement} pressed */
const pressedFor = (pressed) => /** @type {Administrator} */ (all.get(pressed.dataset.id ?? ''));

/** @param {HTMLElement} pressed */
async function again(pressed) {
  hideSecret();
  const { id, name } = pressedFor(pressed);
  if (!(await ask('ask-again', { administrator: name }))) return;
  const reply = await withTouch(() => call('POST', `/administrators/${encodeURIComponent(id)}/invitation`, {}));
  if (!reply.ok) return showProblem(reply.problem);
  await showMade(reply.body);
}

/** @param {HTMLElement} pressed */
function change(pressed) {
  const { id, name, role } = pressedFor(pressed);
  changed = id;
  fill('changed', name);
  input('new-name').value = name;
  input(`new-role-${role}`).checked = true;
  byId('change').hidden = false;
  byId('change-heading').focus();
}

function cancel() {
  byId('change').hidden = true;
  document.querySelector('h1')?.focus();
}

async function save() {
  const wanted = { name: input('new-name').value.trim(), role: chosenRole('new-role') };
  if (!wanted.name) return showProblem({ code: 'body_invalid' }, { field: 'new-name' });
  const reply = await withTouch(() => call('PATCH', `/administrators/${encodeURIComponent(changed)}`, wanted));
  if (!reply.ok) return showProblem(reply.problem, { field: reply.problem.field === 'name' ? 'new-name' : [] });
  // Whoever changed their own role is led to signing in again.
  await show();
  cancel();
  byId('status').textContent = word('changed', { name: isolated(wanted.name) });
}

/** @param {HTMLElement} pressed */
async function remove(pressed) {
  const { id, name } = pressedFor(pressed);
  choose(byId('ask-remove'), id === session.administrator.id ? 'own' : 'other');
  if (!(await ask('ask-remove', { administrator: name }))) return;
  const reply = await withTouch(() => call('DELETE', `/administrators/${encodeURIComponent(id)}`));
  if (!reply.ok) return showProblem(reply.problem);
  hideSecret();
  byId('change').hidden = true;
  await show();
  byId('status').textContent = word('removed', { name: isolated(name) });
  document.querySelector('h1')?.focus();
}

listen({
  invite,
  again,
  change,
  cancel,
  save,
  remove,
  copy: (pressed) => copy(byId('set-up-address').textContent ?? '', 'copied', pressed),
});
session = await ready();
await show();
