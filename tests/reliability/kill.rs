//! The server is killed at random moments, two hundred times over the same data: nothing that was acknowledged is lost, no code is
//! used twice, nothing is half done, and KV comes to have the truth again by itself. In some rounds the end comes while a write to KV
//! is under way, which KV has taken or not.
//!
//! `KILL_SEED` repeats the plan of a run (the moments themselves are the machine's), `KILL_ROUNDS` changes how many.

mod after;
mod ledger;
mod strokes;

use std::time::Duration;

use ed25519_dalek::SigningKey;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;

use self::after::After;
use self::ledger::{Ledger, enrolled};
use self::strokes::{Change, Ending, Enrolling, Prepared, Victim};
use crate::chance::{Chance, number};
use crate::kv::{Fault, Kv, Method, View};
use crate::support::product::{Person, fresh_address};
use crate::support::{Bound, Kind, MailCatcher, MailSink, Product, Site, Wire, eventually};

const HEAD: &str = "demo:head";
const ROUNDS: u64 = 200;
/// After so many of the five that are under way were told what came of it, or fewer, the end comes within this time.
const MOST_TOLD: u64 = 5;
const END: Duration = Duration::from_millis(20);
/// After one in so many ends the next comes at once.
const AGAIN: u64 = 10;
/// One in so many ends comes while a write to KV is under way.
const WITHIN_A_WRITE: u64 = 8;

#[tokio::test]
async fn two_hundred_ends_without_warning_lose_nothing_that_was_acknowledged() {
    let (mut random, rounds) = (Chance::of_this_run("KILL_SEED"), number("KILL_ROUNDS").unwrap_or(ROUNDS));
    println!("{random}");
    let sink = MailSink::open();
    let vars =
        [("MAIL_OUT", sink.address.as_str()), ("RESEND_AFTER_SECONDS", "0"), ("OLD_BODY_SECONDS", "2")];
    let truth = Kv::default();
    let kv = truth.view();
    let mut product = Product::start_arranged(&vars, |options| options.kv_port = Some(kv.port())).await;
    let site = |product: &Product| Site { mail: MailCatcher::of(&sink), ..product.demo() };
    let mut here = site(&product);
    here.admin.set(&json!({ "renew_after_seconds": 0 })).await;
    let destination = "https://destination.example/";
    let link = here.admin.link(destination, &here.person("recipient").await.address).await;
    let mut ledger = Ledger::default();
    ledger.duration_days = 30;
    let mut going_on = (None, None);
    for round in 0..rounds {
        let prepared = prepare(&here, &mut random, &mut ledger, round, going_on).await;
        ledger.news(&here).await;
        let mut writing = (random.below(WITHIN_A_WRITE) == 0).then(|| hold_writes(&kv, &mut random));
        let under_way = prepared.begin(&here, &link, &mut random);
        if let Some(writing) = &mut writing {
            eventually("a write to KV", async || writing.wait_for(|begun| *begun).await.ok().map(drop)).await;
        } else {
            under_way.until_told(random.below(MOST_TOLD).try_into().unwrap()).await;
        }
        sleep(random.shorter_than(END)).await;
        product.kill();
        kv.heal();
        let heads = truth.history(HEAD).len();
        let told = under_way.told().await;
        product.start_again();
        if random.below(AGAIN) == 0 {
            sleep(random.shorter_than(END)).await;
            product.crash_and_restart();
        }
        here = site(&product);
        if writing.is_some() {
            // Nobody has asked the account object for anything: its alarm outlives the end.
            eventually("a head by itself", async || (truth.history(HEAD).len() > heads).then_some(())).await;
        }
        match (ledger.kv_holds(&here).await, writing.is_some()) {
            (_, true) => ledger.by_itself += 1,
            (held, false) => ledger.behind += u32::from(!held),
        }
        let news = ledger.news(&here).await;
        let after =
            After { site: &here, ledger: &mut ledger, link: &link, destination, news, everyone: false };
        going_on = after.look(told).await;
    }
    everything_is_there(&here, &mut ledger, &link, destination).await;
    eventually("what KV needs no longer to be gone", async || {
        let keys = truth.keys();
        let of_account = keys.iter().filter(|key| key.starts_with("demo:")).count();
        // A head, and a body if it names one.
        (of_account <= 2).then_some(())
    })
    .await;
    ledger.print(u32::try_from(rounds).unwrap());
}

