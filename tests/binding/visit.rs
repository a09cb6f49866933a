//! A person at a window: enrolls, clicks, and ends somewhere.

use std::fmt::{self, Display};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::engines::{Outcome, Window};
use crate::product::{Account, Somebody};
use crate::subject::Binding;
use crate::support::{Arrival, DEVICE, Kind};

/// How long a click may be on its way on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_millis(25);

/// Where a click ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Landing {
    /// Where the link leads.
    Arrived,
    /// At the page that proves, with these words' code.
    Unproven { code: String },
    /// At the page that proves, which waits for a press.
    Press,
    /// At this step of the enrollment page.
    Enroll { step: String },
}

impl Display for Landing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arrived => formatter.write_str("opens the link"),
            Self::Unproven { code } => write!(formatter, "refused at /prove: {code}"),
            Self::Press => formatter.write_str("asked to press at /prove"),
            Self::Enroll { step } => write!(formatter, "sent to /enroll: {step}"),
        }
    }
}

/// The button that is to be pressed.
pub(crate) const PRESS: &str = "#step-press [data-action=continue]";

/// Null while the page is on its way to something.
const SETTLED: &str = "
// Whoever goes on from a page that is not loaded ends its load, and some engines then take that end for the end of the next.
if (location.href === ARRIVAL) return document.readyState === 'complete' ? { at: 'arrival' } : null;
const seen = (element) => element.checkVisibility();
const first = (css) => [...document.querySelectorAll(css)].find(seen);
if (location.pathname === '/prove') {
  const failed = first('#step-failed');
  if (failed) return { at: 'unproven', code: failed.dataset.failed, words: failed.innerText.trim() };
  return first(PRESS) ? { at: 'press' } : null;
}
const step = first('[id^=\"step-\"]');
const waits = !step || step.id === 'step-checking';
return location.pathname === '/enroll' && !waits ? { at: 'enroll', step: step.id.slice(5) } : null;";

/// Opens the link, and waits for where that ends.
pub(crate) fn click(window: &mut Window, link: &str, arrival: &Arrival) -> Outcome<Landing> {
    // A page that goes on before it is loaded ends this early; where it went on to is looked at below.
    let went = window.goto(link);
    settled(window, arrival).map_err(|words| format!("{words} ({went:?})"))
}

/// The same where the page may have to ask for the address until the module has loaded, which takes more than four seconds on a
/// machine with more to do than it can.
pub(crate) fn click_and_wait(window: &mut Window, link: &str, arrival: &Arrival) -> Outcome<Landing> {
    let landing = click(window, link, arrival)?;
    let asks = Landing::Enroll { step: "address".to_owned() };
    if landing == asks { settled_beyond(window, arrival, &asks) } else { Ok(landing) }
}

/// The same for a window that is at `landing` still, and on its way from there.
pub(crate) fn settled_beyond(window: &mut Window, arrival: &Arrival, landing: &Landing) -> Outcome<Landing> {
    settled_unless(window, arrival, |found| found == landing)
}

/// Where the window ends that is on its way.
pub(crate) fn settled(window: &mut Window, arrival: &Arrival) -> Outcome<Landing> {
    settled_unless(window, arrival, |_| false)
}

#[expect(clippy::disallowed_methods, reason = "a limit for pages that hang, in real time")]
fn settled_unless(
    window: &mut Window,
    arrival: &Arrival,
    is_before: impl Fn(&Landing) -> bool,
) -> Outcome<Landing> {
    let script = SETTLED.replace("ARRIVAL", &json!(arrival.url).to_string());
    let script = script.replace("PRESS", &json!(PRESS).to_string());
    let started = Instant::now();
    let mut last = Ok(Value::Null);
    while started.elapsed() < LIMIT {
        // Between two pages there is none to ask.
        last = window.script(&script);
        if let Ok(found) = &last
            && !found.is_null()
        {
            let landing = landing(found)?;
            if !is_before(&landing) {
                return Ok(landing);
            }
        }
        std::thread::sleep(EVERY);
    }
    let page = window.script("return location.href + '\\n' + document.body.innerText;");
    Err(format!("the click ends nowhere: {last:?} at {page:?}"))
}

fn landing(found: &Value) -> Outcome<Landing> {
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    match found["at"].as_str() {
        Some("arrival") => Ok(Landing::Arrived),
        Some("press") => Ok(Landing::Press),
        Some("unproven") if text("words").is_empty() => Err(format!("refused without a word: {found}")),
        Some("unproven") => Ok(Landing::Unproven { code: text("code") }),
        Some("enroll") => Ok(Landing::Enroll { step: text("step") }),
        _ => Err(format!("not understood: {found}")),
    }
}

/// Whether the window is where it should be.
pub(crate) fn expect(what: &str, landing: &Landing, wanted: &Landing) -> Outcome {
    if landing == wanted { Ok(()) } else { Err(format!("{what}: {landing}, not: {wanted}")) }
}

