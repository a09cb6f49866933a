// What each line of an import would do, a page at a time. The pages have no addresses: the file that was chosen lives in this one.

import { part } from '../devices-list.js';
import { byId, input, word } from '../page.js';
import { call } from './api.js';
import { showProblem } from './frame.js';
import { copyOf, number, put } from './shown.js';

/** @typedef {{line: number, outcome: string, code: string | null, address: string | null, detail: string | null}} Line */

const PAGE = 50;
let path = '';
/** Where the pages up to the one shown begin. */
let trail = [''];
/** @type {string | number | null} */
let next = null;

/** @param {Line} line */
function item(line) {
  const made = copyOf('line-template');
  put(made, 'line', word('line', { n: number(line.line) }));
  put(made, 'outcome', word(`outcome-${line.outcome}`)).setAttribute('data-outcome', line.outcome);
  put(made, 'address', line.address ?? '');
  put(made, 'code', line.code ? word(`line-${line.code}`) || line.code : '').hidden = !line.code;
  // The value at fault, unless that is the address or, where columns are missing, nothing to be named.
  put(made, 'detail', line.detail ?? '').hidden = line.code === 'columns' || line.detail === line.address;
  return made;
}

async function show() {
  const query = new URLSearchParams({ limit: String(PAGE) });
  const outcome = input('outcome').value;
  if (outcome) query.set('outcome', outcome);
  const after = trail.at(-1);
  if (after) query.set('after', after);
  const reply = await call('GET', `${path}/lines?${query}`);
  if (!reply.ok) return showProblem(reply.problem);
  byId('lines').replaceChildren(...reply.body.lines.map(item));
  next = reply.body.next;
  byId('no-lines').hidden = reply.body.lines.length > 0;
  byId('next').hidden = next === null;
  byId('previous').hidden = trail.length === 1;
}

/** From the first page on. @param {string} id of the import @param {string} [outcome] those with this outcome only */
export async function showLines(id, outcome = input('outcome').value) {
  path = `/imports/${id}`;
  input('outcome').value = outcome;
  trail = [''];
  await show();
}

/** @param {'next' | 'previous'} way */
export async function turn(way) {
  if (way === 'next') trail.push(String(next));
  else trail.pop();
  await show();
  byId('lines-heading').focus();
}
