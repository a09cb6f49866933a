// Who really clicked.

import { part } from '../devices-list.js';
import { byId, choose, fill, input } from '../page.js';
import { call } from './api.js';
import { filteredBy, filters, pageOf, pointExports } from './filters.js';
import { ready, showProblem } from './frame.js';
import { showPages } from './pages.js';
import { copyOf, number, personPage, put, putTime } from './shown.js';

/**
 * @typedef {object} Interaction
 * @property {number} seq
 * @property {string} at
 * @property {string} link_id
 * @property {string} destination
 * @property {string | null} user who clicked
 * @property {string | null} address theirs
 * @property {string | null} device
 * @property {string} recipient whom the link was sent to
 * @property {string | null} [recipient_address] theirs, where they are in the directory
 * @property {'enrolled' | 'asked' | 'unidentified'} verdict
 */

/** @param {Interaction} one */
function item(one) {
  const made = copyOf('interaction-template');
  putTime(made, 'at', one.at, { dateStyle: 'medium', timeStyle: 'medium' });
  choose(part(made, 'verdict'), one.verdict);
  put(made, 'person', one.address ?? one.user ?? '').setAttribute('href', personPage(one.user ?? ''));
  choose(part(made, 'who'), one.user ? 'known' : 'unknown');
  put(made, 'recipient', one.recipient_address ?? '').setAttribute('href', personPage(one.recipient));
  choose(part(made, 'sent'), sentTo(one));
  put(made, 'destination', one.destination);
  part(made, 'link').setAttribute('href', filteredBy('link', one.link_id));
  part(made, 'device').setAttribute('href', filteredBy('device', one.device ?? ''));
  part(made, 'device').hidden = !one.device;
  return made;
}

/** @param {Interaction} one */
function sentTo({ user, recipient, recipient_address }) {
  if (user === recipient) return 'same';
  if (recipient_address) return user ? 'other' : 'named';
  return user ? 'foreign' : 'unnamed';
}

await ready();
const found = await filters('user');
if (found.ok) {
  const reply = await call('GET', `/interactions?${pageOf(found.query)}`);
  if (reply.ok) {
    /** @type {Interaction[]} */
    const interactions = reply.body.interactions;
    byId('interactions').replaceChildren(...interactions.map(item));
    byId('none').hidden = interactions.length > 0;
    fill('dropped', number(reply.body.dropped));
    byId('dropped').hidden = reply.body.dropped === 0;
    byId('list').hidden = false;
    const asked = new URLSearchParams(location.search).get('user');
    const known = interactions.find((one) => asked && one.user === asked);
    if (known?.address) input('user').value = known.address;
    pointExports('interactions', found.query);
    showPages('before', reply.body.next);
  } else showProblem(reply.problem);
} else showProblem(found.problem, { field: found.field });
