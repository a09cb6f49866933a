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
 * @param {Target} target
 * @param {string} dialog the id of the one that asks
 * @param {Record<string, string>} [values] what it says beside the numbers
 * @returns {Promise<Revoked | null>} nothing where the answer was no, or it did not work; that is said here
 */
export async function revoke(target, dialog, values = {}) {
  const request = (/** @type {object} */ options) =>
    withTouch(() => call('POST', '/revocations', { ...target, ...options }));
  let reply = await request({ dry_run: true });
  if (reply.ok) {
    const { revoked_devices, revoked_people } = reply.body;
    const numbers = { devices: counted('devices', revoked_devices), people: counted('people', revoked_people) };
    if (!(await ask(dialog, { ...numbers, ...values }))) return null;
    reply = await request({});
  }
  if (!reply.ok) {
    showProblem(reply.problem);
    return null;
  }
  const devices = counted('revoked-devices', reply.body.revoked_devices);
  byId('status').textContent = word('revoked', { devices, holds: holds(reply.body) });
  return reply.body;
}
