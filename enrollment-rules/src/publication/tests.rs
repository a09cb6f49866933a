use super::*;
use crate::settings::Settings;
use crate::snapshot::ClickSettings;

const NOW: u64 = 1_700_000_000_000;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(NOW / 1_000 + seconds).unwrap()
}

fn untold() -> Progress {
    Progress { version: 7, told: 6, ..Progress::default() }
}

fn step(progress: Progress) -> Step {
    next(&progress, &Bounds::default(), NOW)
}

#[test]
fn a_head_is_written_once_a_second_at_most_and_a_body_before_it() {
    assert_eq!(step(Progress { told: 7, ..untold() }), Step::Rest(None));
    assert_eq!(step(untold()), Step::Head);
    assert_eq!(step(Progress { tried_at_milliseconds: NOW - 1_000, ..untold() }), Step::Head);
    let soon = step(Progress { tried_at_milliseconds: NOW - 999, ..untold() });
    assert_eq!(soon, Step::Wait(Duration::from_millis(1)));
    assert_eq!(step(Progress { newer: NEWEST, ..untold() }), Step::Head);
    assert_eq!(step(Progress { newer: NEWEST + 1, ..untold() }), Step::Body);
    assert_eq!(step(Progress { rebuild: true, told: 7, ..untold() }), Step::Body);
    // A clock that was set back holds nothing up.
    assert_eq!(step(Progress { tried_at_milliseconds: NOW + 60_000, ..untold() }), Step::Head);
}

#[test]
fn what_failed_is_tried_again_later_and_later_but_every_half_minute_at_least() {
    let pauses =
        (1..=8).map(|failures| match step(Progress { failures, tried_at_milliseconds: NOW, ..untold() }) {
            Step::Rest(Some(pause)) => pause.as_secs(),
            other => panic!("{other:?}"),
        });
    assert_eq!(pauses.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 30, 30, 30]);
    let many = Progress { failures: u32::MAX, tried_at_milliseconds: NOW - 30_000, ..untold() };
    assert_eq!(step(many), Step::Head);
}

#[test]
fn a_body_that_cannot_be_written_holds_up_no_head_that_does_without_it() {
    let failing = Progress { rebuild: true, body_failures: 1, body_failed_at_milliseconds: NOW, ..untold() };
    assert_eq!(step(failing), Step::Head);
    // Also where it has waited long enough: who writes it may wait for a minute.
    let long_ago = Progress { body_failed_at_milliseconds: NOW - 60_000, ..failing };
    assert_eq!(step(long_ago), Step::Head);
    let told = |progress: Progress| Progress { told: 7, tried_at_milliseconds: NOW, ..progress };
    assert_eq!(step(told(long_ago)), Step::Body);
    for (body_failures, seconds) in [(1, 1), (2, 2), (3, 4), (9, 30)] {
        let rest = Step::Rest(Some(Duration::from_secs(seconds)));
        assert_eq!(step(told(Progress { body_failures, ..failing })), rest);
        // A head that is full goes with its body.
        let full = Progress { rebuild: false, newer: NEWEST + 1, body_failures, ..failing };
        assert_eq!(step(full), rest);
    }
    // Whichever comes first; the head has its second.
    let both = Progress { tried_at_milliseconds: NOW - 600, body_failures: 3, ..failing };
    assert_eq!(step(both), Step::Rest(Some(Duration::from_millis(400))));
    let once = Progress { rebuild: false, body_failures: 3, tried_at_milliseconds: NOW - 600, ..untold() };
    assert_eq!(step(once), Step::Wait(Duration::from_millis(400)), "what failed once holds up nothing later");
}

#[test]
fn who_asks_for_a_heartbeat_gets_one_and_who_asks_while_it_is_written_gets_the_same() {
    let bounds = Bounds::default();
    let body = Some(BodyName { version: 5, entries: 1, draw: 9 });
    let told = Progress { version: 7, told: 7, body, ..Progress::default() };
    let asked = |progress: &Progress, lacking, told_at| {
        heartbeat(progress, lacking, Some(at(0)), told_at, &bounds, at(180))
    };
    let nothing = Heartbeat { rebuild: false, new_version: false, publish: false };
    assert_eq!(asked(&told, None, Some(at(151))), nothing);
    let due = Heartbeat { new_version: true, publish: true, ..nothing };
    assert_eq!(asked(&told, None, Some(at(150))), due);
    let on_its_way = Progress { version: 8, ..told };
    assert_eq!(asked(&on_its_way, None, Some(at(150))), Heartbeat { new_version: false, ..due });
    // The body that is lacking counts only if it is the present one, and has been there for long.
    assert_eq!(asked(&told, Some(5), Some(at(180))), Heartbeat { rebuild: true, ..due });
    assert_eq!(asked(&told, Some(4), Some(at(180))), nothing);
    let young = heartbeat(&told, Some(5), Some(at(1)), Some(at(180)), &bounds, at(180));
    assert_eq!(young, nothing);
}

