//! What a page reports about its browser when it confirms an enrollment: for the audit, and for the one rule of the account that
//! rests on it.
//!
//! The report is the browser's own word, so it opens nothing. Its names are not checked against those of this release either:
//! a page that was loaded before a deployment must be able to finish after it.

use core::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::readiness::{Answer, Finding, SEEN_CHARACTERS};

/// The most findings that are kept.
const MAX_FINDINGS: usize = 24;
/// The longest name, in bytes.
const MAX_NAME: usize = 32;
/// The finding that the account has a rule for.
const PRIVATE_WINDOW: &str = "private_window";

/// Findings by name, as they came; what is too long or too much is cut, not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedFindings(Vec<(String, Finding)>);

impl ReportedFindings {
    /// Whether the page was certain that its window is a private one.
    #[must_use]
    pub fn say_private_window(&self) -> bool {
        self.0.iter().any(|(name, finding)| name == PRIVATE_WINDOW && finding.answer == Answer::Yes)
    }
}

impl Serialize for ReportedFindings {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_map(self.0.iter().map(|(name, finding)| (name, finding)))
    }
}

impl<'de> Deserialize<'de> for ReportedFindings {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Report)
    }
}

struct Report;

impl<'de> Visitor<'de> for Report {
    type Value = ReportedFindings;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("findings by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReportedFindings, A::Error> {
        let mut findings = Vec::<(String, Finding)>::new();
        while let Some((name, Finding { answer, seen })) = map.next_entry::<String, Finding>()? {
            if findings.iter().any(|(earlier, _)| *earlier == name) {
                return Err(A::Error::custom("duplicate field `readiness`"));
            }
            let is_name = name.len() <= MAX_NAME && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            if is_name && findings.len() < MAX_FINDINGS {
                let seen = seen.chars().filter(|c| !c.is_control()).take(SEEN_CHARACTERS).collect();
                findings.push((name, Finding { answer, seen }));
            }
        }
        Ok(ReportedFindings(findings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> ReportedFindings {
        serde_json::from_str(json).unwrap()
    }

    fn with_private_window(answer: &str) -> ReportedFindings {
        read(&format!(r#"{{"private_window":{{"answer":"{answer}","seen":""}}}}"#))
    }

    #[test]
    fn a_window_is_private_only_where_the_page_was_certain() {
        assert!(with_private_window("yes").say_private_window());
        for answer in ["no", "unknown"] {
            assert!(!with_private_window(answer).say_private_window());
        }
        assert!(!read("{}").say_private_window());
        assert!(!read(r#"{"cookies":{"answer":"yes","seen":""}}"#).say_private_window());
    }

    #[test]
    fn a_report_comes_out_as_it_went_in() {
        let report = r#"{"cookies":{"answer":"yes","seen":"returned=true"},"of_a_later_release":{"answer":"unknown","seen":""}}"#;
        assert_eq!(serde_json::to_string(&read(report)).unwrap(), report);
    }

    #[test]
    fn what_is_too_long_or_too_much_is_cut() {
        let long = format!(r#"{{"cookies":{{"answer":"no","seen":"{}\u0007"}}}}"#, "ä".repeat(500));
        let cut = serde_json::to_string(&read(&long)).unwrap();
        let seen = "ä".repeat(SEEN_CHARACTERS);
        assert_eq!(cut, format!(r#"{{"cookies":{{"answer":"no","seen":"{seen}"}}}}"#));
        let names = ["<b>", "Cookies", &"a".repeat(MAX_NAME + 1)];
        let strange = names.map(|name| format!(r#""{name}":{{"answer":"no","seen":""}}"#)).join(",");
        assert_eq!(read(&format!("{{{strange}}}")), read("{}"));
        let many: Vec<_> = ('a'..='z')
            .flat_map(|first| {
                ['a', 'b'].map(|second| format!(r#""{first}{second}":{{"answer":"no","seen":""}}"#))
            })
            .collect();
        assert_eq!(read(&format!("{{{}}}", many.join(","))).0.len(), MAX_FINDINGS);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for json in [
            "[]",
            "null",
            r#"{"cookies":"yes"}"#,
            r#"{"cookies":{"answer":"perhaps","seen":""}}"#,
            r#"{"cookies":{"answer":"yes","seen":"","more":1}}"#,
            r#"{"cookies":{"answer":"yes","seen":""},"cookies":{"answer":"no","seen":""}}"#,
        ] {
            assert!(serde_json::from_str::<ReportedFindings>(json).is_err(), "{json}");
        }
    }
}
