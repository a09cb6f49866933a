//! Settings: what each may be, what a change touches in numbers, what has to be confirmed, and two administrators at once.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::join;

use crate::support::records::rewrite;
use crate::support::{Admin, Answer, Kind, Product, Site, Wire};

const TEN_DAYS_AGO: &str = "
    UPDATE devices SET auth_time = auth_time - 864000, last_used_at = last_used_at - 864000,
        expires_at = expires_at - 864000 WHERE session = 0;
";

async fn patch(admin: &Admin, body: &Value) -> Answer {
    admin.call(Method::PATCH, "/settings", Some(body)).await
}

/// The settings alone, without the warnings.
fn only_settings(settings: &Value) -> Value {
    let mut settings = settings.clone();
    settings.as_object_mut().unwrap().remove("warnings");
    settings
}

/// Devices and people of the one warning of this code.
#[track_caller]
fn numbers(warnings: &Value, code: &str) -> (u64, u64, bool) {
    let all = warnings["warnings"].as_array().unwrap_or_else(|| panic!("{warnings}"));
    let found: Vec<_> = all.iter().filter(|one| one["code"] == code).collect();
    assert_eq!(found.len(), 1, "{code}: {warnings}");
    let number = |name: &str| found[0][name].as_u64().unwrap();
    (number("devices"), number("people"), found[0]["must_confirm"].as_bool().unwrap())
}

/// Two people with devices: one with two of their own, the other with one for a session.
async fn three_devices(site: &Site) {
    let (ada, grace) = (site.person("ada").await, site.person("grace").await);
    for _ in 0..2 {
        Wire::to(&site.origin).enroll(site, &ada.address, Kind::Own).await;
    }
    Wire::to(&site.origin).enroll(site, &grace.address, Kind::Shared).await;
    // Neither somebody without a device nor one that is gone counts.
    site.person("nobody").await;
    let gone = site.person("gone").await;
    Wire::to(&site.origin).enroll(site, &gone.address, Kind::Own).await;
    assert_eq!(site.admin.revoke_user(&gone.id).await, 1);
}

#[tokio::test]
async fn a_value_that_cannot_be_is_refused_by_its_name_and_nothing_changes() {
    let site = Product::shared().await.demo();
    let before = site.admin.settings().await;
    let many: Vec<_> = (0..101).map(|number| format!("d{number}.example.com")).collect();
    for (field, value, status) in [
        ("authentication_enabled", json!("on"), 400),
        ("authentication_enabled", Value::Null, 400),
        ("authentication_duration_days", json!(0), 422),
        ("authentication_duration_days", json!(366), 422),
        ("authentication_duration_days", json!(-1), 422),
        ("authentication_duration_days", json!(1e99), 400),
        ("authentication_duration_days", json!("30"), 400),
        ("renew_after_seconds", json!(86_401), 422),
        ("absolute_days", json!(0), 422),
        ("absolute_days", json!(3_651), 422),
        ("proof_interval_hours", json!(8_761), 422),
        ("bound_devices_only", json!(1), 400),
        ("enrollments_per_network_hour", json!(0), 422),
        ("enrollments_per_network_hour", json!(100_001), 422),
        ("private_windows", json!("allow"), 422),
        ("who_may_enroll", json!("nobody"), 422),
        ("listed_domains", json!("example.com"), 400),
        ("listed_domains", json!(["not a domain"]), 422),
        ("listed_domains", json!(["elsewhere.example"]), 422),
        ("listed_domains", json!(many), 422),
        ("notification_postmaster_address", json!(""), 422),
        ("notification_postmaster_address", json!("<>"), 422),
        ("notification_postmaster_address", json!("a@b\r\nBcc: c@d.example"), 422),
        ("revocation_notices", json!("yes"), 400),
        ("help_address", json!("help"), 422),
        ("help_address", json!(["help@example.com"]), 400),
        ("user_awareness_enabled", json!(100), 400),
        ("user_awareness_percent", json!(0), 422),
        ("user_awareness_percent", json!(101), 422),
        ("user_awareness_percent", json!(10.5), 400),
        ("revocation", json!("at once"), 422),
        ("revocation", json!(true), 400),
        ("when_unsure", json!("pass"), 422),
        ("when_unsure", Value::Null, 400),
        ("no_such_setting", json!(1), 400),
        ("confirm", json!("authentication_off"), 400),
        ("dry_run", json!("yes"), 400),
    ] {
        // Beside one that would be right: all of it or nothing.
        let body = if field == "absolute_days" {
            json!({ "user_awareness_percent": 50, field: value })
        } else {
            json!({ "absolute_days": 7, field: value })
        };
        let answer = patch(&site.admin, &body).await;
        let code = if status == 422 { "setting_invalid" } else { "body_invalid" };
        assert_eq!(answer.status, status, "{field}: {value}: {}", answer.text());
        assert_eq!(answer.problem(status, code)["field"], field, "{value}");
    }
    assert_eq!(site.admin.settings().await, before);
}

