//! Proving in a real browser, with an edge of these tests' own: what is signed and sent, and everything because of which nothing is.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test may fail by panicking")]

mod edge;
#[expect(dead_code, reason = "the tests of readiness use the rest")]
#[path = "../readiness/injected.rs"]
mod injected;
#[path = "../tokens/mod.rs"]
mod tokens;

use client_wasm::{browser, device_key, kept_token};
use device_token::{Origin, ProofSignature, proof_message};
use edge::{CHALLENGE, Edge, JWKS, PROVE, member};
use injected::{Injected, text_of};
use js_sys::Error;
use tokens::{another_key, nothing_kept, own_issuer, own_key, settled, strange_issuer, token};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn origin() -> String {
    browser::origin().unwrap()
}

/// The path that proving leads to, or the code with which it is refused.
async fn prove(pressed: bool, to: JsValue) -> Result<String, String> {
    match settled(client_wasm::prove(pressed, to).into()).await {
        Ok(path) => Ok(path.as_string().unwrap()),
        Err(thrown) => Err(thrown.dyn_into::<Error>().unwrap().message().into()),
    }
}

async fn simply_prove() -> Result<String, String> {
    prove(false, JsValue::NULL).await
}

/// This browser's key, and a token for it.
async fn enrolled() -> String {
    nothing_kept().await;
    let token = token(&own_issuer(), &origin(), "example", own_key().await);
    kept_token::store(&token).await.unwrap();
    token
}

async fn databases() -> String {
    text_of("(await indexedDB.databases()).map(each => each.name)").await
}

#[wasm_bindgen_test]
async fn with_nothing_kept_nothing_is_asked_and_nothing_is_left() {
    nothing_kept().await;
    let edge = Edge::new();
    assert_eq!(simply_prove().await, Err("nothing_kept".to_owned()));
    assert_eq!(edge.asked(), Vec::<String>::new());
    assert!(!databases().await.contains(device_key::DATABASE), "{}", databases().await);
}

#[wasm_bindgen_test]
async fn a_key_alone_a_token_alone_and_no_storage_at_all_are_nothing_to_prove_with() {
    nothing_kept().await;
    let edge = Edge::new();
    own_key().await;
    assert_eq!(simply_prove().await, Err("nothing_kept".to_owned()));

    enrolled().await;
    let database = client_wasm::database::Database::open(device_key::DATABASE).await.unwrap();
    database.remove("key").await.unwrap();
    drop(database);
    assert_eq!(simply_prove().await, Err("nothing_kept".to_owned()));

    enrolled().await;
    let throws = "{ open: () => { throw new DOMException('stubbed', 'SecurityError') } }";
    for storage in ["undefined", "null", "{}", throws] {
        let _stub = Injected::new("globalThis", "indexedDB", storage);
        assert_eq!(simply_prove().await, Err("nothing_kept".to_owned()), "{storage}");
    }
    assert_eq!(edge.asked(), Vec::<String>::new());
}

#[wasm_bindgen_test]
async fn what_is_sent_is_signed_by_the_kept_key_for_this_origin_challenge_and_token() {
    for (pressed, to) in [(false, None), (true, Some("/s/link?a=\"b\""))] {
        let kept = enrolled().await;
        let fresh = token(&own_issuer(), &origin(), "example", own_key().await);
        let edge = Edge::proving(&fresh);
        let path = prove(pressed, to.map_or(JsValue::NULL, JsValue::from_str)).await;
        assert_eq!(path, Ok("/s/link?enrolled".to_owned()));

        let body = edge.body_of(PROVE);
        let text = |name| member(&body, name).as_string().unwrap();
        let message = proof_message(&Origin::parse(&origin()).unwrap(), "a.challenge", &kept);
        let signature = ProofSignature::parse(&text("signature")).unwrap();
        assert!(signature.holds(&own_key().await, &message));
        assert!(!signature.holds(&another_key(), &message));
        assert_eq!(text("origin"), origin());
        assert_eq!(text("challenge"), "a.challenge");
        assert_eq!(text("device_token"), kept);
        assert_eq!(text("device_key"), own_key().await.to_string());
        assert_eq!(member(&body, "pressed"), JsValue::from_bool(pressed));
        assert_eq!(member(&body, "to").as_string().as_deref(), to);
        assert_eq!(kept_token::load().await, Ok(Some(fresh)));
    }
}

#[wasm_bindgen_test]
async fn the_challenge_and_the_keys_are_asked_for_at_the_same_time() {
    let kept = enrolled().await;
    // The challenge is not answered before the keys are asked for.
    let edge = Edge::proving(&kept);
    edge.answer(CHALLENGE, "keysAsked.then(() => [200, { challenge: 'a.challenge' }])");
    assert!(simply_prove().await.is_ok());
}

