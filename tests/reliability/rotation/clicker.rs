//! People who go on clicking, wherever they are, whatever is being deployed.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::json;
use tokio::sync::watch::{Receiver, Sender};
use tokio::task::JoinSet;

use crate::support::{Answer, Bound, DEVICE, PROVE, Product, Wire, eventually_within};

/// Where they click: where the account object is, and at two places more.
const PLACES: usize = 3;
/// How long a phase may take: what was asked of a Worker that ended is given up only when the client's own 30 seconds are over.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two clicks of one of them.
const EVERY: Duration = Duration::from_millis(400);

/// What has come of it so far.
#[derive(Debug, Default)]
struct Seen {
    clicks: [usize; PLACES],
    proofs: usize,
    retries: usize,
    /// The cookie and, if there is one, the device token.
    kept: Vec<String>,
    signed_out: Option<String>,
}

/// A browser at three places.
#[derive(Debug)]
pub(super) struct Clicker {
    wires: [Wire; PLACES],
    link: String,
    destination: &'static str,
    bound: Option<(SigningKey, String)>,
    seen: Arc<Mutex<Seen>>,
}

impl Clicker {
    pub(super) fn new(
        product: &Product,
        link: &str,
        destination: &'static str,
        wire: Wire,
        bound: Option<(SigningKey, String)>,
    ) -> Self {
        let near = |place| super::with_cookies_of(&wire, product.wire_at(place));
        let wires = [near(0), near(1), wire];
        Self { wires, link: link.to_owned(), destination, bound, seen: Arc::default() }
    }

    async fn run(mut self, end: Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for place in (0..PLACES).cycle() {
            if *end.borrow() {
                return;
            }
            ticks.tick().await;
            let outcome = self.visit(place).await;
            let jar = self.wires[place].jar.clone();
            let mut seen = self.seen.lock().unwrap();
            match outcome {
                Some(true) => seen.clicks[place] += 1,
                Some(false) => {}
                None => seen.retries += 1,
            }
            if seen.signed_out.is_some() {
                return;
            }
            let token = self.bound.as_ref().map(|(_, token)| token.clone());
            seen.kept = jar.get(DEVICE).cloned().into_iter().chain(token).collect();
            drop(seen);
            for wire in &mut self.wires {
                wire.jar.clone_from(&jar);
            }
        }
    }

    /// A click, with a proof and another one where one is due, as a browser does it. Whether it led on; `None` if the product was
    /// not there.
    async fn visit(&mut self, place: usize) -> Option<bool> {
        for _ in 0..2 {
            let click = self.wires[place].clicking(&self.link);
            let answer = self.wires[place].attempt(click).await?;
            match answer.location() {
                Some(location) if location == self.destination => return Some(true),
                Some(location) if location.contains("/prove?") && self.bound.is_some() => {
                    self.prove(place).await?;
                }
                // It is being deployed.
                None if answer.status == 503 => return None,
                _ => {
                    self.sign_out(&answer);
                    return Some(false);
                }
            }
        }
        // By then the next one was due.
        Some(false)
    }

    async fn prove(&mut self, place: usize) -> Option<()> {
        let (key, token) = self.bound.clone()?;
        let wire = &mut self.wires[place];
        let challenge = wire.calling(Method::POST, "/api/v1/device/challenge", Some(&json!({})));
        let challenge = wire.attempt(challenge).await.filter(|answer| answer.status == 200)?;
        let bound = Bound { wire: wire.clone(), key, token };
        let proof = bound.proof(challenge.json()["challenge"].as_str().unwrap());
        let proved = wire.attempt(wire.calling(Method::POST, PROVE, Some(&proof))).await?;
        match proved.status {
            200 => {
                let token = proved.json()["device_token"].as_str().unwrap().to_owned();
                self.bound = Some((bound.key, token));
                self.seen.lock().unwrap().proofs += 1;
                Some(())
            }
            503 => None,
            _ => {
                self.sign_out(&proved);
                None
            }
        }
    }

    fn sign_out(&self, answer: &Answer) {
        self.seen.lock().unwrap().signed_out.get_or_insert_with(|| format!("{answer:?}"));
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Load {
    seen: Vec<Arc<Mutex<Seen>>>,
    tasks: JoinSet<()>,
    end: Sender<bool>,
}

impl Default for Load {
    fn default() -> Self {
        Self { seen: vec![], tasks: JoinSet::new(), end: Sender::new(false) }
    }
}

impl Load {
    pub(super) fn add(&mut self, clicker: Clicker) {
        self.seen.push(Arc::clone(&clicker.seen));
        self.tasks.spawn(clicker.run(self.end.subscribe()));
    }

    fn locked(&self) -> impl Iterator<Item = MutexGuard<'_, Seen>> {
        self.seen.iter().map(|seen| seen.lock().unwrap())
    }

    /// Waits until each has been let through at each place since now.
    pub(super) async fn everybody_clicks_everywhere(&self, phase: &str) {
        let before: Vec<_> = self.locked().map(|seen| seen.clicks).collect();
        eventually_within(PATIENCE, &format!("everybody to click everywhere ({phase})"), async || {
            let signed_out: Vec<_> = self.locked().filter_map(|seen| seen.signed_out.clone()).collect();
            assert!(signed_out.is_empty(), "{phase}: {} signed out: {}", signed_out.len(), signed_out[0]);
            let all = self
                .locked()
                .zip(&before)
                .all(|(seen, before)| seen.clicks.iter().zip(before).all(|(now, before)| now > before));
            all.then_some(())
        })
        .await;
    }

    /// All cookies and device tokens, as they are now.
    pub(super) fn everything_kept(&self) -> Vec<String> {
        self.locked().flat_map(|seen| seen.kept.clone()).collect()
    }

    /// How many clicks and proofs there were, and how many tries came to nothing.
    pub(super) async fn end(mut self) -> (usize, usize, usize) {
        self.end.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.locked().fold((0, 0, 0), |(clicks, proofs, retries), seen| {
            (clicks + seen.clicks.iter().sum::<usize>(), proofs + seen.proofs, retries + seen.retries)
        })
    }
}
