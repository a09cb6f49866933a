//! Revocations at the same time as what the person does who is revoked: nothing that comes of it outlives the revocation.
//!
//! In each round somebody is revoked while ten things of theirs are under way, begun in a random order at random moments: clicks
//! that renew, proofs, and a code that is confirmed twice. Everything they get from any of it is tried once the bound is over.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use super::tally::Tally;
use crate::chance::{self, Chance};
use crate::kv::Kv;
use crate::places::location;
use crate::support::product::Person;
use crate::support::{Admin, Answer, Bound, DEVICE, Kind, MailCatcher, MailSink, Product, Site, Wire};

const DESTINATION: &str = "https://example.org/";
/// People, with ten interleavings each; `REVOCATION_ROUNDS` chooses another number.
const ROUNDS: u64 = 1_000;
/// What each person does.
const ORDERS: usize = 10;
/// So many at the same time. A revocation of everyone ends all of them.
const AT_ONCE: usize = 20;
/// What is tried at the same time in the end.
const TRIED_AT_ONCE: usize = 16;
/// Everything begins within this time: about what the product needs for as much of it.
const SPREAD: Duration = Duration::from_millis(400);
/// No copy is trusted longer.
const TRUST_SECONDS: u64 = 10;
/// The place that is late sees KV as it was so long ago.
const LATE_SECONDS: u64 = 5;

/// How many times so many people at once, at least once.
fn batches() -> usize {
    let people = chance::number("REVOCATION_ROUNDS").unwrap_or(ROUNDS);
    usize::try_from(people).unwrap().div_ceil(AT_ONCE).max(1)
}

/// Whom a revocation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    ThePerson,
    TheirDevices,
    TheDomain,
    Everyone,
}

impl Whom {
    /// Of this batch. Everyone twice only: it ends what might have survived the others, so that has to be tried before.
    fn of(batch: usize) -> Self {
        let half = (batches() / 2).max(1);
        match batch {
            last if (last + 1) % half == 0 => Self::Everyone,
            tenth if tenth % 10 == 8 => Self::TheDomain,
            even if even % 2 == 0 => Self::ThePerson,
            _ => Self::TheirDevices,
        }
    }
}

/// Somebody, ready to do ten things.
struct Subject {
    person: Person,
    /// A browser without a key, and its device.
    clicker: Wire,
    /// One with a key.
    prover: Bound,
    devices: [serde_json::Value; 2],
    challenges: Vec<String>,
    /// One that was sent a code.
    newcomer: Wire,
    code: String,
}

/// What somebody got.
#[derive(Debug, Default)]
struct Spoils {
    cookies: BTreeSet<String>,
    /// With the key that goes with them.
    tokens: Vec<(SigningKey, String)>,
}

/// The product as a batch sees it: home, and a place that is behind. Each batch has connections of its own: the product hangs up on
/// those that are idle for some seconds, perhaps just when one is used again.
#[derive(Clone)]
struct Ground {
    site: Site,
    /// By whom people are revoked.
    revoker: Admin,
    near: Wire,
    far: Wire,
    link: String,
}

impl Ground {
    /// A browser with these cookies, at one of the two.
    fn anywhere(&self, chance: &mut Chance, jar: &Wire) -> Wire {
        let mut wire = if chance.below(2) == 0 { self.near.clone() } else { self.far.clone() };
        wire.jar.clone_from(&jar.jar);
        wire
    }

    async fn ready(&self, seed: u8) -> Subject {
        let site = &self.site;
        let person = site.person("subject").await;
        let mut clicker = Wire::to(&site.origin);
        clicker.enroll(site, &person.address, Kind::Own).await;
        let mut prover = Bound::enroll(site, &person.address, seed).await;
        let mut challenges = vec![];
        for _ in 0..4 {
            challenges.push(prover.challenge().await);
        }
        let devices =
            [clicker.get("/api/v1/device").await.json()["device_id"].clone(), prover.device_id().await];
        let mut newcomer = Wire::to(&site.origin);
        let code = newcomer.ask(site, &person.address).await.code();
        Subject { person, clicker, prover, devices, challenges, newcomer, code }
    }
}

