//! What is done with what is remembered, as it grows old.

use super::*;
use crate::settings::Settings;
use crate::snapshot::ClickSettings;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + seconds).unwrap()
}

fn head(version: u64, published: u64) -> Head {
    Head {
        version,
        published_at: at(published),
        settings: ClickSettings::from(&Settings::default()),
        account_revoked_at: None,
        removed_keys: vec![],
        body: None,
        too_many: false,
        newest: Revoked::default(),
    }
}

const BOUNDS: Bounds = Bounds::DEFAULT;

fn plan(basis: Basis, refresh: bool, heartbeat: bool) -> Plan {
    Plan { basis, refresh, heartbeat }
}

fn loaded(version: u64, published: u64, now: u64) -> Copy {
    let mut copy = Copy::default();
    copy.loaded(head(version, published), None, &BOUNDS, at(now));
    copy
}

#[test]
fn what_was_read_a_moment_ago_is_gone_by_and_read_again_in_time() {
    let mut copy = loaded(1, 0, 0);
    assert_eq!(copy.plan(&BOUNDS, at(29)), plan(Basis::Copy, false, false));
    assert_eq!(copy.plan(&BOUNDS, at(30)), plan(Basis::Copy, true, false));
    // One load at a time.
    assert_eq!(copy.plan(&BOUNDS, at(31)), plan(Basis::Copy, false, false));
    copy.loaded(head(1, 0), None, &BOUNDS, at(32));
    assert_eq!(copy.plan(&BOUNDS, at(60)), plan(Basis::Copy, false, true));
    // One heartbeat at a time, too.
    assert_eq!(copy.plan(&BOUNDS, at(61)), plan(Basis::Copy, false, false));
}

#[test]
fn what_was_read_a_minute_ago_is_read_first_by_one_and_the_others_ask() {
    let mut copy = loaded(1, 0, 0);
    assert_eq!(copy.plan(&BOUNDS, at(60)), plan(Basis::Load, false, false));
    assert_eq!(copy.plan(&BOUNDS, at(60)).basis, Basis::Ask);
    // Its request was given up.
    assert_eq!(copy.plan(&BOUNDS, at(90)).basis, Basis::Load);
    let mut nothing = Copy::default();
    assert_eq!(nothing.plan(&BOUNDS, at(0)), plan(Basis::Load, false, false));
    assert_eq!(nothing.plan(&BOUNDS, at(0)), plan(Basis::Ask, false, true));
}

#[test]
fn where_kv_fails_it_is_left_alone_for_a_while_and_the_account_object_asked_for_a_head() {
    let mut copy = loaded(1, 0, 0);
    assert_eq!(copy.plan(&BOUNDS, at(60)).basis, Basis::Load);
    copy.load_failed(None, at(60));
    assert_eq!(copy.loaded_plan(&BOUNDS, at(60)), plan(Basis::Copy, false, true));
    assert_eq!(copy.plan(&BOUNDS, at(64)), plan(Basis::Copy, false, false));
    assert_eq!(copy.plan(&BOUNDS, at(65)).basis, Basis::Load);
    copy.load_failed(None, at(65));
    copy.told(head(2, 66), &BOUNDS, at(66));
    assert_eq!(copy.plan(&BOUNDS, at(95)), plan(Basis::Copy, false, false));
    // KV is given another chance; what the account object said last is good meanwhile.
    assert_eq!(copy.plan(&BOUNDS, at(96)), plan(Basis::Copy, true, true));
    let mut nothing = Copy::default();
    nothing.load_failed(None, at(0));
    assert_eq!(nothing.loaded_plan(&BOUNDS, at(0)), plan(Basis::Ask, false, true));
}

#[test]
fn a_heartbeat_as_old_as_the_bound_or_from_the_future_is_not_trusted() {
    for (published, now, trusted) in [(0, 179, true), (0, 180, false), (5, 0, true), (6, 0, false)] {
        let mut copy = loaded(1, published, now);
        let expected = if trusted { Basis::Copy } else { Basis::Ask };
        assert_eq!(copy.plan(&BOUNDS, at(now)).basis, expected, "{published} at {now}");
        assert_eq!(copy.trusted(&BOUNDS, at(now)).is_some(), trusted);
    }
}

