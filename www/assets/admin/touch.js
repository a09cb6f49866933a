// What takes a touch of the passkey: asked for only where the service says so, and then the action is done once more.

import { byId, choose } from '../page.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { get } from './passkey.js';

/** @typedef {import('./api.js').Reply} Reply */

/** Whether the passkey was touched; every reason why not is told in `#ask-touch` itself, and it can be tried again there. */
async function touched() {
  let variant = 'first';
  for (;;) {
    // Asked for beforehand: some browsers let a page use a passkey only right after a press.
    const options = await call('POST', '/session/touch/challenge', {});
    if (!options.ok) variant = options.problem.code;
    const dialog = byId('ask-touch');
    const known = dialog.querySelector(`[data-when~="${variant}"]`);
    choose(dialog, known ? variant : 'general');
    if (!(await ask('ask-touch'))) return false;
    if (!options.ok) continue;
    const used = await get(options.body);
    const reply = used.ok ? await call('POST', '/session/touch', { passkey: used.body }) : used;
    if (reply.ok) return true;
    variant = reply.problem.code;
  }
}

/**
 * @param {() => Promise<Reply>} action
 * @returns {Promise<Reply>} of the code `declined` where the person did not want to, which needs no words
 */
export async function withTouch(action) {
  const reply = await action();
  if (reply.ok || reply.problem.code !== 'touch_needed') return reply;
  return (await touched()) ? action() : { ok: false, problem: { code: 'declined' } };
}
