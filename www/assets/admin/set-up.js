// A set-up address is opened once: somebody tells who they are, makes a passkey, and is an administrator.

import { byId, choose, fill, input, showStep } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { go, showProblem } from './frame.js';
import { create } from './passkey.js';

const token = location.hash.slice(1) || String(history.state?.setUp ?? '');
// Out of the address bar, where it could be read or copied; but here after loading again, also in the other language.
history.replaceState({ setUp: token }, '', location.pathname + location.search);

const challenge = () => call('POST', '/set-up/challenge', { token }, { stay: true });
const AT_THE_END = ['set_up_invalid', 'set_up_expired', 'set_up_spent', 'set_up_done'];

/** @param {string} code */
function fail(code) {
  const failed = byId('step-failed');
  fill('code', code);
  choose(failed, failed.querySelector(`[data-when~="${code}"]`) ? code : 'general');
  showStep('failed');
}

async function check() {
  if (!token) return fail('set_up_invalid');
  const reply = await challenge();
  if (!reply.ok) return fail(reply.problem.code);
  const { kind, name, address, access } = reply.body;
  choose(byId('kind'), kind);
  choose(byId('way'), access ? 'access' : 'passkey');
  if (name) input('name').value = name;
  if (address) input('address').value = address;
  showStep('form', { focus: false });
}

/** @param {import('./api.js').Problem} problem */
function refuse(problem) {
  if (AT_THE_END.includes(problem.code)) return fail(problem.code);
  showProblem(problem, problem.code.startsWith('address_') ? { field: 'address' } : {});
}

async function setUp() {
  const [name, address, passkey_name] = ['name', 'address', 'passkey_name'].map((id) => input(id).value.trim());
  const field = [name ? '' : 'name', address ? '' : 'address'].filter(Boolean);
  if (field.length > 0) return showProblem({ code: 'fields_invalid' }, { field });
  // Anew: who takes longer than the challenge is good for has done nothing wrong.
  const reply = await challenge();
  if (!reply.ok) return refuse(reply.problem);
  const { access, options } = reply.body;
  const who = { token, name, address };
  if (access) return finish(who);
  // What the passkey is listed under on the person's device.
  const made = await create({ ...options, user: { ...options.user, name: address, displayName: name } });
  if (!made.ok) return refuse(made.problem);
  await finish({ ...who, passkey: made.body, ...(passkey_name ? { passkey_name } : {}) });
}

/** @param {object} body */
async function finish(body) {
  const reply = await call('POST', '/set-up', body, { stay: true });
  if (!reply.ok) return refuse(reply.problem);
  history.replaceState(null, '');
  go('/admin');
}

listen({ check, 'set-up': setUp });
await check();
