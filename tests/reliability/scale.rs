//! What a million revocations cost, written into the records while the product stands still, as nobody could revoke so many in time; and
//! that nothing which is published grows with the devices that are enrolled or with the people in the directory.
//!
//! `cargo xtask bench revocations` runs this and shows the table; what a machine needs for it is not asserted.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::kv::{Call, Fault, Kv, Method, View, now};
use crate::places::location;
use crate::support::records::rewrite;
use crate::support::{Kind, Product, Wire, eventually, eventually_within};

const HEAD: &str = "demo:head";
/// 16 bytes of id and 5 of time.
const ENTRY: usize = 21;
/// A head without a revocation of its own.
const HEAD_BYTES: usize = 800;
/// The most that fit into one value of KV, as the product counts.
const MOST: u64 = 1_200_000;
/// How long a list of the largest size may take on a busy machine.
const LARGE: Duration = Duration::from_mins(1);
/// How many requests a look-up is measured with.
const REQUESTS: u32 = 2_000;

/// Ids are 22 characters of base64url; the time is yesterday.
fn revocations(number: u64) -> String {
    format!(
        "WITH RECURSIVE numbers (number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM numbers WHERE number < {number})
         INSERT INTO revocations (kind, id, at, version) SELECT CASE number % 2 WHEN 0 THEN 'user' ELSE 'device' END,
         substr(hex(randomblob(11)), 1, 21) || 'A', strftime('%s', 'now') - 86400, 1 FROM numbers;"
    )
}

/// The one that `lost` has is among them, without anybody having been told.
fn and_the_device_of(person: &str) -> String {
    format!(
        "INSERT INTO revocations (kind, id, at, version) SELECT 'device', id, auth_time, 1 FROM devices WHERE user = '{person}';
         UPDATE devices SET revoked = 1 WHERE user = '{person}';"
    )
}

/// People who never had a device, in the directory.
fn people(number: u64) -> String {
    format!(
        "WITH RECURSIVE numbers (number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM numbers WHERE number < {number})
         INSERT INTO users (id, domain, address, address_key, created_at) SELECT printf('%021dA', number), 'example.com',
         printf('crowd-%07d@example.com', number), printf('crowd-%07d@example.com', number), strftime('%s', 'now') FROM numbers;"
    )
}

fn devices(number: u64, person: &str) -> String {
    format!(
        "WITH RECURSIVE copies (number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM copies WHERE number < {number})
         INSERT INTO devices SELECT substr(hex(randomblob(11)), 1, 21) || 'A', user, name, browser, device_key, session,
         auth_time, last_used_at, expires_at, revoked FROM devices, copies WHERE user = '{person}';"
    )
}

/// The most memory that the product ever had, in bytes.
fn peak_memory(state: &Path) -> u64 {
    let state = state.canonicalize().unwrap();
    let workerd = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).find(|process| {
        let is_here = fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == state);
        is_here && fs::read_link(process.join("exe")).is_ok_and(|program| program.ends_with("workerd"))
    });
    let status = fs::read_to_string(workerd.unwrap().join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

const AS_DEPLOYED: [(&str, &str); 2] = [("COPY_REFRESH_SECONDS", "30"), ("COPY_AWAIT_SECONDS", "60")];

/// What there is in an account.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    revocations: u64,
    /// Besides the two that are clicked with.
    devices: u64,
    /// Besides theirs, in the directory.
    people: u64,
}

struct Scaled {
    product: Product,
    kv: Kv,
    // What the account object writes to; it ends when it is dropped.
    home: View,
    near: View,
    kept: Wire,
    lost: Wire,
}

