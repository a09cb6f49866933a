// Revoking: what it will do is counted and said first; it is asked once, and done on that.

import { written } from '../devices-list.js';
import { byId, word } from '../page.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { showProblem } from './frame.js';
import { counted } from './shown.js';
import { withTouch } from './touch.js';

/** @typedef {{users: string[]} | {devices: string[]} | {domain: string} | {everyone: true}} Target */
/** @typedef {{revoked_devices: number, revoked_people: number, effective_by: string | null, certain_by: string | null}} Revoked */

const MINUTE_MS = 60_000;

/** Told in minutes, and never too early. @param {string | null} at */
function minute(at) {
  const time = new Date(Math.ceil(Date.parse(at ?? '') / MINUTE_MS) * MINUTE_MS);
  return written(time.toISOString(), { timeStyle: 'short' });
}

/** By when it holds. @param {Revoked} revoked */
function holds({ effective_by, certain_by }) {
  if (!(Date.parse(certain_by ?? '') > Date.now())) return word('holds-now');
  return word('holds-by', { at: minute(effective_by), latest: minute(certain_by) });
}

/**
 * It is said to be done once the page shows it: whoever reads that goes on, and what is pressed before is not heard.
 * @param {Target} target
 * @param {string} dialog the id of the one that asks
 * @param {() => Promise<unknown>} show brings the page up to date
 * @param {Record<string, string>} [values] what the dialog says beside the numbers
 * @returns {Promise<boolean>} whether it was done; that the answer was no, or that it did not work, is said here
 */
export async function revoke(target, dialog, show, values = {}) {
  const request = (/** @type {object} */ options) =>
    withTouch(() => call('POST', '/revocations', { ...target, ...options }));
  let reply = await request({ dry_run: true });
  if (reply.ok) {
    const { revoked_devices, revoked_people } = reply.body;
    const numbers = { devices: counted('devices', revoked_devices), people: counted('people', revoked_people) };
    if (!(await ask(dialog, { ...numbers, ...values }))) return false;
    reply = await request({});
  }
  if (!reply.ok) {
    showProblem(reply.problem);
    return false;
  }
  await show();
  const devices = counted('revoked-devices', reply.body.revoked_devices);
  byId('status').textContent = word('revoked', { devices, holds: holds(reply.body) });
  return true;
}
