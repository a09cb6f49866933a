// What was changed and not saved is not lost by a wrong click.

import { ask } from './ask.js';

let isDirty = () => false;

/** Whether something on the page is changed and not saved. */
export const hasChanges = () => isDirty();

/** @param {MouseEvent} event */
async function click(event) {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !isDirty()) return;
  const target = event.target instanceof Element ? event.target.closest('a[href], [data-leaves]') : null;
  if (!(target instanceof HTMLElement) || target.getAttribute('href')?.startsWith('#')) return;
  if (target instanceof HTMLAnchorElement && (target.target || target.hasAttribute('download'))) return;
  event.preventDefault();
  event.stopPropagation();
  if (!(await ask('ask-leave'))) return;
  release();
  // Once more, and now it goes wherever it would have gone.
  target.click();
}

/** @param {BeforeUnloadEvent} event */
function unload(event) {
  if (isDirty()) event.preventDefault();
}

/**
 * Asks in `#ask-leave` before a link or `[data-leaves]` leads away from changes; the browser itself asks where the page goes otherwise.
 * @param {() => boolean} dirty whether there are any
 */
export function guard(dirty) {
  isDirty = dirty;
  // Before anybody else hears of the click.
  document.addEventListener('click', click, { capture: true });
  addEventListener('beforeunload', unload);
}

/** The page goes on by itself now. */
export function release() {
  isDirty = () => false;
}