/// What an order brought.
enum Brought {
    Click(Answer),
    Proof(Answer),
    Confirm(Answer),
}

/// The ten things of one person, each on its way after a while.
fn begin(ground: &Ground, subject: &Subject, chance: &mut Chance) -> JoinSet<Brought> {
    let mut orders = JoinSet::new();
    for number in 0..4 {
        let jar = if number % 2 == 0 { &subject.clicker } else { &subject.prover.wire };
        let (mut wire, link) = (ground.anywhere(chance, jar), ground.link.clone());
        let wait = chance.moment();
        orders.spawn(async move {
            tokio::time::sleep(wait).await;
            Brought::Click(wire.click(&link).await)
        });
    }
    for challenge in &subject.challenges {
        let proof = subject.prover.proof(challenge);
        let wire = ground.anywhere(chance, &subject.prover.wire);
        let mut prover = Bound { wire, ..subject.prover.clone() };
        let wait = chance.moment();
        orders.spawn(async move {
            tokio::time::sleep(wait).await;
            Brought::Proof(prover.offer(&proof).await)
        });
    }
    for _ in 0..2 {
        let mut wire = ground.anywhere(chance, &subject.newcomer);
        let (code, wait) = (subject.code.clone(), chance.moment());
        orders.spawn(async move {
            tokio::time::sleep(wait).await;
            Brought::Confirm(wire.confirm(&code).await)
        });
    }
    orders
}

/// All that came of it; a code that was confirmed apart.
async fn gather(subject: &Subject, mut orders: JoinSet<Brought>, tally: &mut Tally) -> (Spoils, Spoils) {
    let (mut old, mut new) = (Spoils::default(), Spoils::default());
    old.cookies.extend([&subject.clicker, &subject.prover.wire].map(|wire| wire.jar[DEVICE].clone()));
    old.tokens.push((subject.prover.key.clone(), subject.prover.token.clone()));
    let cookie = |answer: &Answer| {
        let set = answer.set_cookie(DEVICE).filter(|cookie| !cookie.contains("Max-Age=0"))?;
        Some(set.split_once('=')?.1.split(';').next()?.to_owned())
    };
    while let Some(brought) = orders.join_next().await {
        match brought.unwrap() {
            Brought::Click(answer) => {
                let to = answer.location().unwrap_or_else(|| panic!("{answer:?}"));
                assert!(to == DESTINATION || to.contains("/enroll?"), "{answer:?}");
                tally.clicks.add(to == DESTINATION);
                old.cookies.extend(cookie(&answer));
            }
            Brought::Proof(answer) => {
                assert!(matches!(answer.status, 200 | 401 | 403), "{}", answer.text());
                tally.proofs.add(answer.status == 200);
                old.cookies.extend(cookie(&answer));
                if answer.status == 200 {
                    let token = answer.json()["device_token"].as_str().unwrap().to_owned();
                    old.tokens.push((subject.prover.key.clone(), token));
                }
            }
            Brought::Confirm(answer) => {
                assert!(answer.status < 500, "{}", answer.text());
                tally.confirms.add(answer.status == 200);
                tally.ended +=
                    usize::from(answer.status == 410 && answer.json()["code"] == "enrollment_ended");
                new.cookies.extend(cookie(&answer));
            }
        }
    }
    (old, new)
}

