// The last step: this browser is enrolled. On a device of one's own the page goes on by itself. On a shared computer and in a private
// window it stays, as it is where the person says that they are finished; a reload comes back to it by what `history.state` holds.

import * as api from './api.js';
import { here } from './here.js';
import { byId, choose, fill, input, point, showProblem, showStep } from './page.js';
import { within } from './within.js';

/** How long the step is shown before going on by itself, in milliseconds. Whoever is quicker presses. */
const DONE_MS = 1500;
/** How long the module may take to load and to forget, in milliseconds. */
const FORGET_LIMIT_MS = 5000;

/** @typedef {{done: 'shared' | 'window', to: string, inNewWindow: boolean}} Staying */

/** Goes on, and where that leaves this page standing (a download does), it says that all is well. @param {string} next */
export function goOn(next) {
  point('to', next);
  location.replace(next);
  setTimeout(() => {
    choose(byId('step-done'), 'own');
    showStep('done');
  }, DONE_MS);
}

/**
 * Enrolled: says so, and goes on.
 * @param {'own' | 'shared' | 'window'} kind
 * @param {string | null} path
 * @param {{inNewWindow: boolean}} options how to go on from a page that stays
 */
export function finish(kind, path, { inNewWindow }) {
  const next = here(path);
  if (kind !== 'own') return stay({ done: kind, to: next, inNewWindow });
  point('to', next);
  choose(byId('step-done'), kind);
  showStep('done');
  setTimeout(() => location.replace(next), DONE_MS);
}

/** @param {Staying} staying @param {{focus?: boolean}} [options] */
function stay(staying, options) {
  history.replaceState(staying, '');
  point('to', here(staying.to));
  choose(byId('step-done'), staying.done);
  if (staying.inNewWindow) byId('continue').setAttribute('target', '_blank');
  byId('continue-new').hidden = !staying.inNewWindow;
  showStep('done', options);
}

/** Comes back to the step after a reload; whether there was one to come back to. */
export async function cameBack() {
  /** @type {Staying | null} */
  const staying = history.state?.done ? history.state : null;
  if (!staying) return false;
  const device = await api.device();
  // Who cannot reach the edge now may be able to when they are finished.
  const isOver = !device.ok && device.problem.code === 'not_enrolled';
  if (isOver) history.replaceState(null, '');
  else stay(staying, { focus: false });
  return !isOver;
}

/**
 * Somebody leaves a shared computer, or a private window that others may come to.
 * @param {Promise<import('./client.js').Client | null>} client
 */
export async function leave(client) {
  const reply = await api.endDevice();
  if (!reply.ok) return showProblem(reply.problem);
  const loaded = await within(client, FORGET_LIMIT_MS);
  if (loaded) await within(loaded.forget(), FORGET_LIMIT_MS);
  history.replaceState(null, '');
  for (const id of ['address', 'code']) input(id).value = '';
  fill('address', '');
  showStep('finished');
}
