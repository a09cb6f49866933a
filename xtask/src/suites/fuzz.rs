//! What strangers say, at random: the targets of `fuzz/`, each for a while.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use super::tally::Tally;
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::process::run;

/// Each is a file of `fuzz/fuzz_targets`.
const TARGETS: [&str; 2] = ["reply", "address"];

const SECONDS_EACH: u32 = 60;

/// More than the longest reply there is.
const LONGEST: u32 = 20_000;

/// What `cargo fuzz run --sanitizer none` gives the compiler: nothing else of that tool is needed here, which would take longer to compile
/// than the targets run. No sanitizer, since there is no unsafe code to be watched, and they are for other toolchains than the pinned one.
const FLAGS: [&str; 9] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
    "-Coverflow-checks",
];

pub(super) fn run_targets(checkout: &Checkout, tally: &mut Tally) {
    if !tally.check("fuzz: targets compile", || run(&mut cargo(checkout, "build")?).map(drop)) {
        return;
    }
    // Side by side: each is one thread.
    println!("fuzz: {}, {SECONDS_EACH} seconds", TARGETS.join(" and "));
    let ended = thread::scope(|scope| {
        let running = TARGETS.map(|target| scope.spawn(move || fuzz(checkout, target)));
        running.map(|one| one.join().unwrap_or_else(|_| Err(Failure::new("the run panicked"))))
    });
    for (target, outcome) in TARGETS.into_iter().zip(ended) {
        tally.check(&format!("fuzz: {target}"), || outcome);
    }
}

fn fuzz(checkout: &Checkout, target: &str) -> Outcome {
    let corpus = folder(checkout).join("corpus").join(target);
    fs::create_dir_all(&corpus).explain(corpus.display())?;
    let mut cargo = cargo(checkout, "run")?;
    cargo.args(["--bin", target, "--"]).arg(corpus);
    // What it begins with, and never writes to.
    cargo.arg(checkout.root().join("fuzz/seeds").join(target));
    cargo.args([&format!("-max_total_time={SECONDS_EACH}"), &format!("-max_len={LONGEST}"), "-timeout=10"]);
    cargo.arg("-artifact_prefix=target/fuzz/");
    run(&mut cargo).map(drop)
}

fn folder(checkout: &Checkout) -> PathBuf {
    checkout.root().join("target/fuzz")
}

fn cargo(checkout: &Checkout, command: &str) -> Outcome<Command> {
    let mut cargo = Command::new("cargo");
    cargo.args([command, "--quiet", "--release", "--locked", "--manifest-path"]);
    cargo.arg(checkout.root().join("fuzz/Cargo.toml")).arg("--target-dir").arg(folder(checkout));
    // A target is named, so that build scripts and macros are compiled without the flags.
    cargo.args(["--target", &host()?]).env("RUSTFLAGS", FLAGS.join(" ")).current_dir(checkout.root());
    Ok(cargo)
}

/// The machine that this runs on, as the compiler calls it.
fn host() -> Outcome<String> {
    let told = run(Command::new("rustc").args(["--print", "host-tuple"]))?;
    Ok(told.trim().to_owned())
}
