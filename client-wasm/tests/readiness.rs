//! The probes in a real browser: what they find, what they leave behind, and what a failure makes of a finding.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use client_wasm::{
    browser::Thrown,
    edge, probes,
    probes::{engine::Engine, private_window::Evidence},
    readiness,
};
use enrollment_rules::readiness::{Answer, Verdict, judge};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Nothing listens there, and browsers refuse the port anyway.
const NOWHERE: &str = "http://127.0.0.1:1";
const LIMIT_MS: u32 = 3_000;

async fn names_of_databases() -> Vec<String> {
    let names = js_sys::eval("indexedDB.databases().then(all => all.map(each => each.name))").unwrap();
    let names = JsFuture::from(names.unchecked_into::<js_sys::Promise>()).await.unwrap();
    names.unchecked_into::<js_sys::Array>().iter().map(|name| name.as_string().unwrap()).collect()
}

#[wasm_bindgen_test]
async fn when_the_edge_cannot_be_reached_cookies_are_unknown_and_nobody_is_blocked() {
    let findings = readiness::gather(NOWHERE, LIMIT_MS).await;
    assert_eq!(findings.cookies.answer, Answer::Unknown, "{findings:?}");
    assert!(findings.cookies.seen.contains("TypeError"), "{findings:?}");
    assert!(findings.cookies.seen.contains("cookieEnabled=true"), "{findings:?}");
    assert_eq!(judge(&findings).verdict, Verdict::Ready, "{findings:?}");
}

