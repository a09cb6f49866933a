//! Each single call goes wrong in turn: every read of KV by a location, everything that the account object does with KV, every call
//! of a location to the account object. For each the answer is one that docs/API.md knows, nobody gets through who should not, the
//! next try works, and in the end nothing that was acknowledged is missing, in the account object or in KV.
//!
//! Calls are counted by what they are for, so that a call has the same number in every run, whatever else comes a little earlier or
//! later. A way is gone twice with nothing going wrong, and then once for each call that there was.

mod background;
mod faults;
mod journey;
mod revocations;
mod tries;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use self::background::Background;
use self::faults::{Calls, Kind, Place, Target, Wrong};
use self::journey::{Journey, Rests};
use self::revocations::Revocations;
use self::tries::Tries;
use crate::faulty_accounts::Fate;
use crate::kv::{Fault, Method};

const LOST: [Fate; 2] = [Fate::FailBefore, Fate::FailAfter];
const OF_KV: [Fault; 4] = [Fault::Status(500), Fault::Hang, Fault::Status(429), Fault::Close];

/// After one in so many failed reads it is awaited that KV is read again.
const EACH_AWAITED: u64 = 6;

/// A call that comes after an answer may come too late for a run: then it is tried again, so often.
const TRIES: usize = 3;

/// What everything is asked of.
#[derive(Debug, Clone, Copy)]
enum Way {
    Journey,
    Revocations,
    Background,
}

impl Way {
    /// A place for all runs. Where replaced lists of revocations are deleted, that is soon.
    async fn place(self) -> Place {
        let place = match self {
            Self::Journey => Place::open(&[]).await,
            Self::Revocations => Place::open(&[("OLD_BODY_SECONDS", "1")]).await,
            Self::Background => Place::open(&background::SOON).await,
        };
        place.home().admin.set(&json!({ "renew_after_seconds": 0 })).await;
        place
    }

    /// Goes it once, and tells what calls there were of which one could go wrong.
    async fn go(self, place: &mut Place, wrong: Wrong, target: Option<Target>, tries: &mut Tries) -> Calls {
        place.begin_anew();
        match self {
            Self::Journey => {
                let journey = Journey::prepare(place).await;
                let calls = place.let_fail(wrong, target);
                let gone = journey.go(place, tries).await;
                place.heal();
                let rests = match wrong {
                    Wrong::Read(_) if target.is_some_and(|target| target.number % EACH_AWAITED == 1) => {
                        Rests::Awaited
                    }
                    Wrong::Read(_) => Rests::CutShort,
                    _ => Rests::No,
                };
                gone.look(place, rests).await;
                calls
            }
            Self::Revocations => {
                let revocations = Revocations::prepare(place).await;
                let calls = place.let_fail(wrong, target);
                let gone = revocations.go(place, tries, matches!(wrong, Wrong::Publication(_))).await;
                place.heal();
                gone.look(place).await;
                calls
            }
            Self::Background => {
                let background = Background::prepare(place).await;
                let calls = place.let_fail(wrong, target);
                let gone = background.go(tries, &calls).await;
                place.heal();
                gone.look(place).await;
                calls
            }
        }
    }

    /// Goes it until this call has gone wrong, so often at most; tells whether it has. What calls there were in runs in which
    /// nothing went wrong is noted.
    async fn goes_wrong(
        self,
        place: &mut Place,
        wrong: Wrong,
        target: Target,
        tries: &mut Tries,
        clean: &mut Vec<BTreeMap<Kind, u64>>,
    ) -> bool {
        for _ in 0..TRIES {
            let mut these = Tries::default();
            let calls = self.go(place, wrong, Some(target), &mut these).await;
            if calls.went_wrong() {
                tries.add(these);
                return true;
            }
            clean.push(calls.counts());
            if !is_sure(clean, target) {
                return false;
            }
        }
        false
    }

