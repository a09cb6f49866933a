//! People as a table (RFC 4180): read in parts, which may be cut anywhere, and written so that no program takes a field for a
//! formula. What a line does to the directory is judged by who has the directory.

#[cfg(test)]
mod tests;

use std::fmt;

use csv_core::{ReadRecordResult, Reader};

use crate::address::Address;

/// The most further addresses of one person.
pub const MAX_ALIASES: usize = 100;
/// The longest line, in bytes: more than a hundred addresses are.
const MAX_LINE: usize = 32_768;
/// How much of a text is told back, in characters: an address.
const MAX_TOLD: usize = 254;

const BOM: &[u8] = "\u{feff}".as_bytes();
const COLUMNS: [&str; 3] = ["address", "aliases", "disabled"];

/// Where reading stands between two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The columns, as the header named them; nothing before it was read.
    pub columns: Option<String>,
    /// What was received and not yet read: the beginning of a line.
    pub tail: Vec<u8>,
    /// The number of that line in the file.
    pub line: u64,
}

impl Default for Position {
    fn default() -> Self {
        Self { columns: None, tail: Vec::new(), line: 1 }
    }
}

/// A line about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file.
    pub number: u64,
    /// The primary address as it stands there, for people to find the line by.
    pub address: String,
    /// What it says, or why that cannot be.
    pub entry: Result<Entry, LineError>,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The primary address.
    pub address: Address,
    /// All further addresses, if there is such a column.
    pub aliases: Option<Vec<Address>>,
    /// Whether the person is disabled, if there is such a column.
    pub disabled: Option<bool>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// A stable name.
    pub code: &'static str,
    /// What it is about.
    pub detail: String,
}

/// Why a file is no table of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// This line is not UTF-8.
    NotUtf8(u64),
    /// This line is too long.
    LineTooLong(u64),
    /// There is nothing in it.
    NoHeader,
    /// The header names something else, or the same twice.
    Column(String),
    /// The header does not name `address`.
    NoAddress,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8(line) => write!(f, "line {line} is not UTF-8"),
            Self::LineTooLong(line) => write!(f, "line {line} is too long"),
            Self::NoHeader => f.write_str("no header"),
            Self::Column(name) => write!(f, "not a column, or there twice: {name}"),
            Self::NoAddress => f.write_str("no column named address"),
        }
    }
}

/// Reads what a part of the file completes, and tells where to go on.
///
/// # Errors
/// [`Invalid`] ends the reading of the whole file.
pub fn read(position: Position, part: &[u8], is_last: bool) -> Result<(Position, Vec<Line>), Invalid> {
    let Position { mut columns, tail: mut bytes, mut line } = position;
    bytes.extend(part);
    let (mut rest, mut lines) = (bytes.as_slice(), Vec::new());
    let at_start = columns.is_none() && line == 1;
    let mut from = if at_start { without_mark(rest, is_last) } else { rest };
    let mut records = Records::new();
    loop {
        let blank = blank_lines(from, is_last);
        let (ends, record) = from.split_at(blank);
        if blank > 0 {
            line = line.saturating_add(count_lines(ends));
            rest = record;
        }
        let Some(length) = records.next(record, is_last).map_err(|()| Invalid::LineTooLong(line))? else {
            break;
        };
        let (read, after) = record.split_at(length);
        let fields = records.fields().ok_or(Invalid::NotUtf8(line))?;
        match &columns {
            None => columns = Some(header(&fields)?),
            Some(columns) => lines.push(person(line, columns, fields)),
        }
        line = line.saturating_add(count_lines(read));
        (rest, from) = (after, after);
    }
    if is_last && columns.is_none() {
        return Err(Invalid::NoHeader);
    }
    Ok((Position { columns, tail: rest.to_vec(), line }, lines))
}

/// What follows the mark at the beginning of a file; nothing where it cannot be told yet whether there is one.
fn without_mark(bytes: &[u8], is_last: bool) -> &[u8] {
    match bytes.strip_prefix(BOM) {
        Some(after) => after,
        None if BOM.starts_with(bytes) && !is_last => &[],
        None => bytes,
    }
}

/// How many bytes of line ends there are before anything else. A CR that ends the part may be half of one.
fn blank_lines(bytes: &[u8], is_last: bool) -> usize {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let is_half = blank == bytes.len() && bytes.ends_with(b"\r") && !is_last;
    blank.saturating_sub(usize::from(is_half))
}

/// CRLF, LF and CR each end a line.
fn count_lines(bytes: &[u8]) -> u64 {
    let mut count = 0_u64;
    let mut after_cr = false;
    for byte in bytes {
        if *byte == b'\r' || (*byte == b'\n' && !after_cr) {
            count = count.saturating_add(1);
        }
        after_cr = *byte == b'\r';
    }
    count
}

/// Reads record by record. The reader could go on within one, but it cannot be kept between two requests.
struct Records {
    reader: Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
    /// How much of both is filled.
    written: usize,
    fields: usize,
}

impl Records {
    fn new() -> Self {
        let mut reader = Reader::new();
        // Room for a line of nothing but text, or nothing but commas.
        let room = MAX_LINE.saturating_add(3);
        let (mut output, mut ends) = (vec![0; room], vec![0; room]);
        // It takes a mark off what it reads first; within the file one is text.
        reader.read_record(b"\n", &mut output, &mut ends);
        Self { reader, output, ends, written: 0, fields: 0 }
    }

