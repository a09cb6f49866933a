// Runs before everything else and in every browser, so it is written as for the oldest. The page's own scripts are modules: a
// browser that has none, or cannot parse ours, runs no line of them, and this one shows the words for that.

(function () {
  // What waits for scripts is shown only where they run. A class tells that to browsers that have no media query for it as well.
  document.documentElement.className = 'scripted';

  var ours = location.protocol + '//' + location.host + '/assets/';

  /** @param {string} [address] */
  function isOurs(address) {
    return !!address && address.indexOf(ours) === 0;
  }

  /** @param {string} id */
  function show(id) {
    var checking = document.getElementById('step-checking');
    var instead = document.getElementById(id);
    // Once the page has gone on to its first step, its scripts run.
    if (!checking || !instead || checking.hasAttribute('hidden')) return;
    checking.setAttribute('hidden', '');
    instead.removeAttribute('hidden');
  }

  window.addEventListener('error', function (event) {
    // An extension's failure is not ours, and what the worker cannot do is only something that is not found out.
    if (event.target === window) {
      if (isOurs(event.filename) && event.filename.indexOf('worker') < 0) show('old-browser');
    } else if (event.target instanceof HTMLScriptElement && isOurs(event.target.src)) {
      show('not-loaded');
    }
  }, true);

  if (!('noModule' in document.createElement('script'))) {
    document.addEventListener('DOMContentLoaded', function () { show('old-browser'); });
  }
})();
