use std::collections::BTreeSet;

use super::*;

const LANGUAGES: [Language; 2] = [Language::English, Language::German];

fn at() -> Timestamp {
    Timestamp::from_seconds(1_795_341_600).unwrap()
}

fn asked(value: &str, place: Option<&str>) -> Asked {
    Asked { browser: value.to_owned(), place: place.map(str::to_owned), at: at() }
}

/// One of each kind, with `value` wherever somebody else chooses what stands there.
fn each(value: &str, place: Option<&str>) -> [Mail; 7] {
    let asked = asked(value, place);
    [
        Mail::Code { digits: "01234567".to_owned(), minutes: 10, asked: asked.clone() },
        Mail::ChangeCode { digits: "01234567".to_owned(), minutes: 10, asked: asked.clone() },
        Mail::AliasUsed { primary_masked: "a•••@example.com".to_owned(), asked: asked.clone() },
        Mail::NewDevice {
            browser: value.to_owned(),
            at: at(),
            place: place.map(str::to_owned),
            not_me: "https://enroll.example.com/not-me/x?lang=en".to_owned(),
        },
        Mail::Revoked { at: at() },
        Mail::WrongCodes { asked },
        Mail::Test,
    ]
}

fn frame(account: &str, help: bool, language: Language) -> Frame {
    Frame {
        account: account.to_owned(),
        origin: "https://enroll.example.com".to_owned(),
        help: help.then(|| "help@example.com".parse().unwrap()),
        language,
    }
}

/// What HTML shows, without the white space between its parts.
fn shown(html: &str) -> String {
    let body = html.split("<body").nth(1).unwrap();
    let mut shown = String::new();
    for part in body.split('<').skip(1) {
        shown.push_str(part.split_once('>').unwrap().1);
    }
    let shown = ["&lt;|<", "&gt;|>", "&quot;|\"", "&#39;|'", "&amp;|&"].iter().fold(shown, |shown, pair| {
        let (written, character) = pair.split_once('|').unwrap();
        shown.replace(written, character)
    });
    shown.chars().filter(|character| !character.is_whitespace()).collect()
}

fn words_of(text: &str) -> String {
    text.lines()
        .map(|line| line.strip_prefix("- ").unwrap_or(line))
        .flat_map(str::chars)
        .filter(|character| !character.is_whitespace())
        .collect()
}

#[test]
fn every_placeholder_of_every_template_has_a_value_and_every_condition_is_known() {
    for mail in each("Firefox on Windows", Some("Berlin, DE")) {
        for language in LANGUAGES {
            let values = mail.values(&frame("Example", true, language));
            for part in mail.template(language).split('{').skip(1) {
                let name = part.split_once('}').expect("a placeholder that ends").0;
                let known = match name.strip_prefix("if ") {
                    Some(condition) => ["help", "no help", "place"].contains(&condition),
                    None => values.has(name),
                };
                assert!(known, "{name} in {mail:?}");
            }
        }
    }
}

#[test]
fn both_languages_of_a_mail_have_the_same_values_conditions_and_marks() {
    for mail in each("x", None) {
        let [english, german] = LANGUAGES.map(|language| {
            let template = mail.template(language);
            assert!(!template.contains('\r') && template.ends_with('\n'), "{mail:?}");
            let names: BTreeSet<&str> =
                template.split('{').skip(1).map(|part| part.split_once('}').unwrap().0).collect();
            let marks: Vec<char> = template
                .lines()
                .map(|line| line.chars().next().unwrap_or(' '))
                .filter(|c| "#>-{".contains(*c))
                .collect();
            (names, marks, template.lines().count())
        });
        assert_eq!(english, german, "{mail:?}");
        let [english, german] = LANGUAGES.map(|language| mail.template(language));
        let without_values = |line: &str| -> String {
            line.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect()
        };
        for line in english.lines().filter(|line| without_values(line).chars().any(char::is_alphabetic)) {
            let same = line.starts_with("> ") || line == "- Browser: {browser}";
            assert!(same || german.lines().all(|other| other != line), "{line} is not translated");
        }
    }
}

#[test]
fn both_forms_say_the_same() {
    for (place, help) in [(Some("Berlin, DE"), true), (None, false)] {
        for language in LANGUAGES {
            for mail in each("Firefox & <others>", place) {
                let words = write(&mail, &frame("Example", help, language));
                assert_eq!(shown(&words.html), words_of(&words.text), "{mail:?}");
                assert_eq!(words.text.matches("\r\n").count(), words.text.matches('\n').count());
                assert!(words.html.contains(&format!("<title>{}</title>", words.subject)), "{mail:?}");
                assert_eq!(words.text.contains("Berlin"), place.is_some() && words.text.contains("Firefox"));
                let told = words.text.contains("help@example.com");
                assert_eq!(told, help && mail != Mail::Test, "{mail:?}");
            }
        }
    }
}