/// Follows the link to the enrollment page and does what it asks; ends at its last step, or where that has gone on to.
pub(crate) fn enroll(
    window: &mut Window,
    account: &Account,
    somebody: &Somebody,
    kind: Kind,
    arrival: &Arrival,
) -> Outcome {
    let mut landing = click(window, &somebody.link, arrival)?;
    if landing == (Landing::Enroll { step: "private".to_owned() }) {
        window.script("document.querySelector('[data-action=this-window]').click();")?;
        landing = settled(window, arrival)?;
    }
    expect("to enroll", &landing, &Landing::Enroll { step: "address".to_owned() })?;
    let address = &somebody.person.address;
    let before = account.mails(address);
    submit(window, "address", address)?;
    let shown = "document.getElementById('code-form').checkVisibility()";
    submitted(window, "address", "the form that asks for the code", shown)?;
    let code = account.mail(address, before).code();
    if kind == Kind::Shared {
        window.script("document.getElementById('kind-shared').checked = true;")?;
    }
    submit(window, "code", &code)?;
    // It is shown for a moment only, on the way to the link.
    let done = "document.getElementById('step-done')?.checkVisibility() || location.pathname !== '/enroll'";
    submitted(window, "code", "the end of enrolling", done)
}

/// Waits for what comes of a form. On a machine with more to do than it can, `WebKit` gives a request up once in some hundred that
/// nobody has cancelled: then the page says that the connection was lost, and one presses again, once.
fn submitted(window: &mut Window, field: &str, what: &str, done: &str) -> Outcome {
    let script = format!(
        "if ({done}) return true;
        if (document.querySelector('#error [data-code=network]')?.checkVisibility() && !window.pressedAgain) {{
          window.pressedAgain = true;
          document.getElementById('{field}').form.requestSubmit();
        }}
        return null;"
    );
    window.eventually(what, &script).map(drop).map_err(|words| {
        let page = window.script("return location.href + '\\n' + document.body.innerText;");
        format!("{words}, at {page:?}")
    })
}

/// Types into a field and presses its form's button.
pub(crate) fn submit(window: &mut Window, field: &str, text: &str) -> Outcome {
    let script = format!(
        "const field = document.getElementById({}); field.value = {}; field.form.requestSubmit();",
        json!(field),
        json!(text)
    );
    window.script(&script).map(drop)
}

/// Opens a page of the origin that asks nothing.
pub(crate) fn home(window: &mut Window, account: &Account) -> Outcome {
    window.goto(&format!("{}/", account.origin))
}

/// What the edge says of this browser's device.
pub(crate) fn device(window: &mut Window, account: &Account) -> Outcome<Value> {
    home(window, account)?;
    window.script("return (await fetch('/api/v1/device')).json();")
}

/// Enrolls, arrives, and is tied to what it should be; returns the device's id and its cookie.
pub(crate) fn enroll_and_arrive(
    window: &mut Window,
    account: &Account,
    somebody: &Somebody,
    binding: Binding,
    arrival: &Arrival,
) -> Outcome<Enrolled> {
    enroll(window, account, somebody, Kind::Own, arrival)?;
    expect("after enrolling", &gone_on(window, arrival)?, &Landing::Arrived)?;
    let device = device(window, account)?;
    if device["binding"] != binding.name() {
        return Err(format!("not tied to {}: {device}", binding.name()));
    }
    let id = device["device_id"].as_str().ok_or("no device id")?.to_owned();
    Ok(Enrolled { id, cookie: cookie(window, account)? })
}

/// Where the last step of enrolling goes on to by itself, sooner or later.
pub(crate) fn gone_on(window: &mut Window, arrival: &Arrival) -> Outcome<Landing> {
    settled_beyond(window, arrival, &Landing::Enroll { step: "done".to_owned() })
}

/// A device that was just enrolled.
#[derive(Debug, Clone)]
pub(crate) struct Enrolled {
    pub(crate) id: String,
    pub(crate) cookie: String,
}

/// The device cookie, as no script gets it.
pub(crate) fn cookie(window: &mut Window, account: &Account) -> Outcome<String> {
    let found = window.cookie(&account.origin, DEVICE)?;
    Ok(found.ok_or("there is no device cookie")?.value)
}

/// The module, loaded once per page.
const MODULE: &str = "const { load } = await import('/assets/client.js'); const module = await load();";

/// What a script of the page's own origin returns that has the module at hand.
pub(crate) fn with_module(window: &mut Window, body: &str) -> Outcome<Value> {
    window.script(&format!("{MODULE}\n{body}"))
}

/// What `prove` comes to, in the page that is open: `{to}` or `{code}`.
pub(crate) fn prove(window: &mut Window) -> Outcome<Value> {
    let body =
        "return module.prove(false, null).then((to) => ({ to }), (thrown) => ({ code: thrown.message }));";
    with_module(window, body)
}

/// The same in the words of the table.
pub(crate) fn outcome(proved: &Value) -> String {
    match proved["code"].as_str() {
        Some(code) => format!("refused: {code}"),
        None => "proves".to_owned(),
    }
}
