//! What can go wrong, as stable codes. The page owns the words; nothing a browser says reaches it from here.

use core::{future::Future, pin::Pin};

use device_token::TokenError;
use js_sys::{Error, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;

/// Why an export was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// WebCrypto is missing or makes no Ed25519 keys.
    KeyUnavailable,
    /// There is no device key in this browser to compare a token with.
    KeyMissing,
    /// IndexedDB is missing, refuses or lost what was written.
    StorageFailed,
    /// The edge's public keys could not be fetched or make no sense.
    IssuerKeysUnavailable,
    /// The key set is that of another origin than the page's.
    ForeignIssuerKeys,
    /// The token was refused by device-token.
    Token(TokenError),
    /// The token is good, and bound to another device key.
    ForeignKey,
    /// A reply could not be turned into a JavaScript value.
    ReplyUnwritable,
    /// No key, no token or no storage: nothing to prove with.
    NothingKept,
    /// No answer of the edge.
    EdgeUnreachable,
    /// An answer that is not the edge's, or says that it cannot at the moment.
    EdgeUnavailable,
    /// The edge refused, with this code.
    Refused(String),
}

impl Failure {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::KeyUnavailable => "key_unavailable",
            Self::KeyMissing => "key_missing",
            Self::StorageFailed => "storage_failed",
            Self::IssuerKeysUnavailable => "issuer_keys_unavailable",
            Self::ForeignIssuerKeys => "issuer_keys_foreign",
            Self::Token(TokenError::TooLong) => "token_too_long",
            Self::Token(TokenError::NotCompact) => "token_not_compact",
            Self::Token(TokenError::UnknownHeader) => "token_unknown_header",
            Self::Token(TokenError::BadSignature) => "token_bad_signature",
            Self::Token(TokenError::BadClaims) => "token_bad_claims",
            Self::Token(TokenError::ForeignIssuer) => "token_foreign_issuer",
            Self::Token(TokenError::ForeignAccount) => "token_foreign_account",
            // device-token may learn to refuse for another reason; refused it stays.
            Self::Token(_) => "token_refused",
            Self::ForeignKey => "token_foreign_key",
            Self::ReplyUnwritable => "reply_unwritable",
            Self::NothingKept => "nothing_kept",
            Self::EdgeUnreachable => "edge_unreachable",
            Self::EdgeUnavailable => "unavailable",
            Self::Refused(code) => code,
        }
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

/// A promise of `work`, rejected with an `Error` that carries the code.
///
/// Boxed, so that the machinery that drives a future is in the module once and not once per export.
pub fn promise(work: impl Future<Output = Result<JsValue, Failure>> + 'static) -> Promise {
    promise_of(Box::pin(work))
}

fn promise_of(work: Pin<Box<dyn Future<Output = Result<JsValue, Failure>>>>) -> Promise {
    future_to_promise(async move { work.await.map_err(|failure| Error::new(failure.code()).into()) })
}
