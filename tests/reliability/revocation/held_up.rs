//! What is published in time although something else does not go on: mail, a body, a slow write that others wait for.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use xtask::stack::Location;

use crate::faulty_accounts::FaultyAccounts;
use crate::kv::{Call, Fault, Kv, Method, View};
use crate::places::location;
use crate::support::{Kind, Product, Site, Wire, eventually};

const DESTINATION: &str = "https://example.org/";
const HEAD: &str = "demo:head";

fn is_body(call: &Call) -> bool {
    call.key.starts_with("demo:body-")
}

/// Somebody new.
async fn enrolled(site: &Site, name: &str) -> (String, Wire) {
    let person = site.person(name).await;
    let mut wire = Wire::to(&site.origin);
    wire.enroll(site, &person.address, Kind::Own).await;
    (person.id, wire)
}

fn bodies(kv: &Kv) -> usize {
    kv.keys().iter().filter(|key| key.starts_with("demo:body-")).count()
}

/// Whether the other side has not hung up.
fn is_open(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[tokio::test]
async fn a_mail_server_that_says_nothing_does_not_hold_up_what_is_published() {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mail_out = format!("smtp://{}", server.local_addr().unwrap());
    let kv = Kv::default();
    let home = kv.view();
    let vars = [("MAIL_OUT", mail_out.as_str()), ("MAIL_STEP_SECONDS", "15"), ("MAIL_RETRY_SECONDS", "1")];
    let product = Product::start_arranged(&vars, |options| options.kv_port = Some(home.port())).await;
    let site = product.demo();
    let person = site.person("waiter").await;
    let accepted = async || server.accept().await.unwrap().0;
    assert_eq!(Wire::to(&site.origin).start(&person.address).await.status, 202);
    // The first attempt fails at once, so that the next one is the alarm's own.
    drop(accepted().await);
    let attempt = tokio::time::timeout(Duration::from_secs(20), accepted()).await.expect("another attempt");
    let written = home.count(Method::Put, HEAD);
    home.faults(move |call| match call.method {
        Method::Put if call.number == written + 1 => Fault::Status(429),
        _ => Fault::Nothing,
    });
    site.admin.set(&json!({ "authentication_duration_days": 77 })).await;
    eventually("KV to be told after all", async || {
        (home.count(Method::Put, HEAD) > written + 1).then_some(())
    })
    .await;
    assert!(is_open(&attempt), "only once the mail was over");
    assert!(site.admin.kv_holds().await.is_some());
}

#[tokio::test]
async fn a_list_that_kv_does_not_take_holds_up_no_revocation_and_comes_when_it_can() {
    let kv = Kv::default();
    let home = kv.view();
    let product = Product::start_arranged(&[], |options| options.kv_port = Some(home.port())).await;
    let site = product.demo();
    let (early, _) = enrolled(&site, "early").await;
    let (late, mut browser) = enrolled(&site, "late").await;
    let link = site.admin.link(DESTINATION, "somebody@example.com").await;
    site.admin.revoke_user(&early).await;
    home.faults(|call| match call.method {
        Method::Put if is_body(call) => Fault::Status(500),
        _ => Fault::Nothing,
    });
    let told = site.admin.post("/revocations/republish", &json!({}), 200).await;
    assert_eq!(told["published"], false, "without the list that was asked for: {told}");
    let tries = || home.calls().iter().filter(|call| call.method == Method::Put && is_body(call)).count();
    eventually("a list to be refused", async || (tries() > 0).then_some(())).await;
    browser.click(&link).await.leads_to(DESTINATION);
    site.admin.revoke_user(&late).await;
    let found = eventually("KV to have the revocation", async || site.admin.kv_holds().await).await;
    assert_eq!((&found["entries"], &found["missing"], bodies(&kv)), (&json!(2), &json!(0), 0), "{found}");
    let clicked = browser.click(&link).await;
    assert!(clicked.location().unwrap().contains("/enroll?"), "{clicked:?}");
    // Tried again and again meanwhile.
    let before = tries();
    eventually("another try", async || (tries() > before).then_some(())).await;
    assert_eq!(bodies(&kv), 0);
    home.heal();
    eventually("the list", async || (bodies(&kv) == 1).then_some(())).await;
    eventually("a head that names it", async || {
        let head: Value = serde_json::from_slice(&kv.value(HEAD)?).unwrap();
        (head["body"]["entries"] == 2).then_some(())
    })
    .await;
    assert!(site.admin.kv_holds().await.is_some());
}

#[tokio::test]
async fn all_who_ask_for_a_heartbeat_while_one_is_written_get_that_one() {
    const PLACES: usize = 4;
    /// Its place among the messages to the account object.
    const HEARTBEAT: u8 = 1;
    let (kv, calls) = (Kv::default(), FaultyAccounts::open());
    let (home, views) = (kv.view(), [(); PLACES].map(|()| kv.view()));
    // One is due when the last is 4 seconds old, and each place asks much sooner.
    let product = Product::start_arranged(&[("HEARTBEAT_SECONDS", "8")], |options| {
        options.kv_port = Some(home.port());
        let far = |view: &View| {
            let vars =
                [("HEARTBEAT_SECONDS", "1"), ("COPY_REFRESH_SECONDS", "60"), ("COPY_AWAIT_SECONDS", "60")];
            Location { faulty_accounts: Some(calls.port()), ..location(view, &vars) }
        };
        options.locations = views.iter().map(far).collect();
    })
    .await;
    let site = product.demo();
    let (_, browser) = enrolled(&site, "asker").await;
    let link = site.admin.link(DESTINATION, "somebody@example.com").await;
    let click_everywhere = async || {
        let mut clicks = JoinSet::new();
        for place in 0..PLACES {
            let (mut wire, link) = (product.wire_at(place), link.clone());
            wire.jar.clone_from(&browser.jar);
            clicks.spawn(async move { wire.click(&link).await.leads_to(DESTINATION) });
        }
        clicks.join_all().await;
    };
    // Each place has something that grows old.
    click_everywhere().await;
    eventually("each place to have read", async || {
        views.iter().all(|view| view.count(Method::Get, HEAD) > 0).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = site.admin.kv_comes_to_hold().await;
    let asks = || calls.calls().iter().filter(|(call, _)| call.kind == HEARTBEAT).count();
    let (asked, written) = (asks(), home.count(Method::Put, HEAD));
    let late = Duration::from_millis(500);
    home.faults(move |call| if call.method == Method::Put { Fault::Late(late) } else { Fault::Nothing });
    click_everywhere().await;
    eventually("each place to ask", async || (asks() >= asked + PLACES).then_some(())).await;
    // That nothing more is written can only be waited for.
    tokio::time::sleep(late * 2).await;
    let after = site.admin.kv_comes_to_hold().await;
    let [before, after] = [before, after].map(|found| found["version"].as_u64().unwrap());
    assert_eq!((home.count(Method::Put, HEAD) - written, after - before), (1, 1));
}
