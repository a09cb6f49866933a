//! The pages in their two languages: both say the same things in the same places, and everybody gets the one they asked for.

use std::collections::{BTreeMap, BTreeSet};

use html5gum::{Token, Tokenizer};
use reqwest::Method;
use xtask::checkout::Checkout;

use crate::support::{Answer, Browser, DEVICE, Product, Wire};

const PAGES: [&str; 19] = [
    "/",
    "/enroll",
    "/prove",
    "/devices",
    "/admin",
    "/admin/account",
    "/admin/administrators",
    "/admin/announcement",
    "/admin/audit",
    "/admin/directories",
    "/admin/import",
    "/admin/interactions",
    "/admin/set-up",
    "/admin/settings",
    "/admin/sign-in",
    "/admin/tokens",
    "/admin/mail",
    "/admin/user",
    "/admin/users",
];
const LANGUAGES: [&str; 2] = ["en", "de"];

/// What is called the same in both: names, words that German has taken over, and codes.
const SAME_IN_BOTH: [&str; 26] = [
    "Device Enrollment",
    "Browser",
    "Chrome",
    "Edge",
    "Firefox",
    "Safari",
    "Samsung Internet",
    "(Administrator)",
    "Administrator",
    "Code",
    "Deutsch",
    "English",
    "Filter",
    "Message-ID:",
    "Name",
    "Notification Postmaster Address",
    "Passkeys",
    "Server",
    "Targeted Threat Protection Authentication",
    "Text",
    "URL Protect",
    "anna@example.com",
    "people",
    "read",
    "revoke",
    "settings",
];
/// What may differ beside the words: which language it is, and where the other is.
const OF_THE_LANGUAGE: [&str; 2] = ["lang", "hreflang"];
/// Attributes that a person reads or hears.
const WORDS_IN: [&str; 5] = ["alt", "aria-label", "label", "placeholder", "title"];
const WITHOUT_END: [&str; 5] = ["meta", "link", "input", "br", "img"];

/// An element as it is written: its attributes, and what it says itself, without what the elements in it say.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

fn elements(html: &str) -> Vec<Element> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (mut elements, mut open): (Vec<Element>, Vec<usize>) = (vec![], vec![]);
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) => {
                let attributes =
                    tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
                elements.push(Element { name: text(&tag.name), attributes, text: String::new() });
                if !WITHOUT_END.contains(&&*text(&tag.name)) {
                    open.push(elements.len() - 1);
                }
            }
            Token::EndTag(tag) => {
                let ended = open.pop().map(|index| &elements[index].name);
                assert_eq!(ended, Some(&text(&tag.name)), "tags that do not fit each other");
            }
            Token::String(words) => {
                if let Some(index) = open.last() {
                    elements[*index].text.push_str(&text(&words));
                }
            }
            Token::Comment(_) | Token::Doctype(_) => {}
            Token::Error(error) => panic!("{error:?} in {html}"),
        }
    }
    assert!(open.is_empty(), "tags that are not closed");
    elements
}

/// What scripts, links and forms hold on to: elements with attributes, but for the words in them.
fn structure(elements: &[Element]) -> Vec<(String, BTreeMap<String, String>)> {
    let lasting = |element: &Element| {
        let mut attributes = element.attributes.clone();
        attributes.retain(|name, _| !OF_THE_LANGUAGE.contains(&&**name) && !WORDS_IN.contains(&&**name));
        if element.attributes.contains_key("hreflang") {
            attributes.remove("href");
        }
        (element.name.clone(), attributes)
    };
    elements.iter().filter(|element| !element.attributes.is_empty()).map(lasting).collect()
}

/// All that is read or heard.
fn words(elements: &[Element]) -> BTreeSet<String> {
    let attributes = elements.iter().flat_map(|element| {
        element.attributes.iter().filter(|(name, _)| WORDS_IN.contains(&&***name)).map(|(_, value)| value)
    });
    let texts = elements.iter().map(|element| &element.text).chain(attributes);
    let texts = texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    // Values alone are put in by scripts; what is between them must be words.
    texts.filter(|text| without_values(text).chars().any(char::is_alphabetic)).collect()
}

/// The names of what is filled in.
fn values(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect()
}

fn without_values(text: &str) -> String {
    text.split('{').map(|part| part.split_once('}').map_or(part, |(_, words)| words)).collect()
}

/// The values of each phrase that scripts fill in.
fn phrases(elements: &[Element]) -> BTreeMap<&str, BTreeSet<&str>> {
    let named = elements.iter().filter_map(|element| Some((element.attributes.get("data-word")?, element)));
    named.map(|(name, element)| (name.as_str(), values(&element.text))).collect()
}

#[track_caller]
fn assert_same_but_for_the_words(name: &str, [english, german]: [&str; 2]) {
    let [english, german] = [elements(english), elements(german)];
    for (page, language) in [(&english, "en"), (&german, "de")] {
        assert_eq!(page[0].attributes["lang"], language, "{name}");
        let mut ids = BTreeSet::new();
        for id in page.iter().filter_map(|element| element.attributes.get("id")) {
            assert!(ids.insert(id), "{name} in {language} has #{id} twice");
        }
    }
    for (english, german) in structure(&english).into_iter().zip(structure(&german)) {
        assert_eq!(english, german, "{name}");
    }
    assert_eq!(structure(&english).len(), structure(&german).len(), "{name}");
    assert_eq!(phrases(&english), phrases(&german), "{name}");
    let [english, german] = [words(&english), words(&german)];
    let untranslated: Vec<_> =
        english.intersection(&german).filter(|text| !SAME_IN_BOTH.contains(&text.as_str())).collect();
    assert!(untranslated.is_empty(), "{name}: {untranslated:#?}");
}