#[test]
fn a_code_is_one_word_in_subject_and_text_and_can_be_read_out_and_copied() {
    for language in LANGUAGES {
        for mail in each("Firefox", None) {
            let words = write(&mail, &frame("Example", false, language));
            let is_code = matches!(mail, Mail::Code { .. } | Mail::ChangeCode { .. });
            let count = |text: &str| text.split_whitespace().filter(|word| *word == "01234567").count();
            assert_eq!(count(&words.subject), usize::from(is_code), "{mail:?}");
            assert_eq!(count(&words.text), usize::from(is_code), "{mail:?}");
            assert_eq!(words.html.contains(">01234567</p>"), is_code, "{mail:?}");
            assert_eq!(words.text.contains("0 1 2 3 4 5 6 7"), is_code, "{mail:?}");
        }
        // Nothing in the mail that people expect most is there to be clicked.
        let [code, ..] = each("Firefox", None);
        assert!(!write(&code, &frame("Example", true, language)).html.contains("<a "));
    }
}

#[test]
fn each_mail_is_written_as_it_was_meant() {
    let [code, .., new_device, _, _, _] = each("Firefox on Windows", Some("Berlin, DE"));
    let words = write(&code, &frame("Example", true, Language::English));
    assert_eq!(words.subject, "01234567 is your code for Example");
    for part in ["\r\n01234567\r\n", "- Browser: Firefox on Windows\r\n", "November 22, 2026, 10:00 UTC"] {
        assert!(words.text.contains(part), "{part}");
    }
    let words = write(&new_device, &frame("Example", true, Language::German));
    assert_eq!(words.subject, "Ein neuer Browser wurde für Example bestätigt");
    let link = "https://enroll.example.com/not-me/x?lang=en";
    assert!(words.text.contains(&format!("\r\n{link}\r\n")));
    assert!(words.html.contains(&format!("<a href=\"{link}\">{link}</a>")));
    assert!(
        words.html.contains("<html lang=\"de\"") && words.text.contains("22. November 2026, 10:00 Uhr (UTC)")
    );
}

#[test]
fn naughty_values_are_only_text_on_one_line() {
    let long = "W".repeat(10_000);
    let naughty = [
        "a\r\nBcc: eve@example.net\r\n\r\nbody",
        "a\nb\rc\u{85}d\u{2028}e\u{2029}f\u{b}g\u{c}h",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "\"'><a href=javascript:alert(1)>",
        "{digits}{if help}{not_me}",
        "# large\n> https://evil.example\n- item",
        "\u{202e}evil\u{2066}\u{2069}\u{200f}\u{61c}",
        "\0\u{7}\u{1b}[31m",
        ".\r\n.\r\nQUIT",
        &long,
    ];
    for value in naughty {
        for language in LANGUAGES {
            for (mail, tame) in each(value, Some(value)).into_iter().zip(each("x", Some("x"))) {
                let words = write(&mail, &frame(value, true, language));
                let tame = write(&tame, &frame("x", true, language));
                assert!(!words.subject.chars().any(char::is_control), "{value:?}: {:?}", words.subject);
                assert!(words.subject.chars().count() <= 200, "{value:?}");
                assert_eq!(words.text.lines().count(), tame.text.lines().count(), "{value:?} in {mail:?}");
                assert_eq!(words.html.matches('<').count(), tame.html.matches('<').count(), "{value:?}");
                assert_eq!(words.html.matches('"').count(), tame.html.matches('"').count(), "{value:?}");
                assert!(!words.text.replace("\r\n", "").chars().any(char::is_control), "{value:?}");
                for form in [&words.subject, &words.text, &words.html] {
                    let hidden = ['\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}'];
                    assert!(!form.contains(hidden), "{value:?}");
                    assert!(form.chars().count() < 8_000, "{value:?}");
                }
            }
        }
    }
}

#[test]
fn who_asked_is_told_by_browser_and_place_as_far_as_they_are_known() {
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0";
    for (city, country, place) in [
        (Some("Berlin"), Some("DE"), Some("Berlin, DE")),
        (None, Some("DE"), Some("DE")),
        (Some("Berlin"), None, Some("Berlin")),
        (Some("\r\n"), Some(""), None),
        (None, None, None),
    ] {
        let asked = Asked::new(agent, city, country, Language::German, at());
        assert_eq!((asked.browser.as_str(), asked.place.as_deref()), ("Firefox unter Windows", place));
    }
    let long = "ü".repeat(5_000);
    let place = Asked::new("", Some(&long), Some("DE"), Language::English, at()).place.unwrap();
    assert_eq!(place.chars().count(), MAX_NAME + "…, DE".chars().count());
}

#[test]
fn a_mail_and_its_words_do_not_print_the_code() {
    for mail in each("x", None) {
        let words = write(&mail, &frame("Example", false, Language::English));
        assert!(!format!("{mail:?} {words:?}").contains("01234567"));
    }
}

#[test]
fn the_kept_form_of_who_asked_is_unchanged() {
    let kept = serde_json::to_string(&asked("Firefox on Windows", Some("Berlin, DE"))).unwrap();
    assert_eq!(kept, r#"{"browser":"Firefox on Windows","place":"Berlin, DE","at":1795341600}"#);
}
