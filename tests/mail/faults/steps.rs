//! The same fault at each step of the dialogue, by STARTTLS and with a password: that way has them all.

use serde_json::json;

use super::{Fault, Row, survives_all};
use crate::authority::Shown;
use crate::post::Post;
use crate::server::{Act, Manner, Said, Step, now};

use super::table::Table;

const STEPS: [Step; 9] = [
    Step::Greeting,
    Step::Ehlo,
    Step::StartTls,
    Step::SecureEhlo,
    Step::Auth,
    Step::Mail,
    Step::Rcpt,
    Step::Data,
    Step::Message,
];

fn at_each_step(name: &'static str, act: &Act, cause: &'static str) -> Vec<Fault> {
    STEPS.iter().map(|&at| Fault { name, at, act: act.clone(), cause }).collect()
}

#[tokio::test]
async fn a_server_that_hangs_at_any_step_holds_up_nobody_and_loses_nothing() {
    let post = Post::open(Manner::START_TLS).await;
    let mut faults = at_each_step("hangs", &Act::Hang, "timed_out");
    faults.push(Fault { name: "hangs", at: Step::Tls, act: Act::Hang, cause: "timed_out" });
    faults.push(Fault {
        name: "takes it, hangs",
        at: Step::Message,
        act: Act::TakeAndHang,
        cause: "timed_out",
    });
    survives_all(&post, "A server that hangs", &faults).await;
}

#[tokio::test]
async fn a_server_that_hangs_up_at_any_step_loses_nothing_and_doubles_only_what_it_took_without_a_word() {
    let post = Post::open(Manner::START_TLS).await;
    let mut faults = at_each_step("hangs up", &Act::Drop, "hung_up");
    faults.push(Fault { name: "hangs up", at: Step::Tls, act: Act::Drop, cause: "tls" });
    faults.push(Fault {
        name: "takes it, hangs up",
        at: Step::Message,
        act: Act::TakeAndDrop,
        cause: "hung_up",
    });
    survives_all(&post, "A server that hangs up", &faults).await;
}

#[tokio::test]
async fn a_server_that_shuts_down_at_any_step_gets_the_mail_later() {
    let post = Post::open(Manner::START_TLS).await;
    let faults = at_each_step("421", &Act::Say("421 4.3.2 closing down"), "postponed");
    survives_all(&post, "A server that says 421", &faults).await;
}

#[tokio::test]
async fn a_server_that_is_busy_at_any_step_gets_the_mail_later() {
    let post = Post::open(Manner::START_TLS).await;
    let faults = at_each_step("450", &Act::Say("450 4.2.1 later, please"), "postponed");
    survives_all(&post, "A server that says 450", &faults).await;
}

