// The steps of an enrollment: check the browser, ask for the address, ask for the code and the kind of device, go on.
//
// All words are in the page. A reload (phones drop pages while the person reads the mail) comes back to the code step by what
// `history.state` holds, which needs no storage and ends with the tab.

import { recognize, tellBeside } from './advice.js';
import * as api from './api.js';
import { checkedText, showChecked } from './checked.js';
import { check, isOutdated, load } from './client.js';
import { copy } from './copy.js';
import { count, stop } from './countdown.js';
import { cameBack, finish, goOn, leave } from './enroll-done.js';
import { heal } from './heal.js';
import { here } from './here.js';
import { byId, choose, fill, hideProblem, input, point, say, showProblem, showStep } from './page.js';
import { within } from './within.js';

/** How long the checks may hold up the first step, the loading of the module included, in milliseconds. */
const READINESS_LIMIT_MS = 4000;
/** How long making a key and keeping a token may each take; the cookie counts, so neither may hold up the person for long. */
const KEY_LIMIT_MS = 5000;
/** How long a proof may hold up the first step; it is made while the checks run. */
const HEALING_LIMIT_MS = 4000;

/** The verdicts with which nobody is asked for an address. */
const IN_VAIN = ['blocked', 'refused', 'key_required'];

/** @typedef {import('./client.js').Readiness} Readiness */
/** @typedef {{address: string, expiresAt: number, resendAt: number, mailWorking: boolean}} Asked */

const query = new URLSearchParams(location.search);
let to = query.get('to');
/** @type {Asked | null} */
let asked = history.state?.asked ?? null;
/** @type {Readiness | null} what was found out about this browser, once it is */
let report = null;
/** Whether a first step is shown: from then on what is found comes late. */
let begun = false;
/** Whether there is no module: nothing is found out then, and no key is made. */
let unloaded = false;
let withoutKey = false;
let busy = false;

const client = load();
const readiness = client.then((loaded) => {
  unloaded = !loaded;
  return loaded && check(loaded);
}).catch(() => null);

/** The edge sends those here who were enrolled without a key before their organization asked for keys. */
const keyDemanded = query.get('finding') === 'key-required';

/** The verdict on this browser; without the checks, what is certain all the same. */
const verdict = () => report?.verdict ?? (keyDemanded && unloaded ? 'key_required' : null);

/**
 * One thing at a time, and visibly so: pressing twice asks once.
 * @param {string} formId
 * @param {() => Promise<void>} work
 */
async function alone(formId, work) {
  if (busy) return;
  busy = true;
  hideProblem();
  say('busy');
  byId(formId).setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    busy = false;
    byId(formId).removeAttribute('aria-busy');
  }
}

/** @param {Asked | null} next */
function remember(next) {
  asked = next;
  history.replaceState(next && { asked: next }, '');
}

function showAddress() {
  stop();
  remember(null);
  input('code').value = '';
  showStep('address');
}

/** @param {{focus?: boolean}} [options] */
function showCode(options) {
  if (!asked) return showAddress();
  fill('address', asked.address);
  byId('mail-not-working').hidden = asked.mailWorking;
  byId('code-entry').hidden = false;
  byId('resend-part').hidden = false;
  byId('code-expired').hidden = true;
  showStep('code', options);
  count(asked.expiresAt, asked.resendAt, showExpired);
}

function showExpired() {
  stop();
  hideProblem();
  say('');
  byId('code-entry').hidden = true;
  byId('resend-part').hidden = true;
  byId('code-expired').hidden = false;
  byId('code-expired').focus();
}

/**
 * @param {string} address
 * @param {api.Sent} sent
 */
function sentTo(address, sent) {
  const now = Date.now();
  remember({
    address,
    expiresAt: now + sent.code_expires_in_seconds * 1000,
    resendAt: now + sent.resend_after_seconds * 1000,
    mailWorking: sent.mail_working,
  });
}

/** @param {string} address */
async function start(address) {
  const reply = await api.start(address, to);
  if (reply.ok) {
    sentTo(address, reply.body);
    input('code').value = '';
    return showCode();
  }
  const { code } = reply.problem;
  // From a code that is dead there is one way on: asking again, when that is possible.
  if (byId('step-address').hidden) {
    stop();
    remember(null);
    input('address').value = address;
    showStep('address', { focus: false });
  }
  // Nothing to confirm, so nothing to fill in: the way on is in the words.
  byId('address-form').hidden = code === 'authentication_off';
  showProblem(reply.problem, { field: code === 'address_invalid' ? 'address' : undefined });
}

async function resend() {
  const reply = await api.resend();
  if (reply.ok && asked) {
    sentTo(asked.address, reply.body);
    showCode({ focus: false });
    input('code').focus();
    return say('sent-again');
  }
  if (!reply.ok) problemOfCode(reply.problem);
}

