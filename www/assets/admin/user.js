// One person: addresses, whether they may enroll, their devices; and revoking, which acts by itself.

import { isolated, part, title } from '../devices-list.js';
import { byId, choose, fill, input, point, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { go, ready, showProblem } from './frame.js';
import { guard, release } from './guard.js';
import { revoke } from './revoking.js';
import { copyOf, counted, nameBy, number, put, putDay, putTime } from './shown.js';

/** @typedef {import('./users.js').User} User */
/** @typedef {import('../devices-api.js').Device & {revoked: boolean}} Device */

const PAGE = 50;
const id = new URLSearchParams(location.search).get('id') ?? '';
const path = `/users/${encodeURIComponent(id)}`;

/** @type {User} as it was loaded */
let user;
/** @type {string | null} where the devices go on */
let after = null;

/** As they were typed, one to a line. @param {string} text */
const lines = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);

/** What is not as it was. @returns {{address?: string, aliases?: string[], disabled?: boolean}} */
function changes() {
  const address = input('address').value.trim();
  const aliases = lines(input('aliases').value);
  const disabled = input('disabled').checked;
  return {
    ...(address === user.address ? {} : { address }),
    ...(aliases.join('\n') === user.aliases.join('\n') ? {} : { aliases }),
    ...(disabled === user.disabled ? {} : { disabled }),
  };
}

const changed = () => Object.keys(changes()).length > 0;

/** The people this one is among. */
const list = () => `/admin/users?${new URLSearchParams({ domain: user.address.slice(user.address.lastIndexOf('@') + 1) })}`;

function showFields() {
  input('address').value = user.address;
  input('aliases').value = user.aliases.join('\n');
  input('disabled').checked = user.disabled;
}

function showUser() {
  fill('address', user.address);
  fill('enrolled', counted('enrolled', user.devices));
  choose(byId('state'), user.disabled ? 'disabled' : 'enabled');
  const revoked = byId('revoked-at');
  revoked.hidden = user.revoked_at === null;
  if (user.revoked_at) putTime(revoked, 'time', user.revoked_at, { dateStyle: 'medium', timeStyle: 'short' });
}

/** @param {Device} device */
function item(device) {
  const made = copyOf('device-template');
  made.setAttribute('data-device', device.id);
  const name = title(device);
  put(made, 'title', name);
  put(made, 'browser', title({ ...device, name: null }));
  part(made, 'browser-row').hidden = device.name === null;
  putTime(made, 'enrolled', device.enrolled_at, { dateStyle: 'medium', timeStyle: 'short' });
  putDay(made, 'used', device.last_used_on);
  putTime(made, 'expires', device.expires_at, { dateStyle: 'medium', timeStyle: 'short' });
  choose(part(made, 'binding'), device.binding);
  part(made, 'session').hidden = !device.session;
  const state = device.revoked ? 'revoked' : Date.parse(device.expires_at) > Date.now() ? 'enrolled' : 'expired';
  choose(part(made, 'state'), state);
  nameBy(made, 'revoke', ['revoke', 'title'], device.id);
  part(made, 'revoke').hidden = state !== 'enrolled';
  return made;
}

/** Goes on with the list of devices, or begins it. @param {{anew?: boolean}} [options] */
async function showDevices({ anew = false } = {}) {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (!anew && after) query.set('after', after);
  const reply = await call('GET', `${path}/devices?${query}`);
  if (!reply.ok) return showProblem(reply.problem);
  const items = reply.body.devices.map(item);
  if (anew) byId('devices').replaceChildren(...items);
  else byId('devices').append(...items);
  after = reply.body.next;
  byId('more').hidden = after === null;
  const shown = byId('devices').childElementCount;
  byId('no-devices').hidden = shown > 0;
  fill('shown', shown > 0 ? word('shown', { n: number(shown) }) : '');
  if (!anew && items.length > 0) part(items[0], 'title').focus();
}

async function load() {
  const reply = await call('GET', path);
  if (!reply.ok) return showProblem(reply.problem);
  user = reply.body;
  showUser();
  await showDevices({ anew: true });
  return reply;
}

async function save() {
  const wanted = changes();
  if (!changed()) return leave();
  if (wanted.disabled && !(await ask('ask-disable', { address: user.address, devices: counted('devices', user.devices) }))) return;
  const reply = await call('PATCH', path, wanted);
  if (reply.ok) {
    user = reply.body;
    return leave('saved');
  }
  const { code, detail = '' } = reply.problem;
  const field = wanted.aliases?.includes(detail) || code === 'too_many_aliases' ? 'aliases' : 'address';
  showProblem(reply.problem, { field });
}

/** @param {string} [note] what the list is to say */
function leave(note) {
  release();
  go(note ? `${list()}&${note}` : list());
}

async function remove() {
  if (!(await ask('ask-delete', { address: user.address, devices: counted('devices', user.devices) }))) return;
  const reply = await call('DELETE', path);
  if (reply.ok) leave('deleted');
  else showProblem(reply.problem);
}

/** @param {Element} pressed */
async function revokeDevice(pressed) {
  const one = pressed.closest('[data-device]');
  const device = one?.getAttribute('data-device');
  if (!one || !device) return;
  const name = isolated(part(one, 'title').textContent ?? '');
  const show = async () => {
    choose(part(one, 'state'), 'revoked');
    part(one, 'revoke').hidden = true;
    part(one, 'title').focus();
    const reply = await call('GET', path);
    if (!reply.ok) return;
    user = reply.body;
    showUser();
  };
  await revoke({ devices: [device] }, 'ask-revoke-device', show, { device: name });
}

async function revokeAll() {
  if (!(await revoke({ users: [id] }, 'ask-revoke', load, { address: user.address }))) return;
  // Said beside the button too: the line at the end of the page goes with the next thing that is done.
  fill('done', byId('status').textContent ?? '');
  byId('done-part').hidden = false;
}

async function begin() {
  await ready();
  if (!(await load())) return;
  showFields();
  document.title = `${user.address} – ${document.title}`;
  byId('person').hidden = false;
  point('list', list());
  fill('domain', user.address.slice(user.address.lastIndexOf('@') + 1));
  point('mail', `/admin/mail?${new URLSearchParams({ user: id })}`);
  point('interactions', `/admin/interactions?${new URLSearchParams({ user: id })}`);
  point('audit', `/admin/audit?${new URLSearchParams({ subject: id })}`);
  guard(changed);
}

listen({
  save,
  cancel: showFields,
  remove,
  'revoke-all': revokeAll,
  'revoke-device': revokeDevice,
  more: () => showDevices(),
});

await begin();
