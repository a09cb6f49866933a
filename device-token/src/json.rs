//! Reading JSON (RFC 8259): one value and nothing after it, no name twice in an object, no deeper than [`DEPTH`].
//!
//! Not in scope: writing it, floats, and **escapes**. They are read and not resolved: a text with one is
//! [`Value::Other`], a name with one is not the name that it spells. No value that this crate reads needs one.
//!
//! By hand because it goes into the page: `serde_json`, with the printing of floats and errors behind it, adds 21 KB
//! to it (brotli), half as much as everything else. `serde-json-core` is smaller, but takes control characters, a
//! comma in front and any depth, and does not check what it passes over. A test holds this reader to `serde_json`.

use core::str;

use crate::time::Timestamp;

/// How deep arrays and objects nest at most: the reader follows them on the stack.
const DEPTH: u8 = 16;

/// A JSON value, as far as this crate has a use for it.
pub(crate) enum Value<'a> {
    /// A text without escapes.
    Text(&'a str),
    /// A number of digits alone that fits.
    Integer(u64),
    Array(Vec<Self>),
    Object(Members<'a>),
    Null,
    /// A boolean, any other number, a text with escapes.
    Other,
}

impl<'a> Value<'a> {
    pub(crate) fn read(text: &'a [u8]) -> Option<Self> {
        let mut reader = Reader { text: str::from_utf8(text).ok()?, at: 0 };
        let value = reader.value(DEPTH)?;
        reader.space();
        reader.peek().is_none().then_some(value)
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn time(self) -> Option<Timestamp> {
        if let Self::Integer(seconds) = self { Timestamp::from_seconds(seconds).ok() } else { None }
    }

    pub(crate) fn array(self) -> Option<Vec<Self>> {
        if let Self::Array(values) = self { Some(values) } else { None }
    }

    pub(crate) fn object(self) -> Option<Members<'a>> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }
}

/// The members of an object that were not taken yet.
pub(crate) struct Members<'a>(Vec<(&'a str, Value<'a>)>);

impl<'a> Members<'a> {
    pub(crate) fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let index = self.0.iter().position(|(other, _)| *other == name)?;
        Some(self.0.swap_remove(index).1)
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<&'a str> {
        self.take(name)?.text()
    }

    pub(crate) fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.take(name)?.time()
    }

    pub(crate) fn object(&mut self, name: &str) -> Option<Self> {
        self.take(name)?.object()
    }

    /// Something only if all members were taken.
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        self.peek().inspect(|_| self.at += 1)
    }

    /// Goes past the next byte if it is one of these.
    fn eat(&mut self, bytes: &[u8]) -> bool {
        let eaten = self.peek().is_some_and(|byte| bytes.contains(&byte));
        self.at += usize::from(eaten);
        eaten
    }

    fn space(&mut self) {
        while self.eat(b" \t\n\r") {}
    }

    fn punctuation(&mut self, byte: u8) -> Option<()> {
        self.space();
        self.eat(&[byte]).then_some(())
    }

    fn value(&mut self, depth: u8) -> Option<Value<'a>> {
        self.space();
        match self.peek()? {
            b'"' => {
                self.string().map(|text| if text.contains('\\') { Value::Other } else { Value::Text(text) })
            }
            b'[' => self.array(depth.checked_sub(1)?).map(Value::Array),
            b'{' => self.object(depth.checked_sub(1)?).map(Value::Object),
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Other),
            b'f' => self.word("false", Value::Other),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: u8) -> Option<Vec<Value<'a>>> {
        self.punctuation(b'[')?;
        let mut values = Vec::new();
        if self.punctuation(b']').is_some() {
            return Some(values);
        }
        loop {
            values.push(self.value(depth)?);
            if self.punctuation(b',').is_none() {
                return self.punctuation(b']').map(|()| values);
            }
        }
    }

    fn object(&mut self, depth: u8) -> Option<Members<'a>> {
        self.punctuation(b'{')?;
        let mut members: Vec<(&str, Value<'a>)> = Vec::new();
        if self.punctuation(b'}').is_some() {
            return Some(Members(members));
        }
        loop {
            let name = self.string()?;
            if members.iter().any(|(other, _)| *other == name) {
                return None;
            }
            self.punctuation(b':')?;
            members.push((name, self.value(depth)?));
            if self.punctuation(b',').is_none() {
                return self.punctuation(b'}').map(|()| Members(members));
            }
        }
    }

    /// What is between the quotes, as it stands there.
    fn string(&mut self) -> Option<&'a str> {
        self.punctuation(b'"')?;
        let start = self.at;
        loop {
            let end = self.at;
            match self.next()? {
                b'"' => return self.text.get(start..end),
                b'\\' => self.escape()?,
                0..0x20 => return None,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'u' => (0..4).try_for_each(|_| self.next().filter(u8::is_ascii_hexdigit).map(drop)),
            byte => b"\"\\/bfnrt".contains(&byte).then_some(()),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Option<Value<'a>> {
        word.bytes().all(|byte| self.eat(&[byte])).then_some(value)
    }

    fn number(&mut self) -> Option<Value<'a>> {
        let negative = self.eat(b"-");
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        let fraction = self.eat(b".");
        if fraction {
            self.digits()?;
        }
        let exponent = self.eat(b"eE");
        if exponent {
            self.eat(b"+-");
            self.digits()?;
        }
        let plain = !(negative || fraction || exponent);
        Some(whole.parse().ok().filter(|_| plain).map_or(Value::Other, Value::Integer))
    }

    fn digits(&mut self) -> Option<&'a str> {
        let start = self.at;
        while self.eat(b"0123456789") {}
        self.text.get(start..self.at).filter(|digits| !digits.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::Value;

    /// Something of everything; no two names become one when a single byte is changed.
    const DOCUMENT: &str = r#" {"first":[0,10,-1,1.5,2e3,4E-5,6e+7,-0,8.0],"second" : "plain","third":"\u00e9\"\\\/\b\f\n\r\t",
        "fourth":{ },"fifth":[ ],"sixth":[true,false,null,[{}],"é"],"\u0073eventh":{"eighth":18446744073709551616}} "#;

    #[track_caller]
    fn agrees(text: &[u8]) {
        let other = serde_json::from_slice::<IgnoredAny>(text).is_ok() && str::from_utf8(text).is_ok();
        assert_eq!(Value::read(text).is_some(), other, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn one_byte_more_less_or_other_is_json_where_serde_json_says_so() {
        let document = DOCUMENT.as_bytes();
        agrees(document);
        assert!(Value::read(document).is_some());
        for at in 0..=document.len() {
            let (before, after) = document.split_at(at);
            agrees(before);
            agrees(after);
            for byte in (0..=0x80).chain([0xc3, 0xff]) {
                agrees(&[before, &[byte], after].concat());
                if let [_, rest @ ..] = after {
                    agrees(&[before, rest].concat());
                    agrees(&[before, &[byte], rest].concat());
                }
            }
        }
    }

    #[test]
    fn a_name_given_twice_is_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"b":2,"a":null}"#, r#"[{"b":{"a":1,"a":2}}]"#] {
            assert!(Value::read(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Value::read(br#"{"a":{"a":[{"a":1},{"a":2}]}}"#).is_some());
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert!(Value::read(nested(16).as_bytes()).is_some());
        assert!(Value::read(nested(17).as_bytes()).is_none());
        assert!(Value::read("[{\"a\":".repeat(100_000).as_bytes()).is_none());
    }

    #[test]
    fn only_digits_that_fit_are_an_integer() {
        let integer = |text: &str| match Value::read(text.as_bytes()) {
            Some(Value::Integer(integer)) => Some(integer),
            _ => None,
        };
        assert_eq!(integer("0"), Some(0));
        assert_eq!(integer("18446744073709551615"), Some(u64::MAX));
        for other in ["18446744073709551616", "1.0", "1e0", "-1", "-0", "01", "+1", "1_0", "\"1\"", "0x1", ""]
        {
            assert_eq!(integer(other), None, "{other}");
        }
    }

    #[test]
    fn escapes_are_not_resolved() {
        assert_eq!(Value::read(br#""k1""#).and_then(Value::text), Some("k1"));
        assert!(matches!(Value::read(br#""k\u0031""#), Some(Value::Other)));
        let mut members = Value::read(br#"{"\u006bid":"k1"}"#).and_then(Value::object).unwrap();
        assert!(members.take("kid").is_none());
        assert!(members.end().is_none());
    }
}