/// A product of this size, with one device more that is among the revoked ones, and one that is not.
async fn scaled(of: Size, near_vars: &[(&str, &str)]) -> Scaled {
    let kv = Kv::default();
    let (home, near) = (kv.view(), kv.view());
    let mut product = Product::start_arranged(&[], |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![location(&near, near_vars)];
    })
    .await;
    let site = product.demo();
    let (mut jars, mut ids) = (vec![], vec![]);
    for name in ["kept", "lost"] {
        let person = site.person(name).await;
        let mut phone = Wire::to(&site.origin);
        phone.enroll(&site, &person.address, Kind::Own).await;
        jars.push(phone.jar);
        ids.push(person.id);
    }
    let mut sql = vec![revocations(of.revocations - 1), and_the_device_of(&ids[1])];
    sql.extend((of.devices > 0).then(|| devices(of.devices, &ids[0])));
    sql.extend((of.people > 0).then(|| people(of.people)));
    product.while_stopped(|state| rewrite(state, &sql.concat()));
    let [mut kept, mut lost] = [product.wire_at(0), product.wire_at(0)];
    lost.jar = jars.pop().unwrap();
    kept.jar = jars.pop().unwrap();
    Scaled { product, kv, home, near, kept, lost }
}

async fn status(wire: &mut Wire) -> u16 {
    wire.get("/api/v1/verify").await.status
}

/// What is published, without what is another each time: when, and under which name.
fn nameless(head: &[u8]) -> Value {
    let mut head: Value = serde_json::from_slice(head).unwrap();
    for part in ["/version", "/published_at", "/body/version", "/body/draw"] {
        *head.pointer_mut(part).unwrap() = json!(0);
    }
    head
}

/// Publishes, reads and looks up; tells what it took, and the head.
async fn measured(size: Size) -> (Value, Value) {
    let mut scaled = scaled(size, &AS_DEPLOYED).await;
    let Scaled { product, kv, near, kept, lost, .. } = &mut scaled;
    let admin = product.demo().admin;

    let began = now();
    let published = admin.post("/revocations/republish", &json!({}), 200).await;
    let answered = began.elapsed();
    assert_eq!(published["entries"], size.revocations);
    // Comparing reads everything, so it is done once, and not to find out when.
    eventually_within(LARGE, "a head that names all of them", async || {
        let head: Value = serde_json::from_slice(&kv.value(HEAD)?).unwrap();
        (head["body"]["entries"] == size.revocations).then_some(())
    })
    .await;
    let found = admin.get("/revocations/verify").await;
    assert_eq!((&found["holds"], &found["missing"]), (&json!(true), &json!(0)), "{found}");
    let body_key = kv.keys().into_iter().find(|key| key.contains(":body-")).unwrap();
    let (head, body_bytes) = (kv.value(HEAD).unwrap(), kv.value(&body_key).unwrap().len());
    assert_eq!(body_bytes, ENTRY * usize::try_from(size.revocations).unwrap());
    assert!(head.len() < HEAD_BYTES, "{}", head.len());
    let written = kv.history(&body_key).first().unwrap().at.duration_since(began);

    // Judged rightly from the first request on, by whomever; then by the list in memory.
    assert_eq!((status(lost).await, status(kept).await), (401, 204));
    eventually_within(LARGE, "the location to have read the body", async || {
        (near.count(Method::Get, &body_key) > 0).then_some(())
    })
    .await;
    let reads = near.calls().len();
    let began = now();
    for _ in 0..REQUESTS / 2 {
        assert_eq!((status(lost).await, status(kept).await), (401, 204));
    }
    let each = began.elapsed() / REQUESTS;
    assert!(near.calls().len() <= reads + 2, "a body is read once");

    // One more changes the head alone.
    let person = product.demo().person("one-more").await;
    let mut phone = Wire::to(&product.demo().origin);
    phone.enroll(&product.demo(), &person.address, Kind::Own).await;
    let (heads, began) = (kv.history(HEAD).len(), now());
    admin.revoke_user(&person.id).await;
    let there = async || kv.history(HEAD).get(heads).map(|change| change.at);
    let one_more = eventually("one more in KV", there).await - began;
    let keys: Vec<_> = kv.keys().into_iter().filter(|key| key.contains(":body-")).collect();
    assert_eq!(keys, [body_key]);
    let row = json!({
        "revocations": size.revocations,
        "more_devices": size.devices,
        "more_people": size.people,
        "body_bytes": body_bytes,
        "head_bytes": head.len(),
        "body_in_kv_seconds": written.as_secs_f64(),
        "republish_answered_seconds": answered.as_secs_f64(),
        "one_more_published_seconds": one_more.as_secs_f64(),
        "request_microseconds": each.as_micros(),
        "peak_memory_bytes": peak_memory(product.stack.state_dir()),
    });
    (row, nameless(&head))
}

