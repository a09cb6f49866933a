//! The proofs of `vectors/tokens.json`, and everything near a proof that is none.

use device_token::{DevicePublicKey, Origin, ProofSignature, proof_message};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};

use crate::fixtures::{ISSUER, b64, challenge, cookie, device_key, respelled, token, unb64};
use crate::vectors::vectors;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proof {
    /// What is right or wrong with it.
    name: String,
    origin: String,
    device_key: String,
    challenge: String,
    device_token: String,
    message: String,
    signature: String,
    holds: bool,
}

pub(crate) fn proofs() -> Vec<Proof> {
    let signed = |name: &str, seed: [u8; 32], message: &str, holds: bool| Proof {
        name: name.into(),
        origin: ISSUER.into(),
        device_key: device_key().to_string(),
        challenge: challenge(),
        device_token: token(),
        message: proof_message(&ISSUER.parse().unwrap(), &challenge(), &token()),
        signature: b64(SigningKey::from_bytes(&seed).sign(message.as_bytes()).to_bytes()),
        holds,
    };
    let message = |origin: &str, challenge: &str, token: &str| {
        proof_message(&origin.parse::<Origin>().unwrap(), challenge, token)
    };
    let (right, other) = (message(ISSUER, &challenge(), &token()), cookie());
    vec![
        signed("a proof", [31; 32], &right, true),
        signed("by another key", [32; 32], &right, false),
        signed(
            "for another origin",
            [31; 32],
            &message("https://enroll.example.net", &challenge(), &token()),
            false,
        ),
        signed("of another challenge", [31; 32], &message(ISSUER, &other, &token()), false),
        signed("with another token", [31; 32], &message(ISSUER, &challenge(), &other), false),
        signed("of the challenge alone", [31; 32], &challenge(), false),
        signed("with a line feed at the end", [31; 32], &format!("{right}\n"), false),
        signed("with a carriage return", [31; 32], &right.replace('\n', "\r\n"), false),
    ]
}

#[test]
fn every_proof_comes_out_as_the_file_says() {
    let proofs = vectors().proofs;
    assert!(proofs.iter().any(|proof| proof.holds) && proofs.iter().any(|proof| !proof.holds));
    for proof in proofs {
        let key: DevicePublicKey = proof.device_key.parse().unwrap();
        let origin: Origin = proof.origin.parse().unwrap();
        let message = proof_message(&origin, &proof.challenge, &proof.device_token);
        assert_eq!(message, proof.message, "{}", proof.name);
        let signature: ProofSignature = proof.signature.parse().unwrap();
        assert_eq!(signature.holds(&key, &message), proof.holds, "{}", proof.name);
    }
}

#[test]
fn every_flipped_bit_of_a_proof_is_refused() {
    let proof = proofs().swap_remove(0);
    let signature: [u8; 64] = unb64(&proof.signature).try_into().unwrap();
    assert!(ProofSignature::from_bytes(signature).holds(&device_key(), &proof.message));
    for bit in 0..512 {
        let mut flipped = signature;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!ProofSignature::from_bytes(flipped).holds(&device_key(), &proof.message), "bit {bit}");
    }
    for text in [
        "",
        proof.signature.get(1..).unwrap(),
        &format!("{}A", proof.signature),
        &respelled(&proof.signature),
    ] {
        assert!(ProofSignature::parse(text).is_err(), "{text}");
    }
}
