//! Windows in which nothing may stay: private ones, and those of computers that others use too.

use serde_json::json;

use crate::engines::{Engine, Outcome, Window};
use crate::product::{Account, Somebody, run};
use crate::shared::Shared;
use crate::subject::{Binding, Profile, Subject};
use crate::support::{DEVICE, Kind};
use crate::visit::{self, Landing, click, click_and_wait, enroll, expect};

/// Names of all databases, stored values and files.
const STORED: &str = "
const names = [];
for (const { name } of await indexedDB.databases()) names.push('database ' + name);
for (const name of Object.keys(localStorage)) names.push('value ' + name);
for (const name of Object.keys(sessionStorage)) names.push('value of the session ' + name);
return names;";

/// Nothing is stored, and the one cookie ends with the window.
fn keeps_nothing(window: &mut Window, account: &Account) -> Outcome<String> {
    let device = visit::device(window, account)?;
    if device["session"] != true || device["binding"] != "none" {
        return Err(format!("the device is {device}"));
    }
    let stored = window.script(STORED)?;
    let cookie = window.cookie(&account.origin, DEVICE)?;
    if stored != json!([]) || cookie.as_ref().is_some_and(|cookie| cookie.lasts) {
        return Err(format!("kept: {stored}, {cookie:?}"));
    }
    Ok(match cookie {
        Some(_) => "nothing stored, the cookie ends with the window".to_owned(),
        // Firefox' driver looks only where ordinary windows have theirs.
        None => "nothing stored, no cookie beside those of ordinary windows".to_owned(),
    })
}

fn enroll_here(
    shared: &Shared,
    profile: &Profile,
    account: &Account,
    somebody: &Somebody,
    kind: Kind,
) -> Outcome<Window> {
    let mut window = profile.open()?;
    enroll(&mut window, account, somebody, kind, &shared.arrival)?;
    expect("after enrolling", &click(&mut window, &somebody.link, &shared.arrival)?, &Landing::Arrived)?;
    Ok(window)
}

/// Opened again, the browser is nobody's.
fn is_forgotten(shared: &Shared, profile: &Profile, somebody: &Somebody, first: &str) -> Outcome {
    let mut window = profile.open()?;
    let click = if first == "address" { click } else { click_and_wait };
    let landing = click(&mut window, &somebody.link, &shared.arrival)?;
    expect("opened again", &landing, &Landing::Enroll { step: first.to_owned() })
}

pub(crate) fn private_window(shared: &Shared, engine: Engine) -> Outcome {
    let subject = Subject { engine, binding: Binding::None };
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("private", &shared.arrival);
    let profile = Profile::private(engine);
    let mut window = enroll_here(shared, &profile, &account, &somebody, Kind::Own)?;
    let kept = keeps_nothing(&mut window, &account)?;
    shared.seen.add("what a private window leaves", subject, &kept);
    window.close()?;
    is_forgotten(shared, &profile, &somebody, "private")
}

pub(crate) fn shared_computer(shared: &Shared, engine: Engine) -> Outcome {
    let subject = Subject { engine, binding: Binding::None };
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("shared", &shared.arrival);
    let profile = Profile::new(engine);
    let mut window = enroll_here(shared, &profile, &account, &somebody, Kind::Shared)?;
    let kept = keeps_nothing(&mut window, &account)?;
    shared.seen.add("what a shared computer keeps", subject, &kept);
    window.close()?;
    is_forgotten(shared, &profile, &somebody, "address")
}

/// "I am finished" ends it everywhere, also where the cookie was copied to.
pub(crate) fn finished(shared: &Shared, engine: Engine) -> Outcome {
    let subject = Subject { engine, binding: Binding::None };
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("finished", &shared.arrival);
    let profile = Profile::new(engine);
    let mut window = profile.open()?;
    enroll(&mut window, &account, &somebody, Kind::Shared, &shared.arrival)?;
    let cookie = visit::cookie(&mut window, &account)?;
    window.press("[data-action=finished]")?;
    let said = "return document.getElementById('step-finished')?.checkVisibility() || null;";
    window.eventually("the words that it is over", said)?;
    if window.cookie(&account.origin, DEVICE)?.is_some() {
        return Err("the cookie is still there".to_owned());
    }
    let mut copy = account.wire_with(&cookie);
    let left = run(crate::support::eventually("the copy to be worth nothing", async || {
        let location = copy.click(&somebody.link).await.location()?.to_owned();
        location.contains("/enroll?").then_some("sent to /enroll")
    }));
    shared.seen.add("cookie copied from a shared computer, after \"I am finished\"", subject, left);
    let landing = click(&mut window, &somebody.link, &shared.arrival)?;
    expect("afterwards", &landing, &Landing::Enroll { step: "address".to_owned() })
}