#[tokio::test]
async fn an_endless_reply_and_a_line_of_ten_megabytes_are_given_up() {
    let post = Post::open(Manner::START_TLS).await;
    let mut faults = vec![];
    for at in [Step::Greeting, Step::Ehlo, Step::Auth, Step::Mail, Step::Rcpt, Step::Message] {
        faults.push(Fault { name: "endless reply", at, act: Act::Endless, cause: "too_long" });
        faults.push(Fault { name: "10 MB line", at, act: Act::LongLine, cause: "too_long" });
    }
    survives_all(&post, "Replies without end", &faults).await;
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_given_up() {
    let post = Post::open(Manner::START_TLS).await;
    let faults = at_each_step("HTTP", &Act::Say("HTTP/1.1 400 Bad Request"), "not_smtp");
    survives_all(&post, "A server that is none", &faults).await;
}

#[tokio::test]
async fn answers_in_a_thousand_pieces_are_answers() {
    let post = Post::open(Manner::START_TLS).await;
    post.server.script(|_, step| if step == Step::Tls { Act::Go } else { Act::Chopped });
    let ada = post.site.person("ada").await;
    let (mut wire, _) = post.ask(&ada).await;
    let letter = post.letter(&ada, 0).await;
    assert_eq!(wire.confirm(&letter.code()).await.status, 200);
    let message = post.message(&ada, "sent", |message| message["state"] == "sent").await;
    assert!(message["trouble"].is_null(), "{message}");
    post.server.was_treated_well();
}

#[tokio::test]
async fn nothing_is_said_to_a_server_whose_certificate_is_wrong_or_that_hides_starttls() {
    let mut table = Table::new("Certificates and STARTTLS");
    for manner in [Manner::IMPLICIT, Manner::START_TLS] {
        let post = Post::open(manner).await;
        for (name, shown) in [
            ("another's certificate", Shown::OtherName),
            ("expired certificate", Shown::Expired),
            ("a stranger's certificate", Shown::OfAStranger),
        ] {
            let row =
                post.goes_through(name, ["tls", "tls"], true, 1, async || post.server.show(shown)).await;
            table.row(&row);
        }
        if manner == Manner::START_TLS {
            let hides = Fault {
                name: "STARTTLS stripped",
                at: Step::Ehlo,
                act: Act::HideStartTls,
                cause: "no_start_tls",
            };
            table.row(&post.survives(&hides).await);
        }
        // No one of these servers was told a name, a password or a code.
        let secrets =
            |command: &String| ["AUTH", "MAIL", "RCPT"].iter().any(|verb| command.starts_with(verb));
        for told in post.server.told() {
            let in_plain = told.said.iter().filter(|said| !said.secured).map(Said::text);
            assert!(!in_plain.collect::<Vec<_>>().iter().any(secrets), "{:?}", told.commands());
        }
        post.server.was_treated_well();
    }
    table.close();
}

#[tokio::test]
async fn a_server_that_is_down_gets_the_mail_when_it_is_back() {
    let mut table = Table::new("A server that is down");
    for manner in [Manner::PLAIN, Manner::START_TLS, Manner::IMPLICIT] {
        let post = Post::open(manner).await;
        let refused = ["connect", "unreachable"];
        table
            .row(&post.goes_through("refused", refused, true, 1, async || post.server.go_down().await).await);
        post.server.was_treated_well();
    }
    table.close();
}

#[tokio::test]
async fn a_server_that_does_not_even_answer_who_wants_to_connect_gets_the_mail_when_it_does() {
    let mut table = Table::new("A server behind a wall");
    for manner in [Manner::PLAIN, Manner::START_TLS, Manner::IMPLICIT] {
        let post = Post::open(manner).await;
        let silent = ["connect", "timed_out"];
        table.row(
            &post.goes_through("no answer", silent, true, 1, async || post.server.go_silent().await).await,
        );
        post.server.was_treated_well();
    }
    table.close();
}

#[tokio::test]
async fn with_the_deployed_times_too_a_page_tells_soon_that_the_server_hangs_at_whichever_step() {
    const OF_WHOLE: [Step; 7] =
        [Step::Greeting, Step::Ehlo, Step::StartTls, Step::Tls, Step::SecureEhlo, Step::Auth, Step::Mail];
    let mut table = Table::new("A server that hangs, as deployed");
    for (manner, steps) in
        [(Manner::START_TLS, &OF_WHOLE[..]), (Manner::IMPLICIT, &[Step::Tls, Step::Greeting])]
    {
        let post = Post::open_with(manner, &[("MAIL_STEP_SECONDS", "15")]).await;
        for &at in steps {
            let name = format!("hangs at {at:?}, {:?}", manner.protection);
            table.row(&tells_soon(&post, name, async || post.server.fault(at, Act::Hang)).await);
        }
        let name = format!("no answer, {:?}", manner.protection);
        table.row(&tells_soon(&post, name, async || post.server.go_silent().await).await);
    }
    table.close();
}

/// Asserts that people and administrators know of it before the first attempt is given up.
async fn tells_soon(post: &Post, name: String, begins: impl AsyncFnOnce()) -> Row {
    let ada = post.site.person("ada").await;
    begins().await;
    let begun = now();
    let (mut wire, _) = post.ask(&ada).await;
    let answered = begun.elapsed();
    post.works_for(&mut wire, false).await;
    let known = Some(begun.elapsed());
    // The attempt is still under way: it is known by its silence, and not by its end.
    let message = &post.messages(&ada).await[0];
    assert_eq!((&message["state"], &message["tries"]), (&json!("sending"), &json!(1)), "{name}: {message}");
    assert!(message["trouble"].is_null(), "{name}: nobody knows yet: {message}");
    let seen = begun.elapsed();
    post.server.heal().await;
    let healed = now();
    post.letter(&ada, 0).await;
    post.works_for(&mut wire, true).await;
    Row { name, answered, known, seen, arrived: healed.elapsed() }
}

#[tokio::test]
async fn a_server_that_is_back_when_a_code_is_nearly_over_still_gets_it() {
    let post = Post::open_with(Manner::PLAIN, &[("CODE_LIFETIME_SECONDS", "15")]).await;
    let ada = post.site.person("ada").await;
    post.server.go_down().await;
    let (mut wire, _) = post.ask(&ada).await;
    // Attempts after 0, 1, 3, 5, 7, 9 and 11 seconds; by pauses that only grow, the fifth would come after 15.
    let last_third = |message: &serde_json::Value| message["tries"].as_u64() >= Some(6);
    post.message(&ada, "in its last third", last_third).await;
    post.server.heal().await;
    let letter = post.letter(&ada, 0).await;
    assert_eq!(wire.confirm(&letter.code()).await.status, 200);
}
