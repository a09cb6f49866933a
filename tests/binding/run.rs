//! The trials by name, and at the end what became of each attack. With `PROVE_BENCH` set to a file, the times of a proof instead.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::engines::{Engine, Outcome};
use crate::shared::Shared;
use crate::subject::Subject;
use crate::{at_once, bare, bench, documented, drill, forged, keys_only, life, nothing_kept, press};

/// More at once would disturb one another.
const THREADS: usize = 2;

pub(crate) fn run() -> ExitCode {
    if let Some(file) = std::env::var_os("PROVE_BENCH") {
        return match bench::prove(&PathBuf::from(file)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(words) => {
                eprintln!("error: {words}");
                ExitCode::FAILURE
            }
        };
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let shared = Arc::new(Shared::new());
    let conclusion = libtest_mimic::run(&arguments, trials(&shared));
    if !arguments.list && !shared.seen.is_empty() {
        println!("\n{}", shared.seen.text());
    }
    conclusion.exit_code()
}

/// One trial's work.
type Work = Box<dyn FnOnce(&Shared) -> Outcome + Send>;

fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut all: Vec<(String, Work)> = vec![];
    let mut of_subject = |subject: Subject, name: &str, work: fn(&Shared, Subject) -> Outcome| {
        all.push((format!("{subject}: {name}"), Box::new(move |shared| work(shared, subject))));
    };
    // The longest first, so that none is waited for at the end.
    for subject in Subject::bound() {
        of_subject(
            subject,
            "nothing a script on the page takes away passes after the interval",
            drill::is_robbed,
        );
    }
    for subject in Subject::ALL {
        of_subject(subject, "a press is asked for, and counts", press::is_asked_for);
        of_subject(subject, "closed and opened again, nobody notices the proof", life::goes_on);
        of_subject(subject, "a copied cookie passes until a proof is due", life::copied_cookie);
        of_subject(subject, "what becomes of a device whose cookie is deleted", life::lost_cookie);
        of_subject(subject, "when everything is deleted the address is asked for", life::lost_everything);
    }
    for subject in Subject::bound() {
        of_subject(subject, "a hundred clicks and proofs at once sign nobody out", at_once::a_hundred);
        of_subject(subject, "the server may die between challenge and proof", at_once::server_killed);
        of_subject(subject, "a stored token that is not its own is refused twice", forged::stored_tokens);
        of_subject(
            subject,
            "a copied profile folder is the same device, and ends with it",
            life::copied_profile,
        );
        of_subject(subject, "a revoked device proves nothing, at once", life::revoked);
    }
    let mut of_engine = |engine: Engine, name: &str, work: fn(&Shared, Engine) -> Outcome| {
        all.push((format!("{engine}: {name}"), Box::new(move |shared| work(shared, engine))));
    };
    for engine in Engine::ALL {
        of_engine(engine, "a private window keeps nothing", nothing_kept::private_window);
        of_engine(engine, "a shared computer keeps nothing", nothing_kept::shared_computer);
        of_engine(engine, "being finished on a shared computer ends it everywhere", nothing_kept::finished);
    }
    let mut other = |name: &str, work: fn(&Shared) -> Outcome| all.push((name.to_owned(), Box::new(work)));
    other(
        "WebKit: a device without a key is refused where keys are wanted, and gets one",
        keys_only::unbound_is_refused,
    );
    other("Chromium: a browser that can have no key is told so in words", keys_only::told_in_words);
    other(
        "an old challenge and a token of another account are refused by name",
        bare::old_challenge_and_foreign_token,
    );
    other("the record of a device that nobody uses goes", |_| bare::records_go());
    other("the reader of the threat model notices a name that is missing", |_| {
        documented::self_check();
        Ok(())
    });
    let documented = "every test that docs/THREATS.md names is there";
    let names: Vec<_> = all.iter().map(|(name, _)| name.clone()).chain([documented.to_owned()]).collect();
    all.push((documented.to_owned(), Box::new(move |_| documented::threat_model(&names))));
    all.into_iter()
        .map(|(name, work)| {
            let shared = Arc::clone(shared);
            Trial::test(name, move || work(&shared).map_err(Failed::from))
        })
        .collect()
}