/// From now on no write to KV is answered, whether or not it is done; tells when one has come.
fn hold_writes(kv: &View, random: &mut Chance) -> watch::Receiver<bool> {
    let (begun, tells) = watch::channel(false);
    let held = random.one_of(&[Fault::Hang, Fault::Late(Duration::from_hours(1))]);
    kv.faults(move |call| {
        if call.method != Method::Put {
            return Fault::Nothing;
        }
        begun.send_replace(true);
        held
    });
    tells
}

/// People, devices and codes for one round; acknowledged all of them, so they must be there after it.
async fn prepare(
    site: &Site,
    random: &mut Chance,
    ledger: &mut Ledger,
    round: u64,
    (clicking, proving): (Option<Wire>, Option<Bound>),
) -> Prepared {
    let key = |random: &mut Chance| {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&random.below(u64::MAX).to_be_bytes());
        SigningKey::from_bytes(&seed)
    };
    let kind = random.one_of(&[Kind::Own, Kind::Own, Kind::Shared]);
    let with_key = Some(key(random)).filter(|_| kind == Kind::Own && random.below(2) == 0);
    let enrolling = Enrolling::asked(site, site.person("enrolling").await, kind, with_key.as_ref()).await;
    let starting = (site.person("starting").await, Wire::to(&site.origin));
    let clicking = if let Some(wire) = clicking {
        wire
    } else {
        let person = site.person("clicking").await;
        let mut wire = Wire::to(&site.origin);
        wire.enroll(site, &person.address, Kind::Own).await;
        ledger.people.push(person.id);
        wire
    };
    let mut proving = if let Some(bound) = proving {
        bound
    } else {
        let person = site.person("proving").await;
        ledger.people.push(person.id.clone());
        let mut wire = Wire::to(&site.origin);
        let code = wire.ask(site, &person.address).await.code();
        Bound::confirm(wire, &code, key(random)).await
    };
    let challenge = proving.challenge().await;
    let proof = proving.proof(&challenge);
    let ending = Ending::by_chance(random);
    let domain = format!("leaving-{round}.example");
    let victims = if ending == Ending::Domain {
        site.admin.add_domain(&domain).await;
        let (one, other) = (in_domain(site, &domain).await, in_domain(site, &domain).await);
        vec![victim(site, one).await, victim(site, other).await]
    } else {
        vec![victim(site, site.person("leaving").await).await]
    };
    let change = match random.below(4) {
        0 => Change::Republication,
        _ => Change::DurationDays(if ledger.duration_days < 365 { ledger.duration_days + 1 } else { 30 }),
    };
    Prepared {
        enrolling,
        starting,
        clicking,
        proving: (proving, proof),
        ending: (ending, victims, domain),
        change,
    }
}

async fn in_domain(site: &Site, domain: &str) -> Person {
    let address = fresh_address("leaving");
    let address = format!("{}@{domain}", address.split('@').next().unwrap());
    Person { id: site.admin.add_user(&address, &[]).await, address }
}

/// With two devices and a code.
async fn victim(site: &Site, person: Person) -> Victim {
    let mut devices = vec![];
    for kind in [Kind::Own, Kind::Shared] {
        let mut wire = Wire::to(&site.origin);
        wire.enroll(site, &person.address, kind).await;
        devices.push(enrolled(wire).await);
    }
    let open = Enrolling::asked(site, person.clone(), Kind::Own, None).await;
    let revoked_at = site.admin.user(&person.id).await["revoked_at"].clone();
    Victim { person, devices, open, revoked_at }
}

/// After the last round: everything that was ever acknowledged.
async fn everything_is_there(site: &Site, ledger: &mut Ledger, link: &str, destination: &str) {
    let (alive, dead) = (std::mem::take(&mut ledger.alive), std::mem::take(&mut ledger.dead));
    println!("{} devices that must get through, {} that must not", alive.len(), dead.len());
    for (wires, gets_through) in [(alive, true), (dead, false)] {
        for wire in wires {
            let answer = wire.anew().click(link).await;
            assert_eq!(answer.status, 303, "{}", answer.text());
            assert_eq!(answer.location() == Some(destination), gets_through, "{answer:?}");
        }
    }
    ledger.is_all_there(site).await;
}
