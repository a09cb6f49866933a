use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_000_000 + seconds).unwrap()
}

fn trouble() -> Trouble {
    Trouble { step: Step::Rcpt, cause: Cause::Postponed, reply: Some("450 4.2.1".to_owned()) }
}

fn attempts(about: &About, fate: &Fate) -> (Vec<u64>, Standing) {
    let bounds = Bounds::DEFAULT;
    let mut standing = Standing::queued(about, &bounds, at(0));
    let mut times = vec![];
    while let Some(next) = standing.next_at {
        standing = standing.begun(next);
        if standing.state == State::Sending {
            times.push(next.seconds_since(at(0)));
            standing = standing.ended(about, fate.clone(), &bounds, next);
        }
    }
    (times, standing)
}

#[test]
fn what_somebody_waits_for_is_tried_soon_and_often_and_as_long_as_a_code_lives() {
    let (times, standing) = attempts(&About::Nobody, &Fate::Later(trouble()));
    assert_eq!(times, [0, 5, 15, 35, 75, 135, 195, 255, 315, 375, 435, 495, 555]);
    assert_eq!((standing.state, standing.trouble), (State::Expired, Some(trouble())));
    assert!(!standing.perhaps_twice);
}

#[test]
fn what_nobody_waits_for_is_tried_for_a_day() {
    let (times, standing) = attempts(&About::Revoked, &Fate::Later(trouble()));
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= LONGEST_PAUSE_SECONDS));
    assert!(times.last().is_some_and(|last| (DAY_SECONDS - 3_600..DAY_SECONDS).contains(last)), "{times:?}");
    assert_eq!(standing.state, State::Expired);
}

#[test]
fn what_is_accepted_or_refused_is_not_tried_again() {
    let refused = |cause| Fate::Refused(Trouble { cause, ..trouble() });
    for (fate, state) in [
        (Fate::Accepted, State::Sent),
        (refused(Cause::RecipientRefused), State::Refused),
        (refused(Cause::MessageRefused), State::Refused),
    ] {
        let (times, standing) = attempts(&About::Revoked, &fate);
        assert_eq!((times.len(), standing.state, standing.perhaps_twice), (1, state, false));
    }
}

#[test]
fn where_all_mail_is_refused_a_mail_waits_until_somebody_has_mended_that() {
    // Many servers say so only when they know the recipient, or have the message.
    for (step, cause) in [
        (Step::Greeting, Cause::Refused),
        (Step::Auth, Cause::AuthRefused),
        (Step::Mail, Cause::SenderRefused),
        (Step::Rcpt, Cause::SenderRefused),
        (Step::Rcpt, Cause::AuthRequired),
        (Step::Rcpt, Cause::Refused),
        (Step::Message, Cause::SenderRefused),
        (Step::Message, Cause::Refused),
    ] {
        let trouble = Trouble { step, cause, ..trouble() };
        let refused = Fate::Refused(trouble.clone());
        for about in [About::Nobody, About::Revoked] {
            assert_eq!(attempts(&about, &refused), attempts(&about, &Fate::Later(trouble.clone())));
        }
    }
}

#[test]
fn no_attempt_goes_on_when_what_it_brings_is_worth_nothing_any_more() {
    let standing = Standing::queued(&About::Nobody, &Bounds::DEFAULT, at(0));
    for (seconds, left) in [(0, ATTEMPT_SECONDS), (599, 1), (600, 0), (700, 0)] {
        assert_eq!(standing.attempt_seconds(at(seconds)), left);
    }
}

#[test]
fn after_an_attempt_whose_end_nobody_knows_it_is_said_that_it_may_arrive_twice() {
    let bounds = Bounds::DEFAULT;
    let begun = Standing::queued(&About::Revoked, &bounds, at(0)).begun(at(0));
    let ended = |begun: Standing, fate| begun.ended(&About::Revoked, fate, &bounds, at(1));
    let accepted = |standing: Standing| ended(standing.begun(at(5)), Fate::Accepted).perhaps_twice;
    assert!(!accepted(ended(begun.clone(), Fate::Later(trouble()))));
    assert!(accepted(ended(begun.clone(), Fate::Unsure(trouble()))));
    assert!(accepted(begun.lost(&About::Revoked, &bounds, at(1))));
}

#[test]
fn mail_as_a_whole_works_until_an_attempt_fails_or_takes_too_long() {
    for (last, waiting, expected) in [
        (true, None, true),
        (true, Some(1_999), true),
        (true, Some(2_000), false),
        (false, None, false),
        (false, Some(0), false),
    ] {
        assert_eq!(works(last, waiting), expected, "{last} {waiting:?}");
    }
}

#[test]
fn what_a_stranger_asks_for_tells_everybody_only_what_it_tells_for_every_address() {
    let smtp = "smtps://mail.example.com".parse().unwrap();
    for (about, by_service) in [(About::Nobody, false), (About::Revoked, true)] {
        assert!(about.tells_of_whole(&smtp));
        assert_eq!(about.tells_of_whole(&Way::Cloudflare), by_service, "{about:?}");
    }
}

#[test]
fn a_refusal_of_the_sender_is_news_once_and_over_when_a_mail_is_taken_from_it() {
    let [sender, other] = ["post@example.com", "other@example.com"].map(|it| it.parse::<Address>().unwrap());
    let refusal = |reply: &str| {
        let reply = Some(reply.to_owned());
        Fate::Refused(Trouble { step: Step::Message, cause: Cause::SenderRefused, reply })
    };
    let news = |before: Option<&SenderRefused>, sender: &Address, fate: &Fate, with_mail| {
        sender_news(before, sender, fate, with_mail, at(0))
    };
    let SenderNews::Refused { refused, is_new: true } = news(None, &sender, &refusal("550 5.7.60"), true)
    else {
        panic!("not known before")
    };
    let known = Some(&refused);
    for (sender, reply, expected) in
        [(&sender, "550 5.7.60", false), (&sender, "550 5.7.1", true), (&other, "550 5.7.60", true)]
    {
        let SenderNews::Refused { is_new, .. } = news(known, sender, &refusal(reply), true) else {
            panic!("{reply}")
        };
        assert_eq!(is_new, expected, "{sender} {reply}");
    }
    // That it was accepted tells nothing: many servers look at it only when there is a mail.
    assert!(matches!(news(known, &sender, &Fate::Accepted, false), SenderNews::None));
    assert!(matches!(news(known, &sender, &Fate::Later(trouble()), true), SenderNews::None));
    assert!(matches!(news(None, &sender, &Fate::Accepted, true), SenderNews::None));
    assert!(matches!(news(known, &sender, &Fate::Accepted, true), SenderNews::Taken));
}

#[test]
fn a_state_is_known_by_its_name() {
    for state in State::ALL {
        assert_eq!(State::named(state.name()), Some(state));
    }
    assert_eq!(State::named(""), None);
}