async fn get(at: &str, headers: &[(&str, &str)]) -> Answer {
    let site = Product::shared().await.demo();
    let request = Wire::to(&site.origin).bare(Method::GET, at);
    Answer::to(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[track_caller]
fn assert_in(answer: &Answer, language: &str, what: &str) {
    assert_eq!(answer.header("Content-Language"), Some(language), "{what}");
    assert_eq!(answer.header("Vary"), Some("Accept-Language"), "{what}");
    assert!(answer.text().contains(&format!("<html lang=\"{language}\"")), "{what}");
}

#[tokio::test]
async fn each_page_is_the_same_in_both_languages_but_for_the_words() {
    for path in PAGES {
        let mut pages = vec![];
        for language in LANGUAGES {
            let page = get(&format!("{path}?lang={language}"), &[]).await;
            assert_eq!(page.status, 200, "{path} in {language}: {}", page.text());
            assert_in(&page, language, path);
            let other = LANGUAGES.into_iter().find(|other| *other != language).unwrap();
            let page = page.text();
            let link = elements(&page).into_iter().find(|one| one.attributes.contains_key("hreflang"));
            let attributes = link.unwrap().attributes;
            assert_eq!(attributes["href"], format!("?lang={other}"), "{path} in {language}");
            assert_eq!([&attributes["hreflang"], &attributes["lang"]], [other, other], "{path}");
            pages.push(page);
        }
        assert_same_but_for_the_words(path, [&pages[0], &pages[1]]);
    }
}

#[tokio::test]
async fn what_went_wrong_is_told_in_both_languages() {
    let site = Product::shared().await.demo();
    let link = site.admin.link("https://example.net/", "somebody@example.net").await;
    let link = &link[site.origin.len()..];
    let twice = format!("{DEVICE}=a; {DEVICE}=b");
    let wrong: [(_, _, &[_]); 5] = [
        ("/nowhere", 404, &[]),
        ("/s/x", 404, &[]),
        ("/s/x", 503, &[("Sec-Purpose", "prefetch")]),
        (link, 400, &[("Cookie", &twice)]),
        ("/", 421, &[("Host", "nobody.example")]),
    ];
    for (path, status, headers) in wrong {
        for language in LANGUAGES {
            let answer = get(&format!("{path}?lang={language}"), headers).await;
            assert_eq!(answer.status, status, "{path} in {language}");
            assert_in(&answer, language, path);
        }
    }
    // Not all of them can be made to happen from outside.
    let folder = Checkout::find().unwrap().root().join("www/errors");
    let files = std::fs::read_dir(&folder).unwrap();
    let names: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let english: Vec<_> = names.iter().filter(|name| !name.ends_with(".de.html")).collect();
    assert_eq!((english.len(), names.len()), (7, 14), "{names:?}");
    for name in english {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_same_but_for_the_words(name, [&read(name), &read(&name.replace(".html", ".de.html"))]);
    }
}

#[test]
fn pages_that_the_edge_fills_are_the_same_in_both_languages_but_for_the_words() {
    let folder = Checkout::find().unwrap().root().join("www");
    for name in ["awareness", "not-me"] {
        let read = |end: &str| std::fs::read_to_string(folder.join(format!("{name}{end}"))).unwrap();
        assert_same_but_for_the_words(name, [&read(".html"), &read(".de.html")]);
    }
}

#[tokio::test]
async fn a_page_comes_in_the_language_chosen_else_in_the_one_the_browser_asks_for() {
    for (query, accepted, language) in [
        ("", "de", "de"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "en,de;q=0.5", "en"),
        ("", "fr,de;q=0.3,en;q=0.2", "de"),
        ("", "fr", "en"),
        ("", "de;q=0", "en"),
        ("", "*", "en"),
        ("", "", "en"),
        ("", ";;,=,q=1,de;q=x,\u{e4}", "en"),
        ("?lang=de", "en", "de"),
        ("?lang=en", "de", "en"),
        ("?lang=tlh", "de", "de"),
        ("?lang=", "en", "en"),
        ("?to=/s/x&lang=de", "en", "de"),
        ("?lang=de%2F..%2Fx", "en", "en"),
    ] {
        for path in PAGES.into_iter().chain(["/nowhere"]) {
            let answer = get(&format!("{path}{query}"), &[("Accept-Language", accepted)]).await;
            assert_eq!(answer.status, if path == "/nowhere" { 404 } else { 200 }, "{path}");
            assert_in(&answer, language, &format!("{path}{query} for {accepted:?}"));
        }
    }
    assert_in(&get("/", &[]).await, "en", "/ without a word about it");
}

#[tokio::test]
async fn mail_comes_in_the_language_of_the_page_and_says_who_asked() {
    let site = Product::shared().await.demo();
    let person = site.person("german").await;
    // A browser that asks for English, on a page in German.
    let browser = Browser::open().await;
    browser.goto(&format!("{}/enroll?lang=de", site.origin)).await;
    let code = browser.ask(&site, &person.address).await;
    let mail = site.mail.nth(&person.address, 0).await;
    assert_eq!(mail.subject.split_once(' '), Some((code.as_str(), "ist Ihr Code für Demo Company")));
    assert!(mail.text.contains("- Browser: Chrome unter Linux"), "{}", mail.text);
    assert!(mail.text.contains("Uhr (UTC)"), "{}", mail.text);

    let person = site.person("english").await;
    let mail = Wire::to(&site.origin).ask(&site, &person.address).await;
    assert!(mail.subject.contains("is your code for Demo Company"), "{}", mail.subject);
    assert!(mail.text.contains("- Browser: a browser"), "{}", mail.text);
}
