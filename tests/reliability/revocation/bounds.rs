//! Revocations while people click at places whose KV is late, forgetful or broken: by when they are known, and that nobody else is
//! signed out.

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;
use xtask::stack::Location;

use super::scale::Scale;
use super::table::Table;
use super::watch::{Awake, Record, Watch};
use crate::faulty_accounts::{Fate, FaultyAccounts};
use crate::kv::{Fault, Kv, View, now};
use crate::places::location;
use crate::support::product::Person;
use crate::support::{Kind, MailCatcher, MailSink, Product, Site, Wire};

const DESTINATION: &str = "https://example.org/";

/// The promise as a rule, in seconds: what KV may remember, and how long a copy is used without looking.
const RULE: u32 = 90;
/// The promise at the latest.
const CERTAIN: u32 = 180;
/// What KV may remember.
const CACHE: u32 = 30;
/// The longest that any place lags behind.
const LONGEST: u32 = 600;

/// Somewhere people click.
struct Place {
    name: String,
    bound: u32,
    is_idle: bool,
    view: View,
}

fn places(kv: &Kv, scale: Scale) -> Vec<Place> {
    let mut places = vec![];
    let mut add = |name: &str, bound, is_idle, arrange: &dyn Fn(&View)| {
        let view = kv.view();
        arrange(&view);
        places.push(Place { name: name.to_owned(), bound, is_idle, view });
    };
    for (delay, bound) in [(0, RULE), (1, RULE), (60, CERTAIN), (180, CERTAIN), (LONGEST, CERTAIN)] {
        add(&format!("KV {delay} s late"), bound, false, &|view| {
            view.delay(scale.time(delay));
            view.remember(scale.time(CACHE));
        });
    }
    add("idle before", RULE, true, &|view| view.remember(scale.time(CACHE)));
    add("idle before, KV 600 s late", CERTAIN, true, &|view| view.delay(scale.time(LONGEST)));
    add("older versions in between", CERTAIN, false, &|view| {
        let ages = [0, 120, 30, 240, 600].map(|age| scale.time(age));
        let next = move |number: u64| ages[usize::try_from(number).unwrap() % ages.len()];
        view.lag(move |call| next(call.number));
    });
    add("misses, remembered 300 s", CERTAIN, false, &|view| {
        view.lag(move |call| if call.number % 3 == 0 { Duration::ZERO } else { Duration::from_hours(1) });
        view.remember_misses(scale.time(300));
    });
    add("429 and 503 half of the time", CERTAIN, false, &|view| {
        view.faults(|call| match call.number % 8 {
            0 | 1 => Fault::Status(429),
            2 | 3 => Fault::Status(503),
            _ => Fault::Nothing,
        });
    });
    add("no answer from KV", CERTAIN, false, &|view| view.faults(|_| Fault::Hang));
    add("KV dead", CERTAIN, false, &View::die);
    places
}

/// What is clicked with at one place.
struct Records {
    person: Record,
    device: Record,
    kept: Record,
}

