//! Which engine this is, from `navigator.vendor`: a constant of the engine, the same in every window mode and with every
//! user-agent string, where it exists at all.

use crate::browser::of_navigator;

/// The engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chrome, Edge, and their kin.
    Chromium,
    /// Firefox.
    Gecko,
    /// Safari, every browser on iOS, `WebKitGTK`, WPE.
    WebKit,
    /// None of those.
    Other,
}

impl Engine {
    /// The engine that says `vendor` of itself.
    #[must_use]
    pub fn of_vendor(vendor: Option<&str>) -> Self {
        match vendor {
            Some("Google Inc.") => Self::Chromium,
            Some("") => Self::Gecko,
            Some(vendor) if vendor.starts_with("Apple") => Self::WebKit,
            _ => Self::Other,
        }
    }

    /// This engine.
    #[must_use]
    pub fn here() -> Self {
        Self::of_vendor(of_navigator("vendor").as_string().as_deref())
    }

    /// The name, for a finding's evidence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Gecko => "Gecko",
            Self::WebKit => "WebKit",
            Self::Other => "another engine",
        }
    }
}
