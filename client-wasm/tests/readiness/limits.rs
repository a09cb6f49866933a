//! The limit, scripts that freeze, probes that hang, and other tabs: a check ends in time, nothing found is wrong, and no tab
//! disturbs another.

use std::cell::RefCell;
use std::rc::Rc;

use enrollment_rules::readiness::{Answer, Findings};
use js_sys::{Array, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::injected::{Injected, text_of, worker};
use crate::{FILES_WORKER, HANGS, SHORT_LIMIT_MS, assert_sends_nobody_away, findings, gather};

#[wasm_bindgen_test]
async fn what_is_not_found_within_the_limit_is_unknown_and_what_is_found_is_kept() {
    let findings = gather(0, worker(FILES_WORKER)).await;
    assert_eq!(findings.cookies.answer, Answer::Unknown, "{findings:?}");
    assert_eq!(findings.private_window.answer, Answer::Unknown, "{findings:?}");
    assert_sends_nobody_away(&findings);

    for (object, name) in
        [("globalThis", "fetch"), ("crypto.subtle", "generateKey"), ("crypto.subtle", "sign")]
    {
        let _hangs = Injected::new(object, name, HANGS);
        let findings = gather(SHORT_LIMIT_MS, worker(FILES_WORKER)).await;
        let cut = if object == "globalThis" { &findings.cookies } else { &findings.web_crypto };
        assert_eq!(cut.answer, Answer::Unknown, "{name}: {findings:?}");
        assert_eq!(findings.local_storage.answer, Answer::Yes, "{name}: {findings:?}");
        assert_sends_nobody_away(&findings);
    }
    assert_tidied().await;
}

#[wasm_bindgen_test]
async fn scripts_that_freeze_for_two_seconds_make_no_finding_wrong() {
    js_sys::eval("globalThis.froze = 0").unwrap();
    let freezing = "async (address, { method }) => {
        for (const start = Date.now(); froze < 2000;) froze = Date.now() - start;
        return Response.json(method === 'POST' ? { probe: '0123456789abcdef', private_windows: 'session' }
                                               : { returned: true, plain_returned: false });
    }";
    let _frozen = Injected::new("globalThis", "fetch", freezing);
    let findings = findings().await;
    assert!(js_sys::eval("froze").unwrap().as_f64() >= Some(2_000.0), "nothing froze");
    let wrong = [
        (&findings.secure_context, Answer::No),
        (&findings.cookies, Answer::No),
        (&findings.plain_cookies, Answer::Yes),
        (&findings.indexed_db, Answer::No),
        (&findings.local_storage, Answer::No),
        (&findings.file_system, Answer::No),
        (&findings.kept_after_closing, Answer::No),
        (&findings.web_crypto, Answer::No),
        (&findings.private_window, Answer::Yes),
        (&findings.in_app_view, Answer::Yes),
        (&findings.supported, Answer::No),
    ];
    for (finding, wrong) in wrong {
        assert_ne!(finding.answer, wrong, "{findings:?}");
    }
    assert_sends_nobody_away(&findings);
    assert_tidied().await;
}

/// As text, which of the two is first: the check, whose limit is a second, or a clock of ten.
async fn first_of_the_check_and_ten_seconds() -> (String, Findings) {
    let found = Rc::new(RefCell::new(Findings::default()));
    let finds = Rc::clone(&found);
    let check = future_to_promise(async move {
        *finds.borrow_mut() = gather(1_000, worker("")).await;
        Ok("the check".into())
    });
    let clock = js_sys::eval("new Promise(end => setTimeout(end, 10_000, 'ten seconds'))").unwrap();
    let first = JsFuture::from(Promise::race(&Array::of2(&check, &clock))).await.unwrap();
    (first.as_string().unwrap(), found.take())
}

#[wasm_bindgen_test]
async fn a_check_whose_probes_all_hang_ends_with_its_limit() {
    let silent = "() => Object.create(IDBOpenDBRequest.prototype, Object.fromEntries(
        ['onsuccess', 'onerror', 'onupgradeneeded'].map(name => [name, { writable: true, value: null }])))";
    let _edge = Injected::new("globalThis", "fetch", HANGS);
    let _database =
        Injected::new("globalThis", "indexedDB", &format!("{{ open: {silent}, deleteDatabase: {silent} }}"));
    let _key = Injected::new("crypto.subtle", "generateKey", HANGS);
    let _directory = Injected::new("navigator.storage", "getDirectory", HANGS);
    let (first, findings) = first_of_the_check_and_ten_seconds().await;
    assert_eq!(first, "the check");
    for finding in [
        &findings.cookies,
        &findings.indexed_db,
        &findings.file_system,
        &findings.web_crypto,
        &findings.private_window,
    ] {
        assert_eq!(finding.answer, Answer::Unknown, "{findings:?}");
    }
    assert_sends_nobody_away(&findings);
    // What hangs in this tab hangs in no other one.
    await_free_lock().await;
}

