//! Which addresses count as one network: an IPv4 address alone, an IPv6 address with its whole /64, since that is what
//! one customer line is given (RFC 6177).

use std::net::IpAddr;

/// The text all addresses of one network share. `None` stands for a client whose address is not known; they all count
/// as one network.
#[must_use]
pub fn network_of(client: Option<&str>) -> String {
    match client.and_then(|text| text.trim().parse::<IpAddr>().ok()) {
        // ::ffff:192.0.2.1 is 192.0.2.1 in other clothes.
        Some(address) => match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_addresses_of_one_64_and_every_spelling_of_one_address_are_one_network() {
        let first = network_of(Some("2001:db8:1:2::1"));
        for host in 0..10_000_u32 {
            assert_eq!(network_of(Some(&format!("2001:db8:1:2:{host:x}::5"))), first);
        }
        for spelling in
            ["2001:DB8:1:2::1", "2001:0db8:0001:0002:0000:0000:0000:0001", " 2001:db8:1:2:0:0:0:1 "]
        {
            assert_eq!(network_of(Some(spelling)), first);
        }
        assert_ne!(network_of(Some("2001:db8:1:3::1")), first);
    }

    #[test]
    fn an_ipv4_address_in_ipv6_clothes_is_the_same_network() {
        assert_eq!(network_of(Some("::ffff:192.0.2.1")), network_of(Some("192.0.2.1")));
        assert_ne!(network_of(Some("192.0.2.2")), network_of(Some("192.0.2.1")));
    }

    #[test]
    fn what_is_no_address_is_one_network_and_no_panic() {
        for text in ["", "localhost", "1.2.3", "2001:db8::%eth0", "💥"] {
            assert_eq!(network_of(Some(text)), network_of(None));
        }
    }
}
