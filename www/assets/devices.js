// A person's own devices: shows them, and does what the person wants with them.
//
// A change needs a recent proof of the device key or, without a key, a code by mail. The proof is given without a question; for the
// code the person is asked, and then what they wanted is done.

import { CHALLENGE_GONE, keepsNothing, load, prove as proveWith, whyNotLoaded } from './client.js';
import * as api from './devices-api.js';
import { askCode, confirmCode, inTime, leaveCode, sendAnother, showCode, waiting } from './devices-code.js';
import { clock, closeQuestions, isolated, itemOf, openName, part, showDevices, title } from './devices-list.js';
import { byId, choose, fill, hideProblem, say, showProblem, showStep, word } from './page.js';
import { within } from './within.js';

/** How long the module may take to load, to prove, and to forget, in milliseconds. */
const LIMIT_MS = 20_000;
/** As many characters as the edge takes. */
const LONGEST_NAME = 64;

/** The codes of a browser without a device that may see the list. It has a step for each. */
const LOST = ['not_enrolled', 'key_required'];

/** @typedef {{what: 'rename', id: string, name: string | null} | {what: 'sign-out', id: string} | {what: 'sign-out-others'}} Wish */

const client = load();
/** @type {api.Mine} */
let mine = { address_masked: '', change: 'open', devices: [] };
let busy = false;

/** One thing at a time, and visibly so: pressing twice asks once. @param {() => Promise<void>} work */
async function alone(work) {
  if (busy) return;
  busy = true;
  hideProblem();
  say('busy');
  const step = document.querySelector('[id^="step-"]:not([hidden])');
  step?.setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    busy = false;
    step?.removeAttribute('aria-busy');
    if (byId('status').textContent === word('busy')) say('');
  }
}

/** Says something with values in it. @param {string} name @param {Record<string, string | number>} values */
const tell = (name, values) => { byId('status').textContent = word(name, values); };

/** Proves with what this browser keeps. @returns {Promise<string | null>} the page's code for why that did not work */
async function prove() {
  const loaded = await within(client, LIMIT_MS);
  // The page that proves has the words for a browser that cannot load it at all.
  if (!loaded) return whyNotLoaded() === 'no_module' ? 'no_module' : 'proof_failed';
  try {
    const late = new Promise((_, reject) => setTimeout(reject, LIMIT_MS, new Error('edge_unreachable')));
    await Promise.race([proveWith(loaded, false, '/devices'), late]);
    return null;
  } catch (thrown) {
    const code = thrown instanceof Error ? thrown.message : '';
    if (['edge_unreachable', 'issuer_keys_unavailable'].includes(code)) return 'network';
    return ['unavailable', ...CHALLENGE_GONE].includes(code) ? 'unavailable' : 'proof_failed';
  }
}

/** Asks for the list, with a proof if one is due, and shows what came of it. @param {{focus?: boolean}} [options] */
async function refresh({ focus = true } = {}) {
  let reply = await api.list();
  if (!reply.ok && reply.problem.code === 'proof_due') {
    const refusal = await prove();
    if (refusal) return showWithout(refusal);
    reply = await api.list();
  } else if (!reply.ok && LOST.includes(reply.problem.code) && !(await keepsNothing()) && !(await prove())) {
    // It had only lost its cookie.
    reply = await api.list();
  }
  if (!reply.ok) return showWithout(reply.problem.code);
  mine = reply.body;
  showDevices(mine);
  showStep('list', { focus });
}

/** The step for what stands in the way of the list. @param {string} code */
function showWithout(code) {
  if (LOST.includes(code)) return showStep(code.replace('_', '-'));
  // A proof that is due once more right after one: its cookie did not stay.
  const unproven = code === 'no_module' ? code : 'proof_failed';
  if (['no_module', 'proof_failed', 'proof_due'].includes(code)) {
    choose(byId('step-unproven'), unproven);
    return showStep('unproven');
  }
  choose(byId('step-unloaded'), ['network', 'unavailable', 'two_device_cookies'].includes(code) ? code : 'general');
  fill('code', code);
  showStep('unloaded');
}

/** @param {Wish} wish @returns {Promise<import('./api.js').Reply<any>>} */
function request(wish) {
  if (wish.what === 'rename') return api.rename(wish.id, wish.name);
  return wish.what === 'sign-out' ? api.signOut(wish.id) : api.signOutOthers();
}

/** Does what the person wants, after whatever has to come first. @param {Wish} wish */
async function carryOut(wish) {
  let needed = mine.change === 'open' ? null : `${mine.change}_needed`;
  let proved = false;
  for (;;) {
    if (needed === 'code_needed') {
      const problem = await askCode(wish);
      return problem ? failed(wish, problem) : undefined;
    }
    if (needed) {
      const refusal = proved ? 'proof_failed' : await prove();
      if (refusal) return failed(wish, { code: refusal });
      proved = true;
      mine.change = 'open';
    }
    const reply = await request(wish);
    if (reply.ok) return done(wish, reply.body);
    if (!['code_needed', 'proof_needed', 'proof_due'].includes(reply.problem.code)) return failed(wish, reply.problem);
    needed = reply.problem.code;
  }
}