#[wasm_bindgen_test]
async fn a_token_that_is_not_ours_is_refused_before_anything_is_signed_or_sent() {
    let good = enrolled().await;
    let key = own_key().await;
    let (ours, here) = (own_issuer(), origin());
    // The signature's first character: all of its bits count, the last one's do not.
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let altered = format!("{signed}.{first}{}", &signature[1..]);
    for (swapped, code) in [
        (token(&ours, &here, "example", another_key()), "token_foreign_key"),
        (token(&strange_issuer(), &here, "example", key), "token_bad_signature"),
        (token(&ours, &here, "another", key), "token_foreign_account"),
        (token(&ours, "https://enroll.example.net", "example", key), "token_foreign_issuer"),
        (good[..good.len() - 1].to_owned(), "token_not_compact"),
        (good[..good.len() / 2].to_owned(), "token_not_compact"),
        (altered, "token_bad_signature"),
        (String::new(), "token_not_compact"),
    ] {
        kept_token::store(&swapped).await.unwrap();
        let edge = Edge::proving(&good);
        js_sys::eval("globalThis.signed = 0").unwrap();
        let counting = "(own => (...all) => { ++globalThis.signed; return own.apply(crypto.subtle, all) })(crypto.subtle.sign)";
        let _counting = Injected::new("crypto.subtle", "sign", counting);
        assert_eq!(simply_prove().await, Err(code.to_owned()), "{swapped}");
        assert_eq!(js_sys::eval("signed").unwrap(), JsValue::from(0), "{code}");
        assert!(!edge.asked().contains(&PROVE.to_owned()), "{code}");
        assert_eq!(kept_token::load().await, Ok(Some(swapped)), "{code}");
    }
}

#[wasm_bindgen_test]
async fn a_new_token_that_is_not_ours_is_not_kept_and_the_proof_is_one_all_the_same() {
    let good = enrolled().await;
    for bad in [
        token(&strange_issuer(), &origin(), "example", own_key().await),
        token(&own_issuer(), &origin(), "example", another_key()),
        String::new(),
    ] {
        let _edge = Edge::proving(&bad);
        assert_eq!(simply_prove().await, Ok("/s/link?enrolled".to_owned()));
        assert_eq!(kept_token::load().await, Ok(Some(good.clone())));
    }
}

#[wasm_bindgen_test]
async fn a_new_token_that_cannot_be_written_takes_nothing_away() {
    let good = enrolled().await;
    let _edge = Edge::proving(&good);
    let full = "() => { throw new DOMException('stubbed', 'QuotaExceededError') }";
    let _full = Injected::new("IDBObjectStore.prototype", "put", full);
    assert_eq!(simply_prove().await, Ok("/s/link?enrolled".to_owned()));
}

#[wasm_bindgen_test]
async fn what_the_edge_says_is_handed_on_and_what_is_not_the_edges_is_trouble() {
    let kept = enrolled().await;
    for (place, answer, code) in [
        (PROVE, "[422, { code: 'proof_invalid' }]", "proof_invalid"),
        (PROVE, "[410, { code: 'device_unknown' }]", "device_unknown"),
        (PROVE, "[403, { code: 'device_revoked' }]", "device_revoked"),
        (PROVE, "[409, { code: 'challenge_spent' }]", "challenge_spent"),
        (PROVE, "[503, { code: 'unavailable' }]", "unavailable"),
        (PROVE, "[500, { code: 'internal' }]", "unavailable"),
        (PROVE, "[403, 'a proxy']", "unavailable"),
        (PROVE, "[200, {}]", "unavailable"),
        (PROVE, "Promise.reject(new TypeError('offline'))", "edge_unreachable"),
        (CHALLENGE, "[200, 'sign in to this network']", "unavailable"),
        (CHALLENGE, "[503, {}]", "unavailable"),
        (CHALLENGE, "Promise.reject(new TypeError('offline'))", "edge_unreachable"),
        (JWKS, "[503, {}]", "issuer_keys_unavailable"),
        (JWKS, "[200, 'sign in to this network']", "issuer_keys_unavailable"),
        (JWKS, "Promise.reject(new TypeError('offline'))", "issuer_keys_unavailable"),
    ] {
        let edge = Edge::proving(&kept);
        edge.answer(place, answer);
        assert_eq!(simply_prove().await, Err(code.to_owned()), "{place}: {answer}");
        assert_eq!(kept_token::load().await, Ok(Some(kept.clone())), "{place}: {answer}");
    }
}

#[wasm_bindgen_test]
async fn a_key_that_does_not_sign_sends_nothing() {
    let kept = enrolled().await;
    for sign in [
        "undefined",
        "async () => { throw new DOMException('stubbed', 'OperationError') }",
        "async () => new ArrayBuffer(63)",
        "async () => 'signed'",
    ] {
        let edge = Edge::proving(&kept);
        let _stub = Injected::new("crypto.subtle", "sign", sign);
        assert_eq!(simply_prove().await, Err("key_unavailable".to_owned()), "{sign}");
        assert!(!edge.asked().contains(&PROVE.to_owned()), "{sign}");
    }
}
