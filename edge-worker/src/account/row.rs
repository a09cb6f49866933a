//! A row as the database gives it, read column by column into what it must be.

use std::str::FromStr;

use device_token::{DeviceId, Timestamp, UserId};
use enrollment_rules::keyed_hash::Digest;
use worker::SqlStorageValue;

use crate::failure::Failure;

/// A row; its columns are taken in the order of the query.
pub(super) struct Row(std::vec::IntoIter<SqlStorageValue>);

/// What a column can hold.
pub(super) trait Column: Sized {
    /// `None` if this value is no such thing.
    fn read(value: SqlStorageValue) -> Option<Self>;
}

impl Row {
    pub(super) fn new(values: Vec<SqlStorageValue>) -> Self {
        Self(values.into_iter())
    }

    /// The next column.
    pub(super) fn take<T: Column>(&mut self) -> Result<T, Failure> {
        self.0.next().and_then(T::read).ok_or(Failure::Internal("a stored value is not what it should be"))
    }
}

impl Column for String {
    fn read(value: SqlStorageValue) -> Option<Self> {
        match value {
            SqlStorageValue::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Column for Vec<u8> {
    fn read(value: SqlStorageValue) -> Option<Self> {
        match value {
            SqlStorageValue::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl Column for u64 {
    fn read(value: SqlStorageValue) -> Option<Self> {
        match value {
            SqlStorageValue::Integer(number) => number.try_into().ok(),
            _ => None,
        }
    }
}

impl Column for u8 {
    fn read(value: SqlStorageValue) -> Option<Self> {
        u64::read(value)?.try_into().ok()
    }
}

impl Column for bool {
    fn read(value: SqlStorageValue) -> Option<Self> {
        Some(u64::read(value)? != 0)
    }
}

impl Column for Timestamp {
    fn read(value: SqlStorageValue) -> Option<Self> {
        Self::from_seconds(u64::read(value)?).ok()
    }
}

impl Column for Digest {
    fn read(value: SqlStorageValue) -> Option<Self> {
        String::read(value).map(Self::from_stored)
    }
}

impl Column for UserId {
    fn read(value: SqlStorageValue) -> Option<Self> {
        Self::from_str(&String::read(value)?).ok()
    }
}

impl Column for DeviceId {
    fn read(value: SqlStorageValue) -> Option<Self> {
        Self::from_str(&String::read(value)?).ok()
    }
}

impl<T: Column> Column for Option<T> {
    fn read(value: SqlStorageValue) -> Option<Self> {
        match value {
            SqlStorageValue::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
}
