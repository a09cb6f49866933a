//! What becomes of people while nobody can tell whether their device was revoked: KV is away, and the account object as well.

use reqwest::Method;
use serde_json::json;
use xtask::stack::Location;

use crate::faulty_accounts::{Fate, FaultyAccounts};
use crate::kv::{self, Kv};
use crate::places::location;
use crate::support::{Answer, DEVICE, Kind, Product, Wire, eventually};

const HEAD: &str = "demo:head";
const DESTINATION: &str = "https://example.org/";
/// Nothing is remembered without being looked at, and nothing trusted for long.
const SOON: [(&str, &str); 2] = [("HEARTBEAT_SECONDS", "1"), ("TRUST_SECONDS", "3")];

/// A click that is told to come back later, and nothing else.
fn assert_put_off(answer: &Answer) {
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("5")), "{}", answer.text());
    assert_eq!(answer.header("Set-Cookie"), None);
}

#[tokio::test]
async fn while_nobody_can_tell_an_account_refuses_or_goes_by_what_was_known_last_as_it_chose() {
    let kv = Kv::default();
    let (home, near, cold, calls) = (kv.view(), kv.view(), kv.view(), FaultyAccounts::open());
    let product = Product::start_arranged(&SOON, |options| {
        let faulty = |view| Location { faulty_accounts: Some(calls.port()), ..location(view, &[]) };
        options.kv_port = Some(home.port());
        options.locations = vec![faulty(&near), faulty(&cold)];
    })
    .await;
    let site = product.demo();
    site.admin.set(&json!({ "renew_after_seconds": 0 })).await;
    let [mut kept, mut lost] = [product.wire_at(0), product.wire_at(0)];
    let mut links = vec![];
    for (wire, name) in [(&mut kept, "kept"), (&mut lost, "lost")] {
        let person = site.person(name).await;
        let mut browser = Wire::to(&site.origin);
        browser.enroll(&site, &person.address, Kind::Own).await;
        wire.jar = browser.jar;
        links.push(site.admin.link(DESTINATION, &person.address).await);
        if name == "lost" {
            site.admin.revoke_user(&person.id).await;
        }
    }
    let link = links.swap_remove(0);
    let enrollment = json!({ "address": "kept@example.com" });
    let nobody_answers = |away: bool| {
        if away {
            near.die();
            cold.die();
        } else {
            near.heal();
            cold.heal();
        }
        calls.rule(move |_| if away { Fate::FailBefore } else { Fate::Pass });
    };

    for when_unsure in ["refuse", "allow"] {
        nobody_answers(false);
        site.admin.set(&json!({ "when_unsure": when_unsure })).await;
        let reads = near.count(kv::Method::Get, HEAD);
        // KV is left alone for a while after it failed.
        eventually("the location to know of it", async || {
            let click = kept.click(&link).await;
            click.leads_to(DESTINATION);
            assert!(click.set_cookie(DEVICE).is_some());
            (near.count(kv::Method::Get, HEAD) > reads).then_some(())
        })
        .await;

        nobody_answers(true);
        // What is trusted for some seconds yet is as good as ever; then nobody knows.
        eventually("nothing to be trusted any more", async || {
            let click = kept.click(&link).await;
            let done = match when_unsure {
                "refuse" => click.status == 503,
                _ => click.set_cookie(DEVICE).is_none(),
            };
            done.then_some(())
        })
        .await;
        let (click, verify) = (kept.click(&link).await, kept.get("/api/v1/verify").await);
        if when_unsure == "refuse" {
            assert_put_off(&click);
            click.page(503, "");
            assert_eq!(verify.status, 403);
        } else {
            click.leads_to(DESTINATION);
            assert_eq!((click.set_cookie(DEVICE), verify.status), (None, 204));
            assert_eq!(verify.set_cookie(DEVICE), None);
        }
        // Whoever was known to be revoked never gets through.
        assert_ne!(lost.click(&link).await.location(), Some(DESTINATION));
        assert_ne!(lost.get("/api/v1/verify").await.status, 204);
        // What the account object alone can tell waits for it.
        kept.get("/api/v1/device").await.problem(503, "unavailable");
        kept.get("/api/v1/devices").await.problem(503, "unavailable");
        kept.post("/api/v1/enrollments", &enrollment).await.problem(503, "unavailable");
        let administration = product.admin_at(0).call(Method::GET, "/settings", None).await;
        administration.problem(503, "unavailable");
        // Where nothing was ever read, not even what the account wants is known.
        let mut stranger = product.wire_at(1);
        stranger.jar = kept.jar.clone();
        assert_put_off(&stranger.click(&link).await);
    }
}
