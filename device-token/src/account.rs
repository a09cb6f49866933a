//! The account a token is for: the claim `aud`.

use crate::error::InvalidValue;
use crate::text::textual;

/// The name of one customer: 1 to 63 of `a-z`, `0-9` and `-`, with no hyphen at either end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// The most bytes of one.
    pub const MAX_LENGTH: usize = 63;

    /// Reads an account's name.
    ///
    /// # Errors
    /// [`InvalidValue::AccountId`]; upper case is refused, not folded.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let characters = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let length = (1..=Self::MAX_LENGTH).contains(&text.len());
        if characters && length && !text.starts_with('-') && !text.ends_with('-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::AccountId)
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn text(&self) -> &str {
        &self.0
    }
}

textual!(AccountId, InvalidValue);

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn names_that_could_be_taken_for_others_are_refused() {
        for good in ["a", "0", "acme", "acme-2", "a--b", &"a".repeat(63)] {
            assert_eq!(AccountId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-", "-a", "a-", "A", "a b", "a.b", "a@b", "a_b", "ä", "a\0", "a\n", &"a".repeat(64)]
        {
            assert!(AccountId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
