//! Running other programs: to the end with their output kept, line by line, or with a time limit; and the one line
//! each step prints.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::failure::{Explain as _, Failure, Outcome};

/// Prints what is being done and, when it is done, how long it took.
///
/// # Errors
/// The failure of `work`.
pub fn step<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    print!("{what} … ");
    std::io::stdout().flush().explain("standard output")?;
    let started = Instant::now();
    let outcome = work();
    let seconds = started.elapsed().as_secs_f32();
    match &outcome {
        Ok(_) => println!("{seconds:.1} s"),
        Err(_) => println!("failed after {seconds:.1} s"),
    }
    outcome
}

/// Runs `command` to its end and returns its standard output.
///
/// # Errors
/// When the program is missing or does not succeed; then with everything it said.
pub fn run(command: &mut Command) -> Outcome<String> {
    let output =
        clean(command).stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said = [stdout.trim(), stderr.trim()].join("\n");
    Err(Failure::new(format!("`{}`: {}\n{}", shown(command), output.status, said.trim())))
}

/// Runs `command` to its end, handing each line of both its outputs to `heard` as it comes.
///
/// # Errors
/// When the program is missing. How it ended is for the caller to judge.
pub fn run_by_line(command: &mut Command, mut heard: impl FnMut(&str)) -> Outcome<ExitStatus> {
    let mut child = clean(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    let (sender, lines) = mpsc::channel();
    std::thread::scope(|scope| {
        if let Some(stdout) = child.stdout.take() {
            let sender = sender.clone();
            scope.spawn(move || send_lines(stdout, &sender));
        }
        if let Some(stderr) = child.stderr.take() {
            scope.spawn(move || send_lines(stderr, &sender));
        }
        for line in lines {
            heard(&line);
        }
    });
    child.wait().explain(shown(command))
}

fn send_lines(output: impl Read, sender: &mpsc::Sender<String>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while matches!(output.read_until(b'\n', &mut line), Ok(1..)) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if sender.send(text).is_err() {
            return;
        }
        line.clear();
    }
}

/// Runs `command` for at most `limit`, its outputs in the file `log`; `None` when it was stopped for taking longer.
///
/// # Errors
/// When the program is missing or the file cannot be written.
pub fn run_for(command: &mut Command, limit: Duration, log: &Path) -> Outcome<Option<ExitStatus>> {
    let file = File::create(log).explain(log.display())?;
    let same = file.try_clone().explain(log.display())?;
    let mut child = clean(command)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(same)
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().explain(shown(command))? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            child.kill().and_then(|()| child.wait()).explain(shown(command))?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A cargo started by a program that cargo runs would otherwise take that program's package for its own.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let of_a_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix));
        let asked_for = command.get_envs().any(|(asked, value)| asked == name && value.is_some());
        if of_a_package && !asked_for {
            command.env_remove(name);
        }
    }
    command
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy();
    if error.kind() != std::io::ErrorKind::NotFound {
        return Failure::new(format!("`{}`: {error}", shown(command)));
    }
    let how = match program.as_ref() {
        "node" | "npm" => "install Node.js 20 or later with npm (Debian: apt-get install nodejs npm)",
        "rustup" => "install Rust by rustup, see https://rustup.rs",
        "cargo" | "rustc" => "install Rust by rustup, see https://rustup.rs, then `rustup toolchain install`",
        _ => "it should be there by now; remove its folder and try again",
    };
    Failure::new(format!("{program} is missing: {how}"))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words: Vec<_> =
        std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
