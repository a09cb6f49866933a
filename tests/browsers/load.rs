//! Ordinary windows on a machine that has more to do than it can.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::engines::{Engine, Outcome, Window};
use crate::folder::Folder;
use crate::judge::{self, Known};
use crate::report::{Answer, Report};
use crate::sites::{Scheme, Sites};

const REPETITIONS: usize = 20;
const BUSY_THREADS: usize = 3;

/// Threads that do nothing as fast as they can, until this is dropped.
struct Load {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let spin = |_| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || while !black_box(over.load(Ordering::Relaxed)) {})
        };
        Self { threads: (0..BUSY_THREADS).map(spin).collect(), over }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            _ = thread.join();
        }
    }
}

/// Opens so many windows, each in a new process over a new profile; none may be told anything wrong. Returns in how many
/// nothing certain was said of a private window.
pub(crate) fn repeat(sites: &Sites, engine: Engine) -> Outcome<String> {
    let origin = sites.product(Scheme::Https);
    let known = Known { private_window: false, cookies: true, kept: Some(true), needs_https: false };
    let mut unknown = [0, 0];
    for repetition in 1..=REPETITIONS {
        let folder = Folder::new("data");
        let mut window = Window::open(&engine.ordinary(), folder.path(), &[])?;
        // From here on, and not before it is there: how long the browser takes to start is not what is asked.
        window.goto("about:blank")?;
        let load = Load::start();
        let report = Report::of(&mut window, &origin)?;
        drop(load);
        let mut words = judge::wrong(&report, known);
        words.extend(judge::inconsistent(&report, known));
        if !words.is_empty() {
            let words = words.join("\n");
            return Err(format!("repetition {repetition}:\n{words}\n{}", report.evidence()));
        }
        for (count, name) in unknown.iter_mut().zip(["private_window", "cookies"]) {
            *count += usize::from(report.answer(name) == Some(Answer::Unknown));
        }
    }
    let [private, cookies] = unknown;
    Ok(format!(
        "{engine}, {REPETITIONS} ordinary windows beside {BUSY_THREADS} busy threads: 0 wrong; unknown: private {private}, \
         cookies {cookies}"
    ))
}
