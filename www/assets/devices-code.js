// The code by mail that a browser without a key needs before a change. What the person wanted waits in the history entry: phones
// drop pages while people read their mail.

import * as api from './devices-api.js';
import { count, stop } from './countdown.js';
import { byId, hideProblem, input, say, showProblem, showStep } from './page.js';

/** @typedef {import('./api.js').Problem} Problem */
/** @typedef {import('./devices.js').Wish} Wish */
/** @typedef {{wish: Wish, expiresAt: number, resendAt: number, mailWorking: boolean}} Asked */

/** @type {Asked | null} */
let asked = history.state?.asked ?? null;

/** @param {Asked | null} next */
function remember(next) {
  asked = next;
  history.replaceState(next && { asked: next }, '');
}

/** What waits for a code, if anything does. */
export const waiting = () => asked?.wish ?? null;

/** Whether the code it waits for still works. */
export const inTime = () => asked !== null && asked.expiresAt > Date.now();

export function leaveCode() {
  stop();
  remember(null);
  input('code').value = '';
}

/** @param {{focus?: boolean}} [options] */
export function showCode(options) {
  if (!asked) return;
  byId('mail-not-working').hidden = asked.mailWorking;
  byId('code-entry').hidden = false;
  byId('resend-part').hidden = false;
  byId('code-expired').hidden = true;
  showStep('code', options);
  count(asked.expiresAt, asked.resendAt, showExpired);
}

function showExpired() {
  stop();
  hideProblem();
  say('');
  byId('code-entry').hidden = true;
  byId('resend-part').hidden = true;
  byId('code-expired').hidden = false;
  byId('code-expired').focus();
}

/** @param {Wish} wish @param {import('./api.js').Sent} sent */
function sentFor(wish, sent) {
  const now = Date.now();
  remember({
    wish,
    expiresAt: now + sent.code_expires_in_seconds * 1000,
    resendAt: now + sent.resend_after_seconds * 1000,
    mailWorking: sent.mail_working,
  });
}

/** Has a code sent for what the person wants. @param {Wish} wish @returns {Promise<Problem | null>} */
export async function askCode(wish) {
  const reply = await api.sendCode();
  if (!reply.ok) return reply.problem;
  sentFor(wish, reply.body);
  input('code').value = '';
  showCode();
  return null;
}

export async function sendAnother() {
  const reply = await api.resend();
  if (!reply.ok) return problemOfCode(reply.problem);
  if (asked) sentFor(asked.wish, reply.body);
  showCode({ focus: false });
  input('code').focus();
  say('sent-again');
}

/** @param {Problem} problem */
export function problemOfCode(problem) {
  if (problem.code === 'code_expired') return showExpired();
  const exhausted = problem.code === 'code_wrong' && problem.attempts_left === 0;
  const code = exhausted ? 'attempts_exhausted' : problem.code;
  // The code is dead: what is left is the way out that its words offer.
  if (['attempts_exhausted', 'code_used', 'enrollment_ended', 'ticket_missing'].includes(code)) {
    stop();
    byId('code-entry').hidden = true;
    byId('resend-part').hidden = true;
  }
  showProblem({ ...problem, code }, { field: ['code_wrong', 'code_malformed'].includes(code) ? 'code' : undefined });
}

/** Whether the code that was typed opens changes; if not, the page says why. */
export async function confirmCode() {
  const code = input('code').value.replace(/[\s-]/g, '');
  const reply = /^[0-9]{8}$/.test(code)
    ? await api.confirmCode(code)
    : { ok: /** @type {const} */ (false), problem: { code: 'code_malformed' } };
  if (!reply.ok) problemOfCode(reply.problem);
  return reply.ok;
}
