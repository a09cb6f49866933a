// What buttons and forms do, by their `data-action`. One thing at a time, and visibly so: pressing twice asks once.

import { byId, hideProblem, say, word } from '../page.js';

let busy = false;

/** @param {() => Promise<unknown> | void} work */
async function alone(work) {
  if (busy) return;
  busy = true;
  hideProblem();
  say('busy');
  byId('main').setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    busy = false;
    byId('main').removeAttribute('aria-busy');
    if (byId('status').textContent === word('busy')) say('');
  }
}

/** @param {Record<string, (element: HTMLElement) => Promise<unknown> | void>} actions */
export function listen(actions) {
  /** @param {EventTarget | null} target @param {string} selector */
  const act = (target, selector) => {
    const element = target instanceof Element ? target.closest(selector) : null;
    const action = actions[element?.getAttribute('data-action') ?? ''];
    if (action) alone(() => action(/** @type {HTMLElement} */ (element)));
    return Boolean(action);
  };
  document.addEventListener('click', (event) => act(event.target, 'button[data-action]'));
  document.addEventListener('submit', (event) => {
    if (act(event.target, 'form[data-action]')) event.preventDefault();
  });
}