/** @param {api.Problem} problem */
function problemOfCode(problem) {
  if (problem.code === 'code_expired') return showExpired();
  // It is not the code: the browser did not keep the cookie that goes with it.
  if (problem.code === 'ticket_missing' && verdict() === 'blocked') return showFirst();
  const exhausted = problem.code === 'code_wrong' && problem.attempts_left === 0;
  const code = exhausted ? 'attempts_exhausted' : problem.code;
  // A key that did not come in time may come yet, and the code still works.
  const mayKeep = isKeyed() && verdict() !== 'key_required';
  byId('key-again').hidden = !mayKeep;
  // The code is dead: what is left is the way out that its words offer.
  const dead = ['attempts_exhausted', 'code_used', 'enrollment_ended', 'ticket_missing', 'authentication_off', 'private_window_refused'];
  if (dead.includes(code) || (code === 'device_key_required' && !mayKeep)) {
    stop();
    byId('code-entry').hidden = true;
    byId('resend-part').hidden = true;
  }
  showProblem({ ...problem, code }, { field: ['code_wrong', 'code_malformed'].includes(code) ? 'code' : undefined });
}

/** Whether this browser is to keep a key, as far as is known by now. */
const isKeyed = () => !!report && !withoutKey && report.verdict !== 'ready_unbound';

/** @param {import('./client.js').Client | null} loaded */
async function deviceKey(loaded) {
  return loaded && isKeyed() ? within(loaded.device_key(), KEY_LIMIT_MS) : null;
}

async function confirm() {
  const code = input('code').value.replace(/[\s-]/g, '');
  if (!/^[0-9]{8}$/.test(code)) return problemOfCode({ code: 'code_malformed' });
  // After a reload straight into this step, the kind of window may not be known yet; it decides the kind of device. A module that is
  // not there by the end of this one wait is not waited for again.
  const loaded = await within(readiness.then(() => client), KEY_LIMIT_MS);
  const kind = input('kind-shared').checked ? 'shared' : 'own';
  const key = kind === 'own' ? await deviceKey(loaded) : null;
  const reply = await api.confirm({ code, kind, device_key: key ?? undefined, readiness: report?.findings });
  if (!reply.ok) {
    if (reply.problem.code === 'device_key_invalid') {
      // The same key would be taken again.
      if (loaded) await within(loaded.forget(), KEY_LIMIT_MS);
      if (report?.bound_only) return problemOfCode({ code: 'device_key_required' });
      withoutKey = true;
    }
    // The answer that enrolled may have been lost on its way, or another tab was quicker: the cookie tells.
    if (['code_used', 'ticket_missing'].includes(reply.problem.code)) {
      const device = await api.device();
      if (device.ok) return enrolled(device.body.session ? 'shared' : 'own', to);
    }
    return problemOfCode(reply.problem);
  }
  const token = reply.body.device_token;
  // The cookie counts: a token that could not be kept costs nothing today. But what an earlier enrollment left must go.
  const kept = token && loaded && (await within(loaded.keep_token(token).then(() => true), KEY_LIMIT_MS));
  if (!kept && loaded) await within(loaded.forget(), KEY_LIMIT_MS);
  enrolled(kind, reply.body.to);
}

/** @param {'own' | 'shared'} kind @param {string | null} path */
function enrolled(kind, path) {
  stop();
  remember(null);
  // Views inside apps often have one window only.
  const inNewWindow = !causes().includes('in_app_view');
  finish(kind === 'shared' && verdict() === 'session' ? 'window' : kind, path, { inNewWindow });
}

/** What to open in another window or browser: the link from the mail, or this page when it was opened by itself. */
const otherWindow = () => new URL(to === null ? '/enroll' : here(to), location.origin).href;

/** @type {Record<string, (pressed: Element) => Promise<void> | void>} */
const actions = {
  'start-again': () => (busy ? undefined : IN_VAIN.includes(verdict() ?? '') ? showFirst() : showAddress()),
  'new-code': () => (asked ? alone('code-form', () => start(asked?.address ?? '')) : showAddress()),
  'without-to': () => {
    goOnTo(null);
    return alone('address-form', () => start(input('address').value.trim()));
  },
  'confirm-again': () => alone('code-form', confirm),
  resend: () => alone('code-form', resend),
  finished: () => alone('step-done', () => leave(client)),
  'copy-address': (pressed) => copy(otherWindow(), 'copied-address', pressed),
  'copy-checked': (pressed) => copy(checkedText(), 'copied-checked', pressed),
  'first-step': () => (busy ? undefined : showFirst()),
  'this-window': () => {
    tellBeside('address', besides('private_window'), { open: false });
    showAddress();
  },
};

