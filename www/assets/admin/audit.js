// Who did what. The words for actions and for those who act are those of the filters: they are there once.

import { part } from '../devices-list.js';
import { byId, input, word } from '../page.js';
import { call } from './api.js';
import { filteredBy, filters, pageOf, pointExports } from './filters.js';
import { ready, showProblem } from './frame.js';
import { showPages } from './pages.js';
import { copyOf, nameBy, personPage, put, putTime } from './shown.js';

/**
 * @typedef {object} Event
 * @property {number} seq
 * @property {string} at
 * @property {string} actor what kind of somebody it was
 * @property {string | null} actor_id
 * @property {string | null} actor_name
 * @property {string} action
 * @property {string} subject
 * @property {string | null} address of the person it is about
 * @property {string | null} source
 * @property {Record<string, unknown> | null} before
 * @property {Record<string, unknown> | null} after
 * @property {unknown} detail
 */

/** What a filter calls this, or the code itself. @param {string} select @param {string} code */
function named(select, code) {
  const options = [...byId(select).querySelectorAll('option')];
  return options.find((option) => option.value === code)?.textContent ?? code;
}

/** @param {unknown} value */
function text(value) {
  if (value === undefined || value === null || value === '') return word('nothing');
  if (typeof value === 'boolean') return word(value ? 'yes' : 'no');
  if (Array.isArray(value)) return value.map(String).join(', ') || word('nothing');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** @param {Event} event */
function differences({ before, after }) {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].map((name) => {
    const row = copyOf('difference-template');
    put(row, 'name', word(`of-${name}`) || name);
    put(row, 'before', text(before?.[name]));
    put(row, 'after', text(after?.[name]));
    return row;
  });
}

/** @param {Event} event */
function item(event) {
  const made = copyOf('event-template');
  putTime(made, 'at', event.at, { dateStyle: 'medium', timeStyle: 'medium' });
  put(made, 'action', named('action', event.action));
  const who = put(made, 'actor', event.actor_name ?? named('actor', event.actor));
  who.setAttribute('href', filteredBy('actor', event.actor_id ?? event.actor));
  put(made, 'kind', named('actor', event.actor)).hidden = !event.actor_name;
  put(made, 'person', event.address ?? '').setAttribute('href', personPage(event.subject));
  part(made, 'person').hidden = !event.address;
  put(made, 'subject', event.subject).hidden = Boolean(event.address);
  part(made, 'about').hidden = !event.subject;
  put(made, 'source', event.source ?? '');
  part(made, 'from').hidden = !event.source;
  const rows = differences(event);
  part(made, 'rows').append(...rows);
  part(made, 'differences').hidden = rows.length === 0;
  const detail = event.detail && typeof event.detail === 'object' ? JSON.stringify(event.detail, null, 2) : event.detail;
  put(made, 'detail', String(detail ?? '')).hidden = !detail;
  part(made, 'more').hidden = rows.length === 0 && !detail;
  nameBy(made, 'summary', ['summary', 'action', 'at'], String(event.seq));
  return made;
}

/** Addresses and names are easier to read than ids. @param {Event | undefined} event */
function nameFilters(event) {
  const { actor, subject } = Object.fromEntries(new URLSearchParams(location.search));
  const [option] = /** @type {HTMLSelectElement} */ (byId('actor')).selectedOptions;
  if (option && actor && event?.actor_id === actor) option.textContent = event.actor_name ?? actor;
  if (subject && event?.subject === subject && event.address) input('subject').value = event.address;
}

await ready();
const found = await filters('subject');
if (found.ok) {
  const reply = await call('GET', `/audit?${pageOf(found.query)}`);
  if (reply.ok) {
    byId('events').replaceChildren(...reply.body.events.map(item));
    byId('none').hidden = reply.body.events.length > 0;
    byId('list').hidden = false;
    nameFilters(reply.body.events[0]);
    pointExports('audit', found.query);
    showPages('before', reply.body.next);
  } else showProblem(reply.problem);
} else showProblem(found.problem, { field: found.field });
