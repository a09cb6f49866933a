//! Whose addresses are taken when a browser is to be enrolled. Devices that are enrolled are not asked.

use crate::address::Domain;
use crate::settings::{Settings, WhoMayEnroll};

/// May somebody with a primary address in this domain enroll? Whoever may not is answered as an address that nobody has.
#[must_use]
pub fn may_enroll(settings: &Settings, domain: &Domain, disabled: bool) -> bool {
    !disabled
        && match settings.who_may_enroll {
            WhoMayEnroll::Everybody => true,
            WhoMayEnroll::ListedDomains => settings.listed_domains.contains(domain),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_may_or_only_people_of_listed_domains_and_nobody_who_is_disabled() {
        let domain = |name: &str| name.parse::<Domain>().unwrap();
        let everybody = Settings { listed_domains: vec![domain("other.example")], ..Settings::default() };
        let listed = Settings { who_may_enroll: WhoMayEnroll::ListedDomains, ..everybody.clone() };
        for (settings, name, may) in [
            (&everybody, "example.com", true),
            (&everybody, "other.example", true),
            (&listed, "example.com", false),
            (&listed, "sub.other.example", false),
            (&listed, "Other.Example", true),
        ] {
            assert_eq!(may_enroll(settings, &domain(name), false), may, "{name}");
            assert!(!may_enroll(settings, &domain(name), true), "{name}");
        }
    }
}
