// Overview: how things stand, what needs attention, and where to begin.

import { byId, choose, fill } from '../page.js';
import { call } from './api.js';
import { ready, showProblem } from './frame.js';
import { number } from './shown.js';

/** @typedef {{people: number, people_enrolled: number, devices: number, authentication_enabled: boolean, mail_working: boolean, warnings: {code: string}[]}} Overview */

/** Said once, and not again when the page is loaded anew. */
function tellSaved() {
  const here = new URL(location.href);
  if (!here.searchParams.has('saved')) return;
  here.searchParams.delete('saved');
  history.replaceState(history.state, '', here);
  byId('saved').hidden = false;
}

/** @param {Overview} overview */
function show({ people, people_enrolled, devices, authentication_enabled, mail_working, warnings }) {
  for (const [name, n] of Object.entries({ people, people_enrolled, devices })) fill(name, number(n));
  choose(byId('state'), authentication_enabled ? 'on' : 'off');
  const codes = warnings.map(({ code }) => code).concat(mail_working ? [] : ['mail']);
  const told = [...byId('attention').querySelectorAll('[data-warning]')].filter((warning) => {
    const holds = codes.includes(warning.getAttribute('data-warning') ?? '');
    warning.toggleAttribute('hidden', !holds);
    return holds;
  });
  byId('attention').hidden = told.length === 0;
  byId('first-steps').hidden = authentication_enabled;
  byId('overview').hidden = false;
}

tellSaved();
const session = await ready();
if (session.administrator.role === 'administrator') {
  const reply = await call('GET', '/overview');
  if (reply.ok) show(reply.body);
  else showProblem(reply.problem);
}
