// What the page says about this browser: the words for the causes found, and what to do in the browser at hand. The words are moved to
// where they are needed, so that they are in the page once.

import { byId } from './page.js';

/**
 * Puts the words for this browser before those for others; for one that is not known, those for all.
 * @param {string} browser
 * @param {string[]} causes
 */
export function recognize(browser, causes) {
  const here = causes.includes('in_app_view') ? 'in-app' : browser;
  byId('how-list').append(...byId('how-here').children);
  const words = [...byId('how-list').children].find((one) => one.getAttribute('data-browser') === here);
  if (words) byId('how-here').append(words);
  for (const only of document.querySelectorAll('[data-only]')) {
    only.toggleAttribute('hidden', only.getAttribute('data-only') !== browser);
  }
}

/**
 * Tells these causes beside a step: in a line each, and where they are all there is to tell (`open`), the weightiest in full.
 * @param {string} step
 * @param {string[]} causes
 * @param {{open: boolean}} options
 */
export function tellBeside(step, causes, { open }) {
  const notices = byId('notices');
  byId(`step-${step}`).querySelector('[data-place="notices"]')?.append(notices);
  const told = [...notices.querySelectorAll('[data-cause]')].filter((notice) => {
    const holds = causes.includes(notice.getAttribute('data-cause') ?? '');
    notice.toggleAttribute('hidden', !holds);
    notice.removeAttribute('open');
    return holds;
  });
  if (open) told[0]?.setAttribute('open', '');
  const cleared = notices.querySelector('[data-cause="cleared_on_close"]:not([hidden]) [data-place="how"]');
  if (step !== 'cookies') cleared?.append(byId('how'));
}