#[tokio::test]
async fn what_is_published_grows_with_the_revocations_and_not_with_the_devices_or_the_people() {
    let of = |revocations| Size { revocations, ..Size::default() };
    // Each that has more devices or people comes after the same without.
    let sizes = [
        of(1_000),
        Size { devices: 100_000, ..of(1_000) },
        of(20_000),
        Size { people: 1_000_000, ..of(20_000) },
        of(200_000),
        of(1_000_000),
        of(MOST),
    ];
    let (mut rows, mut before) = (vec![], None);
    println!(
        "revocations  more devices  more people  body, bytes  head, bytes  in KV after  one more  request  workerd's peak"
    );
    for size in sizes {
        let (row, head) = measured(size).await;
        let Size { revocations, devices, people } = size;
        println!(
            "{revocations:>11}  {devices:>12}  {people:>11}  {:>11}  {:>11}  {:>9.2} s  {:>6.0} ms  {:>4} µs  {:>11} MB",
            row["body_bytes"],
            row["head_bytes"],
            row["body_in_kv_seconds"].as_f64().unwrap(),
            row["one_more_published_seconds"].as_f64().unwrap() * 1_000.0,
            row["request_microseconds"],
            row["peak_memory_bytes"].as_u64().unwrap() >> 20,
        );
        let published = (row["body_bytes"].clone(), head);
        if devices + people > 0 {
            assert_eq!(before, Some(published), "the same as without them");
        } else {
            before = Some(published);
        }
        rows.push(row);
    }
    if let Some(file) = std::env::var_os("REVOCATIONS_BENCH") {
        fs::write(file, serde_json::to_vec_pretty(&rows).unwrap()).unwrap();
    }
}

#[tokio::test]
async fn while_a_large_body_cannot_be_written_everything_else_goes_on() {
    let soon = [("COPY_AWAIT_SECONDS", "1"), ("HEARTBEAT_SECONDS", "1"), ("TRUST_SECONDS", "2")];
    let mut scaled = scaled(Size { revocations: 200_000, ..Size::default() }, &soon).await;
    let Scaled { product, home, kept, lost, .. } = &mut scaled;
    let fails = |call: &Call| match call.method {
        Method::Put if call.key.contains(":body-") => Fault::Status(500),
        _ => Fault::Nothing,
    };
    home.faults(fails);
    let admin = product.demo().admin;
    assert_eq!(admin.post("/revocations/republish", &json!({}), 200).await["published"], false);
    // What was published before is trusted until the bound.
    eventually("the bound", async || (status(lost).await == 401).then_some(())).await;
    for _ in 0..20 {
        assert_eq!((status(lost).await, status(kept).await), (401, 204));
        assert_eq!(kept.get("/api/v1/device").await.status, 200);
        lost.get("/api/v1/device").await.problem(401, "not_enrolled");
    }
    assert_eq!(admin.get("/revocations/verify").await["missing"], 200_000);
    home.heal();
    // Whether that waits for it or not: a body of megabytes takes its time.
    admin.post("/revocations/republish", &json!({}), 200).await;
    admin.kv_comes_to_hold().await;
    assert_eq!((status(lost).await, status(kept).await), (401, 204));
}

#[tokio::test]
async fn where_there_are_more_than_can_be_published_the_account_object_is_asked() {
    let mut scaled = scaled(Size { revocations: MOST + 1, ..Size::default() }, &AS_DEPLOYED).await;
    let Scaled { product, kv, kept, lost, .. } = &mut scaled;
    let admin = product.demo().admin;
    let published = admin.post("/revocations/republish", &json!({}), 200).await;
    assert_eq!(published["entries"], MOST + 1);
    admin.kv_comes_to_hold().await;
    assert_eq!(kv.keys(), [HEAD, "other:head"]);
    for _ in 0..3 {
        assert_eq!((status(lost).await, status(kept).await), (401, 204));
    }
}
