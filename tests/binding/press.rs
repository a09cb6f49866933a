//! The press that keeps browsers from taking the site for one that nobody visits.

use crate::engines::{Engine, Firefox, Manner, Outcome};
use crate::shared::{PRESS_AFTER_SECONDS, Shared};
use crate::statement::{number, until};
use crate::subject::{Profile, Subject};
use crate::support::Kind;
use crate::visit::{self, Landing, click, expect, settled_beyond};

/// When it is due, the click leads to a button; pressing it, by the mouse, leads on and counts as a press.
pub(crate) fn is_asked_for(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.pressing().account(&subject.settings());
    let somebody = account.somebody("press", &shared.arrival);
    let profile = match subject.engine {
        // Where sites that nobody presses on lose what they keep.
        Engine::Firefox => Profile::of(Manner::Firefox(Firefox::strict())),
        Engine::Chromium | Engine::WebKit => Profile::new(subject.engine),
    };
    let mut window = profile.open()?;
    visit::enroll(&mut window, &account, &somebody, Kind::Own, &shared.arrival)?;
    // Late on a busy machine; then it is asked for here already.
    visit::gone_on(&mut window, &shared.arrival)?;
    visit::home(&mut window, &account)?;
    let before = visit::cookie(&mut window, &account)?;
    let acted = number(&before, "act").ok_or("no time of a press")?;
    until(acted + u64::from(PRESS_AFTER_SECONDS));
    let landing = click(&mut window, &somebody.link, &shared.arrival)?;
    expect("when a press is due", &landing, &Landing::Press)?;
    window.press(visit::PRESS)?;
    let landing = settled_beyond(&mut window, &shared.arrival, &Landing::Press)?;
    shared.seen.add(
        "no attack: the press when nobody pressed for three weeks",
        subject,
        &landing.to_string(),
    );
    expect("after the press", &landing, &Landing::Arrived)?;
    let device = visit::device(&mut window, &account)?;
    if device["binding"] != subject.binding.name() {
        return Err(format!("the device is {device}"));
    }
    let after = number(&visit::cookie(&mut window, &account)?, "act");
    if after.is_some_and(|after| after > acted) { Ok(()) } else { Err(format!("pressed at {after:?}")) }
}
