//! Processes on a leash: however this process ends, they and all they started end too. Each starts a process group, and a
//! shell kills the group when the pipe from this process breaks.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

const LEASH: &str = r#"read -r word; kill -s KILL -- "-$1" 2>/dev/null; exit 0"#;

/// A running process; dropping it kills its group and waits for its end.
#[derive(Debug)]
pub(crate) struct Leashed {
    pub(crate) process: Child,
    leash: Child,
}

impl Leashed {
    pub(crate) fn start(command: &mut Command) -> Self {
        let process = command.process_group(0).spawn().unwrap();
        let leash = Command::new("sh")
            .args(["-c", LEASH, "leash", &process.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        Self { process, leash }
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        // Until the process is waited for, its group's number belongs to nobody else.
        drop(self.leash.stdin.take());
        _ = self.leash.wait();
        _ = self.process.wait();
    }
}
