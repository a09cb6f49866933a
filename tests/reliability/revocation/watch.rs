//! Steady clicks at many places, and what became of each.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch::{Receiver, Sender};
use tokio::task::JoinSet;

use crate::kv::now;
use crate::support::{DEVICE, Wire};

/// Between two clicks of one browser at one place.
const EVERY: Duration = Duration::from_millis(200);

/// What became of a click.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// It led to the destination.
    Accepted,
    /// It led to where one enrolls.
    Refused,
    /// Nobody could tell whether it holds.
    Unsure,
    /// Anything else: never right.
    Neither(String),
}

/// A click, and what became of it.
#[derive(Debug)]
struct Click {
    began: Instant,
    answered: Instant,
    outcome: Outcome,
}

/// The clicks with one cookie at one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Record(Arc<Mutex<Vec<Click>>>);

impl Record {
    /// How long after `since` the last click that was accepted had begun.
    pub(super) fn accepted_after(&self, since: Instant) -> Duration {
        let clicks = self.0.lock().unwrap();
        let mut accepted = clicks.iter().rev().filter(|click| click.outcome == Outcome::Accepted);
        accepted.next().map_or(Duration::ZERO, |click| click.began.saturating_duration_since(since))
    }

    /// How many clicks began and were answered in between. None was anything but accepted.
    #[track_caller]
    pub(super) fn all_accepted(&self, from: Instant, until: Instant, whose: &str) -> usize {
        let clicks = self.0.lock().unwrap();
        let those = clicks.iter().filter(|click| click.began >= from && click.answered < until);
        let mut count = 0;
        for click in those {
            assert_eq!(click.outcome, Outcome::Accepted, "{whose}, click {count}");
            count += 1;
        }
        count
    }

    /// That clicks after `since` were refused, and none was neither.
    #[track_caller]
    pub(super) fn is_refused(&self, since: Instant, whose: &str) {
        self.ends(&Outcome::Refused, since, whose);
    }

    /// That clicks after `since` were neither accepted nor refused in the end.
    #[track_caller]
    pub(super) fn is_unsure(&self, since: Instant, whose: &str) {
        self.ends(&Outcome::Unsure, since, whose);
    }

    #[track_caller]
    fn ends(&self, outcome: &Outcome, since: Instant, whose: &str) {
        let clicks = self.0.lock().unwrap();
        let last = clicks.last().unwrap();
        assert!(last.began > since && last.outcome == *outcome, "{whose}: {last:?}");
        let neither = clicks.iter().find(|click| matches!(click.outcome, Outcome::Neither(_)));
        assert!(neither.is_none(), "{whose}: {neither:?}");
    }
}

/// Who clicks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awake {
    Everybody,
    /// All but those who are idle at times.
    TheBusy,
    Nobody,
}

/// Browsers that click.
#[derive(Debug)]
pub(super) struct Watch {
    awake: Sender<Awake>,
    tasks: JoinSet<()>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { awake: Sender::new(Awake::Everybody), tasks: JoinSet::new() }
    }

    /// One more.
    pub(super) fn add(&mut self, wire: Wire, link: &str, destination: &str, is_idle: bool) -> Record {
        let record = Record::default();
        let clicker = Clicker {
            wire,
            link: link.to_owned(),
            destination: destination.to_owned(),
            is_idle,
            record: record.clone(),
        };
        self.tasks.spawn(clicker.run(self.awake.subscribe()));
        record
    }

    pub(super) fn set(&self, awake: Awake) {
        self.awake.send_replace(awake);
    }

    /// Waits for the last answers.
    pub(super) async fn end(mut self) {
        self.set(Awake::Nobody);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

struct Clicker {
    wire: Wire,
    link: String,
    destination: String,
    is_idle: bool,
    record: Record,
}

impl Clicker {
    async fn run(mut self, mut awake: Receiver<Awake>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let is_awake = |awake: &Awake| *awake != Awake::TheBusy || !self.is_idle;
            let awake = *awake.wait_for(is_awake).await.unwrap();
            if awake == Awake::Nobody {
                return;
            }
            self.click().await;
            ticks.tick().await;
        }
    }

    async fn click(&mut self) {
        let cookie = self.wire.jar[DEVICE].clone();
        let began = now();
        let answer = self.wire.click(&self.link).await;
        let outcome = match answer.location() {
            Some(location) if location == self.destination => Outcome::Accepted,
            Some(location) if location.contains("/enroll?") => Outcome::Refused,
            None if answer.status == 503 => Outcome::Unsure,
            _ => Outcome::Neither(format!("{} {}", answer.status, answer.text())),
        };
        // Whoever has copied a cookie keeps it, whatever a browser is told.
        self.wire.jar.entry(DEVICE.to_owned()).or_insert(cookie);
        self.record.0.lock().unwrap().push(Click { began, answered: now(), outcome });
    }
}