/// A person with an enrolled browser.
async fn enrolled(site: &Site, name: &str) -> (Person, Wire) {
    let person = site.person(name).await;
    let mut wire = Wire::to(&site.origin);
    wire.enroll(site, &person.address, Kind::Own).await;
    (person, wire)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_known_in_time_wherever_it_is_asked_about_and_nobody_else_is_signed_out() {
    let scale = Scale::of_this_run();
    let (kv, sink) = (Kv::default(), MailSink::open());
    let (home, places) = (kv.view(), places(&kv, scale));
    let mut vars = scale.variables();
    vars.push(("MAIL_OUT", sink.address.clone()));
    let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let product = Product::start_arranged(&vars, |options| {
        options.kv_port = Some(home.port());
        options.locations = places.iter().map(|place| location(&place.view, &[])).collect();
    })
    .await;
    let site = Site { mail: MailCatcher::of(&sink), ..product.demo() };
    site.admin.set(&json!({ "renew_after_seconds": 0 })).await;
    let (person, persons) = enrolled(&site, "leaver").await;
    let (_, mut devices) = enrolled(&site, "loser").await;
    let (_, kept) = enrolled(&site, "stayer").await;
    let device = devices.get("/api/v1/device").await.json()["device_id"].clone();
    let link = site.admin.link(DESTINATION, &person.address).await;

    let began = now();
    let mut watch = Watch::new();
    let mut records = vec![];
    for (number, place) in places.iter().enumerate() {
        let mut add = |browser: &Wire| {
            let mut wire = product.wire_at(number);
            wire.jar = browser.jar.clone();
            watch.add(wire, &link, DESTINATION, place.is_idle)
        };
        records.push(Records { person: add(&persons), device: add(&devices), kept: add(&kept) });
    }
    // Until the latest place has seen everything, and the idle ones trust nothing any more.
    let idle = scale.time(CERTAIN) + Duration::from_secs(2);
    tokio::time::sleep((scale.time(LONGEST) + Duration::from_secs(1)).saturating_sub(idle)).await;
    watch.set(Awake::TheBusy);
    tokio::time::sleep(idle).await;

    let before_revoking = now();
    site.admin.revoke(&json!({ "devices": [device] })).await;
    let device_revoked = now();
    assert_eq!(site.admin.revoke_user(&person.id).await, 1);
    let person_revoked = now();
    watch.set(Awake::Everybody);
    tokio::time::sleep(scale.time(CERTAIN + 60)).await;
    // This time they are idle just long enough that they have to look.
    watch.set(Awake::TheBusy);
    tokio::time::sleep(scale.time(60) + Duration::from_secs(1)).await;
    let before_everyone = now();
    site.admin.revoke(&json!({ "everyone": true })).await;
    let everyone_revoked = now();
    watch.set(Awake::Everybody);
    tokio::time::sleep(scale.time(CERTAIN + 60)).await;
    watch.end().await;

    let mut table = Table::new(scale);
    for (place, records) in places.iter().zip(&records) {
        let name = &place.name;
        for record in [&records.person, &records.device] {
            assert!(record.all_accepted(began, before_revoking, name) > 5, "{name}: hardly any click");
        }
        assert!(records.kept.all_accepted(began, before_everyone, name) > 5, "{name}: hardly any click");
        for (record, since) in [
            (&records.person, person_revoked),
            (&records.device, device_revoked),
            (&records.kept, everyone_revoked),
        ] {
            record.is_refused(since, name);
        }
        let person = records.person.accepted_after(person_revoked);
        let device = records.device.accepted_after(device_revoked);
        table.row(name, place.bound, [person, device, records.kept.accepted_after(everyone_revoked)]);
    }
    table.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_be_asked_and_kv_stands_still_what_is_old_is_trusted_until_the_bound_and_no_longer()
{
    let scale = Scale::of_this_run();
    let (kv, sink, calls) = (Kv::default(), MailSink::open(), FaultyAccounts::open());
    let [home, cut_off] = [kv.view(), kv.view()];
    let mut vars = scale.variables();
    vars.push(("MAIL_OUT", sink.address.clone()));
    let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let product = Product::start_arranged(&vars, |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![Location { faulty_accounts: Some(calls.port()), ..location(&cut_off, &[]) }];
    })
    .await;
    let site = Site { mail: MailCatcher::of(&sink), ..product.demo() };
    site.admin.set(&json!({ "renew_after_seconds": 0 })).await;
    let (person, persons) = enrolled(&site, "leaver").await;
    let (_, kept) = enrolled(&site, "stayer").await;
    let link = site.admin.link(DESTINATION, &person.address).await;
    let began = now();
    let mut watch = Watch::new();
    let mut add = |browser: &Wire| {
        let mut wire = product.wire_at(0);
        wire.jar = browser.jar.clone();
        watch.add(wire, &link, DESTINATION, false)
    };
    let [revoked, kept] = [add(&persons), add(&kept)];
    tokio::time::sleep(scale.time(120)).await;
    // The worst moment: what the place has is as new as it can be, and already wrong.
    let heads = kv.history("demo:head").len();
    let heartbeat = async {
        while kv.history("demo:head").len() == heads {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(scale.time(CERTAIN), heartbeat).await.expect("a new heartbeat");
    calls.rule(|_| Fate::FailBefore);
    let before_revoking = now();
    site.admin.revoke_user(&person.id).await;
    let since = now();
    cut_off.faults(|_| Fault::Status(503));
    tokio::time::sleep(scale.time(CERTAIN + 60)).await;
    watch.end().await;

    assert!(revoked.all_accepted(began, before_revoking, "the revoked one") > 5);
    for (record, whose) in [(&revoked, "the revoked one"), (&kept, "the kept one")] {
        record.is_unsure(since, whose);
    }
    let [revoked, kept] = [&revoked, &kept].map(|record| scale.deployed(record.accepted_after(since)));
    let words = format!(
        "\ncut off from everything, a place last accepted a revoked cookie {revoked:.1} s after the revocation; the bound is \
         {CERTAIN} (times divided by {scale})\n"
    );
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    assert!(revoked <= f64::from(CERTAIN) && kept <= f64::from(CERTAIN), "{words}");
    assert!(kept > f64::from(RULE), "the place was not cut off: {kept}");
}
