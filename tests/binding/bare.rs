//! What needs no browser to be seen, and the scaled clock of this suite. The other wrong proofs, each by its own code, are
//! in `journey/proofs.rs`.

use serde_json::json;

use crate::engines::Outcome;
use crate::product::{Product, run};
use crate::shared::Shared;
use crate::statement::{number, until};
use crate::support::product::fresh_address;
use crate::support::{Answer, Arrival, eventually};
use crate::wired::Wired;

/// A challenge that nobody answered in time, and a token of another account.
pub(crate) fn old_challenge_and_foreign_token(shared: &Shared) -> Outcome {
    let account = shared.product().account(&json!({}));
    let elsewhere = shared.product().account(&json!({}));
    let mut device = Wired::enroll(&account, &account.somebody("late", &shared.arrival), 72);
    // The same key in both, so that nothing but the account is wrong.
    let foreign = Wired::enroll(&elsewhere, &elsewhere.somebody("foreign", &shared.arrival), 72);

    let own = device.token.clone();
    let old = device.proof(&account, &own);
    let ends = number(old["challenge"].as_str().unwrap(), "exp").ok_or("a challenge without an end")?;
    let of_another = device.proof(&account, &foreign.token);
    let refused = device.offer(&of_another);
    shared.seen.add_bare("a proof with a token of another account", &said(&refused));
    refused.problem(422, "device_token_foreign");
    until(ends);
    let refused = device.offer(&old);
    shared.seen.add_bare("a proof of a challenge that is too old", &said(&refused));
    refused.problem(410, "challenge_expired");
    let fresh = device.proof(&account, &own);
    assert_eq!(device.offer(&fresh).status, 200);
    Ok(())
}

/// The answer in the words of the table.
pub(crate) fn said(answer: &Answer) -> String {
    match answer.json()["code"].as_str() {
        Some(code) => format!("refused: {code}"),
        None => "passes".to_owned(),
    }
}

/// Records of devices that nobody uses do not stay: the account tidies up when somebody begins to enroll.
pub(crate) fn records_go() -> Outcome {
    let product = Product::start(1, &[("DEVICE_RECORD_SECONDS", "2")]);
    let account = product.account(&json!({}));
    let arrival = Arrival::open();
    let somebody = account.somebody("gone", &arrival);
    let mut device = Wired::enroll(&account, &somebody, 73);
    if account.devices(&somebody).len() != 1 {
        return Err("there is no record to begin with".to_owned());
    }
    run(eventually("the record to go", async || {
        let started = account.wire().start(&fresh_address("nobody")).await;
        assert_eq!(started.status, 202, "{}", started.text());
        account.site().admin.devices(&somebody.person.id).await.is_empty().then_some(())
    }));
    // Nor does a proof bring it back.
    let own = device.token.clone();
    let proof = device.proof(&account, &own);
    device.offer(&proof).problem(410, "device_unknown");
    Ok(())
}