/// Twenty people at the same time, and a revocation of them, somewhere in between.
async fn batch(ground: &Ground, number: usize, chance: &mut Chance, tally: &mut Tally) -> Spoils {
    let whom = Whom::of(number);
    let getting_ready = async {
        let mut subjects = JoinSet::new();
        for seed in 0..AT_ONCE {
            let (ground, seed) = (ground.clone(), u8::try_from(seed).unwrap());
            subjects.spawn_local(async move { ground.ready(seed).await });
        }
        subjects.join_all().await
    };
    let subjects = LocalSet::new().run_until(getting_ready).await;
    let mut revoking = JoinSet::new();
    let mut revoke = |what: serde_json::Value, wait: Duration| {
        let admin = ground.revoker.clone();
        revoking.spawn(async move {
            tokio::time::sleep(wait).await;
            admin.revoke(&what).await;
        });
    };
    let orders: Vec<_> = subjects.iter().map(|subject| begin(ground, subject, chance)).collect();
    match whom {
        Whom::TheDomain => revoke(json!({ "domain": "example.com" }), chance.moment()),
        Whom::Everyone => revoke(json!({ "everyone": true }), chance.moment()),
        Whom::ThePerson => {
            for subject in &subjects {
                revoke(json!({ "users": [subject.person.id] }), chance.moment());
            }
        }
        Whom::TheirDevices => {
            for subject in &subjects {
                revoke(json!({ "devices": subject.devices }), chance.moment());
            }
        }
    }
    let mut all = Spoils::default();
    let mut alive = vec![];
    for (subject, orders) in subjects.iter().zip(orders) {
        let (old, new) = gather(subject, orders, tally).await;
        all.tokens.extend(old.tokens);
        all.cookies.extend(old.cookies);
        if whom == Whom::TheirDevices {
            alive.extend(new.cookies);
        } else {
            all.cookies.extend(new.cookies);
        }
    }
    revoking.join_all().await;
    // A revocation of devices reaches those and no other. In this batch, that is: the next ones may end them too.
    for cookie in alive {
        assert!(is_accepted(&ground.near, &ground.link, &cookie).await, "a device that nobody revoked");
    }
    all
}

async fn is_accepted(at: &Wire, link: &str, cookie: &str) -> bool {
    let mut wire = at.clone();
    wire.jar = [(DEVICE.to_owned(), cookie.to_owned())].into();
    let clicked = wire.click(link).await;
    let to = clicked.location().unwrap_or_else(|| panic!("{clicked:?}"));
    assert!(to == DESTINATION || to.contains("/enroll?"), "{clicked:?}");
    to == DESTINATION
}

/// Clicks at the place that does not know yet of the revocations that are just over, with some of what they ended: what it renews
/// must not live either.
async fn renewed_too_late(ground: &Ground, spoils: &mut Spoils) -> usize {
    let mut clicks = JoinSet::new();
    for cookie in spoils.cookies.iter().take(2 * AT_ONCE) {
        let (mut wire, link) = (ground.far.clone(), ground.link.clone());
        wire.jar = [(DEVICE.to_owned(), cookie.clone())].into();
        clicks.spawn(async move {
            let is_renewed = wire.click(&link).await.location() == Some(DESTINATION);
            wire.jar.remove(DEVICE).filter(|_| is_renewed)
        });
    }
    let renewed: Vec<_> = clicks.join_all().await.into_iter().flatten().collect();
    let count = renewed.len();
    spoils.cookies.extend(renewed);
    count
}

/// How much was tried, and how much of it was still good.
#[derive(Debug, Default)]
struct Trial {
    cookies: usize,
    tokens: usize,
    alive: usize,
}

impl Trial {
    /// Once the bound is over.
    async fn of(&mut self, ground: &Ground, all: Spoils) {
        tokio::time::sleep(Duration::from_secs(TRUST_SECONDS)).await;
        self.cookies += all.cookies.len();
        self.tokens += all.tokens.len();
        self.alive += survivors(ground, all).await;
    }
}

