//! The trials by name, and the table at the end. With `READINESS_BENCH` set to a file, the times of a verdict instead.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::configurations::{self, Configuration};
use crate::engines::{Engine, Outcome};
use crate::look::{Looked, look, unsaid, untrue};
use crate::sites::{Scheme, Sites};
use crate::table::{self, Table};
use crate::{bench, documented, load, self_check, special};

/// More at once would disturb one another.
const THREADS: usize = 2;

/// How often a window is looked at, each time anew, until it says what can be told. Wrong once is wrong.
const LOOKS: usize = 3;

/// What all trials share; the product is started by the first that needs it.
#[derive(Debug, Default)]
struct Shared {
    sites: OnceLock<Sites>,
    table: Table,
}

impl Shared {
    fn sites(&self) -> &Sites {
        self.sites.get_or_init(Sites::open)
    }
}

pub(crate) fn run() -> ExitCode {
    if let Some(file) = std::env::var_os("READINESS_BENCH") {
        return exit_code(bench::readiness(&Sites::open(), &PathBuf::from(file)));
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let shared = Arc::new(Shared::default());
    let configurations = configurations::all();
    let conclusion = libtest_mimic::run(&arguments, trials(&shared, &configurations));
    if arguments.list {
        return ExitCode::SUCCESS;
    }
    if !shared.table.is_empty() {
        println!("\n{}", shared.table.text(&configurations));
    }
    if !conclusion.has_failed()
        && table::is_to_be_written()
        && let failed @ Err(_) = shared.table.write(&configurations)
    {
        return exit_code(failed);
    }
    conclusion.exit_code()
}

fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("error: {words}");
            ExitCode::FAILURE
        }
    }
}

fn trials(shared: &Arc<Shared>, configurations: &[Configuration]) -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("the judge of this suite: wrong fails, unknown passes, blind fails", || {
            self_check::run();
            Ok(())
        }),
        Trial::test("the support matrix in docs/BROWSERS.md is that of the data file", || {
            documented::support_matrix().map_err(Failed::from)
        }),
    ];
    for (place, configuration) in configurations.iter().enumerate() {
        for scheme in Scheme::BOTH {
            let (shared, configuration) = (Arc::clone(shared), configuration.clone());
            let name = format!("{}, over {}", configuration.name(), scheme.name());
            trials.push(Trial::ignorable_test(name.clone(), move || {
                let mut looks = 1;
                loop {
                    let row = match look(shared.sites(), &configuration, scheme)? {
                        Looked::Impossible(why) => return Ok(Completion::ignored_with(why)),
                        Looked::Row(row) => *row,
                    };
                    shared.table.add(place, scheme, row.clone());
                    untrue(&row)?;
                    match unsaid(&row, &configuration) {
                        Ok(()) => return Ok(Completion::Completed),
                        // Some evidence is spoiled by whatever else the machine does: nothing certain is said then.
                        Err(_) if looks < LOOKS => looks += 1,
                        Err(words) => return Err(words.into()),
                    }
                    println!("{name}: look {looks}");
                }
            }));
        }
    }
    let mut special = |name: String, work: Box<dyn FnOnce(&Sites) -> Outcome + Send>| {
        let shared = Arc::clone(shared);
        trials.push(Trial::test(name, move || work(shared.sites()).map_err(Failed::from)));
    };
    special("Chromium whose storage is full".to_owned(), Box::new(special::storage_full));
    for engine in Engine::ALL {
        let work = move |sites: &Sites| special::leaves_nothing(sites, engine);
        special(format!("{engine}: the check leaves nothing behind"), Box::new(work));
        let work = move |sites: &Sites| special::without_wasm(sites, engine);
        special(format!("{engine} without WebAssembly enrolls with the cookie alone"), Box::new(work));
    }
    // Last: the others should not wait behind them.
    for engine in Engine::ALL {
        let work = move |sites: &Sites| load::repeat(sites, engine).map(|said| println!("{said}"));
        special(format!("{engine}: twenty ordinary windows on a busy machine"), Box::new(work));
    }
    trials
}
