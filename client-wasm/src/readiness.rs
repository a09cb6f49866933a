//! Gathers the findings, all probes at once and all within one limit, and lets `enrollment_rules::readiness` judge them.

use core::cell::{Cell, RefCell};
use core::future::Future;
use std::rc::Rc;

use enrollment_rules::readiness::{
    AccountRules, Cause, Findings, Judgement, browser::Engine, cookies, judge, kept,
    private_window::Evidence, storage, web_crypto,
};
use js_sys::{Array, Function, Promise};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::{
    browser::{of_navigator, within},
    failure::{Failure, promise},
    probes::{self, identity::Introduction, turn::Turn},
};

/// How long all probes together may take, in milliseconds; what has not answered by then is unknown.
const LIMIT_MS: u32 = 3_000;

/// The export's reply.
#[derive(Serialize)]
struct Report {
    verdict: &'static str,
    causes: Vec<&'static str>,
    browser: &'static str,
    bound_only: bool,
    findings: Findings,
}

/// The export's body.
///
/// # Errors
/// [`Failure::ReplyUnwritable`].
pub async fn check(start_worker: Function) -> Result<JsValue, Failure> {
    let introduction = probes::identity::introduction();
    let browser = introduction.browser.brand.code();
    let over_tls = introduction.over_tls;
    let (findings, rules) = gather("", LIMIT_MS, introduction, start_worker).await;
    let Judgement { verdict, causes } = judge(&findings, rules, over_tls);
    let causes = causes.into_iter().map(Cause::code).collect();
    let bound_only = rules.bound_devices_only;
    let report = Report { verdict: verdict.code(), causes, browser, bound_only, findings };
    serde_wasm_bindgen::to_value(&report).map_err(|_error| Failure::ReplyUnwritable)
}

/// What is found so far; whatever is missing when the time is up stays unknown.
struct Gathered {
    edge: String,
    engine: Engine,
    start_worker: Function,
    findings: RefCell<Findings>,
    rules: Cell<AccountRules>,
    /// Held while this tab writes to storage, and given up when the time is up: what hangs here must hang nowhere else.
    turn: Cell<Option<Turn>>,
    is_over: Cell<bool>,
}

/// Gathers the findings and the account's rules. `edge` is the origin that is asked, empty for the page's own.
///
/// A probe that is cut off goes on in the background and still removes what it made; one that still waits for its turn does not
/// begin.
pub async fn gather(
    edge: &str,
    limit_ms: u32,
    introduction: Introduction,
    start_worker: Function,
) -> (Findings, AccountRules) {
    let engine = introduction.browser.engine;
    let findings = Findings {
        secure_context: introduction.secure_context,
        in_app_view: introduction.in_app_view,
        supported: introduction.supported,
        storage_kept: storage::kept(engine),
        ..Findings::default()
    };
    let gathered = Rc::new(Gathered {
        edge: edge.to_owned(),
        engine,
        start_worker,
        findings: RefCell::new(findings),
        rules: Cell::default(),
        turn: Cell::default(),
        is_over: Cell::default(),
    });
    let all = Array::new();
    all.push(&started(Rc::clone(&gathered).ask_for_cookies()));
    all.push(&started(Rc::clone(&gathered).write()));
    all.push(&started(Rc::clone(&gathered).make_key()));
    all.push(&started(Rc::clone(&gathered).ask_worker()));
    let _whichever = within(&Promise::all(&all), limit_ms).await;
    gathered.is_over.set(true);
    drop(gathered.turn.take());
    (gathered.findings.take(), gathered.rules.get())
}

fn started(probe: impl Future<Output = ()> + 'static) -> Promise {
    promise(async {
        probe.await;
        Ok(JsValue::UNDEFINED)
    })
}

impl Gathered {
    async fn ask_for_cookies(self: Rc<Self>) {
        let exchange = match probes::cookies::begin(&self.edge).await {
            Ok(begun) => {
                self.rules.set(begun.rules);
                probes::cookies::end(&self.edge, &begun).await
            }
            Err(exchange) => exchange,
        };
        let cookie_enabled = of_navigator("cookieEnabled").as_bool();
        let (cookies, plain_cookies) = cookies::findings(&exchange, cookie_enabled);
        let mut findings = self.findings.borrow_mut();
        findings.cookies = cookies;
        findings.plain_cookies = plain_cookies;
    }

    /// In this order: a private window shows only where ordinary writes are known to work.
    async fn write(self: Rc<Self>) {
        let turn = Turn::wait().await;
        if self.is_over.get() {
            return;
        }
        self.turn.set(Some(turn));
        self.findings.borrow_mut().local_storage = storage::writing(&probes::storage::local_storage());
        let indexed_db = storage::writing(&probes::storage::indexed_db().await);
        let writes = indexed_db.answer;
        self.findings.borrow_mut().indexed_db = indexed_db;
        let directory = probes::storage::directory().await;
        self.findings.borrow_mut().file_system = storage::file_system(&directory);
        if self.engine != Engine::Chromium {
            self.conclude(&probes::private_window::elsewhere(self.engine, writes, directory).await);
        }
        drop(self.turn.take());
    }

    async fn make_key(self: Rc<Self>) {
        let outcome = probes::web_crypto::probe().await;
        self.findings.borrow_mut().web_crypto = web_crypto::finding(&outcome);
    }

    async fn ask_worker(self: Rc<Self>) {
        if self.engine == Engine::Chromium {
            self.conclude(&probes::private_window::in_chromium(&self.start_worker).await);
        }
    }

    fn conclude(&self, evidence: &Evidence) {
        let mut findings = self.findings.borrow_mut();
        findings.kept_after_closing = kept::finding(evidence);
        findings.private_window = evidence.finding();
    }
}