/// Returns once nobody has the storage probes' turn: with nobody before, it is given at once.
async fn await_free_lock() {
    let taken = "navigator.locks.request('readiness-probe-storage', () => 'taken')";
    let limit = "new Promise(end => setTimeout(end, 10_000, 'not given back'))";
    assert_eq!(text_of(&format!("Promise.race([{taken}, {limit}])")).await, r#""taken""#);
}

#[wasm_bindgen_test]
async fn a_turn_that_does_not_come_in_time_makes_an_unknown_and_is_given_back_unused() {
    text_of(
        "new Promise(taken => navigator.locks.request('readiness-probe-storage',
            () => new Promise(end => { globalThis.endTurn = end; taken(true) })))",
    )
    .await;
    let findings = gather(SHORT_LIMIT_MS, worker(FILES_WORKER)).await;
    assert_eq!(findings.indexed_db.answer, Answer::Unknown, "{findings:?}");
    assert_eq!(findings.local_storage.answer, Answer::Unknown, "{findings:?}");
    assert_sends_nobody_away(&findings);

    js_sys::eval("globalThis.written = 0").unwrap();
    let _writes = Injected::new(
        "globalThis",
        "localStorage",
        "{ setItem: () => { ++written }, getItem: () => { ++written }, removeItem: () => { ++written } }",
    );
    js_sys::eval("endTurn()").unwrap();
    await_free_lock().await;
    assert_eq!(js_sys::eval("written").unwrap().as_f64(), Some(0.0));
}

#[wasm_bindgen_test]
async fn without_locks_or_with_strange_ones_storage_is_probed_all_the_same() {
    for locks in [
        "undefined",
        "null",
        "{}",
        "{ request: () => { throw new DOMException('stubbed', 'SecurityError') } }",
        "{ request: async () => { throw new DOMException('stubbed', 'SecurityError') } }",
        "{ request: async () => 5 }",
        "{ request: () => undefined }",
        "{ request: async (name, granted) => granted() }",
    ] {
        let _locks = Injected::new("navigator", "locks", locks);
        let findings = findings().await;
        assert_eq!(findings.indexed_db.answer, Answer::Yes, "{locks}: {findings:?}");
        assert_eq!(findings.local_storage.answer, Answer::Yes, "{locks}: {findings:?}");
    }
    let _hangs = Injected::new("navigator.locks", "request", HANGS);
    let (first, findings) = first_of_the_check_and_ten_seconds().await;
    assert_eq!(first, "the check");
    assert_eq!(findings.indexed_db.answer, Answer::Unknown, "{findings:?}");
    assert_sends_nobody_away(&findings);
}

#[wasm_bindgen_test]
async fn checks_that_are_made_at_once_do_not_disturb_one_another() {
    let six = Array::new();
    let all = Rc::new(RefCell::new(Vec::new()));
    for _ in 0..6 {
        let all = Rc::clone(&all);
        six.push(&future_to_promise(async move {
            let findings = findings().await;
            all.borrow_mut().push(findings);
            Ok(JsValue::UNDEFINED)
        }));
    }
    JsFuture::from(Promise::all(&six)).await.unwrap();
    let all = all.take();
    assert_eq!(all.len(), 6);
    for findings in all {
        assert_eq!(findings.indexed_db.answer, Answer::Yes, "{findings:?}");
        assert_eq!(findings.local_storage.answer, Answer::Yes, "{findings:?}");
        assert_ne!(findings.private_window.answer, Answer::Yes, "{findings:?}");
        assert!(!findings.private_window.seen.contains("thrown"), "{findings:?}");
    }
}

#[wasm_bindgen_test]
async fn a_database_that_another_tab_holds_makes_no_more_than_an_unknown() {
    text_of(
        "new Promise((resolve, reject) => {
            const request = indexedDB.open('readiness-probe', 1);
            request.onupgradeneeded = () => request.result.createObjectStore('device');
            request.onsuccess = () => { globalThis.held = request.result; resolve(true) };
            request.onerror = reject;
        })",
    )
    .await;
    let findings = gather(SHORT_LIMIT_MS, worker(FILES_WORKER)).await;
    text_of("held.close()").await;
    assert_eq!(findings.indexed_db.answer, Answer::Unknown, "{findings:?}");
    assert_sends_nobody_away(&findings);
    assert_tidied().await;
}

/// What was cut off goes on, and still removes what it made.
async fn assert_tidied() {
    let tidied = "(async () => {
        const end = Date.now() + 10_000;
        do {
            if ((await indexedDB.databases()).every(each => each.name !== 'readiness-probe')) return true;
        } while (Date.now() < end);
        return false;
    })()";
    assert_eq!(text_of(tidied).await, "true");
}