    /// Goes it as often as there are calls; tells of which kinds those were that went wrong.
    async fn every(self, wrongs: &[Wrong], is_meant: impl Fn(Kind) -> bool) -> BTreeSet<Kind> {
        let mut place = self.place().await;
        let mut clean = vec![];
        for _ in 0..2 {
            clean.push(self.go(&mut place, wrongs[0], None, &mut Tries::default()).await.counts());
        }
        let kinds = clean.iter().flat_map(BTreeMap::keys).copied().filter(|kind| is_meant(*kind));
        let kinds: BTreeSet<_> = kinds.collect();
        let mut went_wrong = BTreeSet::new();
        for wrong in wrongs {
            let (mut tries, mut hits, mut all) = (Tries::default(), 0, 0);
            for kind in &kinds {
                let most = clean.iter().map(|counts| counts.get(kind).copied().unwrap_or(0)).max();
                for number in 1..=most.unwrap() {
                    let target = Target { kind: *kind, number };
                    let is_hit = self.goes_wrong(&mut place, *wrong, target, &mut tries, &mut clean).await;
                    let missed = !is_hit && is_sure(&clean, target);
                    assert!(!missed, "{self:?}: {}: {target:?} had no turn", wrong.name());
                    if is_hit {
                        went_wrong.insert(*kind);
                    }
                    hits += u64::from(is_hit);
                    all += 1;
                }
            }
            assert!(hits > 0, "{}: there is nothing that could go wrong", wrong.name());
            println!(
                "{self:?}: {}: {hits} calls went wrong in turn; {} that came once did not come again",
                wrong.name(),
                all - hits
            );
            tries.print();
        }
        went_wrong
    }
}

/// What came in all runs in which nothing went wrong comes each time. What came in some of them comes now and then.
fn is_sure(clean: &[BTreeMap<Kind, u64>], target: Target) -> bool {
    clean.iter().all(|counts| counts.get(&target.kind).is_some_and(|count| *count >= target.number))
}

/// Those of KV; `INJECT_FAULTS` chooses how many of them.
fn of_kv() -> Vec<Fault> {
    let asked = std::env::var("INJECT_FAULTS").ok();
    let many = asked.map_or(OF_KV.len(), |many| many.parse().expect("INJECT_FAULTS is a number"));
    OF_KV.into_iter().take(many).collect()
}

fn each(_: Kind) -> bool {
    true
}

#[tokio::test]
async fn on_a_journey_every_call_to_the_account_object_is_lost_in_turn() {
    Way::Journey.every(&LOST.map(Wrong::Account), each).await;
}

#[tokio::test]
async fn on_a_journey_every_read_of_kv_fails_in_turn() {
    let reads: Vec<_> = of_kv().into_iter().map(Wrong::Read).collect();
    let went_wrong = Way::Journey.every(&reads, each).await;
    assert_eq!(went_wrong, [Kind::head(Method::Get), Kind::body(Method::Get)].into());
}

#[tokio::test]
async fn on_a_journey_every_publication_fails_in_turn() {
    let publications: Vec<_> = of_kv().into_iter().map(Wrong::Publication).collect();
    let went_wrong = Way::Journey.every(&publications, each).await;
    assert!(went_wrong.contains(&Kind::head(Method::Put)), "{went_wrong:?}");
}

#[tokio::test]
async fn while_revoking_every_call_to_the_account_object_is_lost_in_turn() {
    Way::Revocations.every(&LOST.map(Wrong::Account), each).await;
}

#[tokio::test]
async fn each_publication_of_a_revocation_fails_in_turn() {
    let publications: Vec<_> =
        of_kv().into_iter().chain([Fault::DoneAnd(500)]).map(Wrong::Publication).collect();
    let went_wrong = Way::Revocations.every(&publications, each).await;
    let [get, put] = [Method::Get, Method::Put].map(|method| [Kind::head(method), Kind::body(method)]);
    assert_eq!(went_wrong, [get[0], get[1], put[0], put[1], Kind::body(Method::Delete)].into());
}

#[tokio::test]
async fn every_heartbeat_that_is_asked_for_is_lost_in_turn() {
    let went_wrong = Way::Background.every(&LOST.map(Wrong::Account), |kind| kind == Kind::HEARTBEAT).await;
    assert_eq!(went_wrong, [Kind::HEARTBEAT].into());
}

#[tokio::test]
async fn every_read_in_the_background_fails_in_turn() {
    let went_wrong = Way::Background.every(&[Fault::Status(500), Fault::Hang].map(Wrong::Read), each).await;
    assert!(went_wrong.contains(&Kind::head(Method::Get)), "{went_wrong:?}");
}
