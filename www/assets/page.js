// Shows, hides and fills what the HTML holds; it makes no elements and knows no words.

const titleEnd = document.title.slice(document.title.lastIndexOf(' – '));

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`#${id} is missing`);
  return element;
}

/** @param {string} id */
export const input = (id) => /** @type {HTMLInputElement} */ (byId(id));

/**
 * A phrase of the page's own, with `{…}` filled.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function word(name, values = {}) {
  const text = document.querySelector(`#words [data-word="${name}"]`)?.textContent ?? '';
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ''));
}

/**
 * Fills every `[data-fill]` of this name.
 * @param {string} name
 * @param {string} text
 */
export function fill(name, text) {
  for (const element of document.querySelectorAll(`[data-fill="${name}"]`)) element.textContent = text;
}

/**
 * Points every `[data-fill-href]` of this name at `path`.
 * @param {string} name
 * @param {string} path
 */
export function point(name, path) {
  for (const element of document.querySelectorAll(`[data-fill-href="${name}"]`)) element.setAttribute('href', path);
}

/**
 * Shows the one variant among a step's `[data-when]`, each of which names the variants it belongs to.
 * @param {HTMLElement} root
 * @param {string} variant
 */
export function choose(root, variant) {
  for (const element of root.querySelectorAll('[data-when]')) {
    element.toggleAttribute('hidden', !element.matches(`[data-when~="${variant}"]`));
  }
}

/** @param {string} name */
export const say = (name) => { byId('status').textContent = name && word(name); };

/** When something is possible again, in words. @param {number} seconds */
export function wait(seconds) {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  if (minutes === 1) return word('in-minute');
  if (minutes < 60) return word('in-minutes', { n: minutes });
  const hours = Math.ceil(minutes / 60);
  return hours === 1 ? word('in-hour') : word('in-hours', { n: hours });
}

/** @param {number | undefined} left */
function attempts(left) {
  if (left === undefined) return '';
  return left === 1 ? word('attempts-one') : word('attempts-many', { n: left });
}

/**
 * Shows one step and no problem; the focus goes to its heading, unless the page is only just there.
 * @param {string} name
 * @param {{focus?: boolean}} [options]
 */
export function showStep(name, { focus = true } = {}) {
  hideProblem();
  say('');
  for (const step of document.querySelectorAll('[id^="step-"]')) step.toggleAttribute('hidden', step.id !== `step-${name}`);
  // Whatever did not load: the page runs.
  for (const id of ['old-browser', 'not-loaded']) document.getElementById(id)?.setAttribute('hidden', '');
  const heading = byId(`step-${name}`).querySelector('h1');
  document.title = (heading?.innerText ?? '') + titleEnd;
  if (focus) {
    heading?.focus();
    scrollTo(0, 0);
  }
}

export function hideProblem() {
  // A page that is about one problem only has no place for others.
  document.getElementById('error')?.setAttribute('hidden', '');
  for (const field of document.querySelectorAll('[aria-invalid]')) mark(field, false);
}

/**
 * Marks a field as wrong, or as right; the words for it, where it has some, are in `#<field>-error`.
 * @param {Element} field
 * @param {boolean} wrong
 */
function mark(field, wrong) {
  if (wrong) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
  const words = document.getElementById(`${field.id}-error`);
  if (!words) return;
  words.hidden = !wrong;
  const described = (field.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => id && id !== words.id);
  if (wrong) described.unshift(words.id);
  field.setAttribute('aria-describedby', described.join(' '));
}

/**
 * Shows the words for a problem, and for one without words of its own the general ones with its code.
 * @param {import('./api.js').Problem} problem
 * @param {{field?: string | string[]}} [options] the fields at fault
 */
export function showProblem(problem, { field = [] } = {}) {
  const summary = byId('error');
  const messages = [...summary.querySelectorAll('[data-code]')];
  const known = messages.some((message) => message.getAttribute('data-code') === problem.code);
  hideProblem();
  say('');
  fill('code', problem.code);
  fill('wait', wait(problem.retry_after_seconds ?? 60));
  fill('attempts', attempts(problem.attempts_left));
  for (const message of messages) {
    message.toggleAttribute('hidden', message.getAttribute('data-code') !== (known ? problem.code : 'general'));
  }
  for (const id of [field].flat()) mark(byId(id), true);
  summary.hidden = false;
  const heading = /** @type {HTMLElement | null} */ (document.querySelector('[id^="step-"]:not([hidden]) h1, #main > h1'));
  document.title = word('title-error', { title: heading?.innerText ?? '' }) + titleEnd;
  summary.focus();
  scrollTo(0, 0);
}
