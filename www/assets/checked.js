// The panel "What we checked": every finding with its evidence, for the person and for a help desk.

import { byId, choose, word } from './page.js';

/** @typedef {import('./client.js').Readiness} Readiness */

const rows = () => [...byId('findings').querySelectorAll('[data-finding]')];

/**
 * Shows a report, or that there is none.
 * @param {Readiness | null} report
 * @param {string[]} causes
 */
export function showChecked(report, causes) {
  const panel = byId('checked');
  const verdict = report?.verdict ?? 'unchecked';
  panel.setAttribute('data-verdict', verdict);
  panel.setAttribute('data-causes', causes.join(' '));
  panel.setAttribute('data-browser', report?.browser ?? 'other');
  choose(panel, verdict);
  for (const words of panel.querySelectorAll('[data-cause]')) {
    words.toggleAttribute('hidden', !causes.includes(words.getAttribute('data-cause') ?? ''));
  }
  byId('findings').hidden = !report;
  for (const name of report ? rows() : []) {
    const { answer, seen } = report?.findings[name.getAttribute('data-finding') ?? ''] ?? { answer: 'unknown', seen: '' };
    const [words, evidence] = name.nextElementSibling?.children ?? [];
    name.nextElementSibling?.setAttribute('data-answer', answer);
    name.nextElementSibling?.setAttribute('data-seen', seen);
    if (words) words.textContent = word(answer);
    if (evidence) evidence.textContent = seen;
  }
  panel.hidden = false;
}

/** All of it as text. A page's address may hold a protected link, so only the site is named. */
export function checkedText() {
  const panel = byId('checked');
  const findings = byId('findings').hidden ? [] : rows().map((name) => {
    const found = name.nextElementSibling;
    return `${name.getAttribute('data-finding')}: ${found?.getAttribute('data-answer')} (${found?.getAttribute('data-seen')})`;
  });
  return word('checked', {
    site: location.origin,
    time: new Date().toISOString(),
    agent: navigator.userAgent,
    verdict: panel.getAttribute('data-verdict') ?? '',
    causes: panel.getAttribute('data-causes') || '-',
    findings: findings.join('\n'),
  });
}
