//! What a verification costs: nearly no read of KV, and how many fit into a second, with a token that was seen before, with a new one
//! each time, and beside a Worker that answers "hi" to everything.
//!
//! `cargo xtask bench verify` runs this and shows the table. How fast a machine is is not asserted.

mod hi;
mod mint;
mod rate;

use serde_json::json;

use self::hi::HiWorker;
use self::mint::Mint;
use self::rate::{median, requests_per_second};
use crate::kv::{Kv, Method, now};
use crate::support::{DEVICE, Product, eventually};

/// The bounds of a deployment that chooses none.
const AS_DEPLOYED: [(&str, &str); 3] =
    [("COPY_REFRESH_SECONDS", "30"), ("COPY_AWAIT_SECONDS", "60"), ("PUBLISH_INTERVAL_MILLISECONDS", "1000")];
const VERIFICATIONS: usize = 100_000;
/// One read of KV for so many verifications is the aim, at the most.
const PER_READ: u64 = 1_000;
/// How many tokens are seen again and again.
const SEEN: usize = 1_000;
const ROUNDS: usize = 9;
const PER_ROUND: usize = 4_000;

fn request(origin: &str, cookie: &str) -> Vec<u8> {
    let host = origin.split_once("://").unwrap().1;
    format!("GET /api/v1/verify HTTP/1.1\r\nHost: {host}\r\nCookie: {DEVICE}={cookie}\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn a_hundred_thousand_verifications_read_kv_a_hundred_times_at_the_most() {
    let kv = Kv::default();
    let view = kv.view();
    let product = Product::start_arranged(&AS_DEPLOYED, |options| options.kv_port = Some(view.port())).await;
    let origin = product.demo().origin;
    let mint = Mint::of(&product);
    let seen: Vec<_> = mint.cookies(SEEN).iter().map(|cookie| request(&origin, cookie)).collect();
    let port = product.stack.port();
    let before = view.count(Method::Get, "");
    eventually("the settings to be in KV", async || {
        let head = kv.value("demo:head")?;
        String::from_utf8_lossy(&head).contains("\"authentication_enabled\":true").then_some(())
    })
    .await;
    // Until something was read the account object is asked, and it knows nobody who has these devices.
    requests_per_second(port, 401, &[request(&origin, "")], 1);
    let began = now();
    requests_per_second(port, 204, &seen, VERIFICATIONS);
    let reads = view.count(Method::Get, "") - before;
    assert!(reads * PER_READ <= u64::try_from(VERIFICATIONS).unwrap(), "{reads} reads");
    // One in 30 seconds, whatever else is asked.
    assert!(reads <= began.elapsed().as_secs() / 30 + 2, "{reads} reads");
    println!("{VERIFICATIONS} verifications, {reads} reads of KV");

    let Some(file) = std::env::var_os("VERIFY_BENCH") else { return };
    let hi = HiWorker::start();
    let plain = [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()];
    let mut rates = [vec![], vec![], vec![]];
    for _ in 0..ROUNDS {
        let new: Vec<_> = mint.cookies(PER_ROUND).iter().map(|cookie| request(&origin, cookie)).collect();
        rates[0].push(requests_per_second(hi.port, 200, &plain, PER_ROUND));
        rates[1].push(requests_per_second(port, 204, &seen, PER_ROUND));
        rates[2].push(requests_per_second(port, 204, &new, PER_ROUND));
    }
    let [hi, seen, new] = rates.map(|rates| median(&rates));
    println!("requests a second, medians of {ROUNDS} rounds of {PER_ROUND}, 4 connections, in turns");
    println!("  \"hi\" from a Rust Worker     {hi:>7.0}");
    println!("  verify, a token seen before {seen:>7.0}   {:.2} of \"hi\" (aim: 0.90)", seen / hi);
    println!("  verify, a new token         {new:>7.0}   {:.2} of \"hi\"", new / hi);
    let measured = json!({
        "verifications": VERIFICATIONS,
        "kv_reads": reads,
        "hi_requests_per_second": hi,
        "seen_requests_per_second": seen,
        "new_requests_per_second": new,
    });
    std::fs::write(file, measured.to_string()).unwrap();
}
