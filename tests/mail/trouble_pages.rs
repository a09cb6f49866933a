//! What people read while their mail does not get through, and when it does again.

use crate::post::Post;
use crate::server::{Act, Manner, Step};
use crate::support::{Browser, Kind, eventually};

const TROUBLE: &str = "#mail-not-working";
const WORDS: &str = "Mail from this service is not getting through at the moment.";

/// The server hangs, and the page says so; it heals, and the page takes that back.
async fn tells_of_trouble(browser: &Browser, post: &Post) {
    browser.see("#code-form").await;
    browser.see(TROUBLE).await;
    browser.reads(WORDS).await;
    post.server.heal().await;
    eventually("the trouble to be over", async || (!browser.shows(TROUBLE).await).then_some(())).await;
}

#[tokio::test]
async fn both_pages_that_wait_for_a_code_say_that_mail_is_in_trouble_and_when_it_is_not_any_more() {
    // As deployed: a server that hangs shows by its silence.
    let post = Post::open_with(Manner::PLAIN, &[("MAIL_STEP_SECONDS", "15")]).await;
    let ada = post.site.person("ada").await;
    let (mut other, _) = post.ask(&ada).await;
    assert_eq!(other.confirm(&post.letter(&ada, 0).await.code()).await.status, 200);
    post.letter(&ada, 1).await;

    let browser = Browser::open().await;
    post.server.fault(Step::Greeting, Act::Hang);
    browser.goto(&format!("{}/enroll", post.site.origin)).await;
    browser.write("#address", &ada.address).await;
    browser.press("#address-form button").await;
    tells_of_trouble(&browser, &post).await;
    browser.confirm(Kind::Shared, &post.letter(&ada, 2).await.code()).await;
    browser.see("#step-done").await;
    post.letter(&ada, 3).await;

    post.server.fault(Step::Greeting, Act::Hang);
    browser.goto(&format!("{}/devices", post.site.origin)).await;
    browser.press("[data-action=ask-sign-out-others]").await;
    browser.press("[data-action=sign-out-others]").await;
    tells_of_trouble(&browser, &post).await;
    browser.write("#code", &post.letter(&ada, 4).await.code()).await;
    browser.press("#code-form button").await;
    browser.reads("One device is signed out.").await;
    browser.complained_only_of(&[]).await;
}
