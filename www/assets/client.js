// The wasm module, as far as this browser can run it. Without it everything works, with the cookie alone.

import { within } from './within.js';

/** @typedef {{answer: 'yes' | 'no' | 'unknown', seen: string}} Finding */
/**
 * What the module found out about this browser.
 * @typedef {object} Readiness
 * @property {'ready' | 'ready_unbound' | 'session' | 'refused' | 'key_required' | 'blocked'} verdict
 * @property {string[]} causes the weightiest first
 * @property {'chrome' | 'edge' | 'firefox' | 'safari' | 'samsung' | 'other'} browser whose words to show
 * @property {boolean} bound_only whether the account enrolls only browsers that keep a key
 * @property {Record<string, Finding>} findings in the order they are shown
 */
/**
 * What client-wasm exports.
 * @typedef {object} Client
 * @property {(startWorker: () => Worker) => Promise<Readiness>} check_readiness
 * @property {() => Promise<string>} device_key
 * @property {(deviceToken: string) => Promise<void>} keep_token
 * @property {(pressed: boolean, to: string | null) => Promise<string>} prove
 * @property {() => Promise<void>} forget
 */

let outdated = false;

/** Whether this browser has WebAssembly, but not what ours needs of it: it is too old for the checks. */
export const isOutdated = () => outdated;

/** The code of why the module is not there: `no_module` where loading it again may help, else `browser_outdated`. */
export const whyNotLoaded = () => (outdated || typeof WebAssembly !== 'object' ? 'browser_outdated' : 'no_module');

/** @returns {Promise<Client | null>} */
export async function load() {
  try {
    const at = (/** @type {string} */ name) => new URL(`../client/${name}`, import.meta.url);
    const client = await import(at('client_wasm.js').href);
    await client.default({ module_or_path: at('client_wasm_bg.wasm') });
    return client;
  } catch (thrown) {
    outdated = typeof WebAssembly === 'object' && thrown instanceof WebAssembly.CompileError;
    return null;
  }
}

/**
 * Checks this browser, within three seconds.
 * @param {Client} loaded
 * @returns {Promise<Readiness>}
 */
export function check(loaded) {
  return loaded.check_readiness(startWorker);
}

/** The codes of a challenge with which nothing can be proved any more. */
export const CHALLENGE_GONE = ['challenge_expired', 'challenge_spent'];
/** How often a proof is tried, each time with a challenge of its own. */
const ATTEMPTS = 2;
/** How long forgetting may hold up the person, in milliseconds. */
const FORGET_LIMIT_MS = 5000;

/** Where the module keeps key and token. */
const DATABASE = 'device-enrollment';

/** Whether there is certainly nothing to prove with. */
export async function keepsNothing() {
  try {
    const databases = await indexedDB.databases();
    return databases.every(({ name }) => name !== DATABASE);
  } catch {
    // Browsers that do not list them.
    return typeof indexedDB === 'undefined';
  }
}

/**
 * Proves with what this browser keeps: the path to go on to. Rejected with an `Error` whose message is a code.
 * @param {Client} loaded
 * @param {boolean} pressed whether the person pressed something for it
 * @param {string | null} to where they want to go on to
 */
export async function prove(loaded, pressed, to) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await loaded.prove(pressed, to);
    } catch (thrown) {
      // The machine slept in between, or an answer was lost on its way: another challenge tells.
      const again = thrown instanceof Error && CHALLENGE_GONE.includes(thrown.message);
      if (!again || attempt === ATTEMPTS) throw thrown;
    }
  }
}

/**
 * Forgets what can never prove anything again: enrolling would otherwise take the same key once more.
 * @param {Client} loaded
 * @param {unknown} thrown what `prove` was rejected with
 */
export async function forgetIfDamaged(loaded, thrown) {
  const code = thrown instanceof Error ? thrown.message : '';
  if (['proof_invalid', 'key_unavailable'].includes(code)) await within(loaded.forget(), FORGET_LIMIT_MS);
}

const WORKER = new URL('files-worker.js', import.meta.url).href;

/** @type {unknown} */
let workerAddress;

/**
 * The worker that tries the private file system.
 *
 * Trusted Types: the one policy of these pages gives the one address, whatever it is asked for, and can be made only once.
 */
export function startWorker() {
  if (!workerAddress) {
    const types = /** @type {any} */ (globalThis).trustedTypes;
    const policy = types && types.createPolicy('readiness-worker', { createScriptURL: () => WORKER });
    workerAddress = policy ? policy.createScriptURL('') : WORKER;
  }
  return new Worker(/** @type {string} */ (workerAddress), { type: 'module' });
}