#[wasm_bindgen_test]
async fn an_answer_that_is_not_the_edges_proves_nothing() {
    let answer = |status, text: &str| Ok(edge::Answer { status, text: text.to_owned() });
    for exchange in [
        answer(404, ""),
        answer(503, r#"{"returned":false}"#),
        answer(204, ""),
        answer(200, ""),
        answer(200, "<html>sign in to the network</html>"),
        answer(200, r#"{"returned":"false"}"#),
        answer(200, "null"),
        Err(JsValue::from_str("thrown")),
        Err(JsValue::UNDEFINED),
    ] {
        assert_eq!(probes::cookies::judge(&exchange).answer, Answer::Unknown, "{exchange:?}");
    }
    assert_eq!(probes::cookies::judge(&answer(200, r#"{"returned":true}"#)).answer, Answer::Yes);
    assert_eq!(probes::cookies::judge(&answer(200, r#"{"returned":false}"#)).answer, Answer::No);
}

#[wasm_bindgen_test]
async fn what_is_not_found_within_the_limit_is_unknown() {
    let findings = readiness::gather(NOWHERE, 0).await;
    for finding in [&findings.cookies, &findings.private_window] {
        assert_eq!(finding.answer, Answer::Unknown, "{findings:?}");
    }
    assert_ne!(judge(&findings).verdict, Verdict::Blocked);
}

#[wasm_bindgen_test]
async fn this_browser_can_store_and_make_keys() {
    let storage = probes::storage::probe().await;
    assert_eq!(storage.answer, Answer::Yes, "{storage:?}");
    let web_crypto = probes::web_crypto::probe().await;
    assert_eq!(web_crypto.answer, Answer::Yes, "{web_crypto:?}");
}

#[wasm_bindgen_test]
async fn probes_leave_nothing_behind() {
    let before = names_of_databases().await;
    probes::storage::probe().await;
    probes::private_window::probe(Answer::Yes).await;
    readiness::gather(NOWHERE, LIMIT_MS).await;
    assert_eq!(names_of_databases().await, before);
    assert!(!before.contains(&probes::storage::DATABASE.to_owned()));
}

#[wasm_bindgen_test]
async fn the_report_is_plain_data_in_the_rules_own_words() {
    let report = JsFuture::from(client_wasm::check_readiness()).await.unwrap();
    let text = String::from(js_sys::JSON::stringify(&report).unwrap());
    assert!(
        text.starts_with(
            r#"{"verdict":"ready","causes":[],"findings":{"cookies":{"answer":"unknown","seen":""#
        ),
        "{text}"
    );
    for name in ["storage", "storage_kept", "web_crypto", "private_window"] {
        assert!(text.contains(&["\"", name, "\":{\"answer\":\""].concat()), "{text}");
    }
}

fn refusal(name: &str, message: &str) -> Result<(), Thrown> {
    Err(Thrown { name: name.to_owned(), message: message.to_owned() })
}

fn gecko_refusal() -> Result<(), Thrown> {
    refusal("SecurityError", "Security error when calling GetDirectory")
}

fn webkit_refusal() -> Result<(), Thrown> {
    refusal("UnknownError", "The operation failed for an unknown transient reason (e.g. out of memory).")
}

fn blob_refusal() -> Result<(), Thrown> {
    refusal("UnknownError", "Error preparing Blob/File data to be stored in object store")
}

fn gecko(storage: Answer, directory: Result<(), Thrown>, persisted: Option<bool>) -> Answer {
    Evidence { engine: Engine::Gecko, storage, directory, blob: None, persisted }.finding().answer
}

fn webkit(storage: Answer, directory: Result<(), Thrown>, blob: Option<Result<(), Thrown>>) -> Answer {
    Evidence { engine: Engine::WebKit, storage, directory, blob, persisted: None }.finding().answer
}

#[wasm_bindgen_test]
async fn firefox_is_private_only_when_all_three_signs_agree() {
    assert_eq!(gecko(Answer::Yes, gecko_refusal(), Some(false)), Answer::Yes);
    assert_eq!(gecko(Answer::Yes, Ok(()), None), Answer::No);
    assert_eq!(gecko(Answer::No, gecko_refusal(), Some(false)), Answer::Unknown);
    assert_eq!(gecko(Answer::Unknown, gecko_refusal(), Some(false)), Answer::Unknown);
    assert_eq!(gecko(Answer::Yes, gecko_refusal(), None), Answer::Unknown);
    assert_eq!(gecko(Answer::Yes, gecko_refusal(), Some(true)), Answer::Unknown);
    for other in [refusal("SecurityError", "The operation is insecure."), refusal("TypeError", "undefined")] {
        assert_eq!(gecko(Answer::Yes, other, Some(false)), Answer::Unknown);
    }
}

#[wasm_bindgen_test]
async fn webkit_is_private_only_where_ordinary_writes_succeed() {
    assert_eq!(webkit(Answer::Yes, webkit_refusal(), Some(Ok(()))), Answer::Yes);
    assert_eq!(webkit(Answer::Yes, webkit_refusal(), Some(blob_refusal())), Answer::Yes);
    // WebKitGTK as it is shipped has no private file system at all.
    assert_eq!(webkit(Answer::Yes, refusal("TypeError", "undefined"), Some(blob_refusal())), Answer::Yes);
    assert_eq!(webkit(Answer::Yes, refusal("TypeError", "undefined"), Some(Ok(()))), Answer::Unknown);
    assert_eq!(webkit(Answer::Yes, Ok(()), Some(Ok(()))), Answer::No);
    assert_eq!(webkit(Answer::Yes, Ok(()), Some(blob_refusal())), Answer::Unknown);
    assert_eq!(webkit(Answer::No, webkit_refusal(), None), Answer::Unknown);
    assert_eq!(webkit(Answer::No, webkit_refusal(), Some(blob_refusal())), Answer::Unknown);
}

#[wasm_bindgen_test]
async fn chromium_and_unmeasured_engines_are_unknown_whatever_is_seen() {
    for engine in [Engine::Chromium, Engine::Other] {
        for directory in [Ok(()), gecko_refusal(), webkit_refusal()] {
            let evidence = Evidence {
                engine,
                storage: Answer::Yes,
                directory,
                blob: Some(blob_refusal()),
                persisted: Some(false),
            };
            assert_eq!(evidence.finding().answer, Answer::Unknown, "{evidence:?}");
        }
    }
}

#[wasm_bindgen_test]
async fn engines_are_known_by_their_vendor() {
    assert_eq!(Engine::here(), Engine::Chromium);
    assert_eq!(Engine::of_vendor(Some("")), Engine::Gecko);
    assert_eq!(Engine::of_vendor(Some("Apple Computer, Inc.")), Engine::WebKit);
    assert_eq!(Engine::of_vendor(Some("Somebody")), Engine::Other);
    assert_eq!(Engine::of_vendor(None), Engine::Other);
}
