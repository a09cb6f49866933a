//! Processes that do not outlive this one.
//!
//! Each gets a process group of its own, so that Ctrl-C in a terminal reaches only the workbench, which then ends
//! them in order; and a leash: a shell that reads a pipe from this process and kills the other when the pipe ends,
//! which it does however this process ends. (Linux' parent-death signal would need `unsafe` and is bound to a thread.)

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Explain as _, Failure, Outcome};
use crate::process::clean;

const LEASH: &str =
    r#"while read -r word; do [ "$word" = released ] && exit 0; done; kill -9 "$1" 2>/dev/null; exit 0"#;

/// How much of a log a failed start shows.
const SHOWN_LINES: usize = 15;

/// A running process; dropping it kills it and waits for its end.
#[derive(Debug)]
pub(super) struct Leashed {
    name: &'static str,
    child: Child,
    leash: Option<Child>,
    log: PathBuf,
}

impl Leashed {
    /// Starts `command`, its outputs appended to `log`.
    pub(super) fn start(name: &'static str, command: &mut Command, log: &Path) -> Outcome<Self> {
        let output = OpenOptions::new().create(true).append(true).open(log).explain(log.display())?;
        let errors = output.try_clone().explain(log.display())?;
        let child = clean(command)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .explain(format!("starting {name}"))?;
        let mut leashed = Self { name, child, leash: None, log: log.to_owned() };
        let leash = Command::new("sh")
            .args(["-c", LEASH, "leash", &leashed.child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .explain("starting sh")?;
        leashed.leash = Some(leash);
        Ok(leashed)
    }

    /// Waits until `ready` is true.
    pub(super) fn ready_when(&mut self, limit: Duration, ready: impl Fn() -> bool) -> Outcome {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().explain(self.name)? {
                return Err(self.failed(&format!("ended ({status})")));
            }
            if ready() {
                return Ok(());
            }
            if started.elapsed() > limit {
                return Err(self.failed(&format!("does not answer after {} s", limit.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn failed(&self, how: &str) -> Failure {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        let last = lines.get(lines.len().saturating_sub(SHOWN_LINES)..).unwrap_or_default().join("\n");
        Failure::new(format!("{} {how}; the last lines of {}:\n{last}", self.name, self.log.display()))
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        // An error here means that it has ended already. Until it is waited for, its number belongs to nobody else,
        // so the leash is released only then, and never kills a stranger.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(mut leash) = self.leash.take() {
            if let Some(mut pipe) = leash.stdin.take() {
                let _ = pipe.write_all(b"released\n");
            }
            let _ = leash.wait();
        }
    }
}
