//! The probes in a real browser: what they find, what they leave behind, and what a browser that throws, hangs or lies makes of
//! a finding.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may fail by panicking")]

mod injected;
mod limits;

use client_wasm::{probes, readiness};
use enrollment_rules::readiness::{AccountRules, Answer, Findings, Verdict, browser::Engine, judge};
use enrollment_rules::settings::PrivateWindows;
use injected::{Injected, function, text_of, worker};
use js_sys::Function;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Nothing listens there, and browsers refuse the port anyway.
const NOWHERE: &str = "http://127.0.0.1:1";
const LIMIT_MS: u32 = 3_000;
/// For what hangs: long enough for all else.
const SHORT_LIMIT_MS: u32 = 800;
const FILES_WORKER: &str = include_str!("../../../www/assets/files-worker.js");
const HANGS: &str = "() => new Promise(() => {})";

async fn gather(limit_ms: u32, start_worker: Function) -> Findings {
    let introduction = probes::identity::introduction();
    readiness::gather("", limit_ms, introduction, start_worker).await.0
}

fn engine() -> Engine {
    probes::identity::introduction().browser.engine
}

async fn findings() -> Findings {
    gather(LIMIT_MS, worker(FILES_WORKER)).await
}

fn assert_sends_nobody_away(findings: &Findings) {
    let verdict = judge(
        findings,
        AccountRules { private_windows: PrivateWindows::Refuse, ..AccountRules::default() },
        false,
    )
    .verdict;
    assert!(matches!(verdict, Verdict::Ready | Verdict::ReadyUnbound), "{findings:?}");
}

/// Everything a probe could have made.
async fn kept_here() -> String {
    text_of(
        "[(await indexedDB.databases()).map(each => each.name), Object.keys(localStorage),
          await Array.fromAsync((await navigator.storage.getDirectory()).keys())]",
    )
    .await
}

#[wasm_bindgen_test]
async fn this_browser_is_what_it_is() {
    let _edge = Injected::edge(
        "method => method === 'POST' ? { probe: '0123456789abcdef', private_windows: 'session' }
                                     : { returned: true, plain_returned: false }",
    );
    let findings = findings().await;
    let yes = [
        &findings.secure_context,
        &findings.cookies,
        &findings.indexed_db,
        &findings.local_storage,
        &findings.file_system,
        &findings.web_crypto,
        &findings.supported,
    ];
    for finding in yes {
        assert_eq!(finding.answer, Answer::Yes, "{findings:?}");
    }
    assert_eq!(findings.plain_cookies.answer, Answer::No, "{findings:?}");
    assert_eq!(findings.private_window.answer, Answer::No, "{findings:?}");
    assert_eq!(findings.kept_after_closing.answer, Answer::Unknown, "{findings:?}");
    let named = match engine() {
        Engine::Chromium => "Chromium ",
        Engine::Gecko => "Gecko ",
        other => panic!("these tests know no {other:?}"),
    };
    assert!(findings.supported.seen.starts_with(named), "{findings:?}");
    assert_sends_nobody_away(&findings);
}

