// What is around every page of the console: whose account it is, who is signed in, signing out, and what went wrong.

import { inChosenLanguage } from '../here.js';
import { byId, choose, fill, hideProblem, showProblem as show } from '../page.js';
import { call } from './api.js';

/**
 * @typedef {object} Session
 * @property {{id: string, name: string, address: string, role: 'administrator' | 'help_desk'}} administrator
 * @property {'passkey' | 'access'} by
 * @property {string} account_name
 * @property {string} ends_at
 * @property {number} idle_seconds
 * @property {string | null} touched_until
 */

const FIELD_CODES = ['setting_invalid', 'body_invalid'];

/** Goes to a page of the console, in the chosen language. @param {string} path */
export const go = (path) => location.assign(inChosenLanguage(new URL(path, location.origin)).href);

/** @param {Session} session */
async function signOut(session) {
  const reply = await call('DELETE', '/session', undefined, { stay: true });
  if (!reply.ok && reply.problem.code !== 'access_in_charge') return showProblem(reply.problem);
  if (session.by === 'access') location.assign('/cdn-cgi/access/logout');
  else go('/admin/sign-in?out');
}

/**
 * Who is signed in. Where nobody is, this leads to where one signs in, and the page goes no further.
 * @returns {Promise<Session>}
 */
export async function ready() {
  const reply = await call('GET', '/session');
  if (!reply.ok) {
    showProblem(reply.problem);
    return new Promise(() => {});
  }
  /** @type {Session} */
  const session = reply.body;
  const { name, role } = session.administrator;
  fill('account-name', session.account_name);
  fill('own-name', name);
  choose(byId('own-role'), role);
  // The style sheet hides what is not for this role, and what is added later too.
  document.documentElement.setAttribute('data-own-role', role);
  byId('who').hidden = false;
  byId('sign-out').addEventListener('click', () => signOut(session));
  return session;
}

/**
 * Shows the words for a problem in `#error` and, where fields are at fault, in `#<field>-error` too. In the summary, words of
 * `[data-field]` are shown for those fields only.
 * @param {import('./api.js').Problem} problem
 * @param {{field?: string | string[]}} [options] the fields at fault, by their ids; else the one that the service names
 */
export function showProblem(problem, { field = problem.field ?? [] } = {}) {
  // The person changed their mind; that is no news to them.
  if (problem.code === 'declined') return hideProblem();
  const fields = [field].flat().filter((id) => document.getElementById(id));
  // Wrong in type or in value: to the person it is a field to mend.
  const code = FIELD_CODES.includes(problem.code) && fields.length > 0 ? 'fields_invalid' : problem.code;
  fill('detail', problem.detail ?? '');
  show({ ...problem, code }, { field: fields });
  for (const line of byId('error').querySelectorAll('[data-field]')) {
    line.toggleAttribute('hidden', !fields.includes(line.getAttribute('data-field') ?? ''));
  }
}
