// How long the code still works, when another can be asked for, and whether mail works meanwhile. The words change by the minute (the last ones for the button by
// the second) and are not announced: whoever listens to the page hears only the two moments that matter.

import { ask } from './api.js';
import { byId, fill, say, word } from './page.js';

/** The mail goes out after the answer that says so: it is asked how mail fares once a server that hangs shows (2 s), and again as often. */
const LOOK_AFTER_MS = 2500;
const LOOK_EVERY_MS = 15_000;

/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let looking;

/**
 * Counts until the code has expired.
 * @param {number} expiresAt in milliseconds since 1970, by this browser's clock
 * @param {number} resendAt likewise
 * @param {() => void} onExpired
 */
export function count(expiresAt, resendAt, onExpired) {
  stop();
  const resend = /** @type {HTMLButtonElement} */ (byId('resend'));
  const tick = () => {
    const now = Date.now();
    const minutes = Math.round((expiresAt - now) / 60_000);
    fill('left', minutes > 1 ? word('left-minutes', { n: minutes }) : word(minutes === 1 ? 'left-minute' : 'left-seconds'));

    const seconds = Math.ceil((resendAt - now) / 1000);
    const waiting = seconds > 0;
    fill('resend', waiting ? word(seconds === 1 ? 'resend-second' : 'resend-seconds', { n: seconds }) : '');
    if (resend.disabled && !waiting) say('may-resend');
    resend.disabled = waiting;

    if (now >= expiresAt) {
      stop();
      onExpired();
    }
  };
  resend.disabled = resendAt > Date.now();
  ticking = setInterval(tick, 1000);
  looking = setTimeout(look, LOOK_AFTER_MS);
  tick();
}

/** What is shown stays if nobody answers. */
async function look() {
  looking = setTimeout(look, LOOK_EVERY_MS);
  const reply = await ask('/api/v1/enrollments/mail', {});
  if (reply.ok) byId('mail-not-working').hidden = reply.body.mail_working;
}

export function stop() {
  clearInterval(ticking);
  clearTimeout(looking);
}
