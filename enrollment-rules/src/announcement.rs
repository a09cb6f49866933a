//! What people are told before authentication is switched on: templates with the account's own values in them.

use crate::mail::words::name;
use crate::settings::{PrivateWindows, Settings};
use crate::template::Values;

/// The account's own: its name, origin, the sender of its mail, how many minutes a code is good, and what its settings say.
#[must_use]
pub fn values(account: &str, origin: &str, sender: &str, minutes: u64, settings: &Settings) -> Values {
    let days = settings.authentication_duration_days;
    let help = settings.help_address.as_ref().map(ToString::to_string);
    Values::default()
        .when("one day", days == 1)
        .when("days", days != 1)
        .when("help", help.is_some())
        .when("no help", help.is_none())
        .when("private session", settings.private_windows == PrivateWindows::Session)
        .when("private refused", settings.private_windows == PrivateWindows::Refuse)
        .when("limited", settings.absolute_days.is_some())
        .with("account", name(account))
        .with("origin", origin)
        .with("sender", sender)
        .with("minutes", minutes.to_string())
        .with("days", days.to_string())
        .with("limit", settings.absolute_days.unwrap_or_default().to_string())
        .with("help", help.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATES: [(&str, &str); 2] = [
        (include_str!("../../www/announcement/en.txt"), include_str!("../../www/announcement/en.html")),
        (include_str!("../../www/announcement/de.txt"), include_str!("../../www/announcement/de.html")),
    ];

    fn filled_for(name: &str, settings: &Settings) -> Values {
        values(name, "https://enroll.example.com", "postmaster@example.com", 10, settings)
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
                let values = filled_for("Example", &settings);
                for template in [text, html] {
                    for part in template.split('{').skip(1) {
                        let name = part.split('}').next().unwrap();
                        assert!(name.starts_with("if ") || values.has(name), "{name}");
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
                let values = filled_for("Example", &settings);
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
    fn whatever_an_account_is_called_the_subject_is_one_line_and_the_rest_is_below_it() {
        for (text, _) in TEMPLATES {
            let usual = filled_for("Example", &Settings::default()).fill_text(text);
            for odd in ["Exa\nmple", "Exa\r\nmple", "Exa\0mple", "Exa\u{2028}mple"] {
                assert_eq!(filled_for(odd, &Settings::default()).fill_text(text), usual, "{odd:?}");
            }
        }
    }

    #[test]
    fn the_accounts_own_values_are_in_it() {
        let [usual, strict, _] = every_kind_of_settings();
        for (text, _) in TEMPLATES {
            let (subject, usual) = filled_for("Example", &usual).fill_text(text);
            assert!(!subject.is_empty() && !usual.contains(&subject));
            for part in ["Example", "https://enroll.example.com", "postmaster@example.com", "30", "8 "] {
                assert!(usual.contains(part), "{part}");
            }
            assert!(!usual.contains("help@example.com"));
            let (_, strict) = filled_for("Example", &strict).fill_text(text);
            assert!(strict.contains("help@example.com") && strict.contains("90") && !strict.contains("30"));
        }
    }
}
