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
