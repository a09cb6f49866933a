//! Strings that have broken something somewhere, and how any string stands in an address.

use std::fmt::Write as _;

use xtask::checkout::Checkout;

/// The list of `big-list-of-naughty-strings`, and some of our own.
pub(crate) fn strings() -> Vec<String> {
    let file = Checkout::find().unwrap().npm_package("big-list-of-naughty-strings").join("blns.json");
    let mut all: Vec<String> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert!(all.len() > 400, "{}", all.len());
    all.extend(["a".repeat(10_000), "\u{0}".to_owned(), "=1+1".to_owned(), "'=1+1".to_owned()]);
    all
}

/// Every byte percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").unwrap();
        encoded
    })
}
