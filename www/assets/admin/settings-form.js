// The form of the account settings: what is in it, as the service has it, and back. A setting's field has its name as id.

import { part } from '../devices-list.js';
import { byId, input } from '../page.js';
import { copyOf } from './shown.js';

/** @typedef {Record<string, boolean | number | string | string[] | null>} Settings */

/** @type {Record<string, 'switch' | 'number' | 'text' | 'choice' | 'list'>} in the order of the page */
const KINDS = {
  authentication_enabled: 'switch',
  authentication_duration_days: 'number',
  proof_interval_hours: 'number',
  bound_devices_only: 'switch',
  absolute_days: 'number',
  private_windows: 'choice',
  who_may_enroll: 'choice',
  listed_domains: 'list',
  renew_after_seconds: 'number',
  enrollments_per_network_hour: 'number',
  revocation: 'choice',
  when_unsure: 'choice',
  notification_postmaster_address: 'text',
  revocation_notices: 'switch',
  help_address: 'text',
  user_awareness_enabled: 'switch',
  user_awareness_percent: 'number',
};
export const NAMES = Object.keys(KINDS);
const MOST_DOMAINS = 100;

/** @param {string} name @returns {HTMLInputElement[]} */
const boxes = (name) => [...byId('settings').querySelectorAll(`input[name="${name}"]`)].map((box) => /** @type {HTMLInputElement} */ (box));

/** @param {string} name @returns {Settings[string]} */
function value(name) {
  switch (KINDS[name]) {
    case 'switch':
      return input(name).checked;
    case 'number':
      return input(name).value === '' ? null : input(name).valueAsNumber;
    case 'text':
      return input(name).value.trim() || null;
    case 'choice':
      return boxes(name).find((box) => box.checked)?.value ?? null;
    default:
      return boxes(name).filter((box) => box.checked).map((box) => box.value);
  }
}

/** What is in the form. @returns {Settings} */
export const typed = () => Object.fromEntries(NAMES.map((name) => [name, value(name)]));

/** For comparing: a list is the same in any order. @param {Settings[string] | undefined} value */
const plain = (value) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);

/** @param {Settings} one @param {Settings} other */
export const differing = (one, other) => NAMES.filter((name) => plain(one[name]) !== plain(other[name]));

/** The fields that cannot be saved as they are. Whether an address is one is the service's to say. */
export function wrong() {
  const chosen = boxes('listed_domains').filter((box) => box.checked).length;
  const isListed = value('who_may_enroll') === 'listed_domains';
  return NAMES.filter((name) => {
    if (KINDS[name] === 'number') return !input(name).validity.valid;
    return name === 'listed_domains' && ((isListed && chosen === 0) || chosen > MOST_DOMAINS);
  });
}

/** What follows from what is in the form: warnings at once, and the choices that there are. */
export function follow() {
  const { authentication_enabled, user_awareness_enabled, who_may_enroll } = typed();
  byId('warn-authentication_off').hidden = authentication_enabled === true;
  byId('warn-awareness_without_authentication').hidden = authentication_enabled === true || !user_awareness_enabled;
  byId('listed_domains').hidden = who_may_enroll !== 'listed_domains';
}

/**
 * Puts settings into the form.
 * @param {Settings} settings
 */
export function show(settings) {
  for (const name of NAMES) {
    const one = settings[name];
    if (KINDS[name] === 'switch') input(name).checked = one === true;
    else if (KINDS[name] === 'choice') for (const box of boxes(name)) box.checked = box.value === one;
    else if (KINDS[name] === 'list') for (const box of boxes(name)) box.checked = Array.isArray(one) && one.includes(box.value);
    else input(name).value = one === null ? '' : String(one);
  }
  follow();
}

/**
 * The domains to choose from.
 * @param {string[]} names
 */
export function offer(names) {
  const choices = [...names].sort().map((name, index) => {
    const made = copyOf('domain-template');
    const box = /** @type {HTMLInputElement} */ (part(made, 'box'));
    const label = part(made, 'name');
    box.value = name;
    box.id = `listed_domains-${index}`;
    label.setAttribute('for', box.id);
    label.textContent = name;
    return made;
  });
  byId('domains').replaceChildren(...choices);
  byId('no-domains').hidden = choices.length > 0;
}

/** What a choice or a list is called on the page. @param {string} name @param {string} choice */
export function called(name, choice) {
  const box = boxes(name).find((one) => one.value === choice);
  return box?.labels?.[0]?.textContent ?? choice;
}
