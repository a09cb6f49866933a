//! What was acknowledged so far, and what of it can be looked up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::strokes::{Ending, Enrolled};
use crate::support::{Site, Wire, eventually};

/// How often something was told, was kept without being told, or was neither.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    told: u32,
    kept: u32,
    neither: u32,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Whatever was read from the audit, by its number.
    events: BTreeMap<u64, Value>,
    /// Browsers that must get through, and those that must not.
    pub(super) alive: Vec<Wire>,
    pub(super) dead: Vec<Wire>,
    /// Whose devices and events are compared in the end.
    pub(super) people: Vec<String>,
    pub(super) duration_days: u64,
    counts: BTreeMap<&'static str, Counts>,
    /// Rounds that ended while a write to KV was under way, after which it was repaired with nobody asking for anything.
    pub(super) by_itself: u32,
    /// Other rounds after which KV did not have everything at the first look.
    pub(super) behind: u32,
}

impl Ledger {
    pub(super) fn count(&mut self, what: &'static str, told: bool, kept: bool) {
        let counts = self.counts.entry(what).or_default();
        match (told, kept) {
            (true, _) => counts.told += 1,
            (false, true) => counts.kept += 1,
            (false, false) => counts.neither += 1,
        }
    }

    /// What has been written into the audit since this was last asked, the oldest first.
    pub(super) async fn news(&mut self, site: &Site) -> Vec<Value> {
        let last = self.events.keys().next_back().copied().unwrap_or(0);
        let (mut news, mut before) = (vec![], String::new());
        loop {
            let page = site.admin.get(&format!("/audit?limit=200{before}")).await;
            let events = page["events"].as_array().unwrap().iter();
            let fresh: Vec<_> = events.take_while(|event| number(event) > last).cloned().collect();
            let was_all = fresh.len() < 200;
            news.extend(fresh);
            let Some(next) = page["next"].as_u64().filter(|_| !was_all) else { break };
            before = format!("&before={next}");
        }
        news.reverse();
        self.events.extend(news.iter().map(|event| (number(event), event.clone())));
        news
    }

    /// Waits until KV has the truth, which nothing but the account object brings about; tells whether it had at the first look.
    pub(super) async fn kv_holds(&self, site: &Site) -> bool {
        let mut looks = 0;
        eventually("KV to have the truth", async || {
            looks += 1;
            let found = site.admin.get("/revocations/verify").await;
            (found["holds"] == true).then_some(())
        })
        .await;
        looks == 1
    }

    /// All that was ever read is still there, and as it was.
    pub(super) async fn is_all_there(&mut self, site: &Site) {
        self.news(site).await;
        let export = site.admin.call(reqwest::Method::GET, "/audit/export?format=jsonl", None).await;
        let export = export.text();
        let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let there: BTreeMap<u64, Value> = lines.map(|event| (number(&event), event)).collect();
        for (number, event) in &self.events {
            assert_eq!(there.get(number), Some(event), "an event of the audit is gone or another");
        }
        for person in &self.people {
            let enrolled = of(there.values(), "device.enrolled", person);
            let enrolled: BTreeSet<_> = enrolled.into_iter().map(device_of).collect();
            let devices = site.admin.devices(person).await;
            let devices = devices.iter().map(|device| device["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(enrolled, devices, "devices and events of {person}");
        }
    }

    pub(super) fn print(&self, rounds: u32) {
        println!("\n{:<24}{:>8}{:>16}{:>16}", "under way at the end", "told", "kept, untold", "never kept");
        for (what, Counts { told, kept, neither }) in &self.counts {
            println!("{what:<24}{told:>8}{kept:>16}{neither:>16}");
        }
        let by_chance: u32 = self.counts.values().map(|counts| counts.kept).sum();
        assert!(rounds < 100 || by_chance > 0, "no end came between keeping and telling: this shows nothing");
        println!("{} events of the audit, {} people", self.events.len(), self.people.len());
        let Self { by_itself, behind, .. } = self;
        println!(
            "KV was behind after {} of {rounds} ends, and had everything in the end;",
            by_itself + behind
        );
        println!(
            "{by_itself} of them came while a write to it was under way, which was made good before anybody asked"
        );
        assert!(rounds < 100 || *by_itself > 0, "no end came within a write: this shows nothing");
    }
}

/// The device whose enrollment an event tells of.
pub(super) fn device_of(event: &Value) -> String {
    let detail: Value = serde_json::from_str(event["detail"].as_str().unwrap()).unwrap();
    detail["device"].as_str().unwrap().to_owned()
}

fn number(event: &Value) -> u64 {
    event["seq"].as_u64().unwrap()
}

/// Events of one kind about one subject.
pub(super) fn of<'a>(
    events: impl IntoIterator<Item = &'a Value>,
    action: &str,
    subject: &str,
) -> Vec<&'a Value> {
    let about = |event: &&Value| event["action"] == action && event["subject"] == subject;
    events.into_iter().filter(about).collect()
}

/// The event that tells of an ending: its action and whom it is about.
pub(super) fn event_of(ending: Ending, person: &str, domain: &str) -> (&'static str, String) {
    match ending {
        Ending::Device => ("device.revoked", person.to_owned()),
        Ending::Person => ("user.revoked", person.to_owned()),
        Ending::Domain => ("domain.revoked", domain.to_owned()),
        Ending::Everyone => ("everyone.revoked", String::new()),
        Ending::Disabled => ("user.disabled", person.to_owned()),
        Ending::Forgotten => ("device.forgotten", person.to_owned()),
    }
}

/// A device just enrolled.
pub(super) async fn enrolled(mut wire: Wire) -> Enrolled {
    let this = wire.get("/api/v1/device").await.json();
    let id = this["device_id"].as_str().unwrap_or_else(|| panic!("{this}")).to_owned();
    Enrolled { id, wire }
}
