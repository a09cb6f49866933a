//! The Worker ends as by a power failure while mail is on its way.

use crate::letter::Letter;
use crate::post::Post;
use crate::server::{Act, Manner, Step};
use crate::support::eventually;

/// The Worker is killed while the server holds it at this step, for as many copies of the mail.
async fn killed(at: Step, act: Act, copies: usize) {
    // Longer than it takes to kill it: what the Worker has given up by itself, it has seen the end of.
    let mut post = Post::open_with(Manner::START_TLS, &[("MAIL_STEP_SECONDS", "10")]).await;
    let ada = post.site.person("ada").await;
    post.server.fault(at, act);
    let (wire, _) = post.ask(&ada).await;
    let verb = match at {
        Step::Greeting => "",
        Step::Mail => "MAIL ",
        _ => "DATA",
    };
    eventually("the server to be held", async || {
        let told = post.server.told();
        told.iter().any(|told| verb.is_empty() || told.count(verb) == 1).then_some(())
    })
    .await;
    if copies == 2 {
        post.server.nth(&ada.address, 0).await;
    }
    post.product.kill();
    post.server.heal().await;
    post.product.start_again();
    post.message(&ada, "sent", |message| message["state"] == "sent").await;
    let letters: Vec<_> = post.server.taken(&ada.address).iter().map(Letter::read).collect();
    assert_eq!(letters.len(), copies, "so many mails");
    let message = &post.messages(&ada).await[0];
    for letter in &letters {
        assert_eq!(message["message_id"].as_str().unwrap().trim_matches(['<', '>']), letter.message_id);
    }
    // Whoever was killed can tell nobody how far it came.
    assert_eq!(message["perhaps_twice"], true, "{message}");
    let confirmed = wire.anew().confirm(&letters[0].code()).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    post.server.was_treated_well();
}

#[tokio::test]
async fn an_end_before_anything_was_said_loses_no_mail() {
    killed(Step::Greeting, Act::Hang, 1).await;
}

#[tokio::test]
async fn an_end_in_the_midst_of_the_dialogue_loses_no_mail() {
    killed(Step::Mail, Act::Hang, 1).await;
}

#[tokio::test]
async fn an_end_after_the_server_took_the_mail_doubles_it_under_one_message_id_and_says_so() {
    killed(Step::Message, Act::TakeAndHang, 2).await;
}
