// Account settings: what was changed is saved, after its consequences were told; and two who save at once see both versions.

import { part } from '../devices-list.js';
import { byId, fill, hideProblem, say, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ask } from './ask.js';
import { go, ready, showProblem } from './frame.js';
import { guard, release } from './guard.js';
import { called, differing, follow, offer, show, typed, wrong } from './settings-form.js';
import { copyOf, counted, number, put } from './shown.js';
import { withTouch } from './touch.js';

/** @typedef {import('./settings-form.js').Settings} Settings */
/** @typedef {{code: string, must_confirm: boolean, devices: number, people: number}} Warning */

/** @type {{settings: Settings, etag: string | null}} as they were loaded */
let saved;
/** @type {typeof saved} what somebody else has saved meanwhile */
let theirs;

/** @type {string[]} of the Internal Directories, when the page was loaded */
let domains = [];

/** What is not as it was loaded. @returns {Settings} */
function changes() {
  const now = typed();
  return Object.fromEntries(differing(now, saved.settings).map((name) => [name, now[name] ?? null]));
}

const isChanged = () => differing(typed(), saved.settings).length > 0;

async function load() {
  const reply = await call('GET', '/settings');
  if (reply.ok) return { settings: reply.body, etag: reply.etag };
  showProblem(reply.problem);
  return null;
}

/** @param {Warning[]} warnings */
function askConsequences(warnings) {
  for (const line of byId('ask-consequences').querySelectorAll('[data-warning]')) {
    const warning = warnings.find(({ code }) => code === line.getAttribute('data-warning'));
    line.toggleAttribute('hidden', !warning);
    if (!warning) continue;
    const numbers = { people: counted('people', warning.people), devices: counted('devices', warning.devices) };
    put(line, 'numbers', word('numbers', numbers));
  }
  return ask('ask-consequences');
}

async function save() {
  byId('conflict').hidden = true;
  const fields = wrong();
  if (fields.length > 0) return refuse({ code: 'fields_invalid' }, fields);
  const wanted = changes();
  if (!isChanged()) return leave('/admin');
  const patch = (/** @type {object} */ how) => call('PATCH', '/settings', { ...wanted, ...how }, { etag: saved.etag });
  const tried = await patch({ dry_run: true });
  if (!tried.ok) return refuse(tried.problem);
  /** @type {Warning[]} */
  const warnings = tried.body.warnings;
  const telling = warnings.filter(({ must_confirm, devices }) => must_confirm || devices > 0);
  if (telling.length > 0 && !(await askConsequences(telling))) return;
  const confirm = warnings.filter(({ must_confirm }) => must_confirm).map(({ code }) => code);
  const reply = await withTouch(() => patch({ confirm }));
  if (reply.ok) leave('/admin?saved');
  else await refuse(reply.problem);
}

/** @param {string} path */
function leave(path) {
  release();
  go(path);
}

/** @param {import('./api.js').Problem} problem @param {string[]} [fields] */
async function refuse(problem, fields) {
  if (problem.code === 'settings_changed') return compare();
  const field = fields ?? (problem.field ? [problem.field] : []);
  const inside = field.some((name) => byId('advanced').contains(document.getElementById(name)));
  if (inside) byId('advanced').setAttribute('open', '');
  showProblem(problem, { field });
}

/** As the page calls a setting. @param {string} name */
const label = (name) => (document.querySelector(`label[for="${name}"]`) ?? byId(name).querySelector('legend'))?.textContent ?? name;

/** @param {string} name @param {Settings[string] | undefined} value */
function inWords(name, value) {
  if (typeof value === 'boolean') return word(value ? 'on' : 'off');
  if (typeof value === 'number') return number(value);
  if (Array.isArray(value)) return value.join(', ') || word('empty');
  return value ? called(name, value) : word('empty');
}

/**
 * Puts settings into the form. A domain they list has a box even where it is not among the domains, being gone since or added
 * since: without one it would be taken off the list unseen.
 * @param {Settings} settings
 */
function present(settings) {
  offer([...new Set([...domains, .../** @type {string[]} */ (settings.listed_domains)])]);
  show(settings);
}

/** Where a link led to a setting: the browser found nothing there while the form was hidden. */
function goToSetting() {
  const setting = document.getElementById(location.hash.slice(1));
  if (!setting || !byId('settings').contains(setting)) return;
  if (byId('advanced').contains(setting)) byId('advanced').setAttribute('open', '');
  setting.scrollIntoView({ block: 'center' });
  setting.focus({ preventScroll: true });
}

/** Shows what either has changed. */
async function compare() {
  const loaded = await load();
  if (!loaded) return;
  theirs = loaded;
  const mine = changes();
  const names = new Set([...Object.keys(mine), ...differing(theirs.settings, saved.settings)]);
  const rows = [...names].map((name) => {
    const row = copyOf('version-template');
    put(row, 'setting', label(name));
    put(row, 'mine', name in mine ? inWords(name, mine[name]) : word('not-changed'));
    put(row, 'theirs', inWords(name, theirs.settings[name]));
    return row;
  });
  byId('versions').replaceChildren(...rows);
  hideProblem();
  byId('conflict').hidden = false;
  byId('conflict').focus();
}

/** @param {Settings} mine what is changed in theirs */
function adopt(mine) {
  saved = theirs;
  byId('conflict').hidden = true;
  present({ ...theirs.settings, ...mine });
}

/** Back to what is saved. */
function restore() {
  byId('conflict').hidden = true;
  show(saved.settings);
  say('as-saved');
}

listen({
  save,
  cancel: restore,
  'keep-mine': () => {
    adopt(changes());
    return save();
  },
  'take-theirs': () => {
    adopt({});
    say('as-saved');
    part(byId('main'), 'heading').focus();
  },
});

/** Says beside the sender that it was refused. The form does without an answer. */
async function tellOfSender() {
  const reply = await call('GET', '/mail');
  const refused = reply.ok ? reply.body.sender_refused : null;
  if (!refused) return;
  fill('refused-sender', refused.sender);
  fill('refused-reply', refused.reply);
  byId('sender-refused').hidden = false;
}

async function begin() {
  await ready();
  const reply = await call('GET', '/domains');
  if (!reply.ok) return showProblem(reply.problem);
  const loaded = await load();
  if (!loaded) return;
  saved = loaded;
  domains = reply.body.domains.map((/** @type {{name: string}} */ domain) => domain.name);
  present(saved.settings);
  byId('settings').addEventListener('change', follow);
  byId('settings').hidden = false;
  goToSetting();
  tellOfSender();
  guard(isChanged);
}

await begin();
