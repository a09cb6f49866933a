// How records are shown: copies of the page's templates, with values put in as text and never as markup.

import { LOCALE, part, written } from '../devices-list.js';
import { byId, word } from '../page.js';

const numbers = new Intl.NumberFormat(LOCALE);

/** @param {number} n */
export const number = (n) => numbers.format(n);

/** So many of something: the phrase is there for one and for many. @param {string} name @param {number} n */
export const counted = (name, n) => word(n === 1 ? `${name}-one` : `${name}-many`, { n: number(n) });

/** @param {string} template the id of one with a single element in it */
export function copyOf(template) {
  const { content } = /** @type {HTMLTemplateElement} */ (byId(template));
  return /** @type {HTMLElement} */ (content.firstElementChild?.cloneNode(true));
}

/** @param {Element} root @param {string} name @param {string} text */
export function put(root, name, text) {
  const element = part(root, name);
  element.textContent = text;
  return element;
}

/** @param {Element} root @param {string} name @param {string} at @param {Intl.DateTimeFormatOptions} style */
export function putTime(root, name, at, style) {
  put(root, name, written(at, style)).setAttribute('datetime', at);
}

/** A day of UTC, which is told as that day everywhere. @param {Element} root @param {string} name @param {string} day */
export const putDay = (root, name, day) => putTime(root, name, day, { dateStyle: 'medium', timeZone: 'UTC' });

/**
 * Gives a repeated element's parts ids of their own, and names it by them.
 * @param {Element} root
 * @param {string} name the part that is named
 * @param {string[]} by the parts whose words, one after the other, are its name
 * @param {string} id what tells this element from the others
 */
export function nameBy(root, name, by, id) {
  for (const one of by) part(root, one).id = `${one}-${id}`;
  part(root, name).setAttribute('aria-labelledby', by.map((one) => `${one}-${id}`).join(' '));
}

/** The address of a person's page. @param {string} id */
export const personPage = (id) => `/admin/user?${new URLSearchParams({ id })}`;
