//! `cargo xtask`: reads the command line and calls the library. Exit code 0: done; 1: failed; 2: not understood.
#![expect(clippy::print_stderr, reason = "the one line that says what went wrong")]

use std::process::ExitCode;

use xtask::admin_link::{self, Purpose};
use xtask::bench::{self, Measure};
use xtask::checkout::Checkout;
use xtask::failure::Outcome;
use xtask::keys::{self, Change};
use xtask::suites::{Check, Suite};
use xtask::{USAGE, artifacts, dev, setup, suites};

enum Command {
    Dev { port: u16 },
    Test { suites: Vec<Suite> },
    Check(Check),
    Bench { measures: Vec<Measure> },
    Build,
    AdminLink { origin: String, purpose: Purpose },
    Keys(Change),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = parse(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[&str]) -> Option<Command> {
    match arguments {
        ["dev"] => Some(Command::Dev { port: dev::DEFAULT_PORT }),
        // The mail catcher takes the two ports above.
        ["dev", "--port", port] => {
            port.parse().ok().filter(|port| (1..=65_533).contains(port)).map(|port| Command::Dev { port })
        }
        ["test"] => Some(Command::Test { suites: Suite::ALL.to_vec() }),
        ["test", names @ ..] => {
            let suites = names.iter().map(|name| Suite::named(name)).collect::<Option<_>>()?;
            Some(Command::Test { suites })
        }
        ["check", name] => Check::named(name).map(Command::Check),
        ["bench"] => Some(Command::Bench { measures: Measure::ALL.to_vec() }),
        ["bench", name] => Measure::named(name).map(|one| Command::Bench { measures: vec![one] }),
        ["build"] => Some(Command::Build),
        ["admin-link", origin] => {
            Some(Command::AdminLink { origin: (*origin).to_owned(), purpose: Purpose::First })
        }
        ["admin-link", "--recover", origin] => {
            Some(Command::AdminLink { origin: (*origin).to_owned(), purpose: Purpose::Recover })
        }
        ["keys", "show"] => Some(Command::Keys(Change::Show)),
        ["keys", "add", kid] => Some(Command::Keys(Change::Add((*kid).to_owned()))),
        ["keys", "activate", kid] => Some(Command::Keys(Change::Activate((*kid).to_owned()))),
        ["keys", "remove", kid] => Some(Command::Keys(Change::Remove((*kid).to_owned()))),
        _ => None,
    }
}

/// Whether everything asked for succeeded; a test that fails is no failure of the workbench.
fn run(command: &Command) -> Outcome<bool> {
    let checkout = Checkout::find()?;
    match command {
        Command::Dev { port } => dev::run(&checkout, *port).map(|()| true),
        Command::Test { suites } => suites::run(&checkout, suites),
        Command::Check(check) => suites::check(&checkout, *check),
        Command::Bench { measures } => bench::run(&checkout, measures).map(|()| true),
        Command::AdminLink { origin, purpose } => admin_link::run(origin, *purpose).map(|()| true),
        Command::Keys(change) => keys::run(change).map(|()| true),
        Command::Build => {
            let tools = setup::for_build(&checkout)?;
            let built = artifacts::build(&checkout, &tools)?;
            built.report_sizes(&checkout).map(|()| true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_check_or_measure_nobody_has_is_refused_instead_of_passing_with_nothing_run() {
        assert!(parse(&["test", "rust", "russt"]).is_none());
        assert!(parse(&["bench", "speed"]).is_none());
        assert!(parse(&["check", "auth"]).is_none() && parse(&["check"]).is_none());
    }

    #[test]
    fn a_port_without_room_for_the_mail_catcher_is_refused() {
        assert!(parse(&["dev", "--port", "65533"]).is_some());
        assert!(parse(&["dev", "--port", "65534"]).is_none());
        assert!(parse(&["dev", "--port", "0"]).is_none());
    }
}
