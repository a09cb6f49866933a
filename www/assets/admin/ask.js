// A question that has to be answered before anything goes on.

import { byId } from '../page.js';

/**
 * Whether the answer is yes. Escape is no; the focus goes back to where it was.
 * @param {string} id of a `<dialog>` whose buttons have the values `yes` and `no`
 * @param {Record<string, string>} [values] for its `[data-fill]`
 * @returns {Promise<boolean>}
 */
export function ask(id, values = {}) {
  const dialog = /** @type {HTMLDialogElement} */ (byId(id));
  for (const [name, text] of Object.entries(values)) {
    for (const place of dialog.querySelectorAll(`[data-fill="${name}"]`)) place.textContent = text;
  }
  dialog.returnValue = '';
  dialog.showModal();
  // The question is read first, and not the button that answers it.
  dialog.querySelector('h2')?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
