//! Whose browser it is: an engine, and whether its enrollments are tied to a key.

use std::fmt::{self, Display};
use std::process::Command;

use serde_json::{Value, json};

use crate::engines::{Chromium, Engine, Firefox, Manner, Outcome, WebKit, Window};
use crate::product::NEVER;
use crate::support::folder::Folder;

/// What an enrollment is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Binding {
    Key,
    None,
}

impl Binding {
    /// As in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::None => "none",
        }
    }
}

/// An engine and the binding of what is enrolled in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) engine: Engine,
    pub(crate) binding: Binding,
}

impl Subject {
    /// `WebKit` deletes what pages keep after a week, so it gets a key only where the account takes nothing else.
    pub(crate) const ALL: [Self; 4] = [
        Self { engine: Engine::Chromium, binding: Binding::Key },
        Self { engine: Engine::Firefox, binding: Binding::Key },
        Self { engine: Engine::WebKit, binding: Binding::Key },
        Self { engine: Engine::WebKit, binding: Binding::None },
    ];

    pub(crate) fn bound() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|subject| subject.binding == Binding::Key)
    }

    /// The settings of an account in which this one is enrolled so. No proof is due until a test wants one.
    pub(crate) fn settings(self) -> Value {
        let bound_only = self.engine == Engine::WebKit && self.binding == Binding::Key;
        json!({ "proof_interval_hours": NEVER, "bound_devices_only": bound_only })
    }
}

impl Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.binding {
            Binding::Key => write!(formatter, "{} with a key", self.engine),
            Binding::None => write!(formatter, "{} without a key", self.engine),
        }
    }
}

/// A folder of a browser's own, in which it can be opened again.
#[derive(Debug)]
pub(crate) struct Profile {
    manner: Manner,
    folder: Folder,
}

impl Profile {
    /// A new one; an ordinary window.
    pub(crate) fn new(engine: Engine) -> Self {
        Self::of(engine.ordinary())
    }

    pub(crate) fn of(manner: Manner) -> Self {
        Self { manner, folder: Folder::new("data") }
    }

    /// A new one, whose windows are private.
    pub(crate) fn private(engine: Engine) -> Self {
        Self::of(match engine {
            Engine::Chromium => Manner::Chromium(Chromium { arguments: vec!["--incognito"], cookies: None }),
            Engine::Firefox => {
                let preferences = vec![("browser.privatebrowsing.autostart", json!(true))];
                Manner::Firefox(Firefox { preferences, site_cookies: None })
            }
            Engine::WebKit => Manner::WebKit(WebKit { ephemeral: true, ..WebKit::default() }),
        })
    }

    /// The same folder once more, as somebody takes it who can read the disk. The browser must be closed.
    pub(crate) fn copied(&self) -> Self {
        let copy = Self::of(self.manner.clone());
        let mut command = Command::new("cp");
        command.arg("-a").arg(self.folder.path().join(".")).arg(copy.folder.path());
        assert!(command.status().unwrap().success(), "the folder cannot be copied");
        copy
    }

    pub(crate) fn open(&self) -> Outcome<Window> {
        Window::open(&self.manner, self.folder.path(), &[])
    }
}
