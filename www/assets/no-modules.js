// Run only by browsers without module scripts: the page's own script is one, so the text that says so is shown instead.
document.getElementById('old-browser').hidden = false;
