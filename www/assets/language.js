// The way to the same page in the other language, with everything else in its address; and the chosen language goes along to the
// next page.

import { chosen, inChosenLanguage } from './here.js';

/** @param {string} address @param {string} language */
function inLanguage(address, language) {
  const url = new URL(address);
  url.searchParams.set('lang', language);
  return url.href;
}

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link) return;
  if (link.id === 'other-language') {
    link.href = inLanguage(location.href, link.hreflang);
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    // What a page keeps in its history entry, such as a code under way, survives a reload but not another entry.
    history.replaceState(history.state, '', link.href);
    location.reload();
  } else if (link.protocol.startsWith('http') && !link.getAttribute('href')?.startsWith('#')) {
    link.href = inChosenLanguage(new URL(link.href)).href;
  }
});

document.addEventListener('formdata', (event) => {
  const isSearch = event.target instanceof HTMLFormElement && event.target.method === 'get';
  if (chosen && isSearch) event.formData.set('lang', chosen);
});
