//! Signing keys come and go under load, at places whose deployment is a step behind, and nobody is signed out; and what a removed key
//! signed dies everywhere, also where that key is still known.

mod clicker;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use xtask::keys::{self, Change};

use self::clicker::{Clicker, Load};
use crate::kv::{Kv, View, now};
use crate::places::location;
use crate::support::{Answer, Bound, DEVICE, Kind, MailCatcher, MailSink, Product, Site, Wire, eventually};

const DESTINATION: &str = "https://example.org/";
/// Those of a deployment divided by 10 and more: enough is left of the bound when a deployment is over.
const TIMES: [(&str, &str); 5] = [
    ("COPY_REFRESH_SECONDS", "1"),
    ("COPY_AWAIT_SECONDS", "2"),
    ("HEARTBEAT_SECONDS", "6"),
    ("TRUST_SECONDS", "12"),
    ("PROOF_HOUR_SECONDS", "1"),
];
const TRUST: Duration = Duration::from_secs(12);
const PLAIN: usize = 100;
const BOUND: usize = 20;

/// Two more places: one that is deployed as the account object is, one with a deployment of its own.
struct Places {
    product: Product,
    site: Site,
    link: String,
    views: [View; 3],
    _sink: MailSink,
}

const LIKE_HOME: usize = 0;
const BEHIND: usize = 1;

impl Places {
    async fn open() -> Self {
        let (kv, sink) = (Kv::default(), MailSink::open());
        let views = [kv.view(), kv.view(), kv.view()];
        let vars: Vec<_> = TIMES.into_iter().chain([("MAIL_OUT", sink.address.as_str())]).collect();
        let product = Product::start_arranged(&vars, |options| {
            options.kv_port = Some(views[0].port());
            options.locations = vec![location(&views[1], &[]), location(&views[2], &[])];
        })
        .await;
        let site = Site { mail: MailCatcher::of(&sink), ..product.demo() };
        site.admin.set(&json!({ "renew_after_seconds": 0, "proof_interval_hours": 2 })).await;
        let link = site.admin.link(DESTINATION, &site.person("recipient").await.address).await;
        Self { product, site, link, views, _sink: sink }
    }

    /// The set that the product began with.
    fn first_set(&self) -> String {
        let secrets = fs::read(self.product.stack.state_dir().join("secrets.json")).unwrap();
        let secrets: Value = serde_json::from_slice(&secrets).unwrap();
        secrets["DEVICE_KEYS"].as_str().unwrap().to_owned()
    }

    /// Deploys one set where the account object is, and another at the place that is behind.
    fn deploy(&mut self, set: &str, behind: &str) {
        let vars = BTreeMap::from([("DEVICE_KEYS".to_owned(), behind.to_owned())]);
        self.product.stack.set_location_vars(BEHIND, vars);
        self.product.redeploy(&[("DEVICE_KEYS", set)]);
        // The connections of before are broken.
        self.site = Site { mail: self.site.mail.clone(), ..self.product.demo() };
    }

    async fn enrolled(&self, name: &str) -> Wire {
        let mut wire = Wire::to(&self.site.origin);
        wire.enroll(&self.site, &self.site.person(name).await.address, Kind::Own).await;
        wire
    }

    async fn bound(&self, name: &str, seed: u8) -> Bound {
        Bound::enroll(&self.site, &self.site.person(name).await.address, seed).await
    }

    /// The same browser near a place.
    fn near(&self, place: usize, wire: &Wire) -> Wire {
        with_cookies_of(wire, self.product.wire_at(place))
    }
}

fn with_cookies_of(of: &Wire, mut wire: Wire) -> Wire {
    wire.jar.clone_from(&of.jar);
    wire
}

fn change(set: &str, change: &Change) -> String {
    keys::apply(set, change).unwrap()
}

