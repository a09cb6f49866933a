//! An RSA key made for one run.

use std::process::Command;

use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;

/// Node is there for the product's tools, and makes such keys, which `ring` only uses.
const MAKE: &str =
    "const key = require('crypto').generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
process.stdout.write(key.export({ type: 'pkcs8', format: 'der' }));";

/// 2,048 bits, exponent 65,537.
#[derive(Debug)]
pub(crate) struct RsaKey(KeyPair);

impl RsaKey {
    pub(crate) fn new() -> Self {
        let made = Command::new("node").args(["-e", MAKE]).output().unwrap();
        Self(KeyPair::from_pkcs8(&made.stdout).unwrap())
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }

    /// Big-endian, without zeros before it.
    pub(crate) fn modulus(&self) -> Vec<u8> {
        PublicKeyComponents::<Vec<u8>>::from(self.0.public()).n
    }
}
