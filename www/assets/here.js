// Where pages lead: to this origin only, and to our own pages in the language that was chosen.

const PAGES = /^\/(|enroll|prove|devices|admin(\/[a-z-]+)?)$/;
export const chosen = new URLSearchParams(location.search).get('lang');

/** The address, in the chosen language if it is one of our pages. @param {URL} address */
export function inChosenLanguage(address) {
  const isOurs = address.origin === location.origin && PAGES.test(address.pathname);
  if (chosen && isOurs) address.searchParams.set('lang', chosen);
  return address;
}

/** A path of this origin, or `/`: nothing in the address bar may send anybody elsewhere. @param {string | null} path */
export function here(path) {
  try {
    const address = inChosenLanguage(new URL(path ?? '/', location.origin));
    // "/.//host" has the path "//host", which as a link is another host.
    const stays = address.origin === location.origin && !address.pathname.startsWith('//');
    return stays ? address.pathname + address.search + address.hash : '/';
  } catch {
    return '/';
  }
}
