// Passkeys: from the service's options to the browser, and what the browser made of them back (docs/API.md, "Session and passkeys").

/** @typedef {{id: string, authenticator_data: string, client_data: string}} Made */
/** @typedef {Made & {signature: string}} Used */
/** @template T @typedef {{ok: true, body: T} | {ok: false, problem: import('./api.js').Problem}} Outcome */

/** @param {string} text base64url */
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));

/** @param {ArrayBuffer} buffer */
const encoded = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** @param {{id: string}[] | undefined} credentials @returns {any} */
const known = (credentials) => credentials?.map((credential) => ({ ...credential, id: bytes(credential.id) }));

const CODES = new Map([
  // The standard does not let pages tell a refusal from a time-out.
  ['NotAllowedError', 'passkey_cancelled'],
  ['AbortError', 'passkey_cancelled'],
  ['InvalidStateError', 'passkey_known'],
  ['NotSupportedError', 'passkey_unsupported'],
  ['SecurityError', 'passkey_unsupported'],
]);

/**
 * @template T
 * @param {() => Promise<T>} ceremony
 * @returns {Promise<Outcome<T>>}
 */
async function outcome(ceremony) {
  if (!('PublicKeyCredential' in window)) return { ok: false, problem: { code: 'passkey_unsupported' } };
  try {
    return { ok: true, body: await ceremony() };
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    return { ok: false, problem: { code: CODES.get(name) ?? 'passkey_failed' } };
  }
}

/**
 * A new passkey.
 * @param {any} options `PublicKeyCredentialCreationOptionsJSON`
 * @returns {Promise<Outcome<Made>>}
 */
export const create = (options) =>
  outcome(async () => {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    };
    const made = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
    const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
    return {
      id: made.id,
      authenticator_data: encoded(response.getAuthenticatorData()),
      client_data: encoded(response.clientDataJSON),
    };
  });

/**
 * The use of a passkey.
 * @param {any} options `PublicKeyCredentialRequestOptionsJSON`
 * @returns {Promise<Outcome<Used>>}
 */
export const get = (options) =>
  outcome(async () => {
    const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };
    const used = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
    const response = /** @type {AuthenticatorAssertionResponse} */ (used.response);
    return {
      id: used.id,
      authenticator_data: encoded(response.authenticatorData),
      client_data: encoded(response.clientDataJSON),
      signature: encoded(response.signature),
    };
  });