/** @param {Wish} wish @param {import('./api.js').Problem} problem */
async function failed(wish, problem) {
  if (LOST.includes(problem.code)) return showWithout(problem.code);
  if (wish.what === 'rename' && problem.code === 'name_invalid') {
    const where = itemOf(wish.id);
    if (where) return openName(where, wish.name ?? '', { wrong: true });
  }
  // What is not there any more should not be shown any more.
  if (problem.code === 'not_found') await refresh({ focus: false });
  showProblem(problem);
}

/** @param {Wish} wish @param {any} body */
function done(wish, body) {
  const before = mine.devices;
  if (wish.what === 'rename') mine.devices = before.map((device) => (device.id === wish.id ? body : device));
  else mine.devices = before.filter((device) => device.this || (wish.what === 'sign-out' && device.id !== wish.id));
  showDevices(mine);
  if (wish.what === 'rename') {
    part(itemOf(wish.id) ?? document.body, 'title').focus();
    return tell(wish.name === null ? 'unnamed' : 'renamed', { name: isolated(title(body)) });
  }
  byId('others-heading').focus();
  const at = clock(body.certain_by);
  if (wish.what === 'sign-out') {
    const ended = before.find((device) => device.id === wish.id);
    return tell('signed-out', { name: isolated(ended ? title(ended) : ''), at });
  }
  const n = body.revoked_devices;
  tell(n === 1 ? 'signed-out-one' : 'signed-out-many', { n, at });
}

/** Ends this device: in the account first, so that nothing is lost if that fails. */
async function forget() {
  const reply = await api.endDevice();
  if (!reply.ok) return showProblem(reply.problem);
  const loaded = await within(client, LIMIT_MS);
  if (loaded) await within(loaded.forget(), LIMIT_MS);
  for (const id of ['this-device', 'others']) byId(id).replaceChildren();
  showStep('gone');
}

async function confirm() {
  const wish = waiting();
  if (!(await confirmCode()) || !wish) return;
  leaveCode();
  mine.change = 'open';
  showStep('list', { focus: false });
  await carryOut(wish);
}

/** @param {Element} inside */
function deviceOf(inside) {
  const id = inside.closest('[data-device]')?.getAttribute('data-device') ?? '';
  return mine.devices.find((device) => device.id === id);
}

/** @param {Element} form */
async function nameTyped(form) {
  const device = deviceOf(form);
  if (!device) return;
  const name = /** @type {HTMLInputElement} */ (part(form, 'name')).value.trim() || null;
  if (name === device.name) return cancel(form);
  const wish = /** @type {Wish} */ ({ what: 'rename', id: device.id, name });
  // Before anything is asked of the person for it.
  const wrong = name && ([...name].length > LONGEST_NAME || /\p{Cc}/u.test(name));
  await (wrong ? failed(wish, { code: 'name_invalid' }) : carryOut(wish));
}

/** Closes what is open; the focus goes back to what opened it. @param {Element} inside */
function cancel(inside) {
  const opener = inside.closest('[data-question]')?.parentElement?.querySelector('[aria-expanded]');
  closeQuestions();
  hideProblem();
  say('');
  if (opener instanceof HTMLElement) opener.focus();
}

/** @param {string} id @param {Element} opener */
function openQuestion(id, opener) {
  closeQuestions();
  opener.setAttribute('aria-expanded', 'true');
  byId(id).hidden = false;
  byId(id).focus();
}

/** @type {Record<string, (pressed: Element) => Promise<void> | void>} */
const actions = {
  rename: (pressed) => {
    const device = deviceOf(pressed);
    const where = pressed.closest('[data-device]');
    if (!device || !where) return;
    openName(where, device.name ?? '');
  },
  'sign-out': (pressed) => {
    const device = deviceOf(pressed);
    return device && alone(() => carryOut({ what: 'sign-out', id: device.id }));
  },
  'ask-sign-out-others': (pressed) => openQuestion('others-ask', pressed),
  'sign-out-others': () => alone(() => carryOut({ what: 'sign-out-others' })),
  'ask-forget': (pressed) => openQuestion('forget-ask', pressed),
  forget: () => alone(forget),
  cancel,
  resend: () => alone(sendAnother),
  'new-code': () => alone(async () => {
    const wish = waiting();
    const problem = wish && (await askCode(wish));
    if (problem) showProblem(problem);
  }),
  'back-to-list': () => {
    leaveCode();
    showStep('list');
  },
  reload: () => location.reload(),
};

async function begin() {
  document.addEventListener('submit', (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    alone(form.id === 'code-form' ? confirm : () => nameTyped(form));
  });
  document.addEventListener('click', (event) => {
    const pressed = event.target instanceof Element && event.target.closest('[data-action], a[href^="#"]');
    if (pressed instanceof HTMLAnchorElement) {
      // Following it would be a new history entry, without the state that survives a reload.
      event.preventDefault();
      byId(pressed.hash.slice(1)).focus();
    } else if (pressed && !busy) actions[pressed.getAttribute('data-action') ?? '']?.(pressed);
  });
  document.addEventListener('keydown', (event) => {
    const open = event.target instanceof Element && event.target.closest('[data-question]');
    if (open && event.key === 'Escape' && !busy) cancel(open);
  });
  await refresh({ focus: false });
  // The page was dropped while the person read the mail.
  if (mine.change === 'code' && inTime()) showCode({ focus: false });
}

begin().catch(() => showWithout('general'));
