//! Readiness: whether this browser can enroll, judged from what the page's probes saw.
//!
//! In scope: what each probe's evidence proves, the findings' shape, the causes' stable names and the one table that judges
//! them. Out of scope: how anything is probed (client-wasm) and the words for a cause (www).
//!
//! Three rules carry it all. Only a certain "no cookies" blocks, because the device cookie is all an enrollment needs. A finding
//! is `yes` or `no` only where the evidence admits nothing else. And `unknown` never takes anything away: a probe that was cut
//! off by its time limit, a browser nobody has measured or a network that failed is no reason to send a person away, and the
//! server finds out at the next visit whether the cookie came back.

pub mod browser;
pub mod cookies;
pub mod in_app;
mod judgement;
pub mod kept;
pub mod private_files;
pub mod private_window;
pub mod storage;
pub mod support;
pub mod web_crypto;

use serde::{Deserialize, Serialize};

pub use judgement::{AccountRules, Cause, Judgement, Verdict, judge};

/// What a probe answers to its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Certainly so.
    Yes,
    /// Certainly not so.
    No,
    /// Not asked, not answered in time, or answered in a way that proves neither.
    Unknown,
}

impl Answer {
    /// The stable name, as in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// The most characters of [`Finding::seen`]: a browser's error message has no bound of its own.
pub(crate) const SEEN_CHARACTERS: usize = 200;

/// One probe's answer and the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The answer.
    pub answer: Answer,
    /// What was seen, for a help desk: names and values, never words for the person.
    pub seen: String,
}

impl Finding {
    /// A finding of `answer` because of `seen`, of which the beginning is kept.
    #[must_use]
    pub fn new(answer: Answer, seen: impl Into<String>) -> Self {
        Self::cut(answer, seen.into())
    }

    fn cut(answer: Answer, mut seen: String) -> Self {
        if let Some((end, _)) = seen.char_indices().nth(SEEN_CHARACTERS) {
            seen.truncate(end);
        }
        Self { answer, seen }
    }
}

/// Everything the probes found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Findings {
    /// Is this a secure context?
    pub secure_context: Finding,
    /// Does a Secure, `HttpOnly`, `__Host-` cookie of the edge come back to the edge?
    pub cookies: Finding,
    /// Does a cookie without those attributes come back?
    pub plain_cookies: Finding,
    /// Can a script write to and delete from IndexedDB?
    pub indexed_db: Finding,
    /// Can a script write to and delete from localStorage?
    pub local_storage: Finding,
    /// Is there an origin private file system?
    pub file_system: Finding,
    /// Does what a script has stored stay for weeks? WebKit removes it after seven days.
    pub storage_kept: Finding,
    /// Does what is stored stay when the browser is closed?
    pub kept_after_closing: Finding,
    /// Can WebCrypto make an Ed25519 key that no script can read?
    pub web_crypto: Finding,
    /// Is this a private window?
    pub private_window: Finding,
    /// Is this a view inside another app?
    pub in_app_view: Finding,
    /// Are engine and version in the support matrix?
    pub supported: Finding,
}

impl Default for Findings {
    /// As it is before anything was found, and for what was not found in time.
    fn default() -> Self {
        Self::all(&Finding::new(Answer::Unknown, "no answer within the limit"))
    }
}

impl Findings {
    /// The same finding everywhere.
    #[must_use]
    pub fn all(finding: &Finding) -> Self {
        Self {
            secure_context: finding.clone(),
            cookies: finding.clone(),
            plain_cookies: finding.clone(),
            indexed_db: finding.clone(),
            local_storage: finding.clone(),
            file_system: finding.clone(),
            storage_kept: finding.clone(),
            kept_after_closing: finding.clone(),
            web_crypto: finding.clone(),
            private_window: finding.clone(),
            in_app_view: finding.clone(),
            supported: finding.clone(),
        }
    }

    /// Each finding under its stable name, in the order they are shown.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &Finding); 12] {
        [
            ("secure_context", &self.secure_context),
            ("cookies", &self.cookies),
            ("plain_cookies", &self.plain_cookies),
            ("indexed_db", &self.indexed_db),
            ("local_storage", &self.local_storage),
            ("file_system", &self.file_system),
            ("storage_kept", &self.storage_kept),
            ("kept_after_closing", &self.kept_after_closing),
            ("web_crypto", &self.web_crypto),
            ("private_window", &self.private_window),
            ("in_app_view", &self.in_app_view),
            ("supported", &self.supported),
        ]
    }
}

