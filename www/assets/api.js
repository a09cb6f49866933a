// Calls to the edge: docs/API.md, "Enrolling" and "The device". Every failure is a code; the words for it are in the page.

/** How long an answer may take, in milliseconds. */
const LIMIT_MS = 20_000;
/** Mail comes in the language of the page, which may be another than the browser's. */
const LANGUAGE = document.documentElement.lang;

/** @typedef {{code_expires_in_seconds: number, resend_after_seconds: number, attempts_left: number, mail_working: boolean}} Sent */
/** @typedef {{device_token?: string, expires_at: string, to: string}} Confirmed */
/** @typedef {{code: string, attempts_left?: number, retry_after_seconds?: number}} Problem */
/** @template T @typedef {{ok: true, body: T} | {ok: false, problem: Problem}} Reply */

/**
 * @param {string} path
 * @param {object} body
 * @returns {Promise<Reply<any>>}
 */
export const post = (path, body) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json', 'accept-language': LANGUAGE }, body: JSON.stringify(body) });

/**
 * @param {string} path
 * @param {RequestInit} request
 * @returns {Promise<Reply<any>>}
 */
export async function ask(path, request) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LIMIT_MS);
  try {
    const response = await fetch(path, { ...request, cache: 'no-store', signal: stop.signal });
    const answer = await response.json().catch(() => null);
    if (response.ok && (answer || response.status === 204)) return { ok: true, body: answer };
    const code = typeof answer?.code === 'string' ? answer.code : `status_${response.status}`;
    // A proxy's or a crash's answer has no code of ours; to the person it is all the same.
    return { ok: false, problem: { ...answer, code: response.status >= 500 ? 'unavailable' : code } };
  } catch {
    return { ok: false, problem: { code: 'network' } };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {string} address
 * @param {string | null} to
 * @returns {Promise<Reply<Sent>>}
 */
export const start = (address, to) => post('/api/v1/enrollments', to === null ? { address } : { address, to });

/** @returns {Promise<Reply<Sent>>} */
export const resend = () => post('/api/v1/enrollments/resend', {});

/**
 * @param {{code: string, kind: 'own' | 'shared', device_key?: string, readiness?: import('./client.js').Readiness['findings']}} confirmation
 * @returns {Promise<Reply<Confirmed>>}
 */
export const confirm = (confirmation) => post('/api/v1/enrollments/confirm', confirmation);

/** This browser's device, if it is enrolled. @returns {Promise<Reply<{session: boolean}>>} */
export const device = () => ask('/api/v1/device', {});

/** Ends this browser's device, everywhere. @returns {Promise<Reply<null>>} */
export const endDevice = () => ask('/api/v1/device', { method: 'DELETE' });

/** The person pressed something. @param {string | null} to @returns {Promise<Reply<{to: string}>>} */
export const press = (to) => post('/api/v1/device/press', { to });

/** This browser has nothing to prove with. @returns {Promise<Reply<null>>} */
export const unproven = () => post('/api/v1/device/unproven', {});
