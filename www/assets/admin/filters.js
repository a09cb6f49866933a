// A list's filters are a form whose values stay in the address: the same ones are asked of the interface, and of its exports.

import { byId, input, point } from '../page.js';
import { call } from './api.js';

/** @typedef {{ok: true, query: URLSearchParams} | {ok: false, problem: import('./api.js').Problem, field: string}} Filters */

/**
 * The id of the person with this address, primary or alias.
 * @param {string} address
 * @returns {Promise<{ok: true, body: string} | {ok: false, problem: import('./api.js').Problem}>}
 */
async function personWith(address) {
  const reply = await call('GET', `/users?${new URLSearchParams({ search: address, limit: '10' })}`);
  if (!reply.ok) return reply;
  const same = (/** @type {string} */ other) => other.toLowerCase() === address.toLowerCase();
  const user = reply.body.users.find((/** @type {import('./users.js').User} */ one) => [one.address, ...one.aliases].some(same));
  return user ? { ok: true, body: user.id } : { ok: false, problem: { code: 'nobody' } };
}

/**
 * Fills the form from the address.
 * @param {string} person the field that takes a mail address or an id
 * @returns {Promise<Filters>}
 */
export async function filters(person) {
  const asked = new URLSearchParams(location.search);
  const form = /** @type {HTMLFormElement} */ (byId('filters'));
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll('input, select')) {
    const { id } = field;
    const value = asked.get(id)?.trim() ?? '';
    // A choice that is not in the list, such as one administrator's id, is one all the same.
    if (field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === value)) {
      field.append(new Option(value, value));
    }
    input(id).value = value;
    if (value) query.set(id, value);
  }
  const address = query.get(person) ?? '';
  if (!address.includes('@')) return { ok: true, query };
  const found = await personWith(address);
  if (!found.ok) return { ...found, field: person };
  query.set(person, found.body);
  return { ok: true, query };
}

/** @param {string} path @param {URLSearchParams} query */
export function pointExports(path, query) {
  for (const format of ['jsonl', 'csv']) {
    point(format, `/api/v1/admin/${path}/export?${new URLSearchParams([['format', format], ...query])}`);
  }
}

/** This page with one more filter. @param {string} name @param {string} value */
export function filteredBy(name, value) {
  const query = new URLSearchParams(location.search);
  query.delete('before');
  query.set(name, value);
  return `${location.pathname}?${query}`;
}

/** The page that the address names. @param {URLSearchParams} query */
export function pageOf(query) {
  const before = new URLSearchParams(location.search).get('before');
  return new URLSearchParams([...query, ...(before ? [['before', before]] : [])]);
}
