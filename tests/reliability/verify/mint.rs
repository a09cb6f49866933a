//! Device cookies as docs/TOKEN.md says, signed with the product's own key, for devices that nobody has: thousands of people could not
//! enroll for this.

use std::cell::Cell;
use std::fs;
use std::time::SystemTime;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::Value;

use crate::support::Product;

/// Unix seconds, by the clock that the product goes by.
#[expect(clippy::disallowed_methods, reason = "the product runs on the machine's clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

pub(super) struct Mint {
    kid: String,
    key: SigningKey,
    origin: String,
    made: Cell<u128>,
}

impl Mint {
    pub(super) fn of(product: &Product) -> Self {
        let secrets = fs::read(product.stack.state_dir().join("secrets.json")).unwrap();
        let secrets: Value = serde_json::from_slice(&secrets).unwrap();
        let keys: Value = serde_json::from_str(secrets["DEVICE_KEYS"].as_str().unwrap()).unwrap();
        let seed = Base64UrlUnpadded::decode_vec(keys[0]["seed"].as_str().unwrap()).unwrap();
        Self {
            kid: keys[0]["kid"].as_str().unwrap().to_owned(),
            key: SigningKey::from_bytes(&seed.try_into().unwrap()),
            origin: product.demo().origin,
            made: Cell::new(0),
        }
    }

    /// So many that were never made before, of as many devices of the account `demo`.
    pub(super) fn cookies(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.cookie()).collect()
    }

    fn cookie(&self) -> String {
        let number = self.made.get() + 1;
        self.made.set(number);
        let id = |number: u128| Base64UrlUnpadded::encode_string(&number.to_be_bytes());
        let (origin, user, device, now) = (&self.origin, id(u128::MAX - number), id(number), now());
        let expires = now + 30 * 86_400;
        let header = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"device-cookie+jwt"}}"#, self.kid);
        let claims = format!(
            r#"{{"iss":"{origin}","aud":"demo","sub":"{user}","did":"{device}","auth_time":{now},"iat":{now},"exp":{expires},"bnd":"none","act":{now}}}"#
        );
        let [header, claims] = [header, claims].map(|text| Base64UrlUnpadded::encode_string(text.as_bytes()));
        let signed = format!("{header}.{claims}");
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature))
    }
}
