// What to call a browser for a person, by what it calls itself. Only what is certain is said: browsers pass as one another, so one
// that says more than the ones known here, or less, is just a browser.

/** @type {[RegExp, string][]} the first that matches: those that build on others come before them, and these end as they do alone */
const BROWSERS = [
  [/ (Edg|EdgA|EdgiOS)\/[\d.]+/, 'Edge'],
  [/ SamsungBrowser\/[\d.]+ /, 'Samsung Internet'],
  [/ OPR\/[\d.]+( \(Edition [^)]*\))?$/, 'Opera'],
  [/ (Firefox\/[\d.]+|FxiOS\/[\d.]+ .*)$/, 'Firefox'],
  [/ CriOS\/[\d.]+ /, 'Chrome'],
  [/ Gecko\) (Headless)?Chrome\/[\d.]+( Mobile)? Safari\/[\d.]+$/, 'Chrome'],
  [/ \((Macintosh|iPhone|iPad).* Version\/[\d.]+( Mobile\/\w+)? Safari\/[\d.]+$/, 'Safari'],
];

/** @type {[RegExp, string, boolean?][]} with whether it is an apparatus, and not what runs on one */
const SYSTEMS = [
  [/iPhone/, 'iPhone', true],
  [/iPad|Macintosh.* (CriOS|FxiOS|EdgiOS)\//, 'iPad', true],
  [/Android/, 'Android'],
  [/Windows NT/, 'Windows'],
  [/CrOS/, 'ChromeOS'],
  [/Macintosh/, 'Mac', true],
  [/Linux/, 'Linux'],
];

/**
 * @param {string} agent a `User-Agent`
 * @returns {{browser: string | null, system: string | null, apparatus: boolean}}
 */
export function browserName(agent) {
  const browser = BROWSERS.find(([sign]) => sign.test(agent))?.[1] ?? null;
  const system = SYSTEMS.find(([sign]) => sign.test(agent));
  // Safari on an iPad says that it is on a Mac.
  const either = browser === 'Safari' && system?.[1] === 'Mac';
  return { browser, system: either ? 'Mac / iPad' : system?.[1] ?? null, apparatus: system?.[2] ?? false };
}
