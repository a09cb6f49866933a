// Shows the person's devices. Names are what people typed and browsers what they called themselves: both are only ever text.

import { browserName } from './browser-name.js';
import { byId, choose, fill, word } from './page.js';

/** @typedef {import('./devices-api.js').Device} Device */
/** @typedef {import('./devices-api.js').Mine} Mine */

const LANGUAGE = document.documentElement.lang;
/** As the person's region writes dates, where it is of the page's language. */
export const LOCALE = navigator.languages.flatMap(canonical).find((tag) => tag.split('-')[0] === LANGUAGE) ?? LANGUAGE;

/** None for what is no language tag: some systems name theirs "en-US@posix". @param {string} tag */
function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag);
  } catch {
    return [];
  }
}

/** @param {string} at @param {Intl.DateTimeFormatOptions} style */
export const written = (at, style) => new Intl.DateTimeFormat(LOCALE, style).format(new Date(at));

/** A time of today, to the second. @param {string} at */
export const clock = (at) => written(at, { timeStyle: 'medium' });

/** Foreign text within a sentence, whichever way it is written. @param {string} text */
export const isolated = (text) => `\u2068${text}\u2069`;

/** @param {string} agent */
function browserWords(agent) {
  const { browser, system, apparatus } = browserName(agent);
  const values = { browser: browser ?? word('browser'), system: system ?? '' };
  return system ? word(apparatus ? 'browser-of' : 'browser-on', values) : values.browser;
}

/** As it is called, else what it is. @param {Device} device */
export const title = (device) => device.name ?? browserWords(device.browser);

/** @param {Element} root @param {string} name */
export function part(root, name) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!found) throw new Error(`no ${name}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * @param {Element} root
 * @param {string} name
 * @param {string} at what machines read
 * @param {Intl.DateTimeFormatOptions} style
 * @param {string} [moment] when the words are of another moment
 */
function date(root, name, at, style, moment = at) {
  const time = part(root, name);
  time.setAttribute('datetime', at);
  time.textContent = written(moment, style);
}

/** @param {Device} device */
function item(device) {
  const template = /** @type {HTMLTemplateElement} */ (byId('device-template'));
  const made = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  made.setAttribute('data-device', device.id);
  const heading = part(made, 'title');
  heading.id = `title-${device.id}`;
  heading.textContent = title(device);
  part(made, 'browser').textContent = browserWords(device.browser);
  part(made, 'browser-row').hidden = device.name === null;
  date(made, 'enrolled', device.enrolled_at, { dateStyle: 'long' });
  // A UTC day is told as that day everywhere. But on the first it is the day told above it, whichever that is here.
  const first = device.enrolled_at.startsWith(device.last_used_on);
  const day = { dateStyle: /** @type {const} */ ('long'), ...(first ? {} : { timeZone: 'UTC' }) };
  date(made, 'used', device.last_used_on, day, first ? device.enrolled_at : device.last_used_on);
  choose(part(made, 'binding'), device.binding);
  choose(part(made, 'lasts'), device.session ? 'session' : 'lasting');
  date(made, 'session-end', device.expires_at, { dateStyle: 'long', timeStyle: 'short' });
  date(made, 'end', device.expires_at, { dateStyle: 'long' });
  for (const button of made.querySelectorAll('button')) {
    // "Rename" of which? Heard with the name, seen below it.
    button.id = `${button.getAttribute('data-action')}-${device.id}`;
    button.setAttribute('aria-labelledby', `${button.id} ${heading.id}`);
  }
  const field = /** @type {HTMLInputElement} */ (part(made, 'name'));
  field.id = `name-${device.id}`;
  part(made, 'name-label').setAttribute('for', field.id);
  part(made, 'name-hint').id = `hint-${device.id}`;
  part(made, 'name-error').id = `error-${device.id}`;
  field.setAttribute('aria-describedby', `hint-${device.id} error-${device.id}`);
  part(made, 'sign-out').hidden = device.this;
  return made;
}

/** @param {Mine} mine */
export function showDevices(mine) {
  const others = mine.devices.filter((device) => !device.this);
  const own = mine.devices.find((device) => device.this);
  fill('address', mine.address_masked);
  byId('this-device').replaceChildren(...(own ? [item(own)] : []));
  byId('others').replaceChildren(...others.map(item));
  byId('no-others').hidden = others.length > 0;
  byId('others-part').hidden = others.length === 0;
  const n = others.length;
  fill('others-question', word(n === 1 ? 'question-one' : 'question-many', { n }));
  fill('others-yes', word(n === 1 ? 'yes-one' : 'yes-many', { n }));
  choose(byId('forget-part'), own?.session ? 'session' : 'lasting');
  // Within it, so after it.
  choose(byId('forget-what'), own?.binding ?? 'none');
  closeQuestions();
}

/** Nothing is being asked or written any more. */
export function closeQuestions() {
  byId('others-ask').hidden = true;
  byId('forget-ask').hidden = true;
  for (const form of document.querySelectorAll('[data-device] form')) form.toggleAttribute('hidden', true);
  for (const opener of document.querySelectorAll('[aria-expanded]')) opener.setAttribute('aria-expanded', 'false');
}

/** @param {string} id */
export const itemOf = (id) => document.querySelector(`[data-device="${CSS.escape(id)}"]`);

/**
 * Opens the field for a name.
 * @param {Element} where the device's item
 * @param {string} name
 * @param {{wrong?: boolean}} [options]
 */
export function openName(where, name, { wrong = false } = {}) {
  closeQuestions();
  const field = /** @type {HTMLInputElement} */ (part(where, 'name'));
  field.value = name;
  field.removeAttribute('aria-invalid');
  if (wrong) field.setAttribute('aria-invalid', 'true');
  part(where, 'name-error').textContent = wrong ? word('name-invalid') : '';
  where.querySelector('[data-action="rename"]')?.setAttribute('aria-expanded', 'true');
  const form = where.querySelector('form');
  if (form) form.hidden = false;
  field.focus();
  field.select();
}
