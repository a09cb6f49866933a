//! A device over time: closed and opened again, copied, cleaned.

use serde_json::json;

use crate::engines::Outcome;
use crate::product::SHORT;
use crate::shared::Shared;
use crate::statement::{number, until};
use crate::subject::{Binding, Profile, Subject};
use crate::support::DEVICE;
use crate::visit::{self, Landing, click, click_and_wait, enroll_and_arrive, expect};

/// The browser is closed and opened again; when a proof is due, the person does not notice.
pub(crate) fn goes_on(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("again", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    let before = enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    window.close()?;
    let mut window = profile.open()?;
    expect("opened again", &click(&mut window, &somebody.link, &shared.arrival)?, &Landing::Arrived)?;
    window.close()?;

    account.set_interval(SHORT);
    if subject.binding == Binding::Key {
        account.due(&before.cookie, &somebody.link);
    }
    let mut window = profile.open()?;
    let landing = click(&mut window, &somebody.link, &shared.arrival)?;
    shared.seen.add(
        "no attack: the owner, after closing, when a proof is due",
        subject,
        &landing.to_string(),
    );
    expect("with a proof due", &landing, &Landing::Arrived)?;
    let device = visit::device(&mut window, &account)?;
    if device["device_id"] != before.id.as_str() || account.devices(&somebody).len() != 1 {
        return Err(format!("not the same device: {device}"));
    }
    let after = visit::cookie(&mut window, &account)?;
    // Without a key there is no claim to move.
    match (number(&before.cookie, "prf"), number(&after, "prf")) {
        (Some(before), Some(after)) if after > before => Ok(()),
        (None, None) if subject.binding == Binding::None => Ok(()),
        other => Err(format!("the time of the last proof: {other:?}")),
    }
}

/// The cookie in another profile opens links until a proof is due, and not after; its owner goes on.
pub(crate) fn copied_cookie(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("copied", &shared.arrival);
    let (owner, thief) = (Profile::new(subject.engine), Profile::new(subject.engine));
    let mut own = owner.open()?;
    let enrolled = enroll_and_arrive(&mut own, &account, &somebody, subject.binding, &shared.arrival)?;

    let mut other = thief.open()?;
    visit::home(&mut other, &account)?;
    other.keep_cookie(DEVICE, &enrolled.cookie)?;
    let landing = click(&mut other, &somebody.link, &shared.arrival)?;
    shared.seen.add("copied cookie, before a proof is due", subject, &landing.to_string());
    expect("before a proof is due", &landing, &Landing::Arrived)?;

    account.set_interval(SHORT);
    match subject.binding {
        Binding::Key => account.due(&enrolled.cookie, &somebody.link),
        Binding::None => until(number(&enrolled.cookie, "auth_time").ok_or("no time")? + u64::from(SHORT)),
    }
    let landing = click(&mut other, &somebody.link, &shared.arrival)?;
    shared.seen.add("copied cookie, when a proof is due", subject, &landing.to_string());
    if subject.binding == Binding::None {
        return expect("without a key", &landing, &Landing::Arrived);
    }
    expect("when a proof is due", &landing, &Landing::Unproven { code: "nothing_kept".to_owned() })?;
    let event = account.audited("proof.failed", &somebody);
    let action = event["action"].as_str().unwrap_or_default();
    shared.seen.add("copied cookie: what the audit says", subject, action);
    if !event.to_string().contains(&enrolled.id) {
        return Err(format!("the books do not say which device: {event}"));
    }
    let landing = click(&mut own, &somebody.link, &shared.arrival)?;
    shared.seen.add("copied cookie: its owner, afterwards", subject, &landing.to_string());
    expect("the owner", &landing, &Landing::Arrived)?;
    let landing = click(&mut other, &somebody.link, &shared.arrival)?;
    expect("after the owner's proof", &landing, &Landing::Unproven { code: "nothing_kept".to_owned() })
}

/// Only the cookie is gone.
pub(crate) fn lost_cookie(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("lost", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    let before = enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    window.lose_cookie(&account.origin, DEVICE)?;
    let went = match subject.binding {
        Binding::None => click(&mut window, &somebody.link, &shared.arrival),
        Binding::Key => click_and_wait(&mut window, &somebody.link, &shared.arrival),
    };
    let landing = went?;
    shared.seen.add("no attack: only the cookie is deleted", subject, &landing.to_string());
    if subject.binding == Binding::None {
        return expect("without a key", &landing, &Landing::Enroll { step: "address".to_owned() });
    }
    expect("without the cookie", &landing, &Landing::Arrived)?;
    let device = visit::device(&mut window, &account)?;
    let records = account.devices(&somebody);
    if device["device_id"] != before.id.as_str() || records.len() != 1 {
        return Err(format!("not the same device: {device} of {records:?}"));
    }
    Ok(())
}

/// Everything the site kept is gone.
pub(crate) fn lost_everything(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("cleaned", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    window.lose_cookie(&account.origin, DEVICE)?;
    let left = window.script(
        "localStorage.clear();
        for (const { name } of await indexedDB.databases()) {
          await new Promise((done, failed) => {
            const asked = indexedDB.deleteDatabase(name);
            asked.onsuccess = done; asked.onerror = failed;
          });
        }
        return (await indexedDB.databases()).length;",
    )?;
    if left != json!(0) {
        return Err(format!("{left} databases are left"));
    }
    let landing = click(&mut window, &somebody.link, &shared.arrival)?;
    shared.seen.add("no attack: everything is deleted", subject, &landing.to_string());
    expect("with nothing kept", &landing, &Landing::Enroll { step: "address".to_owned() })?;
    // And that works.
    enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival).map(drop)
}

/// A device that was signed out proves nothing, at once.
pub(crate) fn revoked(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("revoked", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    let enrolled = enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    visit::home(&mut window, &account)?;
    account.revoke_device(&enrolled.id);
    let came = visit::prove(&mut window)?;
    shared.seen.add("a proof by a revoked device, at once", subject, &visit::outcome(&came));
    if came["code"] == "device_revoked" { Ok(()) } else { Err(format!("it was not refused: {came}")) }
}

/// Whoever has the whole folder has the device, where the system ties the folder to nothing. It is one device: seen once, ended
/// at once.
pub(crate) fn copied_profile(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("folder", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    let enrolled = enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    window.close()?;
    let copy = profile.copied();
    let mut window = copy.open()?;
    visit::home(&mut window, &account)?;
    let came = visit::prove(&mut window)?;
    shared.seen.add("copied profile folder", subject, &visit::outcome(&came));
    if came["to"] != "/" {
        return Err(format!("the copy does not prove, which the documents do not say: {came}"));
    }
    let mut own = profile.open()?;
    visit::home(&mut own, &account)?;
    let came = visit::prove(&mut own)?;
    if came["to"] != "/" || account.devices(&somebody).len() != 1 {
        return Err(format!("the owner beside the copy: {came}"));
    }
    account.revoke_device(&enrolled.id);
    for (who, window) in [("its owner", &mut own), ("the copy", &mut window)] {
        let came = visit::prove(window)?;
        shared.seen.add(
            &format!("copied profile folder: {who}, after the device is signed out"),
            subject,
            &visit::outcome(&came),
        );
        if came["code"] != "device_revoked" {
            return Err(format!("{who} after being signed out: {came}"));
        }
    }
    Ok(())
}
