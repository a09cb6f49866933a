//! A WebDriver server, with the browsers it starts on the same leash.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::leash::Leashed;

/// How often a driver is started until it runs.
const STARTS: usize = 3;

/// A running driver; dropping it ends it and its browsers.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) address: String,
    _process: Leashed,
}

impl Driver {
    /// Starts `command`, which must name its port after `words`.
    pub(crate) fn start(command: &mut Command, words: &str) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Chromium's takes any free port of IPv4, wants the same of IPv6, and ends where somebody else has that one.
        let mut starts = (0..STARTS).map(|_| Self::try_start(command, words));
        starts.find_map(|driver| driver).expect("a driver names its port")
    }

    fn try_start(command: &mut Command, words: &str) -> Option<Self> {
        let mut leashed = Leashed::start(command);
        let mut lines = BufReader::new(leashed.process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, rest) = line.split_once(words)?;
            rest.trim_end_matches('.').parse::<u16>().ok()
        })?;
        // Nobody reads on, but a closed pipe must not end the driver either.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { address: format!("http://127.0.0.1:{port}"), _process: leashed })
    }
}
