//! The longest that a place may take where KV keeps its word: it reads what KV has remembered since just before the revocation, and
//! then nobody clicks until what it has read is just not too old.

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::scale::Scale;
use crate::harness::read;
use crate::kv::{Kv, now};
use crate::places::location;
use crate::support::{DEVICE, Kind, MailCatcher, MailSink, Product, Site, Wire, eventually};

const DESTINATION: &str = "https://example.org/";
const HEAD: &str = "demo:head";
/// What KV may remember, and how long a copy is used without looking, in seconds: together the promise as a rule.
const CACHE: u32 = 30;
const AWAIT: u32 = 60;
/// How much of it a try has to show, or it has shown nothing: the machine was too slow.
const SHOWN: u32 = 75;
const TRIES: u32 = 10;
/// How long before the end of each of the two parts a click comes.
const BEFORE_THE_END: Duration = Duration::from_millis(150);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_kv_remembers_and_how_long_a_copy_is_used_add_up_to_the_rule_and_no_more() {
    let scale = Scale::of_this_run();
    let (kv, sink) = (Kv::default(), MailSink::open());
    let [home, far] = [kv.view(), kv.view()];
    far.remember(scale.time(CACHE));
    let mut vars = scale.variables();
    vars.push(("MAIL_OUT", sink.address.clone()));
    let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let product = Product::start_arranged(&vars, |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![location(&far, &[])];
    })
    .await;
    let site = Site { mail: MailCatcher::of(&sink), ..product.demo() };
    let link = site.admin.link(DESTINATION, "somebody@example.com").await;
    let mut longest = Duration::ZERO;
    for number in 0..TRIES {
        let person = site.person("leaver").await;
        let mut browser = Wire::to(&site.origin);
        browser.enroll(&site, &person.address, Kind::Own).await;
        let mut clicker = Clicker { wire: product.wire_at(0), link: &link };
        clicker.wire.jar = browser.jar;
        // The place has to look at the first click.
        tokio::time::sleep(scale.time(AWAIT) + Duration::from_secs(1)).await;
        let [first, then] = [CACHE, AWAIT].map(|part| scale.time(part).saturating_sub(BEFORE_THE_END));
        let first = whole_second_in(first).await + first;
        // A head so young that the place asks for no other.
        let heads = kv.history(HEAD).len();
        // On a connection that nobody is about to hang up on.
        let admin = product.demo().admin;
        admin.set(&json!({ "authentication_duration_days": 100 + number })).await;
        eventually("a new head", async || (kv.history(HEAD).len() > heads).then_some(())).await;
        assert_eq!(read(&far, HEAD).await.0, 200);
        let since = now();
        assert_eq!(admin.revoke_user(&person.id).await, 1);
        // Not waits for anything: this is how long it is quiet.
        tokio::time::sleep_until(first.into()).await;
        let mut accepted = clicker.accepted_at().await;
        if accepted.is_some() {
            tokio::time::sleep_until((first + then).into()).await;
            while let Some(at) = clicker.accepted_at().await {
                accepted = Some(at);
            }
        }
        longest = accepted.map_or(longest, |at| longest.max(at - since));
        if longest > scale.time(SHOWN) {
            break;
        }
    }
    let words = format!(
        "\na place that was told what KV remembered, and quiet until it had to look, last accepted a revoked cookie {:.1} s after \
         the revocation; the rule is {} (times divided by {scale})\n",
        scale.deployed(longest),
        CACHE + AWAIT
    );
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    assert!(longest <= scale.time(CACHE + AWAIT), "{words}");
    assert!(longest > scale.time(SHOWN), "no try was as bad as it can be: {words}");
}

struct Clicker<'a> {
    wire: Wire,
    link: &'a str,
}

impl Clicker<'_> {
    /// Clicks; when that was, if it was accepted.
    async fn accepted_at(&mut self) -> Option<Instant> {
        let (at, cookie) = (now(), self.wire.jar[DEVICE].clone());
        let clicked = self.wire.click(self.link).await;
        let to = clicked.location().unwrap_or_else(|| panic!("{clicked:?}"));
        assert!(to == DESTINATION || to.contains("/enroll?"), "{clicked:?}");
        // Whoever has copied a cookie keeps it, whatever a browser is told.
        self.wire.jar.entry(DEVICE.to_owned()).or_insert(cookie);
        (to == DESTINATION).then_some(at)
    }
}

/// The moment from which a whole second of the product's clock begins after so much time: its times are whole seconds, so what is
/// read then is used longest.
#[expect(clippy::disallowed_methods, reason = "the product runs on the machine's clock")]
async fn whole_second_in(time: Duration) -> Instant {
    const SECOND: u32 = 1_000_000_000;
    // Just after it, as nothing is on time to the millisecond.
    let then = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + time;
    let left = SECOND + 30_000_000 - then.subsec_nanos();
    tokio::time::sleep(Duration::from_nanos(u64::from(left % SECOND))).await;
    now()
}
