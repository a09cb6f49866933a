// Calls to the edge: docs/API.md, "My devices".

import { ask, endDevice, post, resend } from './api.js';

/**
 * @typedef {object} Device
 * @property {string} id
 * @property {boolean} this whether it is this browser
 * @property {string | null} name
 * @property {string} browser what the browser called itself
 * @property {'key' | 'none'} binding
 * @property {boolean} session
 * @property {string} enrolled_at
 * @property {string} last_used_on a UTC day
 * @property {string} expires_at
 */
/** @typedef {{address_masked: string, change: 'open' | 'proof' | 'code', devices: Device[]}} Mine */
/** @typedef {{revoked_devices: number, effective_by: string, certain_by: string}} Revoked */
/** @template T @typedef {import('./api.js').Reply<T>} Reply */

const one = (/** @type {string} */ id) => `/api/v1/devices/${encodeURIComponent(id)}`;

/** @returns {Promise<Reply<Mine>>} */
export const list = () => ask('/api/v1/devices', {});

/**
 * @param {string} id
 * @param {string | null} name
 * @returns {Promise<Reply<Device>>}
 */
export const rename = (id, name) =>
  ask(one(id), { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) });

/** @param {string} id @returns {Promise<Reply<Revoked>>} */
export const signOut = (id) => ask(one(id), { method: 'DELETE' });

/** @returns {Promise<Reply<Revoked>>} */
export const signOutOthers = () => post('/api/v1/devices/revoke-others', {});

/** @returns {Promise<Reply<import('./api.js').Sent>>} */
export const sendCode = () => post('/api/v1/devices/code', {});

/** @param {string} code @returns {Promise<Reply<null>>} */
export const confirmCode = (code) => post('/api/v1/devices/code/confirm', { code });

export { endDevice, resend };