#[test]
fn an_old_body_stays_until_nobody_can_need_it_and_until_kv_was_told() {
    let replaced = |seconds| Some((5, Timestamp::from_seconds(NOW / 1_000 - seconds).unwrap()));
    let told = Progress { told: 7, ..untold() };
    assert_eq!(step(Progress { replaced: replaced(600), ..told }), Step::Remove(5));
    let wait = Some(Duration::from_secs(1));
    assert_eq!(step(Progress { replaced: replaced(599), ..told }), Step::Rest(wait));
    assert_eq!(step(Progress { replaced: replaced(600), ..untold() }), Step::Head);
}

#[test]
fn heartbeats_asked_for_at_once_are_one() {
    let bounds = Bounds::default();
    assert!(heartbeat_is_due(None, &bounds, at(0)));
    assert!(!heartbeat_is_due(Some(at(0)), &bounds, at(29)));
    assert!(heartbeat_is_due(Some(at(0)), &bounds, at(30)));
    assert!(heartbeat_is_due(Some(at(1)), &bounds, at(0)));
}

#[test]
fn what_is_promised_is_what_the_bounds_add_up_to() {
    let by = |reach, bounds| known_by(reach, None, &bounds, at(0));
    let usual = by(RevocationReach::Published, Bounds::default());
    assert_eq!((usual.as_a_rule, usual.at_the_latest), (at(90), at(180)));
    let scaled = Bounds { trust_seconds: 9, ..Bounds::default() };
    let scaled = by(RevocationReach::Published, scaled);
    assert_eq!((scaled.as_a_rule, scaled.at_the_latest), (at(9), at(9)));
    let immediate = by(RevocationReach::Immediate, Bounds::default());
    assert_eq!((immediate.as_a_rule, immediate.at_the_latest), (at(0), at(0)));
    // Not every location has heard of it yet.
    for (since, latest) in [(0, 181), (1, 182)] {
        let now = at(latest - 180);
        let by = known_by(RevocationReach::Immediate, Some(at(since)), &Bounds::default(), now);
        assert_eq!(by.at_the_latest, at(latest));
    }
    let by = known_by(RevocationReach::Immediate, Some(at(0)), &Bounds::default(), at(180));
    assert_eq!(by.at_the_latest, at(180));
}

#[test]
fn what_kv_lacks_is_counted_and_so_is_what_it_has_too_much() {
    let head = |body, newest| Head {
        version: 7,
        published_at: at(0),
        settings: ClickSettings::from(&Settings::default()),
        account_revoked_at: None,
        removed_keys: vec![],
        body,
        too_many: false,
        newest,
    };
    let list = |entries: &[(u8, u64)]| Revoked::of(entries.iter().map(|(id, time)| ([*id; 16], at(*time))));
    let truth = head(None, Revoked::default());
    let entries = list(&[(1, 10), (2, 20)]);
    let named = |entries| Some(BodyName { version: 5, entries, draw: 9 });
    let compared = |head: Option<&Head>, body: Option<&Revoked>| {
        let found = compare(&truth, &entries, head, body);
        (found.holds, found.missing, found.surplus, found.body_found)
    };
    let body = list(&[(1, 10)]);
    let whole = head(named(1), list(&[(2, 20)]));
    assert_eq!(compared(Some(&whole), Some(&body)), (true, 0, 0, true));
    assert_eq!(compared(Some(&whole), None), (false, 1, 0, false));
    assert_eq!(compared(None, None), (false, 2, 0, false));
    let earlier = head(None, list(&[(1, 9), (2, 20)]));
    assert_eq!(compared(Some(&earlier), None), (false, 1, 0, true));
    let more = head(None, list(&[(1, 10), (2, 21), (3, 30)]));
    // One that nobody knows, and one that is later than it was.
    assert_eq!(compared(Some(&more), None), (true, 0, 2, true));
    let other = Head { removed_keys: vec![device_token::KeyId::parse("k").unwrap()], ..more };
    assert_eq!(compared(Some(&other), None), (false, 0, 2, true));
}