/// What of it still opens something, at both places.
async fn survivors(ground: &Ground, spoils: Spoils) -> usize {
    let few = Arc::new(Semaphore::new(TRIED_AT_ONCE));
    let mut tries = JoinSet::new();
    for cookie in spoils.cookies {
        for at in [&ground.near, &ground.far] {
            let (few, at, link, cookie) = (Arc::clone(&few), at.clone(), ground.link.clone(), cookie.clone());
            tries.spawn(async move {
                let _one_of_few = few.acquire().await.unwrap();
                is_accepted(&at, &link, &cookie).await
            });
        }
    }
    for (key, token) in spoils.tokens {
        let (few, wire) = (Arc::clone(&few), ground.far.clone());
        tries.spawn(async move {
            let _one_of_few = few.acquire().await.unwrap();
            let proved = Bound { wire, key, token }.prove().await;
            assert!(matches!(proved.status, 200 | 401 | 403), "{}", proved.text());
            proved.status == 200
        });
    }
    tries.join_all().await.into_iter().filter(|is_accepted| *is_accepted).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_interleavings_of_revoking_with_renewing_proving_and_enrolling_leave_no_survivor() {
    let (kv, sink) = (Kv::default(), MailSink::open());
    let [home, late] = [kv.view(), kv.view()];
    late.delay(Duration::from_secs(LATE_SECONDS));
    let trust = TRUST_SECONDS.to_string();
    let vars = [
        ("MAIL_OUT", sink.address.as_str()),
        ("RESEND_AFTER_SECONDS", "0"),
        ("HEARTBEAT_SECONDS", "6"),
        ("TRUST_SECONDS", &trust),
    ];
    // At home a revocation is seen as soon as KV has it, so that clicks race with it too; the other place is as late as it may be.
    // It asks for no heartbeat, which would tell it, as long as what it reads is no later than KV.
    let of_late = [("COPY_REFRESH_SECONDS", "1"), ("COPY_AWAIT_SECONDS", "2"), ("HEARTBEAT_SECONDS", "9")];
    let product = Product::start_arranged(&vars, |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![location(&late, &of_late)];
    })
    .await;
    let site = Site { mail: MailCatcher::of(&sink), ..product.demo() };
    site.admin.set(&json!({ "renew_after_seconds": 0 })).await;
    let link = site.admin.link(DESTINATION, "somebody@example.com").await;
    let ground = || Ground {
        site: Site { mail: MailCatcher::of(&sink), ..product.demo() },
        revoker: product.demo().admin,
        near: Wire::to(&site.origin),
        far: product.wire_at(0),
        link: link.clone(),
    };

    let mut chance = Chance::of_this_run("REVOCATION_SEED");
    let (mut tally, mut trial, mut all, mut renewed) =
        (Tally::default(), Trial::default(), Spoils::default(), 0);
    for number in 0..batches() {
        if Whom::of(number) == Whom::Everyone {
            trial.of(&ground(), std::mem::take(&mut all)).await;
        }
        let ground = ground();
        let mut spoils = batch(&ground, number, &mut chance, &mut tally).await;
        renewed += renewed_too_late(&ground, &mut spoils).await;
        all.cookies.extend(spoils.cookies);
        all.tokens.extend(spoils.tokens);
    }
    trial.of(&ground(), all).await;
    let Trial { cookies, tokens, alive } = trial;
    let (people, orders) = (batches() * AT_ONCE, tally.orders());
    let words = format!(
        "\n{orders} interleavings of {people} people ({chance}): {alive} of {cookies} cookies, each at two places, and {tokens} device tokens \
         survived\n  in time and too late: clicks {}, {}; proofs {}, {}; codes {}, {}, of which {} by the revocation; renewed by the \
         late place when all was over: {renewed}\n",
        tally.clicks.done,
        tally.clicks.refused,
        tally.proofs.done,
        tally.proofs.refused,
        tally.confirms.done,
        tally.confirms.refused,
        tally.ended,
    );
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    assert_eq!(alive, 0, "{words}");
    assert_eq!(orders, ORDERS * people, "{words}");
    // Otherwise nothing was at the same time, and no place late.
    assert!(renewed >= batches(), "{words}");
    for count in [tally.clicks, tally.proofs, tally.confirms] {
        assert!(count.done > people / 20 && count.refused > people / 20, "{words}");
    }
    assert!(tally.ended > people / 20, "{words}");
}

impl Chance {
    /// When an order begins.
    fn moment(&mut self) -> Duration {
        // Not a wait for anything: it is what makes the order random.
        self.shorter_than(SPREAD)
    }
}
