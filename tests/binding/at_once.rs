//! Many tabs at once, and a server that dies in the middle of it.

use serde_json::json;

use crate::engines::Outcome;
use crate::product::{Product, SHORT};
use crate::shared::Shared;
use crate::subject::{Profile, Subject};
use crate::visit::{self, Landing, click, enroll_and_arrive, expect, with_module};

/// Clicks and proofs as scripts can make them, all under way at the same time.
const CROWD: &str = "
const clicks = Array.from({ length: 50 }, () => fetch(LINK, { redirect: 'manual' }).then((answer) => answer.type));
const proofs = Array.from({ length: 50 }, () =>
  module.prove(false, null).then(() => 'proved', (thrown) => thrown.message));
const count = {};
for (const one of await Promise.all([...clicks, ...proofs])) count[one] = (count[one] ?? 0) + 1;
return count;";

/// A proof that waits, its challenge fetched, until it is let through.
const HELD: &str = "
const { fetch } = window;
const passed = new Promise((resolve) => { window.letThrough = resolve; });
await new Promise((reached, failed) => {
  window.fetch = async (address, options) => {
    if (String(address.url ?? address).endsWith('/device/prove')) { reached(); await passed; }
    return fetch(address, options);
  };
  window.outcome = module.prove(false, null).then((to) => ({ to }), (thrown) => ({ code: thrown.message }));
  window.outcome.then((early) => failed(new Error('not held back: ' + JSON.stringify(early))));
});
return true;";

pub(crate) fn a_hundred(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("crowd", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    let before = enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    account.set_interval(SHORT);
    account.due(&before.cookie, &somebody.link);
    visit::home(&mut window, &account)?;
    let link = json!(somebody.link).to_string();
    let count = with_module(&mut window, &CROWD.replace("LINK", &link))?;
    let outcome =
        format!("{} of 50 clicks sent on, {} of 50 proofs taken", count["opaqueredirect"], count["proved"]);
    shared.seen.add("no attack: 50 clicks and 50 proofs at once", subject, &outcome);
    if count != json!({ "opaqueredirect": 50, "proved": 50 }) {
        return Err(format!("not all came through: {count}"));
    }
    expect("afterwards", &click(&mut window, &somebody.link, &shared.arrival)?, &Landing::Arrived)?;
    let records = account.devices(&somebody);
    if records.len() == 1 { Ok(()) } else { Err(format!("not one record: {records:?}")) }
}

pub(crate) fn server_killed(shared: &Shared, subject: Subject) -> Outcome {
    // Of its own: others go on meanwhile.
    let product = Product::start(1, &[("CHALLENGE_SECONDS", "60")]);
    let account = product.account(&subject.settings());
    let somebody = account.somebody("killed", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    visit::home(&mut window, &account)?;
    with_module(&mut window, HELD)?;
    product.crash_and_restart();
    let came = window.script("window.letThrough(); return window.outcome;")?;
    shared.seen.add(
        "no attack: the server killed between challenge and proof",
        subject,
        &visit::outcome(&came),
    );
    if came["to"] != "/" {
        return Err(format!("the proof came to {came}"));
    }
    expect("afterwards", &click(&mut window, &somebody.link, &shared.arrival)?, &Landing::Arrived)
}