/** Takes note of what was found out about this browser, whichever step is shown by then. @param {Readiness | null} found */
function take(found) {
  report = found;
  showChecked(found, causes());
  recognize(found?.browser ?? 'other', causes());
  if (found?.verdict === 'session') {
    const chosen = byId('kind').contains(document.activeElement);
    input('kind-shared').checked = true;
    byId('kind').hidden = true;
    byId('kind-window').hidden = false;
    if (chosen) byId('kind-window').focus();
  }
  choose(byId('kind-own-hint'), isKeyed() ? 'key' : 'cookie');
  if (found?.bound_only) {
    const chosen = input('kind-shared').checked;
    input('kind-own').checked = true;
    byId('kind-shared-choice').hidden = true;
    byId('kind-bound').hidden = false;
    if (chosen) byId('kind-bound').focus();
  }
  if (!begun || byId('step-address').hidden) return;
  // Late. Another step comes first only if it must and nobody has begun; else the news is told beside what they do.
  const another = [...IN_VAIN, 'session'].includes(verdict() ?? '');
  if (another && !busy && input('address').value === '') showFirst();
  else tellBeside('address', causes(), { open: true });
}

/** What there is to say about this browser, the weightiest first. */
const causes = () => report?.causes ?? (isOutdated() ? ['browser_outdated'] : []);

/** The same, but for one that the step itself is about. @param {string} cause */
const besides = (cause) => causes().filter((one) => one !== cause);

/** @param {'blocked' | 'dropped' | 'insecure'} why */
function showCookies(why) {
  choose(byId('step-cookies'), why);
  // What to do inside another app is part of what to do about cookies.
  const told = ['cookies_blocked', 'insecure_connection', ...(why === 'insecure' ? [] : ['in_app_view'])];
  tellBeside('cookies', causes().filter((cause) => !told.includes(cause)), { open: false });
  showStep('cookies');
}

/** @param {'session' | 'refused'} verdict */
function showPrivate(verdict) {
  choose(byId('step-private'), verdict);
  tellBeside('private', besides('private_window'), { open: false });
  showStep('private');
}

function showKey() {
  const why = causes().includes('storage_unavailable') ? 'storage' : 'crypto';
  choose(byId('step-key'), unloaded ? 'module' : why);
  tellBeside('key', causes(), { open: false });
  showStep('key');
}

/** The step that comes first in this browser. It comes after a wait, so the focus goes to it. */
function showFirst() {
  begun = true;
  if (query.get('finding') === 'cookie-dropped') return showCookies('dropped');
  if (verdict() === 'blocked') return showCookies(causes().includes('insecure_connection') ? 'insecure' : 'blocked');
  if (report?.verdict === 'session' || report?.verdict === 'refused') return showPrivate(report.verdict);
  if (verdict() === 'key_required') return showKey();
  tellBeside('address', causes(), { open: true });
  showAddress();
}

/** Points every way on, and every way to begin again, at `path`. @param {string | null} path */
function goOnTo(path) {
  to = path;
  point('to', here(to));
  point('again', to === null ? '/enroll' : `/enroll?to=${encodeURIComponent(to)}`);
}

async function begin() {
  goOnTo(to);
  fill('host', location.host);
  fill('origin', location.origin);
  byId('key-demanded').hidden = !keyDemanded;

  byId('address-form').addEventListener('submit', (event) => {
    event.preventDefault();
    alone('address-form', () => start(input('address').value.trim()));
  });
  byId('code-form').addEventListener('submit', (event) => {
    event.preventDefault();
    alone('code-form', confirm);
  });
  document.addEventListener('click', (event) => {
    const pressed = event.target instanceof Element && event.target.closest('[data-action], a[href^="#"]');
    if (pressed instanceof HTMLAnchorElement) {
      // Following it would be a new history entry, without the state that survives a reload.
      event.preventDefault();
      byId(pressed.hash.slice(1)).focus();
    } else if (pressed) {
      actions[pressed.getAttribute('data-action') ?? '']?.(pressed);
    }
  });

  const dropped = query.get('finding') === 'cookie-dropped';
  const noted = readiness.then(take);
  if (await cameBack()) return;
  if (!dropped && asked && asked.expiresAt > Date.now()) {
    input('address').value = asked.address;
    return showCode({ focus: false });
  }
  const checked = within(noted, READINESS_LIMIT_MS);
  // Where cookies are dropped, another one would be as well.
  const healing = dropped ? Promise.resolve(null) : heal(client, to).catch(() => null);
  const healed = await within(healing, HEALING_LIMIT_MS);
  if (healed) return goOn(here(healed));
  // On a slow line it may come yet, and still spares whoever has not begun the code and the mail.
  healing.then((late) => {
    if (late && !busy && !asked && input('address').value === '') goOn(here(late));
  });
  await checked;
  if (!report) take(null);
  showFirst();
}

// Whatever should go wrong in the checks, the address can be asked for.
begin().catch(() => showAddress());
