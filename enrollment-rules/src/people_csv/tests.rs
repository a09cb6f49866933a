//! Tables as people and programs make them.

use proptest::prelude::*;

use super::*;

/// The whole file in these parts.
fn read_parts(parts: &[&[u8]]) -> Result<Vec<Line>, Invalid> {
    let mut position = Position::default();
    let mut all = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let (next, lines) = read(position, part, index + 1 == parts.len())?;
        position = next;
        all.extend(lines);
    }
    assert_eq!(position.tail, b"");
    Ok(all)
}

fn read_all(file: &str) -> Result<Vec<Line>, Invalid> {
    read_parts(&[file.as_bytes()])
}

fn entry(file: &str) -> Entry {
    let lines = read_all(file).unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.into_iter().next().unwrap().entry.unwrap()
}

fn code(line: &str) -> &'static str {
    let lines = read_all(&format!("address,aliases,disabled\n{line}\n")).unwrap();
    lines.into_iter().next().unwrap().entry.unwrap_err().code
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

#[test]
fn columns_come_in_any_order_and_a_missing_one_says_nothing() {
    let all = entry("Disabled, ALIASES ,address\r\nyes,b@example.com  c@example.com,a@example.com\r\n");
    assert_eq!(all.address, address("a@example.com"));
    assert_eq!(all.aliases.unwrap(), [address("b@example.com"), address("c@example.com")]);
    assert_eq!(all.disabled, Some(true));
    let none = entry("address\na@example.com");
    assert_eq!((none.aliases, none.disabled), (None, None));
    let empty = entry("address,aliases,disabled\na@example.com,,");
    assert_eq!((empty.aliases, empty.disabled), (Some(vec![]), Some(false)));
}

#[test]
fn a_mark_line_ends_of_all_kinds_quotes_and_blank_lines_do_not_matter() {
    for file in [
        "\u{feff}address,disabled\r\n\"a@example.com\",no\r\n\r\n",
        "\u{feff}\"address\",\"disabled\"\n\n\na@example.com,NO",
        "address,disabled\ra@example.com, no \r",
        "\r\n\naddress,\"disabled\"\n\"a@example.com\",\"\"",
    ] {
        let expected = Entry { address: address("a@example.com"), aliases: None, disabled: Some(false) };
        assert_eq!(entry(file), expected, "{file:?}");
    }
}

#[test]
fn lines_have_the_numbers_they_have_in_the_file() {
    let file =
        "\u{feff}\r\naddress,aliases\r\n\r\na@example.com,\"b@example.com\nc@example.com\"\n\rd@example.com,";
    let numbers: Vec<_> = read_all(file).unwrap().iter().map(|line| line.number).collect();
    assert_eq!(numbers, [4, 7]);
}

#[test]
fn what_is_wrong_with_a_line_is_named_and_the_others_are_read() {
    for (line, expected) in [
        ("anna,,", "address_invalid"),
        (",,", "address_invalid"),
        ("a@example.com,b,", "alias_invalid"),
        ("a@example.com,b@example.com;c@example.com,", "alias_invalid"),
        ("a@example.com,A@example.com,", "address_taken"),
        ("a@example.com,b@example.com B@example.com,", "address_taken"),
        ("a@example.com,,maybe", "disabled_invalid"),
        ("a@example.com,", "columns"),
        ("a@example.com,,,", "columns"),
        ("a@example.com,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,", "columns"),
    ] {
        assert_eq!(code(line), expected, "{line}");
    }
    let alias = |number| format!("b{number}@example.com");
    let aliases = |count| (0..count).map(alias).collect::<Vec<_>>().join(" ");
    assert_eq!(code(&format!("a@example.com,{},", aliases(101))), "too_many_aliases");
    let file = format!("address,aliases\nanna\na@example.com,{}\n", aliases(100));
    let outcomes: Vec<_> = read_all(&file).unwrap().iter().map(|line| line.entry.is_ok()).collect();
    assert_eq!(outcomes, [false, false, true].split_at(1).1);
}

