// Calls of the console: docs/API.md, "Administration". Every failure is a code; the words for it are in the page.

import { inChosenLanguage } from '../here.js';
import { hasChanges } from './guard.js';

/** How long an answer may take; and where a hundred thousand people are changed. */
const LIMIT_MS = 20_000;
const PATIENT_MS = 300_000;

/**
 * RFC 9457, and what some refusals carry with them.
 * @typedef {object} Problem
 * @property {string} code
 * @property {string} [detail]
 * @property {string} [field]
 * @property {number} [attempts_left]
 * @property {number} [retry_after_seconds]
 * @property {number} [next_part]
 * @property {any} [current]
 * @property {any[]} [warnings]
 */
/** @typedef {{ok: true, body: any, etag: string | null} | {ok: false, problem: Problem}} Reply */
/**
 * @typedef {object} Options
 * @property {string | null} [etag] sent as `If-Match`
 * @property {boolean} [patient]
 * @property {boolean} [stay] does not lead to the page for signing in where nobody is signed in
 */

/** Where one signs in, and comes back from. @param {boolean} ended */
function signIn(ended) {
  const address = new URL('/admin/sign-in', location.origin);
  address.searchParams.set('to', location.pathname + location.search);
  if (ended) address.searchParams.set('ended', '');
  return inChosenLanguage(address).href;
}

/** @param {any} body @param {string | null | undefined} etag */
function headers(body, etag) {
  const all = new Headers(etag ? { 'if-match': etag } : {});
  if (body !== undefined) all.set('content-type', body instanceof Blob ? body.type : 'application/json');
  return all;
}

/**
 * @param {string} method
 * @param {string} path below /api/v1/admin
 * @param {any} [body] sent as JSON, but a Blob as it is
 * @param {Options} [options]
 * @returns {Promise<Reply>}
 */
export async function call(method, path, body, { etag, patient, stay } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patient ? PATIENT_MS : LIMIT_MS);
  try {
    const response = await fetch(`/api/v1/admin${path}`, {
      method,
      headers: headers(body, etag),
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
      cache: 'no-store',
      signal: stop.signal,
    });
    const answer = await response.json().catch(() => null);
    if (response.ok && (answer || response.status === 204)) {
      return { ok: true, body: answer, etag: response.headers.get('etag') };
    }
    const code = typeof answer?.code === 'string' ? answer.code : `status_${response.status}`;
    if (!stay && (code === 'unauthorized' || code === 'session_ended')) {
      // Going there would lose it: the page says how to sign in beside it.
      if (hasChanges()) return { ok: false, problem: { code: 'session_ended' } };
      location.replace(signIn(code === 'session_ended'));
      // The page is about to go: nothing more is to happen on it.
      return await new Promise(() => {});
    }
    return { ok: false, problem: { ...answer, code: response.status >= 500 ? 'unavailable' : code } };
  } catch {
    return { ok: false, problem: { code: 'network' } };
  } finally {
    clearTimeout(timer);
  }
}
