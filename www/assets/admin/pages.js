// Paging by links: each page has an address, so Back and Forward work, and what is searched for stays in it.
//
// An answer names only the page after it. Which one came before is kept with the window, and a page that was opened in another way
// leads to the first.

import { byId } from '../page.js';

/** @param {string} parameter @param {string} cursor empty for the first page */
function addressOf(parameter, cursor) {
  const query = new URLSearchParams(location.search);
  query.delete(parameter);
  if (cursor) query.set(parameter, cursor);
  return `${location.pathname}?${query}`;
}

/** @param {string} id @param {string | null} address */
function lead(id, address) {
  const link = byId(id);
  link.hidden = address === null;
  link.setAttribute('href', address ?? '');
}

/**
 * @param {string} parameter what the address keeps the page in
 * @param {string | number | null} next
 */
export function showPages(parameter, next) {
  const here = new URLSearchParams(location.search).get(parameter) ?? '';
  const after = next === null ? null : addressOf(parameter, String(next));
  if (after) sessionStorage.setItem(after, here);
  const before = here && sessionStorage.getItem(addressOf(parameter, here));
  lead('next', after);
  lead('previous', here && before !== null ? addressOf(parameter, before) : null);
  lead('first', here ? addressOf(parameter, '') : null);
  byId('pages').hidden = !here && next === null;
}