#[test]
fn a_file_that_is_no_table_of_people_is_refused_as_a_whole() {
    for (file, expected) in [
        ("", Invalid::NoHeader),
        ("\u{feff}\r\n\r\n", Invalid::NoHeader),
        ("aliases\n", Invalid::NoAddress),
        ("address,name\n", Invalid::Column("name".to_owned())),
        ("address,Address\n", Invalid::Column("Address".to_owned())),
        ("address;aliases\n", Invalid::Column("address;aliases".to_owned())),
        ("a@example.com\n", Invalid::Column("a@example.com".to_owned())),
        (" \u{feff}address\n", Invalid::Column("\u{feff}address".to_owned())),
    ] {
        assert_eq!(read_all(file), Err(expected), "{file:?}");
    }
    assert_eq!(read_parts(&[b"address\na@example.com\n\xff\n"]), Err(Invalid::NotUtf8(3)));
    // UTF-16, as some programs write it.
    assert_eq!(read_parts(&[b"\xff\xfea\0d\0d\0r\0e\0s\0s\0"]), Err(Invalid::NotUtf8(1)));
    let endless = format!("address\n\"{}", "a\n".repeat(1_000_000));
    assert_eq!(read_all(&endless), Err(Invalid::LineTooLong(2)));
}

#[test]
fn a_mark_within_the_file_is_text_wherever_the_file_is_cut() {
    let file = "address\n\u{feff}a@example.com\n".as_bytes();
    for cut in 0..file.len() {
        let (one, other) = file.split_at(cut);
        let lines = read_parts(&[one, other]).unwrap();
        assert_eq!(lines.first().unwrap().address, "\u{feff}a@example.com", "{cut}");
    }
}

/// What files are made of, and what could go wrong with them.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 18] = [
        b"a@example.com",
        b"B@example.com",
        b"yes",
        b"no",
        b"address",
        b",",
        b",",
        b"\"",
        b"\"\"",
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"'",
        b"=",
        "ü".as_bytes(),
        BOM,
        b"\xff",
    ];
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn wherever_a_file_is_cut_the_same_is_read(
        begin in prop::sample::select(vec!["", "\u{feff}", "address\n", "\u{feff}address,aliases\r\n", "disabled,address\r"]),
        content in pieces(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let file = [begin.as_bytes(), &content].concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(file.len() + 1)).collect();
        cuts.sort_unstable();
        let mut parts = Vec::new();
        let (mut rest, mut at) = (file.as_slice(), 0);
        for cut in cuts {
            let (part, after) = rest.split_at(cut - at);
            parts.push(part);
            (rest, at) = (after, cut);
        }
        parts.push(rest);
        prop_assert_eq!(read_parts(&parts), read_parts(&[&file]));
        let mut bytes: Vec<&[u8]> = file.chunks(1).collect();
        bytes.push(b"");
        prop_assert_eq!(read_parts(&bytes), read_parts(&[&file]));
    }

    #[test]
    fn any_address_comes_back_as_it_was_written(local in "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,12}", alias in "[=+@'-]{0,2}[a-z]{1,3}") {
        let (Ok(address), Ok(alias)) =
            (format!("{local}@example.com").parse::<Address>(), format!("{alias}@b.example").parse::<Address>())
        else {
            return Ok(());
        };
        let line = write(&[&address.to_string(), &alias.to_string(), "yes"]);
        prop_assert!(!line.starts_with(['=', '+', '-', '@']));
        prop_assert!([",=", ",+", ",-", ",@"].iter().all(|formula| !line.contains(formula)));
        let entry = entry(&format!("address,aliases,disabled\r\n{line}"));
        prop_assert_eq!(entry.address.to_string(), address.to_string());
        prop_assert_eq!(entry.aliases.unwrap(), [alias]);
    }

    #[test]
    fn any_field_comes_back_as_it_was_written(fields in prop::collection::vec("['=+@\",\r\n a-zü-]{0,6}", 3)) {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let line = write(&fields);
        let mut records = Records::new();
        prop_assert_eq!(records.next(line.as_bytes(), true), Ok(Some(line.len())));
        prop_assert_eq!(records.fields().unwrap(), fields);
    }
}

#[test]
fn whatever_programs_take_for_a_formula_is_guarded() {
    assert_eq!(write(&["=1+1", "'=1", "a=b", "@x", "-1", "+1"]), "'=1+1,''=1,a=b,'@x,'-1,'+1\r\n");
    assert_eq!(write(&["=\"x\",y"]), "\"'=\"\"x\"\",y\"\r\n");
}
