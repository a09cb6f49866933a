// The page between a click and where it leads: this browser proves that it is the one that was enrolled, and goes on. Nearly nobody
// sees it. With `?press`, it asks for a press first, as browsers forget sites on which nobody presses anything.

import * as api from './api.js';
import { CHALLENGE_GONE, forgetIfDamaged, load, prove, whyNotLoaded } from './client.js';
import { here } from './here.js';
import { byId, choose, fill, point, say, showStep } from './page.js';

/** How long a proof may take before it is called off, in milliseconds. */
const LIMIT_MS = 20_000;
/** How long after going on this page says so: only whoever was left on it, as a download leaves one, sees that. */
const LEFT_MS = 4000;
/** From when on those who listen to the page are told that they wait: when the others see it. */
const LATE_MS = 300;

/** With these, a press is told to the edge without a proof. */
const WITHOUT_PROOF = ['nothing_kept', 'no_module', 'browser_outdated'];

/** Which words are a code's own; those of the kept token have one in common. */
const WORDS = new Map([
  ['nothing_kept', 'lost'], ['proof_due', 'lost'],
  ['key_unavailable', 'damaged'], ['device_key_foreign', 'damaged'], ['proof_invalid', 'damaged'], ['device_key_invalid', 'damaged'],
  ['device_token_invalid', 'damaged'], ['device_token_foreign', 'damaged'],
  ['device_revoked', 'revoked'],
  ['device_unknown', 'gone'], ['device_expired', 'gone'], ['not_enrolled', 'gone'],
  ['unavailable', 'later'], ['edge_unreachable', 'later'], ['issuer_keys_unavailable', 'later'], ['network', 'later'],
  ...CHALLENGE_GONE.map((code) => /** @type {[string, string]} */ ([code, 'later'])),
  ['no_module', 'unloaded'],
  ['browser_outdated', 'outdated'],
  ['two_device_cookies', 'twice'],
  ['key_required', 'keyless'],
  ['to_invalid', 'astray'],
]);

const query = new URLSearchParams(location.search);
const to = query.get('to');
const press = query.has('press');
const client = load();
let busy = false;

/**
 * The path to go on to, or the code of what came instead.
 * @param {boolean} pressed
 * @returns {Promise<{path: string} | {code: string}>}
 */
async function proved(pressed) {
  const loaded = await client;
  if (!loaded) return { code: whyNotLoaded() };
  try {
    return { path: await prove(loaded, pressed, to) };
  } catch (thrown) {
    await forgetIfDamaged(loaded, thrown);
    return { code: thrown instanceof Error ? thrown.message : 'general' };
  }
}

/** A press counts for a browser without a key as well. @returns {Promise<{path: string} | {code: string}>} */
async function pressed() {
  const outcome = await proved(true);
  if (!('code' in outcome) || !WITHOUT_PROOF.includes(outcome.code)) return outcome;
  const reply = await api.press(to);
  if (reply.ok) return { path: reply.body.to };
  // It takes a proof all the same: why there was none is what there is to say.
  return ['proof_due', 'proof_needed'].includes(reply.problem.code) ? outcome : { code: reply.problem.code };
}

/** @param {Promise<{path: string} | {code: string}>} work */
async function goOnAfter(work) {
  const late = setTimeout(() => say('busy'), LATE_MS);
  const tooLong = new Promise((/** @type {(outcome: {code: string}) => void} */ resolve) => {
    setTimeout(resolve, LIMIT_MS, { code: 'unavailable' });
  });
  const outcome = await Promise.race([work, tooLong]);
  clearTimeout(late);
  say('');
  if ('code' in outcome) return fail(outcome.code);
  const next = here(outcome.path);
  point('to', next);
  // In this page's place: whoever goes back comes to where the link was.
  location.replace(next);
  setTimeout(() => show('done'), LEFT_MS);
}

/** What is shown now is to be seen now: what is hidden takes no focus. @param {string} step @param {{focus?: boolean}} [options] */
function show(step, options) {
  document.body.classList.remove('late');
  showStep(step, options);
}

/** @param {string} code */
function fail(code) {
  const isOfToken = code.startsWith('token_');
  // For the organization: a cookie without what belongs to it is what a copied one looks like.
  if (code === 'nothing_kept' || (isOfToken && !press)) api.unproven();
  fill('code', code);
  byId('step-failed').setAttribute('data-failed', code);
  choose(byId('step-failed'), isOfToken ? 'lost' : WORDS.get(code) ?? 'general');
  show('failed');
}

point('enroll', to === null ? '/enroll' : `/enroll?to=${encodeURIComponent(to)}`);
point('again', location.pathname + location.search);
if (press) {
  show('press', { focus: false });
  byId('step-press').querySelector('[data-action="continue"]')?.addEventListener('click', async () => {
    if (busy) return;
    busy = true;
    await goOnAfter(pressed());
    busy = false;
  });
} else {
  goOnAfter(proved(false));
}
