// Sends a file in parts, one after the other. Only a part of it is ever in memory.

import { call } from './api.js';

/**
 * @typedef {object} Import
 * @property {string} id
 * @property {'receiving' | 'checked' | 'applied'} status
 * @property {number} lines
 * @property {number} add
 * @property {number} change
 * @property {number} same
 * @property {number} error
 * @property {number} next_part
 */
/** @template T @typedef {{ok: true, body: T} | {ok: false, problem: import('./api.js').Problem}} Reply */

const PART_BYTES = 262_144;

/**
 * Sends what has not arrived yet.
 * @param {File} file
 * @param {string} id
 * @param {{progress: (sent: number, parts: number) => void, stopped: () => boolean}} watcher
 * @returns {Promise<Reply<Import> | null>} nothing when it was stopped
 */
export async function send(file, id, { progress, stopped }) {
  const parts = Math.ceil(file.size / PART_BYTES);
  let reply = await call('GET', `/imports/${id}`);
  while (reply.ok && reply.body.status === 'receiving') {
    const n = reply.body.next_part;
    progress(n, parts);
    if (stopped()) return null;
    const part = file.slice(n * PART_BYTES, (n + 1) * PART_BYTES, 'text/csv');
    reply = await call('PUT', `/imports/${id}/parts/${n}${n + 1 >= parts ? '?last' : ''}`, part);
  }
  return stopped() ? null : reply;
}
