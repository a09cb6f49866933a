// The wasm module, as far as this browser can run it. Without it everything works, with the cookie alone.

/** @typedef {{answer: 'yes' | 'no' | 'unknown', seen: string}} Finding */
/**
 * What the module found out about this browser.
 * @typedef {object} Readiness
 * @property {'ready' | 'ready_unbound' | 'session' | 'refused' | 'blocked'} verdict
 * @property {string[]} causes the weightiest first
 * @property {'chrome' | 'edge' | 'firefox' | 'safari' | 'samsung' | 'other'} browser whose words to show
 * @property {Record<string, Finding>} findings in the order they are shown
 */
/**
 * What client-wasm exports.
 * @typedef {object} Client
 * @property {(startWorker: () => Worker) => Promise<Readiness>} check_readiness
 * @property {() => Promise<string>} device_key
 * @property {(deviceToken: string) => Promise<void>} keep_token
 * @property {() => Promise<void>} forget
 */

let outdated = false;

/** Whether this browser has WebAssembly, but not what ours needs of it: it is too old for the checks. */
export const isOutdated = () => outdated;

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