/// Which key signed it.
fn kid(token: &str) -> String {
    let header = Base64UrlUnpadded::decode_vec(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

fn is_let_through(answer: &Answer) -> bool {
    match answer.location() {
        Some(DESTINATION) => true,
        Some(location) if location.contains("/enroll?") => false,
        _ => panic!("{answer:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_comes_and_the_old_one_goes_under_load_and_nobody_is_signed_out() {
    let mut places = Places::open().await;
    let mut load = Load::default();
    for number in 0..PLAIN {
        let wire = places.enrolled(&format!("plain-{number}")).await;
        load.add(Clicker::new(&places.product, &places.link, DESTINATION, wire, None));
    }
    for number in 0..BOUND {
        let bound = places.bound(&format!("bound-{number}"), u8::try_from(number).unwrap()).await;
        let Bound { wire, key, token } = bound;
        load.add(Clicker::new(&places.product, &places.link, DESTINATION, wire, Some((key, token))));
    }
    load.everybody_clicks_everywhere("before").await;

    let first = places.first_set();
    let added = change(&first, &Change::Add("new".to_owned()));
    let activated = change(&added, &Change::Activate("new".to_owned()));
    let removed = change(&activated, &Change::Remove("local-1".to_owned()));
    for (phase, set, behind) in
        [("added", &added, &first), ("activated", &activated, &added), ("in use", &activated, &activated)]
    {
        places.deploy(set, behind);
        load.everybody_clicks_everywhere(phase).await;
    }
    eventually("everything to be signed anew", async || {
        load.everything_kept().iter().all(|token| kid(token) == "new").then_some(())
    })
    .await;
    for (phase, set, behind) in [("removed", &removed, &activated), ("gone", &removed, &removed)] {
        places.deploy(set, behind);
        load.everybody_clicks_everywhere(phase).await;
    }
    let (clicks, proofs, retries) = load.end().await;
    println!("{clicks} clicks and {proofs} proofs of {} devices, {retries} tried again", PLAIN + BOUND);
    assert!(proofs >= BOUND, "hardly any proof");
}

#[tokio::test]
async fn what_a_removed_key_signed_dies_at_once_where_it_is_gone_and_in_time_where_it_is_still_known() {
    let mut places = Places::open().await;
    let kept = places.enrolled("kept").await;
    let mut bound = places.bound("bound", 1).await;
    let first = places.first_set();
    assert!(is_let_through(&places.near(BEHIND, &kept).click(&places.link).await));
    // What the place that is behind will read is as young as it can be, and knows nothing of what comes.
    places.site.admin.post("/revocations/republish", &json!({}), 200).await;
    places.views[1 + BEHIND].stick("demo:head");

    let leaked = change(&first, &Change::Add("new".to_owned()));
    let leaked = change(&leaked, &Change::Activate("new".to_owned()));
    let leaked = change(&leaked, &Change::Remove("local-1".to_owned()));
    places.deploy(&leaked, &first);
    let deployed = now();
    let mut at_home = with_cookies_of(&kept, Wire::to(&places.site.origin));
    assert!(!is_let_through(&at_home.click(&places.link).await));
    assert!(!is_let_through(&places.near(LIKE_HOME, &kept).click(&places.link).await));
    // A proof is the account object's business wherever it is given.
    bound.wire = places.near(BEHIND, &bound.wire);
    let refused = bound.prove().await;
    assert_eq!(refused.status, 422, "{}", refused.text());

    let mut last = None;
    let mut behind = places.near(BEHIND, &kept);
    let cookie = kept.jar[DEVICE].clone();
    eventually("the place that still has the key to refuse it", async || {
        let began = now();
        let through = is_let_through(&behind.click(&places.link).await);
        // What it was renewed to was signed by the same key; what was copied before is tried, too.
        let renewed = behind.jar.insert(DEVICE.to_owned(), cookie.clone());
        if through {
            last = Some(began);
            assert_eq!(kid(&renewed.unwrap()), "local-1");
        }
        (!through).then_some(())
    })
    .await;
    let known = last.expect("nothing was ever let through there").saturating_duration_since(deployed);
    println!(
        "refused where the key was still known {:.1} s after the deployment, bound {TRUST:?}",
        known.as_secs_f64()
    );
    assert!(known <= TRUST, "{known:?}");

    // Whoever enrolls now has a token of the new key.
    let again = places.enrolled("again").await;
    assert_eq!(kid(&again.jar[DEVICE]), "new");
    assert!(is_let_through(&places.near(LIKE_HOME, &again).click(&places.link).await));
}

#[tokio::test]
async fn an_immediate_account_obeys_at_once_also_where_the_removed_key_is_still_known() {
    let mut places = Places::open().await;
    places.site.admin.set(&json!({ "revocation": "immediate" })).await;
    let kept = places.enrolled("kept").await;
    let first = places.first_set();
    let leaked = change(&first, &Change::Add("new".to_owned()));
    let leaked = change(&leaked, &Change::Activate("new".to_owned()));
    assert!(is_let_through(&places.near(BEHIND, &kept).click(&places.link).await));
    places.deploy(&change(&leaked, &Change::Remove("local-1".to_owned())), &first);
    assert!(!is_let_through(&places.near(BEHIND, &kept).click(&places.link).await));
}
