//! The revocations of devices and people as they are published: ids and times, sorted, in bytes.
//!
//! A million of them are 21 MB, searched where they lie. Ids are 16 random bytes, of devices as of people, so one list serves
//! both and no id is of two kinds.

use base64ct::{Base64UrlUnpadded, Encoding};
use device_token::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 16 bytes of id and 5 of Unix seconds, the most significant first: enough for every [`Timestamp`].
pub const ENTRY_BYTES: usize = 21;

/// The most that are published: a value of KV has at most 25 MiB.
pub const MOST: u64 = 1_200_000;

type Entry = [u8; ENTRY_BYTES];

/// Revoked devices and people, each with a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revoked(Vec<u8>);

/// The bytes are no such list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoList;

impl Revoked {
    /// Sorts them; of two of one id, the later time counts.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = ([u8; 16], Timestamp)>) -> Self {
        let mut gathered = Gathered::default();
        for (id, at) in entries {
            gathered.add(&id, at);
        }
        gathered.sorted()
    }

    /// Reads what [`Self::as_bytes`] gave.
    ///
    /// # Errors
    /// [`NoList`] where an entry is not whole or not in order: searching would miss some.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, NoList> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        let sorted = entries.is_sorted_by(|one, next| id(one) < id(next));
        if rest.is_empty() && sorted { Ok(Self(bytes)) } else { Err(NoList) }
    }

    /// Its bytes, as they are published.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When this device or person was revoked.
    #[must_use]
    pub fn at(&self, wanted: &[u8; 16]) -> Option<Timestamp> {
        let entries = self.entries();
        let found = entries.binary_search_by(|entry| id(entry).cmp(wanted)).ok()?;
        entries.get(found).map(at)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = ([u8; 16], Timestamp)> {
        self.entries().iter().map(|entry| (id(entry), at(entry)))
    }

    fn entries(&self) -> &[Entry] {
        self.0.as_chunks().0
    }
}

/// Revocations in no order yet.
#[derive(Debug, Default)]
pub struct Gathered(Vec<Entry>);

impl Gathered {
    /// With room for so many.
    #[must_use]
    pub fn of_about(number: u64) -> Self {
        Self(Vec::with_capacity(usize::try_from(number).unwrap_or(0)))
    }

    /// One more.
    pub fn add(&mut self, id: &[u8; 16], at: Timestamp) {
        self.0.push(entry(id, at));
    }

    /// Sorts them; of two of one id, the later time counts.
    #[must_use]
    pub fn sorted(mut self) -> Revoked {
        self.0.sort_unstable();
        // The later of two comes second, and the first of each run is kept: so backwards.
        self.0.reverse();
        self.0.dedup_by_key(|entry| id(entry));
        self.0.reverse();
        Revoked(self.0.into_flattened())
    }
}

fn entry(id: &[u8; 16], at: Timestamp) -> Entry {
    let mut entry = [0; ENTRY_BYTES];
    let [_, _, _, seconds @ ..] = at.as_seconds().to_be_bytes();
    for (to, from) in entry.iter_mut().zip(id.iter().chain(&seconds)) {
        *to = *from;
    }
    entry
}

fn id(entry: &Entry) -> [u8; 16] {
    let [id @ .., _, _, _, _, _] = entry;
    *id
}

fn at(entry: &Entry) -> Timestamp {
    let seconds = entry.iter().skip(16).fold(0, |seconds, byte| seconds << 8 | u64::from(*byte));
    Timestamp::from_seconds(seconds).unwrap_or(Timestamp::MAX)
}

impl Serialize for Revoked {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for Revoked {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let bytes = Base64UrlUnpadded::decode_vec(&String::deserialize(input)?).ok();
        let list = bytes.and_then(|bytes| Self::from_bytes(bytes).ok());
        list.ok_or_else(|| D::Error::custom("no list of revocations"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn time(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    #[test]
    fn the_published_bytes_of_a_list_are_unchanged() {
        let list = Revoked::of([([2; 16], time(1)), ([1; 16], Timestamp::MAX), ([2; 16], time(0x01_0203))]);
        let mut bytes = vec![1; 16];
        bytes.extend([0x3a, 0xff, 0xf4, 0x41, 0x7f]);
        bytes.extend([2; 16]);
        bytes.extend([0, 0, 1, 2, 3]);
        assert_eq!(list.as_bytes(), bytes);
        let text = "\"AQEBAQEBAQEBAQEBAQEBATr_9EF_AgICAgICAgICAgICAgICAgAAAQID\"";
        assert_eq!(serde_json::to_string(&list).unwrap(), text);
        assert_eq!(serde_json::from_str::<Revoked>(text).unwrap(), list);
    }

    #[test]
    fn a_list_that_is_cut_or_out_of_order_is_none() {
        let list = Revoked::of([([1; 16], time(1)), ([2; 16], time(2))]);
        let bytes = list.as_bytes();
        for end in (1..42).filter(|end| end % ENTRY_BYTES != 0) {
            assert_eq!(Revoked::from_bytes(bytes[..end].to_vec()), Err(NoList));
        }
        let (first, second) = bytes.split_at(ENTRY_BYTES);
        assert_eq!(Revoked::from_bytes([second, first].concat()), Err(NoList));
        assert_eq!(Revoked::from_bytes([first, first].concat()), Err(NoList));
    }

    proptest! {
        #[test]
        fn everything_in_it_is_found_with_its_latest_time_and_nothing_else(
            entries in prop::collection::vec((0_u8..40, 0..=Timestamp::MAX.as_seconds()), 0..80),
        ) {
            let mut latest = BTreeMap::new();
            for (number, at) in &entries {
                let known = latest.entry([*number; 16]).or_insert(*at);
                *known = (*known).max(*at);
            }
            let list = Revoked::of(entries.iter().map(|(number, at)| ([*number; 16], time(*at))));
            prop_assert_eq!(list.len(), latest.len());
            for number in 0..=40 {
                let expected = latest.get(&[number; 16]).map(|at| time(*at));
                prop_assert_eq!(list.at(&[number; 16]), expected);
            }
            prop_assert_eq!(Revoked::from_bytes(list.as_bytes().to_vec()), Ok(list));
        }
    }
}
