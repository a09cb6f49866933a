// API tokens: shown, made, removed.

import { copy } from '../copy.js';
import { isolated, part } from '../devices-list.js';
import { byId, input, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { ready, showProblem } from './frame.js';
import { copyOf, nameBy, put, putDay, putTime } from './shown.js';
import { withTouch } from './touch.js';

/**
 * @typedef {object} Token
 * @property {string} id
 * @property {string} name
 * @property {string[]} scopes
 * @property {string} created_by
 * @property {string} created_at
 * @property {string} expires_at
 * @property {string | null} last_used_on
 */

/** @param {Token} token @param {number} index */
function row(token, index) {
  const item = copyOf('token-template');
  put(item, 'name', token.name);
  put(item, 'scopes', token.scopes.join(', '));
  put(item, 'by', token.created_by);
  putTime(item, 'created', token.created_at, { dateStyle: 'medium' });
  putTime(item, 'expires', token.expires_at, { dateStyle: 'medium' });
  if (token.last_used_on) putDay(item, 'used', token.last_used_on);
  part(item, 'used').hidden = !token.last_used_on;
  part(item, 'unused').hidden = Boolean(token.last_used_on);
  part(item, 'over').hidden = Date.parse(token.expires_at) > Date.now();
  const remove = part(item, 'remove');
  remove.dataset.id = token.id;
  remove.dataset.name = token.name;
  nameBy(item, 'remove', ['remove', 'name'], String(index));
  return item;
}

async function show() {
  const reply = await call('GET', '/tokens');
  if (!reply.ok) return showProblem(reply.problem);
  byId('tokens').replaceChildren(...reply.body.tokens.map(row));
  byId('none').hidden = reply.body.tokens.length > 0;
}

/** The fields that cannot be so; the service would name them one by one. @param {{name: string, scopes: string[], expires_in_days: number}} token */
const wrong = ({ name, scopes, expires_in_days }) => [
  ...(name ? [] : ['name']),
  ...(scopes.length > 0 ? [] : ['scopes']),
  ...(expires_in_days >= 1 && expires_in_days <= 365 ? [] : ['expires_in_days']),
];

async function make() {
  const boxes = [...byId('scopes').querySelectorAll('input')];
  const days = input('expires_in_days').value.trim();
  const token = {
    name: input('name').value.trim(),
    scopes: boxes.filter((box) => box.checked).map((box) => box.value),
    expires_in_days: /^\d{1,4}$/.test(days) ? Number(days) : 0,
  };
  const fields = wrong(token);
  if (fields.length > 0) return showProblem({ code: 'body_invalid' }, { field: fields });
  const reply = await withTouch(() => call('POST', '/tokens', token));
  if (!reply.ok) return showProblem(reply.problem);
  byId('secret').textContent = reply.body.token;
  byId('made').hidden = false;
  input('name').value = '';
  for (const box of boxes) box.checked = false;
  await show();
  byId('made-heading').focus();
}

/** @param {HTMLElement} pressed */
async function remove({ dataset: { id = '', name = '' } }) {
  if (!(await ask('ask-remove', { token: name }))) return;
  const reply = await withTouch(() => call('DELETE', `/tokens/${encodeURIComponent(id)}`));
  if (!reply.ok) return showProblem(reply.problem);
  await show();
  byId('status').textContent = word('removed', { name: isolated(name) });
  document.querySelector('h1')?.focus();
}

listen({ make, remove, copy: (pressed) => copy(byId('secret').textContent ?? '', 'copied', pressed) });
await ready();
await show();
