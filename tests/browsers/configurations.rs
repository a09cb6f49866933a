//! Every manner of window that changes what a page can find out, with what is true of it and what must at least be said.

use serde_json::{Value, json};

use crate::engines::{Chromium, Firefox, Manner, WebKit};
use crate::place::Disk;
use crate::report::Answer;
use crate::sites::Scheme;

/// One browser, set up.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    /// Without the engine, which is put in front.
    name: &'static str,
    pub(crate) manner: Manner,
    pub(crate) disk: Disk,
    pub(crate) truth: Truth,
    /// What must be said of a private window; nothing where nobody can tell.
    pub(crate) says_private: Option<Answer>,
    /// Whether it must be said that nothing stays after closing.
    pub(crate) says_not_kept: bool,
}

/// What is so, whatever a page finds out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Truth {
    pub(crate) private_window: bool,
    cookies: bool,
    /// Whether a cookie is there when the browser is opened again; nothing where that is only measured.
    pub(crate) kept: Option<bool>,
}

const ORDINARY: Truth = Truth { private_window: false, cookies: true, kept: Some(true) };
const CLEARED: Truth = Truth { kept: Some(false), ..ORDINARY };
const UNCERTAIN: Truth = Truth { kept: None, ..ORDINARY };
const WITHOUT_COOKIES: Truth = Truth { cookies: false, ..CLEARED };
const PRIVATE: Truth = Truth { private_window: true, ..CLEARED };

impl Configuration {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.manner.engine(), self.name)
    }

    /// Whether a cookie comes back that is marked as the product's are.
    pub(crate) fn takes_cookies(&self, scheme: Scheme) -> bool {
        self.truth.cookies && !self.needs_https(scheme)
    }

    /// `WebKit` refuses cookies marked Secure on `http://localhost`, which Chromium and Firefox trust.
    pub(crate) fn needs_https(&self, scheme: Scheme) -> bool {
        self.truth.cookies && matches!(self.manner, Manner::WebKit(_)) && scheme == Scheme::Http
    }

    /// Whether the browser is closed and opened again to see what it kept: where there is something to be seen, once.
    pub(crate) fn is_measured(&self, scheme: Scheme) -> bool {
        let once = match self.manner {
            Manner::Chromium(_) | Manner::Firefox(_) => Scheme::Http,
            Manner::WebKit(_) => Scheme::Https,
        };
        // A browser does not start on a disk that is full.
        !self.truth.private_window && self.disk != Disk::NearlyFull && scheme == once
    }

    fn new(name: &'static str, manner: Manner, truth: Truth) -> Self {
        Self { name, manner, disk: Disk::Ordinary, truth, says_private: None, says_not_kept: false }
    }

    fn says_private(self, answer: Answer) -> Self {
        Self { says_private: Some(answer), ..self }
    }

    fn says_not_kept(self) -> Self {
        Self { says_not_kept: true, ..self }
    }

    fn on(self, disk: Disk) -> Self {
        Self { disk, ..self }
    }
}

/// All of them, in the order of the table.
pub(crate) fn all() -> Vec<Configuration> {
    [chromium(), firefox(), webkit()].concat()
}

fn chromium() -> Vec<Configuration> {
    let new = |name, arguments: &[&'static str], cookies, truth| {
        let manner = Chromium { arguments: arguments.to_vec(), cookies };
        Configuration::new(name, Manner::Chromium(manner), truth)
    };
    vec![
        new("ordinary", &[], None, ORDINARY).says_private(Answer::No),
        new("incognito", &["--incognito"], None, PRIVATE).says_private(Answer::Yes).says_not_kept(),
        new("guest", &["--guest"], None, PRIVATE).says_private(Answer::Yes).says_not_kept(),
        new("cookies blocked", &[], Some(2), WITHOUT_COOKIES),
        // Where it stores little, it could be either kind of window.
        new("clear on close", &[], Some(4), CLEARED).says_not_kept(),
        new("profile in memory", &[], None, ORDINARY).on(Disk::Memory).says_private(Answer::No),
        new("small disk", &[], None, ORDINARY).on(Disk::Small),
        new("nearly full disk", &[], None, UNCERTAIN).on(Disk::NearlyFull),
    ]
}

fn firefox() -> Vec<Configuration> {
    let new = |name, preferences: &[(&'static str, Value)], truth| {
        let manner = Firefox { preferences: preferences.to_vec(), site_cookies: None };
        Configuration::new(name, Manner::Firefox(manner), truth)
    };
    let excepted = |name, permission, truth| {
        let manner = Firefox { preferences: vec![], site_cookies: Some(permission) };
        Configuration::new(name, Manner::Firefox(manner), truth)
    };
    let private = ("browser.privatebrowsing.autostart", json!(true));
    let clears = [
        ("privacy.sanitize.sanitizeOnShutdown", json!(true)),
        ("privacy.clearOnShutdown.cookies", json!(true)),
        ("privacy.clearOnShutdown_v2.cookiesAndStorage", json!(true)),
    ];
    let resists = ("privacy.resistFingerprinting", json!(true));
    vec![
        new("ordinary", &[], ORDINARY).says_private(Answer::No),
        new("private", std::slice::from_ref(&private), PRIVATE).says_private(Answer::Yes).says_not_kept(),
        new("private, without OPFS", &[private, ("dom.fs.enabled", json!(false))], PRIVATE),
        new("cookies blocked", &[("network.cookie.cookieBehavior", json!(2))], WITHOUT_COOKIES),
        new("clear on close", &clears, CLEARED).says_private(Answer::No),
        new("strict protection", &Firefox::strict().preferences, ORDINARY).says_private(Answer::No),
        new("resist fingerprinting", &[resists], ORDINARY).says_private(Answer::No),
        excepted("site blocked", 2, WITHOUT_COOKIES),
        excepted("site for the session", 8, CLEARED).says_private(Answer::No),
    ]
}

fn webkit() -> Vec<Configuration> {
    let new = |name, manner, truth| Configuration::new(name, Manner::WebKit(manner), truth);
    let ordinary = WebKit::default();
    let like_safari = WebKit { like_safari: true, ..ordinary };
    let ephemeral = |manner| WebKit { ephemeral: true, ..manner };
    vec![
        new("ordinary", ordinary, ORDINARY),
        new("ephemeral", ephemeral(ordinary), PRIVATE).says_private(Answer::Yes).says_not_kept(),
        new("cookies never", WebKit { without_cookies: true, ..ordinary }, WITHOUT_COOKIES),
        new("tracking prevention", WebKit { tracking_prevention: true, ..ordinary }, ORDINARY),
        new("like Safari", like_safari, ORDINARY).says_private(Answer::No),
        new("like Safari, ephemeral", ephemeral(like_safari), PRIVATE)
            .says_private(Answer::Yes)
            .says_not_kept(),
        new("like Safari, broken folder", WebKit { broken_folder: true, ..like_safari }, UNCERTAIN),
    ]
}