/// An exception as evidence: its name and its message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thrown {
    /// `name`, such as `SecurityError`.
    pub name: String,
    /// `message`, in the browser's words.
    pub message: String,
}

impl Thrown {
    /// `name: message`.
    #[must_use]
    pub fn seen(&self) -> String {
        [self.name.as_str(), ": ", self.message.as_str()].concat()
    }

    fn is(&self, (name, message): (&str, &str)) -> bool {
        self.name == name && self.message == message
    }
}

/// How something went that a probe tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Done,
    /// The browser has no such thing.
    Missing,
    /// It went through, and what came back cannot be: a stub, or a browser that lies.
    Nonsense,
    /// It was refused.
    Threw(Thrown),
}

impl Outcome {
    /// As evidence; `done` is what an [`Outcome::Done`] has shown.
    #[must_use]
    pub fn seen(&self, done: &str) -> String {
        match self {
            Self::Done => done.to_owned(),
            Self::Missing => "missing".to_owned(),
            Self::Nonsense => "nonsense".to_owned(),
            Self::Threw(thrown) => thrown.seen(),
        }
    }

    fn is_refusal(&self, refusals: &[(&str, &str)]) -> bool {
        matches!(self, Self::Threw(thrown) if refusals.iter().any(|refusal| thrown.is(*refusal)))
    }
}

/// Whether `isSecureContext` says so.
#[must_use]
pub fn secure_context(is_secure_context: Option<bool>) -> Finding {
    match is_secure_context {
        Some(true) => Finding::new(Answer::Yes, "isSecureContext=true"),
        Some(false) => Finding::new(Answer::No, "isSecureContext=false"),
        None => Finding::new(Answer::Unknown, "isSecureContext missing"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const ANSWERS: [Answer; 3] = [Answer::Yes, Answer::No, Answer::Unknown];

    pub(crate) fn threw(name: &str, message: &str) -> Outcome {
        Outcome::Threw(Thrown { name: name.to_owned(), message: message.to_owned() })
    }

    /// Every outcome a browser was seen to have, and some that are like one of them.
    pub(crate) fn outcomes() -> Vec<Outcome> {
        vec![
            Outcome::Done,
            Outcome::Missing,
            Outcome::Nonsense,
            threw("SecurityError", "Security error when calling GetDirectory"),
            threw("SecurityError", "The operation is insecure."),
            threw(
                "UnknownError",
                "The operation failed for an unknown transient reason (e.g. out of memory).",
            ),
            threw("UnknownError", "Error preparing Blob/File data to be stored in object store"),
            threw("UnknownError", "Internal error."),
            threw("DataCloneError", "BlobURLs are not yet supported"),
            threw("DataCloneError", ""),
            threw("QuotaExceededError", ""),
            threw("TypeError", ""),
            threw("", ""),
        ]
    }

    #[test]
    fn what_was_seen_is_cut_after_200_characters_and_never_inside_one() {
        assert_eq!(Finding::new(Answer::No, "ä".repeat(300)).seen, "ä".repeat(200));
        assert_eq!(Finding::new(Answer::No, "ä".repeat(200)).seen, "ä".repeat(200));
    }

    #[test]
    fn the_stored_form_of_a_finding_is_unchanged() {
        for answer in ANSWERS {
            let stored = format!(r#"{{"answer":"{}","seen":"returned=false"}}"#, answer.code());
            let finding = Finding::new(answer, "returned=false");
            assert_eq!(serde_json::to_string(&finding).unwrap(), stored);
            assert_eq!(serde_json::from_str::<Finding>(&stored).unwrap(), finding);
        }
        assert!(serde_json::from_str::<Finding>(r#"{"answer":"no","seen":"","more":1}"#).is_err());
        assert!(serde_json::from_str::<Finding>(r#"{"answer":"maybe","seen":""}"#).is_err());
    }

    #[test]
    fn a_secure_context_is_what_the_browser_says_and_nothing_else() {
        assert_eq!(secure_context(Some(true)).answer, Answer::Yes);
        assert_eq!(secure_context(Some(false)).answer, Answer::No);
        assert_eq!(secure_context(None).answer, Answer::Unknown);
    }
}
