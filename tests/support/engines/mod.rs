//! Three engines behind one set of words: open a window, go somewhere, run a script, close.
//!
//! In scope: starting a browser that is set up in a certain manner, in a process of its own over a folder that may be used
//! again, and nothing left running afterwards. Not in scope: what a page should say in it.

mod chromium;
mod firefox;
mod webdriver;
mod webkit;

use std::fmt::{self, Display};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::webdriver::Session;
use self::webkit::Program;

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
/// How often it is looked at.
const EVERY: Duration = Duration::from_millis(25);

/// What came of it, or what went wrong in words.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Whose code draws the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
    WebKit,
}

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// An ordinary window of this engine.
    pub(crate) fn ordinary(self) -> Manner {
        match self {
            Self::Chromium => Manner::Chromium(Chromium::default()),
            Self::Firefox => Manner::Firefox(Firefox::default()),
            Self::WebKit => Manner::WebKit(WebKit::default()),
        }
    }
}

impl Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        })
    }
}

/// What is special about a Chromium.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chromium {
    /// Besides those every one gets.
    pub(crate) arguments: Vec<&'static str>,
    /// `profile.default_content_setting_values.cookies`.
    pub(crate) cookies: Option<u8>,
}

/// What is special about a Firefox.
#[derive(Debug, Clone, Default)]
pub(crate) struct Firefox {
    /// Names and values as in about:config.
    pub(crate) preferences: Vec<(&'static str, Value)>,
    /// What the permission `cookie` is for this site: 2 block, 8 until the browser is closed.
    pub(crate) site_cookies: Option<u8>,
}

impl Firefox {
    /// With the strict kind of its tracking protection.
    pub(crate) fn strict() -> Self {
        let preferences = vec![
            ("browser.contentblocking.category", json!("strict")),
            ("network.cookie.cookieBehavior", json!(5)),
            ("privacy.trackingprotection.enabled", json!(true)),
            ("privacy.trackingprotection.socialtracking.enabled", json!(true)),
            ("privacy.fingerprintingProtection", json!(true)),
            ("privacy.globalprivacycontrol.enabled", json!(true)),
        ];
        Self { preferences, site_cookies: None }
    }
}

/// What is special about a `WebKitGTK`.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches that do not depend on one another")]
pub(crate) struct WebKit {
    pub(crate) ephemeral: bool,
    pub(crate) without_cookies: bool,
    pub(crate) tracking_prevention: bool,
    /// With what Safari ships and `WebKitGTK` does not.
    pub(crate) like_safari: bool,
    pub(crate) without_wasm: bool,
    /// Its folder cannot be written to.
    pub(crate) broken_folder: bool,
}

/// How a browser is set up.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    Chromium(Chromium),
    Firefox(Firefox),
    WebKit(WebKit),
}

impl Manner {
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Chromium(_) => Engine::Chromium,
            Self::Firefox(_) => Engine::Firefox,
            Self::WebKit(_) => Engine::WebKit,
        }
    }
}

/// A cookie as the browser has it, whether scripts can see it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) value: String,
    /// Longer than the browser runs.
    pub(crate) lasts: bool,
}

/// Where an element can be pressed, in the window.
const MIDDLE: &str = "
const element = document.querySelector(CSS);
if (!element?.checkVisibility()) return null;
element.scrollIntoView({ block: 'center', behavior: 'instant' });
const { x, y, width, height } = element.getBoundingClientRect();
return [Math.round(x + width / 2), Math.round(y + height / 2)];";

/// A browser with one window. Dropping it ends all its processes.
#[derive(Debug)]
pub(crate) enum Window {
    Driven(Box<Session>),
    Program(Program),
}

impl Window {
    /// Starts a browser whose data is in `folder`; `origins` are the sites it is set up for, where that matters.
    pub(crate) fn open(manner: &Manner, folder: &Path, origins: &[&str]) -> Outcome<Self> {
        match manner {
            Manner::Chromium(chromium) => chromium::open(chromium, folder).map(Self::driven),
            Manner::Firefox(firefox) => firefox::open(firefox, folder, origins).map(Self::driven),
            Manner::WebKit(webkit) => Program::start(*webkit, folder).map(Self::Program),
        }
    }

    fn driven(session: Session) -> Self {
        Self::Driven(Box::new(session))
    }

    /// Opens an address and waits until it is loaded.
    pub(crate) fn goto(&mut self, url: &str) -> Outcome {
        match self {
            Self::Driven(session) => session.goto(url),
            Self::Program(program) => program.goto(url),
        }
    }

    /// What the body of an async function returns in the page.
    pub(crate) fn script(&mut self, body: &str) -> Outcome<Value> {
        match self {
            Self::Driven(session) => session.script(body),
            Self::Program(program) => program.script(body),
        }
    }

    /// Waits until the script returns something else than null.
    #[expect(clippy::disallowed_methods, reason = "a limit for browsers that hang, in real time")]
    pub(crate) fn eventually(&mut self, what: &str, body: &str) -> Outcome<Value> {
        let started = Instant::now();
        loop {
            let found = self.script(body)?;
            if !found.is_null() {
                return Ok(found);
            }
            if started.elapsed() > LIMIT {
                return Err(format!("not within {} s: {what}", LIMIT.as_secs()));
            }
            std::thread::sleep(EVERY);
        }
    }

    /// The cookie of this name for the page's host.
    pub(crate) fn cookie(&mut self, origin: &str, name: &str) -> Outcome<Option<Cookie>> {
        match self {
            Self::Driven(session) => session.cookie(name),
            Self::Program(program) => program.cookie(origin, name),
        }
    }

    /// Puts a cookie like the product's in place, for the page's host.
    pub(crate) fn keep_cookie(&mut self, name: &str, value: &str) -> Outcome {
        match self {
            Self::Driven(session) => session.keep_cookie(name, value),
            Self::Program(program) => program.keep_cookie(name, value),
        }
    }

    /// Takes a cookie away, as cleaning extensions do it.
    pub(crate) fn lose_cookie(&mut self, origin: &str, name: &str) -> Outcome {
        match self {
            Self::Driven(session) => session.lose_cookie(name),
            Self::Program(program) => program.lose_cookie(origin, name),
        }
    }

    /// Presses an element as a person does: by the mouse, not by script.
    pub(crate) fn press(&mut self, css: &str) -> Outcome {
        let place =
            self.eventually(&format!("{css} to be seen"), &MIDDLE.replace("CSS", &json!(css).to_string()))?;
        match self {
            Self::Driven(session) => session.press(css),
            Self::Program(program) => program.press(&place),
        }
    }

    /// Leaves the site so many bytes for everything it stores.
    ///
    /// Only Chromium's driver can.
    pub(crate) fn leave_room(&mut self, origin: &str, bytes: u32) -> Outcome {
        match self {
            Self::Driven(session) => session.leave_room(origin, bytes),
            Self::Program(_) => Err("this engine cannot be told how much room there is".to_owned()),
        }
    }

    /// Closes the browser as a person does, so that it writes what it keeps.
    pub(crate) fn close(self) -> Outcome {
        match self {
            Self::Driven(session) => session.close(),
            Self::Program(program) => {
                program.close();
                Ok(())
            }
        }
    }
}
