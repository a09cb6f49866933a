//! What people are told before authentication is switched on: templates with the account's own values in them.
//!
//! A template is text. A line that begins with `{if NAME}` is there only where that holds, and `{NAME}` is a value. The first line of
//! the plain form is the subject.

use crate::html::in_html;
use crate::settings::{PrivateWindows, Settings};

/// What a template is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// Conditions that hold.
    holds: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
}

impl Values {
    /// The account's own: its name, origin, the sender of its mail, how many minutes a code is good, and what its settings say.
    #[must_use]
    pub fn new(account: &str, origin: &str, sender: &str, minutes: u64, settings: &Settings) -> Self {
        let days = settings.authentication_duration_days;
        let help = settings.help_address.as_ref().map(ToString::to_string);
        let mut holds = vec![
            if days == 1 { "one day" } else { "days" },
            if help.is_some() { "help" } else { "no help" },
            match settings.private_windows {
                PrivateWindows::Session => "private session",
                PrivateWindows::Refuse => "private refused",
            },
        ];
        if settings.absolute_days.is_some() {
            holds.push("limited");
        }
        let values = vec![
            ("account", account.to_owned()),
            ("origin", origin.to_owned()),
            ("sender", sender.to_owned()),
            ("minutes", minutes.to_string()),
            ("days", days.to_string()),
            ("limit", settings.absolute_days.unwrap_or_default().to_string()),
            ("help", help.unwrap_or_default()),
        ];
        Self { holds, values }
    }

    /// A mail in plain text: its subject, and the rest.
    #[must_use]
    pub fn fill_text(&self, template: &str) -> (String, String) {
        let filled = self.fill(template, str::to_owned);
        let (subject, text) = filled.split_once('\n').unwrap_or((&filled, ""));
        (subject.to_owned(), text.trim_start().to_owned())
    }

    /// A page. The values are text in it, whatever they hold.
    #[must_use]
    pub fn fill_html(&self, template: &str) -> String {
        self.fill(template, in_html)
    }

    /// From left to right, once: what a value holds is no placeholder.
    fn fill(&self, template: &str, written: impl Fn(&str) -> String) -> String {
        let mut filled = String::new();
        for line in template.lines() {
            let Some(line) = self.kept(line) else { continue };
            let mut parts = line.split('{');
            filled.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let (name, rest) = part.split_once('}').unwrap_or(("", part));
                let value =
                    self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| written(value));
                filled.push_str(&value.unwrap_or_default());
                filled.push_str(rest);
            }
            filled.push('\n');
        }
        filled
    }

    fn kept<'a>(&self, line: &'a str) -> Option<&'a str> {
        let Some((condition, rest)) = line.strip_prefix("{if ").and_then(|line| line.split_once('}')) else {
            return Some(line);
        };
        self.holds.contains(&condition).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATES: [(&str, &str); 2] = [
        (include_str!("../../www/announcement/en.txt"), include_str!("../../www/announcement/en.html")),
        (include_str!("../../www/announcement/de.txt"), include_str!("../../www/announcement/de.html")),
    ];

    fn values(name: &str, settings: &Settings) -> Values {
        Values::new(name, "https://enroll.example.com", "postmaster@example.com", 10, settings)
    }

    fn every_kind_of_settings() -> [Settings; 3] {
        let usual = Settings::default();
        let strict = Settings {
            authentication_duration_days: 1,
            absolute_days: Some(90),
            private_windows: PrivateWindows::Refuse,
            help_address: Some("help@example.com".parse().unwrap()),
            ..Settings::default()
        };
        let limited = Settings { absolute_days: Some(90), ..Settings::default() };
        [usual, strict, limited]
    }

    /// The words alone, without tags, marks of lists and white space.
    fn words(text: &str) -> String {
        let mut inside = false;
        let mut words = String::new();
        for character in text.chars() {
            match character {
                '<' => inside = true,
                '>' => inside = false,
                other if !inside && (other.is_alphabetic() || "@:/.".contains(other)) => words.push(other),
                _ => {}
            }
        }
        words
    }

    #[test]
    fn every_placeholder_of_the_templates_has_a_value() {
        for (text, html) in TEMPLATES {
            for settings in every_kind_of_settings() {
                let values = values("Example", &settings);
                let known: Vec<_> = values.values.iter().map(|(name, _)| *name).collect();
                for template in [text, html] {
                    for part in template.split('{').skip(1) {
                        let name = part.split('}').next().unwrap();
                        assert!(name.starts_with("if ") || known.contains(&name), "{name}");
                    }
                    assert!(!values.fill_html(template).contains(['{', '}']));
                }
            }
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        for (text, html) in TEMPLATES {
            for settings in every_kind_of_settings() {
                let values = values("Example", &settings);
                let (subject, text) = values.fill_text(text);
                let html = values.fill_html(html);
                let title = html.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
                assert_eq!(title, subject);
                // Numbers of a list are not written in the page; the browser counts.
                let text: String = text
                    .lines()
                    .map(|line| line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
                    .collect();
                let body = html.split("</h1>").nth(1).unwrap();
                assert_eq!(words(body), words(&text));
            }
        }
    }

    #[test]
    fn the_accounts_own_values_are_in_it() {
        let [usual, strict, _] = every_kind_of_settings();
        for (text, _) in TEMPLATES {
            let (subject, usual) = values("Example", &usual).fill_text(text);
            assert!(!subject.is_empty() && !usual.contains(&subject));
            for part in ["Example", "https://enroll.example.com", "postmaster@example.com", "30", "8 "] {
                assert!(usual.contains(part), "{part}");
            }
            assert!(!usual.contains("help@example.com"));
            let (_, strict) = values("Example", &strict).fill_text(text);
            assert!(strict.contains("help@example.com") && strict.contains("90") && !strict.contains("30"));
        }
    }

    #[test]
    fn no_value_is_markup_or_a_placeholder() {
        let odd = values("<b>{help}</b>", &Settings::default());
        assert_eq!(odd.fill_html("<p>{account}"), "<p>&lt;b&gt;{help}&lt;/b&gt;\n");
        assert_eq!(odd.fill_text("{account}\n\nx").0, "<b>{help}</b>");
    }
}