#[wasm_bindgen_test]
async fn the_report_is_plain_data_in_the_rules_own_words() {
    let report = JsFuture::from(client_wasm::check_readiness(worker(FILES_WORKER))).await.unwrap();
    let text = String::from(js_sys::JSON::stringify(&report).unwrap());
    let brand = if engine() == Engine::Gecko { "firefox" } else { "chrome" };
    let begin = format!(
        r#"{{"verdict":"ready","causes":[],"browser":"{brand}","bound_only":false,"findings":{{"secure_context":{{"answer":"yes","seen":""#
    );
    assert!(text.starts_with(&begin), "{text}");
    let mut rest = text.as_str();
    for (name, _) in Findings::default().named() {
        let (_, after) =
            rest.split_once(&format!(r#""{name}":{{"answer":""#)).unwrap_or_else(|| panic!("{text}"));
        rest = after;
    }
}

#[wasm_bindgen_test]
async fn probes_leave_nothing_behind() {
    let before = kept_here().await;
    assert!(!before.contains("readiness-probe"), "{before}");
    findings().await;
    assert_eq!(kept_here().await, before);
}

#[wasm_bindgen_test]
async fn when_the_edge_cannot_be_reached_cookies_are_unknown_and_nobody_is_blocked() {
    let introduction = probes::identity::introduction();
    let (findings, rules) = readiness::gather(NOWHERE, LIMIT_MS, introduction, worker(FILES_WORKER)).await;
    assert_eq!(findings.cookies.answer, Answer::Unknown, "{findings:?}");
    assert!(findings.cookies.seen.contains("TypeError"), "{findings:?}");
    assert!(findings.cookies.seen.contains("cookieEnabled=true"), "{findings:?}");
    assert_eq!(rules, AccountRules::default());
    assert_sends_nobody_away(&findings);
}

#[wasm_bindgen_test]
async fn an_answer_that_is_not_the_edges_proves_nothing() {
    let answers = [
        "() => { throw new Error('thrown') }",
        "() => 5",
        "async () => ({ status: 200, text: async () => '{}' })",
        "async () => new Response('<html>sign in to the network</html>')",
        "async () => new Response('null')",
        "async () => new Response('{\"probe\":\"../../../../../..\",\"returned\":false,\"plain_returned\":false}')",
        "async () => new Response('{\"probe\":\"0123456789abcdef\",\"returned\":\"false\",\"plain_returned\":false}')",
        "async () => new Response('{\"probe\":\"0123456789abcdef\",\"returned\":false}')",
        "async () => new Response('{\"probe\":\"0123456789abcdef\",\"returned\":false,\"plain_returned\":false}', { status: 503 })",
    ];
    for answer in answers {
        let _fetch = Injected::new("globalThis", "fetch", answer);
        let findings = findings().await;
        assert_eq!(findings.cookies.answer, Answer::Unknown, "{answer}: {findings:?}");
        assert_eq!(findings.plain_cookies.answer, Answer::Unknown, "{answer}: {findings:?}");
        assert_sends_nobody_away(&findings);
    }
}

#[wasm_bindgen_test]
async fn the_edges_own_no_blocks_and_the_accounts_rules_are_handed_on() {
    let _edge = Injected::edge(
        "method => method === 'POST' ? { probe: '0123456789abcdef', private_windows: 'refuse', bound_devices_only: true }
                                     : { returned: false, plain_returned: true }",
    );
    let introduction = probes::identity::introduction();
    let (findings, rules) = readiness::gather("", LIMIT_MS, introduction, worker(FILES_WORKER)).await;
    assert_eq!(findings.cookies.answer, Answer::No, "{findings:?}");
    assert_eq!(findings.plain_cookies.answer, Answer::Yes, "{findings:?}");
    let expected = AccountRules { private_windows: PrivateWindows::Refuse, bound_devices_only: true };
    assert_eq!(rules, expected);
    assert_eq!(judge(&findings, rules, false).verdict, Verdict::Blocked);
}

#[wasm_bindgen_test]
async fn indexed_db_that_is_missing_or_forbidden_is_a_no_and_trouble_or_nonsense_unknown() {
    let throwing = |name: &str| {
        let throw = format!("() => {{ throw new DOMException('stubbed', '{name}') }}");
        format!("{{ open: {throw}, deleteDatabase: {throw} }}")
    };
    for (value, expected) in [
        ("undefined".to_owned(), Answer::No),
        ("null".to_owned(), Answer::No),
        (throwing("SecurityError"), Answer::No),
        (throwing("InvalidStateError"), Answer::No),
        (throwing("QuotaExceededError"), Answer::Unknown),
        (throwing("UnknownError"), Answer::Unknown),
        (throwing("AbortError"), Answer::Unknown),
        ("{}".to_owned(), Answer::Unknown),
        ("5".to_owned(), Answer::Unknown),
        ("{ open: () => ({}), deleteDatabase: () => ({}) }".to_owned(), Answer::Unknown),
        ("{ open: () => undefined, deleteDatabase: () => undefined }".to_owned(), Answer::Unknown),
    ] {
        let _stub = Injected::new("globalThis", "indexedDB", &value);
        let findings = findings().await;
        assert_eq!(findings.indexed_db.answer, expected, "{value}: {findings:?}");
        assert_ne!(findings.private_window.answer, Answer::Yes, "{value}: {findings:?}");
        assert_sends_nobody_away(&findings);
    }
}

#[wasm_bindgen_test]
async fn local_storage_that_lies_is_unknown_and_that_is_forbidden_a_no() {
    let stub = |set: &str, get: &str| format!("{{ setItem: {set}, getItem: {get}, removeItem: () => {{}} }}");
    let throwing = |name: &str| format!("() => {{ throw new DOMException('stubbed', '{name}') }}");
    for (value, expected) in [
        ("undefined".to_owned(), Answer::No),
        ("null".to_owned(), Answer::No),
        (stub(&throwing("SecurityError"), "() => '1'"), Answer::No),
        (stub(&throwing("QuotaExceededError"), "() => '1'"), Answer::Unknown),
        (stub("() => {}", "() => null"), Answer::Unknown),
        (stub("() => {}", "() => ({})"), Answer::Unknown),
        ("{}".to_owned(), Answer::Unknown),
    ] {
        let _stub = Injected::new("globalThis", "localStorage", &value);
        let outcome = probes::storage::local_storage();
        let finding = enrollment_rules::readiness::storage::writing(&outcome);
        assert_eq!(finding.answer, expected, "{value}: {finding:?}");
    }
}

#[wasm_bindgen_test]
async fn a_key_that_is_not_what_was_asked_for_proves_nothing() {
    let genuine = "crypto.subtle.generateKey";
    for (generate, expected) in [
        ("undefined".to_owned(), Answer::Unknown),
        ("() => 5".to_owned(), Answer::Unknown),
        ("async () => ({})".to_owned(), Answer::Unknown),
        ("async () => ({ privateKey: { extractable: false, type: 'private' } })".to_owned(), Answer::Unknown),
        (
            format!("(own => () => own.call(crypto.subtle, 'Ed25519', true, ['sign', 'verify']))({genuine})"),
            Answer::Unknown,
        ),
        (
            format!(
                "(own => () => own.call(crypto.subtle, {{ name: 'ECDSA', namedCurve: 'P-256' }}, false, ['sign', 'verify']))({genuine})"
            ),
            Answer::Unknown,
        ),
        ("async () => { throw new DOMException('stubbed', 'OperationError') }".to_owned(), Answer::Unknown),
        ("async () => { throw new DOMException('stubbed', 'NotSupportedError') }".to_owned(), Answer::No),
    ] {
        let _stub = Injected::new("crypto.subtle", "generateKey", &generate);
        let findings = findings().await;
        assert_eq!(findings.web_crypto.answer, expected, "{generate}: {findings:?}");
        assert_sends_nobody_away(&findings);
    }
    let _insecure = Injected::new("crypto", "subtle", "undefined");
    assert_eq!(findings().await.web_crypto.answer, Answer::No);
}

#[wasm_bindgen_test]
async fn a_directory_that_is_none_proves_nothing() {
    for (get_directory, expected) in [
        ("async () => ({})", Answer::Unknown),
        ("async () => ({ kind: 'file' })", Answer::Unknown),
        ("() => undefined", Answer::Unknown),
        ("async () => { throw new DOMException('stubbed', 'UnknownError') }", Answer::Unknown),
        ("async () => { throw new DOMException('stubbed', 'SecurityError') }", Answer::No),
        ("undefined", Answer::No),
    ] {
        let _stub = Injected::new("navigator.storage", "getDirectory", get_directory);
        let findings = findings().await;
        assert_eq!(findings.file_system.answer, expected, "{get_directory}: {findings:?}");
        if engine() == Engine::Gecko {
            assert_eq!(findings.private_window.answer, Answer::Unknown, "{get_directory}: {findings:?}");
        }
        assert_sends_nobody_away(&findings);
    }
    let _hangs = Injected::new("navigator.storage", "getDirectory", HANGS);
    let findings = gather(SHORT_LIMIT_MS, worker(FILES_WORKER)).await;
    assert_eq!(findings.file_system.answer, Answer::Unknown, "{findings:?}");
    assert_sends_nobody_away(&findings);
}

#[wasm_bindgen_test]
async fn an_ordinary_window_is_never_asked_to_keep_storage_and_firefox_only_when_suspicious() {
    let counting = |answer: &str| {
        Injected::new(
            "navigator.storage",
            "persist",
            &format!("() => {{ ++globalThis.asked; return {answer} }}"),
        )
    };
    let asked = || js_sys::eval("asked").unwrap().as_f64();
    js_sys::eval("globalThis.asked = 0").unwrap();
    let persist = counting("Promise.resolve(false)");
    findings().await;
    assert_eq!(asked(), Some(0.0));
    drop(persist);

    if engine() != Engine::Gecko {
        return;
    }
    let _refused = Injected::new(
        "navigator.storage",
        "getDirectory",
        "async () => { throw new DOMException('Security error when calling GetDirectory', 'SecurityError') }",
    );
    for (answer, expected) in [
        ("Promise.resolve(false)", Answer::Yes),
        ("Promise.resolve(true)", Answer::Unknown),
        ("Promise.resolve('false')", Answer::Unknown),
        ("Promise.reject(new Error())", Answer::Unknown),
        ("new Promise(() => {})", Answer::Unknown),
        ("5", Answer::Unknown),
    ] {
        let _persist = counting(answer);
        let findings = findings().await;
        assert_eq!(findings.private_window.answer, expected, "{answer}: {findings:?}");
    }
    assert_eq!(asked(), Some(6.0));
}

#[wasm_bindgen_test]
async fn a_worker_that_fails_lies_or_says_nothing_proves_nothing() {
    let chromium = engine() == Engine::Chromium;
    let starts = [
        function("() => { throw new DOMException('stubbed', 'SecurityError') }"),
        function("() => undefined"),
        function("() => ({})"),
        function("() => new Worker('/there-is-no-such-worker.js', { type: 'module' })"),
        worker("throw new Error('stubbed')"),
        worker("postMessage(5)"),
        worker("postMessage({ far_write: '4294967288', far_size: '0' })"),
        worker("postMessage('far_write=4294967288')"),
        worker("postMessage('far_write=4294967288 far_size=4294967288')"),
        worker("postMessage('far_write=QuotaExceededError far_size=QuotaExceededError large=1')"),
        worker("postMessage('')"),
    ];
    let silent = (SHORT_LIMIT_MS, worker(""));
    for (limit_ms, start) in starts.map(|start| (LIMIT_MS, start)).into_iter().chain([silent]) {
        let findings = gather(limit_ms, start.clone()).await;
        if chromium {
            assert_eq!(findings.private_window.answer, Answer::Unknown, "{start:?}: {findings:?}");
        }
        assert_eq!(findings.kept_after_closing.answer, Answer::Unknown, "{start:?}: {findings:?}");
        assert_sends_nobody_away(&findings);
    }
}

#[wasm_bindgen_test]
async fn a_worker_is_started_only_where_one_is_needed() {
    js_sys::eval("globalThis.started = 0").unwrap();
    gather(SHORT_LIMIT_MS, function("() => { ++globalThis.started }")).await;
    let chromium = engine() == Engine::Chromium;
    assert_eq!(js_sys::eval("started").unwrap().as_f64(), Some(if chromium { 1.0 } else { 0.0 }));
}
