// Putting text on the clipboard, or where that is not to be had, into a field to copy it from by hand.

import { byId, say } from './page.js';

/**
 * @param {string} text
 * @param {string} done the phrase that tells it has worked
 * @param {Element} pressed what was pressed for it
 */
export async function copy(text, done, pressed) {
  const byHand = byId('by-hand');
  try {
    await navigator.clipboard.writeText(text);
    byHand.hidden = true;
    say(done);
  } catch {
    // Missing on insecure connections and in old browsers, refused in some views inside apps.
    const field = /** @type {HTMLTextAreaElement} */ (byId('by-hand-text'));
    pressed.closest('p, dl')?.after(byHand);
    byHand.hidden = false;
    field.value = text;
    field.focus();
    field.select();
  }
}
