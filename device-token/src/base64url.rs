//! Base64url without padding (RFC 4648, 5; RFC 7515, 2), of which every value has exactly one spelling here.
//!
//! The decoder refuses padding, white space, the other alphabet and bits left over in the last character: one
//! signature must not have several texts.

use base64ct::{Base64UrlUnpadded, Encoding};

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let length = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    (length == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_array, encode};

    #[test]
    fn every_length_round_trips() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(37)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn a_value_has_one_spelling() {
        assert_eq!(decode("AA"), Some(vec![0]));
        for other in
            ["AB", "AP", "AA=", "AA==", " AA", "AA ", "A\nA", "A", "AAA=", "AAAAA", "-_+", "//8", "Ä"]
        {
            assert_eq!(decode(other), None, "{other:?}");
        }
        assert_eq!(decode("AAB"), None, "two bits are left over");
    }

    #[test]
    fn an_array_takes_its_own_length_only() {
        assert_eq!(decode_array::<2>("AAA"), Some([0, 0]));
        assert_eq!(decode_array::<2>("AA"), None);
        assert_eq!(decode_array::<2>("AAAA"), None);
        assert_eq!(decode_array::<2>(""), None);
    }
}
