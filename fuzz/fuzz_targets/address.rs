//! Whatever is taken for an address is one: it says itself again, and has nothing that could end or reach out of a command of a
//! mail dialogue or a header.

#![no_main]

use enrollment_rules::address::Address;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(address) = text.parse::<Address>() else { return };
    let said = address.to_string();
    assert!(said.len() <= 254);
    assert!(said.bytes().all(|byte| byte.is_ascii_graphic()), "{said:?}");
    assert!(!said.contains(['<', '>', '"', '(', ')', ',', ';', ':', '\\', '[', ']']), "{said:?}");
    assert_eq!(said.matches('@').count(), 1, "{said:?}");
    let again: Address = said.parse().expect("what an address says is one");
    assert_eq!(again, address);
    assert_eq!(again.to_string(), said);
    assert_eq!(again.key(), address.key());
});
