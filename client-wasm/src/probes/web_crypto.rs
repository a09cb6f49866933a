//! WebCrypto: can it make an Ed25519 key that no script can read? The key of this probe is dropped at once.

use enrollment_rules::readiness::{Answer, Finding};

use crate::{browser::Thrown, device_key};

/// Makes such a key.
pub async fn probe() -> Finding {
    match device_key::generate().await {
        Ok(_pair) => Finding::new(Answer::Yes, "Ed25519, not extractable"),
        Err(thrown) => Finding::new(Answer::No, Thrown::from_value(&thrown).seen()),
    }
}
