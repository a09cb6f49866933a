//! How long a proof takes that nobody sees, what it puts on the wire, and how long a click takes that has to prove first.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::counter::{Bytes, Counter};
use crate::engines::{Engine, Outcome, Window};
use crate::product::{Product, Somebody};
use crate::statement::{number, until};
use crate::subject::{Profile, Subject};
use crate::support::Arrival;
use crate::visit::{self, Landing, enroll_and_arrive, with_module};

/// Measured proofs of each engine; one more comes first and is not counted.
const PROOFS: usize = 20;
/// Measured clicks of each engine, with a proof due and without; one more of each comes first and is not counted.
const CLICKS: usize = 10;
/// How long a click may take.
const LIMIT: Duration = Duration::from_secs(30);
/// In seconds: as short as leaves time to come back from proving.
const INTERVAL: u16 = 2;

/// So many proofs, one after the other; how long each took.
const PROVE: &str = "
const took = [];
for (let proof = 0; proof < COUNT; proof += 1) {
  const before = performance.now();
  if (await module.prove(false, null) !== '/') throw new Error('sent elsewhere');
  took.push(performance.now() - before);
}
return took;";

/// Prints the table and writes the same to a file.
pub(crate) fn prove(file: &Path) -> Outcome {
    let (product, counter) = Product::counted(Engine::ALL.len());
    let arrival = Arrival::open();
    println!(
        "{PROOFS} proofs and {CLICKS} clicks of each kind in each engine, ordinary windows over https; one before them is not counted."
    );
    println!(
        "{:<10}{:>14}{:>10}{:>20}{:>10}{:>18}{:>10}{:>12}{:>12}",
        "engine",
        "proof, median",
        "worst",
        "click, proof due",
        "worst",
        "click, none due",
        "worst",
        "bytes sent",
        "answered"
    );
    let mut lines = vec![];
    for subject in Subject::bound() {
        let measured = measure(&product, &counter, subject, &arrival)?;
        let Measured { proofs, detours, clicks, bytes } = &measured;
        let ms = |value: f64| format!("{value:.0} ms");
        println!(
            "{:<10}{:>14}{:>10}{:>20}{:>10}{:>18}{:>10}{:>12}{:>12}",
            subject.engine.to_string(),
            ms(median(proofs)),
            ms(worst(proofs)),
            ms(median(detours)),
            ms(worst(detours)),
            ms(median(clicks)),
            ms(worst(clicks)),
            bytes.sent,
            bytes.answered,
        );
        lines.push(json!({
            "engine": subject.engine.to_string(), "proof_median_ms": median(proofs), "proof_worst_ms": worst(proofs),
            "detour_median_ms": median(detours), "detour_worst_ms": worst(detours), "click_median_ms": median(clicks),
            "click_worst_ms": worst(clicks), "bytes_sent": bytes.sent, "bytes_answered": bytes.answered,
            "proof_ms": proofs, "detour_ms": detours, "click_ms": clicks,
        }));
    }
    println!(
        "A proof: from calling prove() until it resolves, the module loaded. A click: from asking the browser to go until the destination is asked for."
    );
    println!(
        "Bytes: one proof, mean; request and answer of challenge, key set and proof with all headers, HTTP/1.1, before TLS."
    );
    let said = |error: std::io::Error| error.to_string();
    fs::create_dir_all(file.parent().ok_or("a file without a folder")?).map_err(said)?;
    let text = serde_json::to_string_pretty(&Value::from(lines)).map_err(|error| error.to_string())?;
    fs::write(file, text).map_err(said)
}

struct Measured {
    proofs: Vec<f64>,
    detours: Vec<f64>,
    clicks: Vec<f64>,
    bytes: Bytes,
}

fn measure(product: &Product, counter: &Counter, subject: Subject, arrival: &Arrival) -> Outcome<Measured> {
    let account = product.account(&subject.settings());
    let somebody = account.somebody("bench", arrival);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    let enrolled = enroll_and_arrive(&mut window, &account, &somebody, subject.binding, arrival)?;

    visit::home(&mut window, &account)?;
    timed_proofs(&mut window, 1)?;
    // Some engines look again at what the script loads. That is in both, and so in neither.
    let marks = [counter.bytes(), {
        timed_proofs(&mut window, 0)?;
        counter.bytes()
    }];
    let proofs = timed_proofs(&mut window, PROOFS)?;
    let bytes = each(marks[0], marks[1], counter.bytes());

    let mut clicks = vec![];
    for click in 0..=CLICKS {
        visit::home(&mut window, &account)?;
        let took = timed_click(&mut window, &somebody, arrival)?;
        if click > 0 {
            clicks.push(took);
        }
    }
    account.set_interval(INTERVAL);
    account.due(&enrolled.cookie, &somebody.link);
    let mut detours = vec![];
    for click in 0..=CLICKS {
        visit::home(&mut window, &account)?;
        let last = number(&visit::cookie(&mut window, &account)?, "prf").ok_or("no proof yet")?;
        until(last + u64::from(INTERVAL));
        let took = timed_click(&mut window, &somebody, arrival)?;
        visit::home(&mut window, &account)?;
        if number(&visit::cookie(&mut window, &account)?, "prf") <= Some(last) {
            return Err(format!("{subject}: the click did not prove"));
        }
        if click > 0 {
            detours.push(took);
        }
    }
    window.close()?;
    Ok(Measured { proofs, detours, clicks, bytes })
}

/// Milliseconds of each.
fn timed_proofs(window: &mut Window, count: usize) -> Outcome<Vec<f64>> {
    let took = with_module(window, &PROVE.replace("COUNT", &count.to_string()))?;
    let took = took.as_array().ok_or_else(|| format!("no times: {took}"))?;
    Ok(took.iter().filter_map(Value::as_f64).collect())
}

/// The bytes of one proof: those of all, without what passes when there is none.
fn each(start: Bytes, without: Bytes, with: Bytes) -> Bytes {
    let proofs = u64::try_from(PROOFS).unwrap();
    let one = |start: u64, without: u64, with: u64| ((with - without) - (without - start)) / proofs;
    Bytes {
        sent: one(start.sent, without.sent, with.sent),
        answered: one(start.answered, without.answered, with.answered),
    }
}

/// Milliseconds until the destination was asked for.
#[expect(clippy::disallowed_methods, reason = "it is time that is measured")]
fn timed_click(window: &mut Window, somebody: &Somebody, arrival: &Arrival) -> Outcome<f64> {
    let visits = arrival.visits().len();
    let watched = arrival.clone();
    let started = Instant::now();
    let watch = std::thread::spawn(move || {
        while watched.visits().len() == visits && started.elapsed() < LIMIT {
            std::thread::sleep(Duration::from_millis(1));
        }
        started.elapsed()
    });
    let landing = visit::click(window, &somebody.link, arrival)?;
    visit::expect("a click", &landing, &Landing::Arrived)?;
    let took = watch.join().map_err(|_| "nobody watched")?;
    Ok(took.as_secs_f64() * 1000.0)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    f64::midpoint(sorted[middle], sorted[(sorted.len() - 1) / 2])
}

fn worst(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}
