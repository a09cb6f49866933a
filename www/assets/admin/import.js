// Importing people: the file is sent, checked as a whole, looked at, and only then applied.
//
// What a file may be is the account's to say. Only its size is known before anything of it is read.

import { byId, fill, input, say, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { ready, showProblem } from './frame.js';
import { showLines, turn } from './import-lines.js';
import { send } from './import-sending.js';
import { counted, number } from './shown.js';

/** @typedef {import('./import-sending.js').Import} Import */

const LARGEST_BYTES = 67_108_864;
const STEPS = ['choose', 'sending', 'stopped', 'checked', 'applied'];

/** @type {File | null} chosen in this page; after it is loaded again it has to be chosen again */
let file = null;
/** @type {Import | null} */
let current = null;
let sentAgain = false;
let cancelled = false;

/** @param {string} name */
function show(name) {
  for (const step of STEPS) byId(`part-${step}`).hidden = step !== name;
  byId(`part-${name}`).querySelector('h2')?.focus();
}

/** So that the page can be loaded again. @param {Import | null} one */
function keep(one) {
  current = one;
  const here = new URL(location.href);
  here.searchParams.delete('id');
  if (one) here.searchParams.set('id', one.id);
  history.replaceState(null, '', here);
}

/** In words; nothing of what does not happen. @param {'added' | 'changed'} name @param {number} n */
const told = (name, n) => (n > 0 ? counted(name, n) : '');

/** @param {number} sent @param {number} parts */
function progress(sent, parts) {
  const bar = /** @type {HTMLProgressElement} */ (byId('progress'));
  bar.max = parts;
  bar.value = sent;
  // Heard at each quarter, and not at each part.
  const quarter = Math.floor((sent * 4) / parts);
  if (quarter > Math.floor(((sent - 1) * 4) / parts)) byId('status').textContent = word('sent', { n: quarter * 25 });
}

async function discard() {
  if (current) await call('DELETE', `/imports/${current.id}`, undefined, { patient: true });
  keep(null);
}

async function start() {
  file = input('file').files?.[0] ?? null;
  sentAgain = false;
  const wrong = !file ? 'no_file' : file.size === 0 ? 'empty_file' : file.size > LARGEST_BYTES ? 'import_too_large' : '';
  if (wrong) showProblem({ code: wrong }, { field: 'file' });
  else await sendAll();
}

async function sendAll() {
  const made = await call('POST', '/imports', { bytes: file?.size });
  if (!made.ok) return showProblem(made.problem, { field: 'file' });
  keep(made.body);
  await goOn();
}

/** Sends what has not arrived. */
async function goOn() {
  if (!file || !current) return;
  cancelled = false;
  show('sending');
  const reply = await send(file, current.id, { progress, stopped: () => cancelled });
  if (reply?.ok) return showChecked(reply.body);
  if (!reply) await discard();
  // What did not arrive can still be sent. What is wrong with a file stays wrong.
  const lost = reply && ['network', 'unavailable'].includes(reply.problem.code);
  show(lost ? 'stopped' : 'choose');
  if (!reply) return say('cancelled');
  if (!lost) await discard();
  showProblem(reply.problem, lost ? {} : { field: 'file' });
}

/** @param {Import} one */
async function showChecked(one) {
  keep(one);
  for (const name of /** @type {const} */ (['lines', 'add', 'change', 'same', 'error'])) fill(name, number(one[name]));
  const people = one.add + one.change;
  byId('with-errors').hidden = one.error === 0;
  byId('without-change').hidden = one.error > 0 || people > 0;
  byId('apply').hidden = one.error > 0 || people === 0;
  fill('apply', counted('import', people));
  await showLines(one.id, one.error > 0 ? 'error' : '');
  show('checked');
  say(sentAgain ? 'sent-again' : '');
}

async function apply() {
  if (!current) return;
  const { id, add, change } = current;
  if (!(await ask('ask-import', { add: told('added', add), change: told('changed', change) }))) return;
  say('applying');
  const reply = await call('POST', `/imports/${id}/apply`, {}, { patient: true });
  if (reply.ok) return showApplied(reply.body);
  if (reply.problem.code !== 'directory_changed' || sentAgain || !file) return showProblem(reply.problem);
  sentAgain = true;
  await sendAll();
}

/** @param {Import} one */
function showApplied(one) {
  fill('added', told('added', one.add));
  fill('changed', told('changed', one.change));
  show('applied');
  keep(null);
}

/** An import that was under way when the page was loaded. @param {string} id */
async function resume(id) {
  const reply = await call('GET', `/imports/${encodeURIComponent(id)}`);
  if (reply.ok && reply.body.status === 'checked') await showChecked(reply.body);
  else if (reply.ok && reply.body.status === 'applied') showApplied(reply.body);
  else {
    keep(null);
    // The rest of the file is not here any more.
    if (!reply.ok) showProblem(reply.problem);
  }
}

function download() {
  const url = URL.createObjectURL(new Blob([byId('example').textContent ?? ''], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'people.csv';
  link.click();
  URL.revokeObjectURL(url);
}

listen({
  start,
  'go-on': goOn,
  discard: async () => {
    await discard();
    show('choose');
  },
  apply,
  download,
  next: () => turn('next'),
  previous: () => turn('previous'),
});
// While the file is sent, this is the one thing that can be done.
byId('stop').addEventListener('click', () => { cancelled = true; });
byId('outcome').addEventListener('change', () => { if (current) showLines(current.id); });

await ready();
const id = new URLSearchParams(location.search).get('id');
if (id) await resume(id);