#[tokio::test]
async fn every_bound_can_be_set_and_is_read_again() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    for body in [
        json!({ "authentication_duration_days": 1, "renew_after_seconds": 0, "absolute_days": 1 }),
        json!({ "authentication_duration_days": 365, "renew_after_seconds": 86_400, "absolute_days": 3_650 }),
        json!({ "absolute_days": null, "proof_interval_hours": 0, "enrollments_per_network_hour": 1 }),
        json!({ "proof_interval_hours": 8_760, "enrollments_per_network_hour": 100_000 }),
        json!({ "bound_devices_only": true, "private_windows": "refuse" }),
        json!({ "who_may_enroll": "listed_domains", "listed_domains": ["example.com"] }),
        json!({ "listed_domains": [], "who_may_enroll": "everybody" }),
        json!({ "notification_postmaster_address": "post@example.com", "help_address": "help@example.com" }),
        json!({ "notification_postmaster_address": null, "help_address": null }),
        json!({ "user_awareness_enabled": true, "user_awareness_percent": 1, "revocation_notices": true }),
        json!({ "user_awareness_percent": 100, "user_awareness_enabled": false }),
        json!({ "revocation": "immediate", "when_unsure": "allow" }),
        json!({ "revocation": "published", "when_unsure": "refuse" }),
    ] {
        let answer = site.admin.set(&body).await;
        let kept = site.admin.settings().await;
        assert_eq!(only_settings(&answer), only_settings(&kept));
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&kept[name], value, "{name}");
        }
    }
}

#[tokio::test]
async fn switching_authentication_off_says_whom_it_touches_and_has_to_be_confirmed() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    three_devices(&site).await;
    let before = site.admin.settings().await;
    assert_eq!(before["warnings"], json!([]));
    let off = json!({ "authentication_enabled": false });
    let refused = patch(&site.admin, &off).await.problem(409, "confirmation_needed");
    assert_eq!(numbers(&refused, "authentication_off"), (3, 2, true));
    let dry = patch(&site.admin, &json!({ "authentication_enabled": false, "dry_run": true })).await;
    assert_eq!(dry.status, 200, "{}", dry.text());
    assert_eq!(numbers(&dry.json(), "authentication_off"), (3, 2, true));
    assert_eq!(dry.json()["authentication_enabled"], false);
    // The confirmation of something else is none.
    let other = json!({ "authentication_enabled": false, "confirm": ["awareness_without_authentication"] });
    patch(&site.admin, &other).await.problem(409, "confirmation_needed");
    assert_eq!(site.admin.settings().await, before, "nothing was changed yet");
    let events = site.admin.audit().await;
    let changes = events.iter().filter(|event| event["action"] == "settings.changed").count();

    let confirmed = json!({ "authentication_enabled": false, "confirm": ["authentication_off"] });
    let done = patch(&site.admin, &confirmed).await;
    assert_eq!(
        (done.status, &done.json()["authentication_enabled"]),
        (200, &json!(false)),
        "{}",
        done.text()
    );
    assert_eq!(numbers(&site.admin.settings().await, "authentication_off"), (3, 2, true));
    let events = site.admin.audit().await;
    assert_eq!(events.iter().filter(|event| event["action"] == "settings.changed").count(), changes + 1);
    // Once it is off, nothing is brought about by saying so again.
    let again = patch(&site.admin, &off).await;
    assert_eq!((again.status, &again.json()["warnings"]), (200, &json!([])), "{}", again.text());
}

#[tokio::test]
async fn user_awareness_without_authentication_has_to_be_confirmed_either_way_round() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let code = "awareness_without_authentication";
    let on = json!({ "user_awareness_enabled": true });
    let fine = patch(&site.admin, &on).await;
    assert_eq!((fine.status, &fine.json()["warnings"]), (200, &json!([])), "{}", fine.text());
    let off = patch(&site.admin, &json!({ "authentication_enabled": false })).await;
    let refused = off.problem(409, "confirmation_needed");
    assert_eq!(numbers(&refused, code), (0, 0, true));
    assert_eq!(numbers(&refused, "authentication_off"), (0, 0, true));
    let half = json!({ "authentication_enabled": false, "confirm": ["authentication_off"] });
    patch(&site.admin, &half).await.problem(409, "confirmation_needed");
    site.admin.set(&json!({ "user_awareness_enabled": false })).await;
    site.admin.set(&json!({ "authentication_enabled": false })).await;
    let refused = patch(&site.admin, &on).await.problem(409, "confirmation_needed");
    assert_eq!(numbers(&refused, code), (0, 0, true));
    let confirmed = json!({ "user_awareness_enabled": true, "confirm": [code] });
    assert_eq!(patch(&site.admin, &confirmed).await.status, 200);
    let holds = site.admin.settings().await;
    assert_eq!(numbers(&holds, code), (0, 0, true));
}

