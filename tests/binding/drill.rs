//! The drill: a script is on the origin. It takes all it can reach, and somebody tries it elsewhere.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bare;
use crate::engines::{Outcome, Window};
use crate::product::{Account, SHORT, Somebody, run};
use crate::shared::Shared;
use crate::statement::{claims, number, until};
use crate::subject::{Profile, Subject};
use crate::support::{Answer, DEVICE, Wire};
use crate::visit::{self, Landing, click, enroll_and_arrive, expect};
use crate::wired::{PROVE, challenge, proof};

const COLLECT: &str = include_str!("collect.js");

/// Shorter ones are words, not credentials: a token has hundreds of characters, a seed or a key 43.
const SHORTEST: usize = 16;

pub(crate) fn is_robbed(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("drill", &shared.arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    visit::home(&mut window, &account)?;
    let loot = window.script(COLLECT)?;
    // At once: what a script can do while it is there, it can do for somebody who waits at the other end.
    let relayed = relay(shared, subject, &account, &somebody, &loot)?;

    let cookie = visit::cookie(&mut window, &account)?;
    nothing_slipped_out(shared, subject, &loot, &cookie)?;

    account.set_interval(SHORT);
    account.due(&relayed[0], &somebody.link);
    account.due(&cookie, &somebody.link);
    let ends = loot["ahead"].as_array().into_iter().flatten();
    let ends = ends.filter_map(|proof| number(proof["challenge"].as_str()?, "exp")).max();
    until(ends.ok_or("nothing was signed ahead")?);

    let late: Vec<_> = loot["ahead"].as_array().into_iter().flatten().skip(1).collect();
    for proof in late {
        let refused = run(account.wire().post(PROVE, proof));
        shared.seen.add(
            "script on the page: proof signed ahead, used too late",
            subject,
            &bare::said(&refused),
        );
        refused.problem(410, "challenge_expired");
    }
    let mut strings = credentials(&loot);
    strings.extend(relayed.clone());
    let tried = on_the_wire(&account, &somebody, &strings)?;
    let tried_there = in_a_browser(shared, subject, &account, &somebody, &strings)?;
    shared.seen.add(
        "script on the page: all it took, elsewhere, after the interval",
        subject,
        &format!(
            "{} strings, {tried} requests, {tried_there} clicks and proofs in another profile: none passes",
            strings.len()
        ),
    );
    expect("the owner", &click(&mut window, &somebody.link, &shared.arrival)?, &Landing::Arrived)?;

    visit::home(&mut window, &account)?;
    let fresh = BTreeSet::from([visit::cookie(&mut window, &account)?]);
    if on_the_wire(&account, &somebody, &fresh).is_ok() {
        return Err("these tries do not notice a cookie that passes".to_owned());
    }

    // The one export that was left.
    let forgotten = visit::with_module(
        &mut window,
        "const returned = await module.forget(); return { returned: returned ?? null, left: (await indexedDB.databases()).length };",
    )?;
    if forgotten == json!({ "returned": null, "left": 0 }) {
        Ok(())
    } else {
        Err(format!("forgetting came to {forgotten}"))
    }
}

/// A proof signed on the page and posted from elsewhere before its challenge is over. It passes: that is what is not stopped.
/// Returns the cookie and the token that it brought.
fn relay(
    shared: &Shared,
    subject: Subject,
    account: &Account,
    somebody: &Somebody,
    loot: &Value,
) -> Outcome<[String; 2]> {
    let mut elsewhere = account.wire();
    let answer = run(elsewhere.post(PROVE, &loot["ahead"][0]));
    let passed = answer.status == 200;
    let outcome = if passed { "passes: a relay, worth a cookie until the next proof" } else { "refused" };
    shared.seen.add("script on the page: proof signed ahead, used at once", subject, outcome);
    if !passed {
        return Err(format!("a relay in time is refused, which the documents do not say: {}", answer.text()));
    }
    let landing = run(elsewhere.click(&somebody.link));
    landing.leads_to(&shared.arrival.url);
    let devices = run(elsewhere.get("/api/v1/devices"));
    let change = devices.json()["change"].as_str().unwrap_or("nothing").to_owned();
    let outcome = format!("{}, changes: {change}", devices.status);
    shared.seen.add(
        "script on the page: the list of devices by the relayed cookie, at once",
        subject,
        &outcome,
    );
    let token = answer.json()["device_token"].as_str().unwrap_or_default().to_owned();
    Ok([elsewhere.jar[DEVICE].clone(), token])
}

/// What must not be among it.
fn nothing_slipped_out(shared: &Shared, subject: Subject, loot: &Value, cookie: &str) -> Outcome {
    let text = loot.to_string();
    let mut wrong = vec![];
    if loot["unknownExports"] != json!([]) {
        wrong.push(format!(
            "the drill does not know what these exports give away: {}",
            loot["unknownExports"]
        ));
    }
    // The signature alone is secret: claims may well be told.
    let signature = cookie.rsplit('.').next().unwrap_or_default();
    let hidden = !signature.is_empty() && !text.contains(signature);
    shared.seen.add(
        "script on the page: reads the device cookie",
        subject,
        if hidden { "not in anything it got" } else { "read" },
    );
    if !hidden {
        wrong.push("the device cookie is in what a script got".to_owned());
    }
    let headers =
        loot["answers"].as_object().into_iter().flatten().map(|(_, answer)| answer["headers"].to_string());
    if headers.into_iter().any(|headers| headers.to_ascii_lowercase().contains("set-cookie")) {
        wrong.push("a script sees how cookies are set".to_owned());
    }
    let key = &loot["databases"]["device-enrollment/device/key"]["privateKey"];
    let ways = ["raw", "pkcs8", "spki", "jwk", "wrapped"];
    let refused: Vec<_> = ways.iter().filter(|way| key[*way]["thrown"].is_string()).collect();
    let outcome =
        format!("refused in {} of {} ways, extractable: {}", refused.len(), ways.len(), key["extractable"]);
    shared.seen.add("script on the page: exports the device key", subject, &outcome);
    if refused.len() != ways.len() || key["extractable"] != false {
        wrong.push(format!("the private key: {key}"));
    }
    if loot["exports"]["prove"]["value"] != "/" {
        wrong.push(format!("the drill did not prove: {}", loot["exports"]));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Every run of characters that could be one, wherever it stands.
fn credentials(loot: &Value) -> BTreeSet<String> {
    let text = loot.to_string();
    let runs = text.split(|one: char| !one.is_ascii_alphanumeric() && !"-_.".contains(one));
    runs.filter(|run| run.len() >= SHORTEST).map(str::to_owned).collect()
}

/// Each as device cookie, as bearer, and as device token with a key of one's own. Returns how many requests that was.
fn on_the_wire(account: &Account, somebody: &Somebody, strings: &BTreeSet<String>) -> Outcome<usize> {
    let key = ed25519_dalek::SigningKey::from_bytes(&[92; 32]);
    let (mut requests, mut passed) = (0, vec![]);
    let mut judge = |what: &str, text: &str, answer: &Answer| {
        requests += 1;
        let arrives = answer.status < 400
            && answer.location().is_none_or(|location| !location.starts_with(&account.origin));
        if arrives {
            passed.push(format!("{what}: {} for {text}", answer.status));
        }
    };
    for text in strings {
        let mut wire = account.wire_with(text);
        judge("a click", text, &run(wire.click(&somebody.link)));
        for path in ["/api/v1/device", "/api/v1/devices", "/api/v1/verify"] {
            judge("as the cookie", text, &run(account.wire_with(text).get(path)));
            judge("as the bearer", text, &as_bearer(account, path, text));
        }
        judge("as the bearer", text, &as_bearer(account, "/api/v1/admin/settings", text));
        let mut wire = account.wire();
        let challenge = challenge(&mut wire);
        let offered = proof(&key, &account.origin, &challenge, text);
        judge("as the device token", text, &run(wire.post(PROVE, &offered)));
    }
    if passed.is_empty() { Ok(requests) } else { Err(passed.join("\n")) }
}

fn as_bearer(account: &Account, path: &str, text: &str) -> Answer {
    let wire: Wire = account.wire();
    run(Answer::to(wire.bare(reqwest::Method::GET, path).bearer_auth(text)))
}

/// Another profile with the same module: the tokens among it as its cookie, and as its token beside a key of its own. Returns how
/// many tries that was.
fn in_a_browser(
    shared: &Shared,
    subject: Subject,
    account: &Account,
    somebody: &Somebody,
    strings: &BTreeSet<String>,
) -> Outcome<usize> {
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    visit::home(&mut window, account)?;
    visit::with_module(&mut window, "return module.device_key();")?;
    let mut tries = 0;
    for token in strings.iter().filter(|text| claims(text).is_object()) {
        visit::home(&mut window, account)?;
        window.keep_cookie(DEVICE, token)?;
        let landing = click(&mut window, &somebody.link, &shared.arrival)?;
        if landing == Landing::Arrived {
            return Err(format!("opened the link as a cookie: {token}"));
        }
        visit::home(&mut window, account)?;
        let came = beside_another_key(&mut window, token)?;
        if came["code"].as_str().is_none() {
            return Err(format!("proved as a token: {came} for {token}"));
        }
        tries += 2;
    }
    Ok(tries)
}

fn beside_another_key(window: &mut Window, token: &str) -> Outcome<Value> {
    crate::forged::write(window, token)?;
    visit::prove(window)
}