#[test]
fn nothing_goes_back_to_an_older_state_while_the_newer_one_is_trusted() {
    let version = |copy: &Copy| copy.snapshot.as_ref().unwrap().head().version;
    let mut copy = loaded(5, 0, 0);
    copy.loaded(head(4, 10), None, &BOUNDS, at(10));
    assert_eq!(version(&copy), 5);
    copy.told(head(4, 179), &BOUNDS, at(179));
    assert_eq!(version(&copy), 5);
    // Restored from a backup.
    copy.told(head(4, 180), &BOUNDS, at(180));
    assert_eq!(version(&copy), 4);
    // What cannot be trusted takes the place of nothing that can.
    copy.loaded(head(5, 0), None, &BOUNDS, at(181));
    assert_eq!(version(&copy), 4);
}

#[test]
fn a_head_whose_body_is_not_known_is_of_no_use_and_one_whose_body_is_known_keeps_it() {
    let body = Revoked::of([([1; 16], at(0))]);
    let name = |version| Some(BodyName { version, entries: 1, draw: 9 });
    let with = |version, body| Head { body, ..head(version, 0) };
    let mut copy = Copy::default();
    copy.told(with(5, name(4)), &BOUNDS, at(0));
    assert!(copy.trusted(&BOUNDS, at(0)).is_none());
    assert_eq!(copy.body_to_load(&with(5, name(4))), name(4));
    copy.loaded(with(5, name(4)), Some(body.clone()), &BOUNDS, at(0));
    assert_eq!(copy.body_to_load(&with(6, name(4))), None);
    copy.told(with(6, name(4)), &BOUNDS, at(1));
    let known = copy.snapshot.clone().unwrap();
    assert_eq!((known.head().version, known.into_body()), (6, body));
    assert_eq!(copy.body_to_load(&with(7, name(6))), name(6));
    copy.load_failed(name(6), at(2));
    assert_eq!(copy.lacking(), Some(6));
    assert!(copy.loaded_plan(&BOUNDS, at(2)).heartbeat);
    copy.loaded(with(8, None), None, &BOUNDS, at(3));
    assert_eq!((copy.lacking(), copy.snapshot.unwrap().into_body()), (None, Revoked::default()));
}

#[test]
fn an_account_that_wants_to_be_asked_is_asked_and_its_copy_kept_up_to_date() {
    for (reach, too_many) in [(RevocationReach::Immediate, false), (RevocationReach::Published, true)] {
        let mut wanted = Head { too_many, ..head(1, 0) };
        wanted.settings.revocation = reach;
        let mut copy = Copy::default();
        copy.loaded(wanted, None, &BOUNDS, at(0));
        assert_eq!(copy.loaded_plan(&BOUNDS, at(0)), plan(Basis::Ask, false, false));
        assert_eq!(copy.plan(&BOUNDS, at(29)), plan(Basis::Ask, false, false));
        assert_eq!(copy.plan(&BOUNDS, at(30)), plan(Basis::Ask, true, false));
        assert!(matches!(copy.without_answer(&BOUNDS, at(30)), WithoutAnswer::Refuse));
    }
}

#[test]
fn without_an_answer_what_is_trusted_counts_and_what_is_not_only_where_the_account_wants_it() {
    let mut copy = loaded(1, 0, 0);
    assert!(matches!(copy.without_answer(&BOUNDS, at(179)), WithoutAnswer::Trusted(_)));
    assert!(matches!(copy.without_answer(&BOUNDS, at(180)), WithoutAnswer::Refuse));
    let mut allows = head(2, 0);
    allows.settings.when_unsure = WhenUnsure::Allow;
    copy.loaded(allows, None, &BOUNDS, at(0));
    assert!(matches!(copy.without_answer(&BOUNDS, at(100_000)), WithoutAnswer::Unsure(_)));
    assert!(matches!(Copy::default().without_answer(&BOUNDS, at(0)), WithoutAnswer::Refuse));
}

#[test]
fn the_accounts_not_asked_for_longest_make_room() {
    let account = |name: &str| AccountId::parse(name).unwrap();
    let mut copies = Copies::default();
    let third = u32::try_from(MOST_BYTES / crate::revoked::ENTRY_BYTES / 3 + 1).unwrap();
    let ids = (0..third).map(|number| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        (id, at(0))
    });
    let newest = Revoked::of(ids);
    for name in ["a", "b", "c"] {
        let head = Head { newest: newest.clone(), ..head(1, 0) };
        copies.of(&account(name)).loaded(head, None, &BOUNDS, at(0));
        copies.of(&account("a"));
        copies.make_room();
    }
    let mut is_known = |name| copies.of(&account(name)).snapshot.is_some();
    assert_eq!(["a", "b", "c"].map(&mut is_known), [true, false, true]);
}
