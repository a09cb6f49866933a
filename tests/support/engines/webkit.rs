//! `WebKitGTK`, by a small program of ours: its own driver opens nothing but ephemeral windows.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};

use serde_json::{Value, json};
use xtask::setup;

use super::{Cookie, LIMIT, Outcome, WebKit};
use crate::leash::Leashed;

/// What Safari ships and `WebKitGTK` has switched off.
const LIKE_SAFARI: [&str; 5] =
    ["StorageAPI", "StorageAPIEstimate", "FileSystem", "AccessHandle", "FileSystemWritableStream"];

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/webkit/browser.py");

/// Looked for once: it takes a Python to know.
fn tools() -> Outcome<&'static setup::WebKit> {
    static TOOLS: OnceLock<Outcome<setup::WebKit>> = OnceLock::new();
    TOOLS
        .get_or_init(|| setup::webkit().map_err(|missing| missing.to_string()))
        .as_ref()
        .map_err(Clone::clone)
}

/// One window.
#[derive(Debug)]
pub(crate) struct Program {
    // Ended last, and with it its screen, its message bus and the engine's helpers.
    _process: Leashed,
    commands: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Program {
    pub(super) fn start(manner: WebKit, folder: &Path) -> Outcome<Self> {
        let tools = tools()?;
        let mut data = folder.to_owned();
        if manner.broken_folder {
            // No folder can be made in a file, whoever tries.
            data.push("file");
            fs::write(&data, "").unwrap();
            data.push("data");
        }
        let features: &[&str] = if manner.like_safari { &LIKE_SAFARI } else { &[] };
        let wanted = json!({
            "data": data,
            "ephemeral": manner.ephemeral,
            "cookies": if manner.without_cookies { "never" } else { "first-party" },
            "itp": manner.tracking_prevention,
            "features": features,
        });
        let mut command = Command::new(&tools.xvfb_run);
        command
            .args(["-a", "dbus-run-session", "--"])
            .arg(&tools.python)
            .arg(PROGRAM)
            .arg(wanted.to_string());
        command.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1").env("GDK_BACKEND", "x11");
        command.env("LIBGL_ALWAYS_SOFTWARE", "1").env("no_proxy", "*").env("HOME", folder);
        // Buttons that are pressed by program come as events of the oldest kind.
        command.env("GDK_CORE_DEVICE_EVENTS", "1");
        if manner.without_wasm {
            command.env("JSC_useWasm", "0");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Leashed::start(&mut command);
        let commands = process.process.stdin.take();
        let lines = BufReader::new(process.process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (sender, answers) = mpsc::channel();
        // The engine's helpers write to the same pipe.
        let mut lines = lines.filter(|line| line.starts_with('{'));
        std::thread::spawn(move || lines.try_for_each(|line| sender.send(line)));
        Ok(Self { _process: process, commands, answers })
    }

    pub(super) fn goto(&mut self, url: &str) -> Outcome {
        self.call(&json!({ "goto": url })).map(drop)
    }

    pub(super) fn script(&mut self, body: &str) -> Outcome<Value> {
        self.call(&json!({ "script": body }))
    }

    pub(super) fn cookie(&mut self, origin: &str, name: &str) -> Outcome<Option<Cookie>> {
        let all = self.call(&json!({ "cookies": origin }))?;
        let found = all.as_array().into_iter().flatten().find(|cookie| cookie["name"] == name);
        Ok(found.map(|cookie| Cookie {
            value: cookie["value"].as_str().unwrap_or_default().to_owned(),
            lasts: cookie["lasts"] == true,
        }))
    }

    pub(super) fn keep_cookie(&mut self, name: &str, value: &str) -> Outcome {
        let host = self.script("return location.hostname;")?;
        self.call(&json!({ "keep": { "name": name, "value": value, "host": host } })).map(drop)
    }

    pub(super) fn lose_cookie(&mut self, origin: &str, name: &str) -> Outcome {
        self.call(&json!({ "lose": name, "of": origin })).map(drop)
    }

    pub(super) fn press(&mut self, place: &Value) -> Outcome {
        self.call(&json!({ "press": place })).map(drop)
    }

    fn call(&mut self, command: &Value) -> Outcome<Value> {
        let commands = self.commands.as_mut().ok_or("the window is closed")?;
        writeln!(commands, "{command}").map_err(|error| format!("WebKit: {error}"))?;
        let answer = self.answers.recv_timeout(LIMIT).map_err(|error| format!("WebKit: {error}"))?;
        let mut answer: Value = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
        match answer["error"].as_str() {
            Some(words) => Err(format!("WebKit: {words}")),
            None => Ok(answer["value"].take()),
        }
    }

    pub(super) fn close(mut self) {
        drop(self.commands.take());
        // The end of the pipe, which all its helpers hold, is the end of them all.
        while self.answers.recv_timeout(LIMIT).is_ok() {}
    }
}
