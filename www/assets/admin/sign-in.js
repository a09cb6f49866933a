// Signing in with a passkey, and on to where the person wanted to go.

import { here } from '../here.js';
import { byId } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { showProblem } from './frame.js';
import { get } from './passkey.js';

const query = new URLSearchParams(location.search);

/** A page of the console, and nothing else. */
function destination() {
  const to = here(query.get('to'));
  return /^\/admin(?=[/?#]|$)(?!\/sign-in)/.test(to) ? to : here('/admin');
}

async function signIn() {
  const options = await call('POST', '/session/challenge', {}, { stay: true });
  if (!options.ok) return showProblem(options.problem);
  const used = await get(options.body);
  if (!used.ok) return showProblem(used.problem);
  const reply = await call('POST', '/session', { passkey: used.body }, { stay: true });
  if (reply.ok) location.replace(destination());
  else showProblem(reply.problem);
}

listen({ 'sign-in': signIn });
byId('ended').hidden = !query.has('ended');
byId('out').hidden = !query.has('out');
// Whoever is signed in, or whom Access signs in by itself, need not do it.
if ((await call('GET', '/session', undefined, { stay: true })).ok) location.replace(destination());