    /// The length of the record these bytes begin with, its line's end included; nothing while that end is not there.
    fn next(&mut self, bytes: &[u8], is_last: bool) -> Result<Option<usize>, ()> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let mut left = bytes.get(..=MAX_LINE).unwrap_or(bytes);
        let mut length = 0_usize;
        (self.written, self.fields) = (0, 0);
        loop {
            if left.is_empty() && bytes.len() > MAX_LINE {
                return Err(());
            }
            if left.is_empty() && !is_last {
                return Ok(None);
            }
            let output = self.output.get_mut(self.written..).unwrap_or_default();
            let ends = self.ends.get_mut(self.fields..).unwrap_or_default();
            let (result, read, written, fields) = self.reader.read_record(left, output, ends);
            left = left.get(read..).unwrap_or_default();
            length = length.saturating_add(read);
            self.written = self.written.saturating_add(written);
            self.fields = self.fields.saturating_add(fields);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => break,
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull | ReadRecordResult::End => {
                    return Ok(None);
                }
            }
        }
        let (read, after) = bytes.split_at(length);
        if !read.ends_with(b"\r") {
            return Ok(Some(length));
        }
        // It ends with the CR; a LF that follows belongs to it, and may be in the next part.
        match after.first() {
            None if !is_last => Ok(None),
            Some(b'\n') => Ok(Some(length.saturating_add(1))),
            _ => Ok(Some(length)),
        }
    }

    /// The fields of that record, if they are text.
    fn fields(&self) -> Option<Vec<String>> {
        let text = std::str::from_utf8(self.output.get(..self.written)?).ok()?;
        let mut begin = 0;
        let ends = self.ends.get(..self.fields)?;
        ends.iter()
            .map(|end| {
                let field = text.get(begin..*end)?;
                begin = *end;
                Some(without_guard(field).to_owned())
            })
            .collect()
    }
}

/// The columns, if they are ours.
fn header(fields: &[String]) -> Result<String, Invalid> {
    let mut columns: Vec<&str> = Vec::new();
    for field in fields {
        let name = field.trim();
        let known = COLUMNS.into_iter().find(|column| column.eq_ignore_ascii_case(name));
        let column = known.filter(|column| !columns.contains(column));
        columns.push(column.ok_or_else(|| Invalid::Column(told(name)))?);
    }
    if columns.contains(&"address") { Ok(columns.join(",")) } else { Err(Invalid::NoAddress) }
}

fn person(number: u64, columns: &str, fields: Vec<String>) -> Line {
    let columns: Vec<&str> = columns.split(',').collect();
    if fields.len() != columns.len() {
        let detail = format!("{} fields expected", columns.len());
        let address = fields.into_iter().next().unwrap_or_default();
        return Line { number, address: told(&address), entry: Err(LineError { code: "columns", detail }) };
    }
    let field = |name| {
        columns.iter().zip(&fields).find(|(column, _)| **column == name).map(|(_, field)| field.trim())
    };
    let address = field("address").unwrap_or_default();
    Line { number, address: told(address), entry: entry(address, field("aliases"), field("disabled")) }
}

fn entry(address: &str, aliases: Option<&str>, disabled: Option<&str>) -> Result<Entry, LineError> {
    let error = |code, about: &str| LineError { code, detail: told(about) };
    let address: Address = address.parse().map_err(|_| error("address_invalid", address))?;
    let aliases = aliases
        .map(|text| {
            let mut aliases: Vec<Address> = Vec::new();
            for text in text.split_ascii_whitespace() {
                let alias: Address = text.parse().map_err(|_| error("alias_invalid", text))?;
                if alias == address || aliases.contains(&alias) {
                    return Err(error("address_taken", text));
                }
                if aliases.len() >= MAX_ALIASES {
                    return Err(error("too_many_aliases", &format!("at most {MAX_ALIASES}")));
                }
                aliases.push(alias);
            }
            Ok(aliases)
        })
        .transpose()?;
    let disabled = match disabled.map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("" | "no") => Some(false),
        Some("yes") => Some(true),
        Some(other) => return Err(error("disabled_invalid", other)),
    };
    Ok(Entry { address, aliases, disabled })
}

fn told(text: &str) -> String {
    text.chars().take(MAX_TOLD).collect()
}

/// Would a program for tables take it for a formula, or is it one that is guarded already?
fn is_formula(field: &str) -> bool {
    field.trim_start_matches('\'').starts_with(['=', '+', '-', '@'])
}

fn without_guard(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(guarded) if is_formula(guarded) => guarded,
        _ => field,
    }
}

/// Writes a line of a table: fields that could be formulas with an apostrophe before them, and quoted where that is needed.
#[must_use]
pub fn write(fields: &[&str]) -> String {
    let mut line = String::new();
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        let guard = if is_formula(field) { "'" } else { "" };
        if field.contains(['"', ',', '\r', '\n']) {
            line.push('"');
            line.push_str(guard);
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(guard);
            line.push_str(field);
        }
    }
    line.push_str("\r\n");
    line
}
