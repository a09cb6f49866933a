// The announcement: shown, copied, downloaded, sent to oneself.

import { copy } from '../copy.js';
import { isolated } from '../devices-list.js';
import { byId, fill, hideProblem, input, say, word } from '../page.js';
import { listen } from './actions.js';
import { call } from './api.js';
import { ready, showProblem } from './frame.js';

/** @typedef {{language: string, subject: string, text: string, html: string}} Announcement */

/** @type {Announcement} as it is shown */
let shown;

/** @param {string} id of a link @param {string} content @param {string} type @param {string} ending */
function offer(id, content, type, ending) {
  const link = /** @type {HTMLAnchorElement} */ (byId(id));
  if (link.protocol === 'blob:') URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  link.download = `${word('file', { language: shown.language })}.${ending}`;
}

/** @param {Announcement} announcement */
function show(announcement) {
  shown = announcement;
  const { language, subject, text, html } = shown;
  byId('subject').textContent = subject;
  byId('text').textContent = text;
  input('html').value = html;
  for (const id of ['subject', 'text', 'html']) byId(id).lang = language;
  offer('download-text', `${subject}\n\n${text}`, 'text/plain', 'txt');
  offer('download-html', html, 'text/html', 'html');
  byId('by-hand').hidden = true;
  byId('announcement').hidden = false;
}

const chosenLanguage = () => new FormData(/** @type {HTMLFormElement} */ (byId('language-form'))).get('language');

async function load() {
  const language = chosenLanguage();
  const reply = await call('GET', `/announcement?language=${language}`);
  // Another one has been chosen meanwhile: that one's answer is shown.
  if (language !== chosenLanguage()) return;
  if (reply.ok) show(reply.body);
  else showProblem(reply.problem);
}

/** As a mail program shows it, and not as its source. */
async function copyFormatted() {
  const { text, html } = shown;
  const blobs = { 'text/html': new Blob([html], { type: 'text/html' }), 'text/plain': new Blob([text], { type: 'text/plain' }) };
  try {
    await navigator.clipboard.write([new ClipboardItem(blobs)]);
    say('copied-formatted');
  } catch {
    showProblem({ code: 'copy_failed' });
  }
}

async function test() {
  const reply = await call('POST', '/announcement/test', { language: shown.language });
  if (!reply.ok) return showProblem(reply.problem);
  byId('status').textContent = word('sent', { address: isolated(reply.body.sent_to) });
}

const session = await ready();
fill('own-address', session.administrator.address);
// Who reads this page in a language needs the other one as well, but later.
input(`language-${document.documentElement.lang}`).checked = true;
await load();
byId('language-form').addEventListener('change', () => {
  hideProblem();
  say('');
  load();
});
listen({
  test,
  'copy-subject': (pressed) => copy(shown.subject, 'copied-subject', pressed),
  'copy-text': (pressed) => copy(shown.text, 'copied-text', pressed),
  'copy-html': (pressed) => copy(shown.html, 'copied-html', pressed),
  'copy-formatted': copyFormatted,
});
