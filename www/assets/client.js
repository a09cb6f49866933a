// The wasm module, as far as this browser can run it. Without it everything works, with the cookie alone.

/** @typedef {{answer: 'yes' | 'no' | 'unknown', seen: string}} Finding */
/** @typedef {{verdict: 'ready' | 'ready_unbound' | 'blocked', causes: string[], findings: Record<string, Finding>}} Readiness */
/**
 * What client-wasm exports.
 * @typedef {object} Client
 * @property {() => Promise<Readiness>} check_readiness
 * @property {() => Promise<string>} device_key
 * @property {(deviceToken: string) => Promise<void>} keep_token
 * @property {() => Promise<void>} forget
 */

/** @returns {Promise<Client | null>} */
export async function load() {
  try {
    const at = (/** @type {string} */ name) => new URL(`../client/${name}`, import.meta.url);
    const client = await import(at('client_wasm.js').href);
    await client.default({ module_or_path: at('client_wasm_bg.wasm') });
    return client;
  } catch {
    return null;
  }
}

/**
 * What a promise brings, or `null` when it is rejected or takes too long.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} milliseconds
 * @returns {Promise<T | null>}
 */
export function within(promise, milliseconds) {
  return Promise.race([
    promise.catch(() => null),
    new Promise((/** @type {(nothing: null) => void} */ resolve) => setTimeout(resolve, milliseconds, null)),
  ]);
}
