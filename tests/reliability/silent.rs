//! An account object that says nothing, which is worse than one that fails: nobody waits for it for ever, the answer is the one for
//! when it is away, and the next try works.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use xtask::stack::Location;

use crate::faulty_accounts::{AccountCall, Fate, FaultyAccounts};
use crate::kv::{Kv, Method as KvMethod, View};
use crate::places::location;
use crate::support::{Answer, Bound, DEVICE, Kind, PROVE, Product, Wire, eventually};

const DESTINATION: &str = "https://example.org/";
const VERIFY: &str = "/api/v1/verify";
const THIS: &str = "/api/v1/device";
/// The product gives the account object half a minute where nobody has clicked.
const PATIENCE: Duration = Duration::from_mins(1);

/// At home everything works. A place whose calls to the account object are answered or not, as the test says.
async fn product(vars: &[(&str, &str)], far: &View, home: &View, calls: &FaultyAccounts) -> Product {
    Product::start_arranged(vars, |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![Location { faulty_accounts: Some(calls.port()), ..location(far, &[]) }];
    })
    .await
}

/// A click that is told to come back later, and nothing else.
#[track_caller]
fn assert_put_off(click: &Answer) {
    assert_eq!((click.status, click.header("Retry-After")), (503, Some("5")), "{}", click.text());
    assert_eq!(click.header("Set-Cookie"), None);
    click.page(503, "");
}

#[tokio::test]
async fn a_click_is_put_off_where_only_a_silent_account_object_could_tell_and_the_next_one_gets_through() {
    let (kv, calls) = (Kv::default(), FaultyAccounts::open());
    let [home, far] = [kv.view(), kv.view()];
    // No heartbeat is asked for, of which the place would learn what to trust.
    let product = product(&[("HEARTBEAT_SECONDS", "100")], &far, &home, &calls).await;
    let site = product.demo();
    let person = site.person("clicker").await;
    let link = site.admin.link(DESTINATION, &person.address).await;
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &person.address, Kind::Own).await;
    let [mut clicks, mut asks] = [product.wire_at(0), product.wire_at(0)];
    for wire in [&mut clicks, &mut asks] {
        wire.jar.clone_from(&browser.jar);
    }
    // Nothing was ever read there, so nothing is trusted.
    far.die();
    for fate in [Fate::HangBefore, Fate::HangAfter] {
        calls.rule(move |_| fate);
        // As long as a browser of these tests waits, which is no longer than the product where nobody has clicked.
        let (click, verified) = tokio::join!(clicks.click(&link), asks.get(VERIFY));
        assert_put_off(&click);
        assert_eq!((verified.status, verified.body.len(), verified.header("Set-Cookie")), (403, 0, None));
        calls.rule(|_| Fate::Pass);
        clicks.click(&link).await.leads_to(DESTINATION);
        assert_eq!(asks.get(VERIFY).await.status, 204);
    }

    // What is trusted needs nobody's word.
    let reads = far.count(KvMethod::Get, ":head");
    far.heal();
    eventually("the place to read KV", async || {
        clicks.click(&link).await.leads_to(DESTINATION);
        (far.count(KvMethod::Get, ":head") > reads).then_some(())
    })
    .await;
    calls.rule(|_| Fate::HangBefore);
    clicks.click(&link).await.leads_to(DESTINATION);
    // But an account that wants to be asked each time is not passed over.
    site.admin.set(&json!({ "revocation": "immediate" })).await;
    assert_put_off(&clicks.click(&link).await);
    calls.rule(|_| Fate::Pass);
    clicks.click(&link).await.leads_to(DESTINATION);
}

/// What is under way while nobody answers.
struct UnderWay<'a> {
    calls: &'a FaultyAccounts,
    asked: Vec<JoinHandle<Answer>>,
}

impl UnderWay<'_> {
    /// Begins; by then each call has met its fate.
    async fn begin(
        &mut self,
        requests: impl IntoIterator<Item = RequestBuilder>,
        rule: impl Fn(&AccountCall) -> Fate + Send + Sync + 'static,
    ) {
        self.calls.rule(rule);
        for request in requests {
            self.asked.push(tokio::spawn(Answer::to(request.timeout(PATIENCE))));
        }
        eventually("the calls to have come", async || {
            let calls = self.calls.calls();
            let silent = calls.iter().filter(|(_, fate)| *fate != Fate::Pass).count();
            (silent == self.asked.len()).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn what_a_silent_account_object_alone_can_do_is_unavailable_and_then_done_once() {
    let (kv, calls) = (Kv::default(), FaultyAccounts::open());
    let [home, far] = [kv.view(), kv.view()];
    let product = product(&[("CHALLENGE_SECONDS", "600")], &far, &home, &calls).await;
    let site = product.demo();
    let person = site.person("prover").await;
    let Bound { wire: browser, key, token } = Bound::enroll(&site, &person.address, 3).await;
    let mut bound = Bound { wire: product.wire_at(0), key, token };
    bound.wire.jar = browser.jar;
    let proofs = [bound.challenge().await, bound.challenge().await].map(|challenge| bound.proof(&challenge));
    let there = product.wire_at(0);
    let proving = |proof: &Value| bound.wire.calling(Method::POST, PROVE, Some(proof));
    let adding = |name: &str| {
        let request = there.bare(Method::POST, "/api/v1/admin/domains").json(&json!({ "name": name }));
        request.bearer_auth(product.secrets().admin_api_token())
    };

    // All at once, as they are waited for together.
    let mut under_way = UnderWay { calls: &calls, asked: vec![] };
    let never_arrive =
        [proving(&proofs[0]), adding("before.example"), bound.wire.calling(Method::GET, THIS, None)];
    under_way.begin(never_arrive, |_| Fate::HangBefore).await;
    under_way.begin([proving(&proofs[1])], |_| Fate::HangAfter).await;
    // Who administers is asked first, and must be known.
    let names = |call: &AccountCall| call.message.windows(13).any(|part| part == b"after.example");
    let rule = move |call: &AccountCall| if names(call) { Fate::HangAfter } else { Fate::Pass };
    under_way.begin([adding("after.example")], rule).await;
    for asked in under_way.asked {
        let answer = asked.await.unwrap();
        answer.problem(503, "unavailable");
        assert!(answer.header("Retry-After").is_some() && answer.set_cookie(DEVICE).is_none(), "{answer:?}");
    }

    calls.rule(|_| Fate::Pass);
    let domains = site.admin.get("/domains").await.to_string();
    assert!(domains.contains("after.example") && !domains.contains("before.example"), "{domains}");
    assert_eq!(Answer::to(adding("before.example")).await.status, 201);
    assert_eq!(bound.wire.get(THIS).await.status, 200);
    // The one that never arrived is good yet, the one that did is spent, and another is as good.
    assert_eq!(bound.offer(&proofs[0]).await.status, 200);
    bound.offer(&proofs[1]).await.problem(409, "challenge_spent");
    assert_eq!(bound.prove().await.status, 200);
}
