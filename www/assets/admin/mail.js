// Whether mail gets through: as a whole, tried out by a mail to oneself, and mail by mail.

import { isolated, part } from '../devices-list.js';
import { byId, choose, fill, hideProblem, input, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { filters, pageOf } from './filters.js';
import { ready, showProblem } from './frame.js';
import { showPages } from './pages.js';
import { copyOf, counted, number, personPage, put, putTime } from './shown.js';

/** @typedef {{step: string, cause: string, reply?: string}} Trouble */
/** @typedef {{by: 'us' | 'server' | 'note', text: string}} Line */
/** @typedef {{working: boolean, way: string, sender: string | null, sender_refused: {at: string, sender: string, reply: string} | null, queued: number}} Standing */

/**
 * @typedef {object} Message
 * @property {string | null} message_id
 * @property {string} kind
 * @property {string} user
 * @property {string} to
 * @property {string} state
 * @property {string} created_at
 * @property {number} tries
 * @property {string | null} next_at
 * @property {boolean} perhaps_twice
 * @property {Trouble | null} trouble
 */

const STYLE = /** @type {const} */ ({ dateStyle: 'medium', timeStyle: 'medium' });

/** What to do about it. @param {HTMLElement} place @param {Trouble | null} trouble */
function advise(place, trouble) {
  const advice = copyOf('advice-template');
  choose(advice, trouble?.cause ?? '');
  place.replaceChildren(...(trouble ? [advice] : []));
}

/** @param {Standing} standing */
function showStanding({ working, way, sender, sender_refused, queued }) {
  choose(byId('standing'), working ? 'working' : 'not-working');
  fill('way', way);
  fill('sender', sender ?? word('nobody-yet'));
  fill('queued', number(queued));
  byId('no-sender').hidden = sender !== null;
  byId('sender-refused').hidden = sender_refused === null;
  if (sender_refused) {
    fill('refused-sender', sender_refused.sender);
    fill('refused-reply', sender_refused.reply);
    putTime(byId('sender-refused'), 'refused-at', sender_refused.at, STYLE);
  }
  byId('mail').hidden = false;
}

/** @param {Message} message */
function item(message) {
  const { to, user, state, tries, next_at, perhaps_twice, trouble } = message;
  const made = copyOf('message-template');
  putTime(made, 'created', message.created_at, STYLE);
  const person = put(made, 'to', to);
  // An announcement goes to an administrator, who has no such page.
  if (message.kind !== 'announcement') person.setAttribute('href', personPage(user));
  choose(part(made, 'kind'), message.kind);
  choose(part(made, 'state'), state);
  put(made, 'tries', counted('tries', tries));
  part(made, 'again').hidden = next_at === null || state !== 'queued';
  if (next_at) putTime(made, 'next', next_at, STYLE);
  // Of what was tried once and given up, there is no second one.
  part(made, 'twice').hidden = !perhaps_twice || (state === 'expired' && tries === 1);
  part(made, 'trouble').hidden = trouble === null;
  put(made, 'reply', trouble?.reply ?? '');
  advise(part(made, 'advice'), trouble);
  part(made, 'message-id').hidden = message.message_id === null;
  put(made, 'id', message.message_id ?? '');
  return made;
}

/** @param {Line} line */
function line({ by, text }) {
  const made = document.createElement('li');
  made.textContent = `${word(`by-${by}`)}: ${text}`;
  return made;
}

async function load() {
  const reply = await call('GET', '/mail');
  if (reply.ok) showStanding(reply.body);
  else showProblem(reply.problem);
  return reply.ok;
}

async function test() {
  hideProblem();
  byId('tested').hidden = true;
  const reply = await call('POST', '/mail/test', { language: document.documentElement.lang });
  if (!reply.ok) return showProblem(reply.problem);
  const { sent_to, fate, trouble, dialogue } = reply.body;
  fill('tested', word(`tested-${fate}`, { address: isolated(sent_to) }));
  advise(byId('tested-advice'), trouble);
  byId('dialogue').replaceChildren(...dialogue.map(line));
  // First what the test changed about mail as a whole: nobody shall read "gets through" above a refusal.
  await load();
  byId('tested').hidden = false;
  byId('tested').focus();
}

async function list() {
  const found = await filters('user');
  if (!found.ok) return showProblem(found.problem, { field: found.field });
  const reply = await call('GET', `/mail/messages?${pageOf(found.query)}`);
  if (!reply.ok) return showProblem(reply.problem);
  /** @type {Message[]} */
  const messages = reply.body.messages;
  byId('messages').replaceChildren(...messages.map(item));
  byId('none').hidden = messages.length > 0;
  byId('list').hidden = false;
  const asked = new URLSearchParams(location.search).get('user');
  const known = messages.find((one) => asked && one.user === asked);
  if (known) input('user').value = known.to;
  showPages('before', reply.body.next);
}

const session = await ready();
fill('own-address', session.administrator.address);
listen({ test });
const mayList = session.administrator.role === 'help_desk' || (await load());
if (mayList) await list();
