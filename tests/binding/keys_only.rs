//! Accounts that take bound devices only.

use serde_json::json;

use crate::engines::{Chromium, Engine, Manner, Outcome};
use crate::product::{NEVER, run};
use crate::shared::Shared;
use crate::subject::{Binding, Profile, Subject};
use crate::support::DEVICE;
use crate::visit::{self, Landing, click, enroll_and_arrive, expect, submit};

/// One that was enrolled without a key before the account wanted keys.
pub(crate) fn unbound_is_refused(shared: &Shared) -> Outcome {
    let subject = Subject { engine: Engine::WebKit, binding: Binding::None };
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("unbound", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    let before = enroll_and_arrive(&mut window, &account, &somebody, Binding::None, &shared.arrival)?;
    account.set(&json!({ "bound_devices_only": true }));
    let mut wire = account.wire_with(&before.cookie);
    run(crate::support::eventually("the rule to be published", async || {
        wire.click(&somebody.link).await.location()?.contains("/enroll?").then_some(())
    }));
    let landing = click(&mut window, &somebody.link, &shared.arrival)?;
    shared.seen.add("a device without a key where the account wants one", subject, &landing.to_string());
    expect("without a key", &landing, &Landing::Enroll { step: "address".to_owned() })?;
    // It can have one.
    enroll_and_arrive(&mut window, &account, &somebody, Binding::Key, &shared.arrival).map(drop)
}

/// A browser that cannot have a key is told so, and gets no cookie.
pub(crate) fn told_in_words(shared: &Shared) -> Outcome {
    let subject = Subject { engine: Engine::Chromium, binding: Binding::None };
    let account =
        shared.product().account(&json!({ "proof_interval_hours": NEVER, "bound_devices_only": true }));
    let somebody = account.somebody("keyless", &shared.arrival);
    // Without WebAssembly there is nothing that makes one.
    let manner = Chromium { arguments: vec!["--js-flags=--jitless"], cookies: None };
    let profile = Profile::of(Manner::Chromium(manner));
    let mut window = profile.open()?;
    let landing = click(&mut window, &somebody.link, &shared.arrival)?;
    expect("to enroll", &landing, &Landing::Enroll { step: "address".to_owned() })?;
    let before = account.mails(&somebody.person.address);
    submit(&mut window, "address", &somebody.person.address)?;
    let shown = "return document.getElementById('code-form').checkVisibility() || null;";
    window.eventually("the form that asks for the code", shown)?;
    let code = account.mail(&somebody.person.address, before).code();
    submit(&mut window, "code", &code)?;
    let words = "
        const words = document.querySelector('#error [data-code=device_key_required]');
        return words?.checkVisibility() ? words.innerText.trim() || null : null;";
    let words = window.eventually("the words for it", words)?;
    shared.seen.add(
        "enrolling without a key where the account wants one",
        subject,
        "refused: device_key_required, in words",
    );
    if window.cookie(&account.origin, DEVICE)?.is_some() {
        return Err(format!("a cookie beside the words {words}"));
    }
    visit::home(&mut window, &account)
}