#[tokio::test]
async fn what_ends_devices_says_how_many_without_being_asked_twice() {
    let mut product = Product::start(&[]).await;
    three_devices(&product.demo()).await;
    product.while_stopped(|state| rewrite(state, TEN_DAYS_AGO));
    let site = product.demo();
    let before = site.admin.settings().await;
    // None of them has a key; one is for a session.
    for (change, code, devices, people) in [
        (json!({ "bound_devices_only": true }), "keyless_refused", 3, 2),
        (json!({ "private_windows": "refuse" }), "private_refused", 1, 1),
        // Two were enrolled ten days ago and not used since; the third ends with its session.
        (json!({ "authentication_duration_days": 9 }), "expires_at_once", 2, 1),
        (json!({ "authentication_duration_days": 12 }), "expires_at_once", 0, 0),
        (json!({ "absolute_days": 9 }), "expires_at_once", 2, 1),
        (json!({ "absolute_days": 12 }), "expires_at_once", 0, 0),
    ] {
        let mut dry = change.clone();
        dry["dry_run"] = json!(true);
        let dry = patch(&site.admin, &dry).await;
        assert_eq!(dry.status, 200, "{}", dry.text());
        if devices > 0 {
            assert_eq!(numbers(&dry.json(), code), (devices, people, false), "{change}");
        } else {
            assert_eq!(dry.json()["warnings"], json!([]), "{change}");
        }
        assert_eq!(site.admin.settings().await, before);
    }
    let done = patch(&site.admin, &json!({ "authentication_duration_days": 9 })).await;
    assert_eq!(numbers(&done.json(), "expires_at_once"), (2, 1, false));
    assert_eq!(site.admin.get("/overview").await["devices"], 1);
    let done = patch(&site.admin, &json!({ "bound_devices_only": true })).await;
    assert_eq!(numbers(&done.json(), "keyless_refused"), (1, 1, false));
}

#[tokio::test]
async fn whoever_saves_second_is_told_what_the_first_has_saved() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let read =
        async || site.admin.call(Method::GET, "/settings", None).await.header("ETag").unwrap().to_owned();
    let wire = Wire::to(&site.origin);
    let save = async |tag: &str, days: u64| {
        let request = wire.bare(Method::PATCH, "/api/v1/admin/settings").header("If-Match", tag);
        let request = request.bearer_auth(product.secrets().admin_api_token());
        Answer::to(request.json(&json!({ "authentication_duration_days": days }))).await
    };
    let tag = read().await;
    assert_eq!(read().await, tag, "as long as nothing changes");
    let saved = save(&tag, 11).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    let second = saved.header("ETag").unwrap().to_owned();
    assert_ne!(second, tag);
    assert_eq!(read().await, second);
    let refused = save(&tag, 12).await.problem(412, "settings_changed");
    assert_eq!(refused["current"]["authentication_duration_days"], 11, "{refused}");
    assert_eq!(site.admin.settings().await["authentication_duration_days"], 11);
    save("\"nonsense\"", 12).await.problem(412, "settings_changed");
    assert_eq!(save("*", 13).await.status, 200);
    // Without an entity tag nobody is asked.
    site.admin.set(&json!({ "authentication_duration_days": 14 })).await;
    // Neither a dry run nor a save that is refused makes another version.
    let tag = read().await;
    patch(&site.admin, &json!({ "authentication_duration_days": 1, "dry_run": true })).await;
    patch(&site.admin, &json!({ "authentication_enabled": false })).await.problem(409, "confirmation_needed");
    assert_eq!(read().await, tag);
    let (one, other) = join!(save(&tag, 21), save(&tag, 22));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let won = if one.status == 200 { 21 } else { 22 };
    assert_eq!(site.admin.settings().await["authentication_duration_days"], won);
}

#[tokio::test]
async fn people_of_a_domain_that_is_not_listed_cannot_enroll_and_nobody_can_tell() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    site.admin.add_domain("partner.example").await;
    let partner = "ada@partner.example";
    site.admin.add_user(partner, &["alias@example.com"]).await;
    let own = site.person("own").await;
    let mut enrolled = Wire::to(&site.origin);
    enrolled.enroll(&site, partner, Kind::Own).await;
    let second = "grace@partner.example";
    site.admin.add_user(second, &[]).await;
    let mut asked_before = Wire::to(&site.origin);
    let code = asked_before.ask(&site, second).await.code();
    site.admin.set(&json!({ "who_may_enroll": "listed_domains", "listed_domains": ["example.com"] })).await;

    let unknown = Wire::to(&site.origin).start("nobody@partner.example").await;
    let before = site.mail.to(partner).await.len();
    let refused = Wire::to(&site.origin).start(partner).await;
    assert_eq!(refused.comparable(), unknown.comparable());
    Wire::to(&site.origin).enroll(&site, &own.address, Kind::Own).await;
    // Theirs would have come first.
    assert_eq!(site.mail.to(partner).await.len(), before);
    // Who asked before does not get in any more; who is in stays.
    assert_ne!(asked_before.confirm(&code).await.status, 200);
    assert_eq!(enrolled.get("/api/v1/device").await.status, 200);
    site.admin.set(&json!({ "who_may_enroll": "everybody" })).await;
    Wire::to(&site.origin).enroll(&site, partner, Kind::Own).await;
}
