//! Private windows, from the way each engine is built: on structural evidence only. A duration may say "no" or make something
//! doubtful; it never says "yes".

use super::browser::Engine;
use super::private_files::Steps;
use super::{Answer, Finding, Outcome};

const GECKO_REFUSAL: (&str, &str) = ("SecurityError", "Security error when calling GetDirectory");
const WEBKIT_REFUSAL: (&str, &str) =
    ("UnknownError", "The operation failed for an unknown transient reason (e.g. out of memory).");
const WEBKIT_BLOB_REFUSALS: [(&str, &str); 2] = [
    ("UnknownError", "Error preparing Blob/File data to be stored in object store"),
    ("DataCloneError", "BlobURLs are not yet supported"),
];

/// How many times as long as a relaxed commit a strict one takes at least, where it waits for a disk.
const DISK_RATIO: f64 = 2.0;
/// How long, in milliseconds, such a strict commit takes at least.
const DISK_COMMIT_MS: f64 = 0.8;
/// How many commits of each kind are compared at least, the two slowest left out.
const LEAST_COMMITS: f64 = 3.0;

/// What the probe saw, engine by engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Chromium: the worker's message, or why there was none.
    Chromium(Result<String, String>),
    /// Firefox.
    Gecko(Gecko),
    /// Safari and its kin.
    WebKit(WebKit),
    /// An engine that nobody has measured.
    Other,
}

/// Firefox: its private windows have no private file system, and refuse persistent storage without asking.
#[derive(Debug, Clone, PartialEq)]
pub struct Gecko {
    /// Whether ordinary writes to IndexedDB succeed.
    pub writes: Answer,
    /// `navigator.storage.getDirectory()`.
    pub directory: Outcome,
    /// What `navigator.storage.persist()` said at once; not asked unless [`Gecko::is_suspicious`].
    pub persisted: Option<bool>,
}

/// `WebKit`: its private windows have no private file system and keep no blobs. What it says of the file system it says of a full
/// or a broken disk too, so only the refused blob, in exactly its words, says "private": and then only where ordinary writes
/// succeed and no commit waits for a disk.
#[derive(Debug, Clone, PartialEq)]
pub struct WebKit {
    /// Whether ordinary writes to IndexedDB succeed.
    pub writes: Answer,
    /// `navigator.storage.getDirectory()`.
    pub directory: Outcome,
    /// Keeping a blob in IndexedDB; not tried where ordinary writes fail.
    pub blob: Option<Outcome>,
    /// How long commits took; not measured unless [`WebKit::needs_commits`].
    pub commits: Option<Commits>,
}

/// How long some commits took, in milliseconds, strict and relaxed by turns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Commits {
    /// Those that had to reach the disk.
    pub strict: Vec<f64>,
    /// Those that did not.
    pub relaxed: Vec<f64>,
}

impl Gecko {
    /// Whether to ask `persist()`: it would prompt the person in an ordinary window.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        self.writes == Answer::Yes && self.directory.is_refusal(&[GECKO_REFUSAL])
    }

    fn answer(&self) -> Answer {
        match self.directory {
            Outcome::Done => Answer::No,
            _ if self.is_suspicious() && self.persisted == Some(false) => Answer::Yes,
            _ => Answer::Unknown,
        }
    }

    fn seen(&self) -> String {
        let persisted = match self.persisted {
            Some(true) => "; persist true",
            Some(false) => "; persist false",
            None => "",
        };
        ["directory ", &self.directory.seen("ok"), persisted].concat()
    }
}

impl WebKit {
    /// Whether it depends on how long commits take.
    #[must_use]
    pub fn needs_commits(&self) -> bool {
        self.writes == Answer::Yes && self.directory != Outcome::Done && self.blob.is_some()
    }

    fn blob_refused(&self) -> bool {
        self.blob.as_ref().is_some_and(|blob| blob.is_refusal(&WEBKIT_BLOB_REFUSALS))
    }

    fn answer(&self) -> Answer {
        let blob_kept = self.blob == Some(Outcome::Done);
        if self.directory == Outcome::Done {
            return if self.blob_refused() { Answer::Unknown } else { Answer::No };
        }
        if self.writes != Answer::Yes {
            return Answer::Unknown;
        }
        let Some(on_disk) = self.commits.as_ref().and_then(Commits::wait_for_a_disk) else {
            return Answer::Unknown;
        };
        if !on_disk && self.blob_refused() {
            Answer::Yes
        } else if on_disk && blob_kept && !self.directory.is_refusal(&[WEBKIT_REFUSAL]) {
            // No private window was ever seen to keep a blob, and there is a disk.
            Answer::No
        } else {
            Answer::Unknown
        }
    }

    fn seen(&self) -> String {
        let blob = self.blob.as_ref().map_or_else(|| "not tried".to_owned(), |blob| blob.seen("ok"));
        let commits = match self.commits.as_ref().map(Commits::wait_for_a_disk) {
            None => "",
            Some(None) => "; commits failed",
            Some(Some(true)) => "; commits wait for a disk",
            Some(Some(false)) => "; commits alike",
        };
        ["directory ", &self.directory.seen("ok"), "; blob ", &blob, commits].concat()
    }
}

impl Commits {
    /// Whether strict commits wait for a disk; nothing if there are too few. Of each the two slowest are left out: one pause of
    /// the browser must not decide. Means are compared, and three turns of four must agree, as `WebKit`'s clock counts whole milliseconds.
    fn wait_for_a_disk(&self) -> Option<bool> {
        let longer = self.strict.iter().zip(&self.relaxed).filter(|(strict, relaxed)| strict > relaxed);
        let often = longer.count().saturating_mul(4) >= self.strict.len().saturating_mul(3);
        let (strict, relaxed) = (without_slowest(&self.strict)?, without_slowest(&self.relaxed)?);
        Some(often && strict >= DISK_RATIO * relaxed && strict >= DISK_COMMIT_MS)
    }
}

/// The mean of the times but the two longest, if they are times and not too few.
fn without_slowest(times: &[f64]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    let (mut longest, mut second) = (0.0_f64, 0.0_f64);
    for time in times {
        if !(time.is_finite() && *time >= 0.0) {
            return None;
        }
        sum += time;
        count += 1.0;
        second = second.max(longest.min(*time));
        longest = longest.max(*time);
    }
    let kept: f64 = count - 2.0;
    (kept >= LEAST_COMMITS).then(|| (sum - longest - second) / kept)
}

impl Evidence {
    /// The finding `private_window`.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::Chromium(Ok(message)) => {
                Finding::new(Steps::parse(message).private_window(), message.as_str())
            }
            Self::Chromium(Err(reason)) => Finding::new(Answer::Unknown, reason.as_str()),
            Self::Gecko(gecko) => Finding::new(gecko.answer(), gecko.seen()),
            Self::WebKit(webkit) => Finding::new(webkit.answer(), webkit.seen()),
            Self::Other => Finding::new(Answer::Unknown, Engine::Other.name()),
        }
    }

    /// Whether the evidence shows storage that the browser deletes when it is closed, though the window is no private one.
    pub(super) fn is_deleted_on_closing(&self) -> bool {
        matches!(self, Self::Chromium(Ok(message)) if Steps::parse(message).is_deleted_on_closing())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ANSWERS, outcomes, threw};
    use super::*;

    fn gecko_refusal() -> Outcome {
        threw("SecurityError", "Security error when calling GetDirectory")
    }

    fn webkit_refusal() -> Outcome {
        threw("UnknownError", "The operation failed for an unknown transient reason (e.g. out of memory).")
    }

    fn blob_refusals() -> [Outcome; 2] {
        [
            threw("UnknownError", "Error preparing Blob/File data to be stored in object store"),
            threw("DataCloneError", "BlobURLs are not yet supported"),
        ]
    }

    fn commits(strict: f64, relaxed: f64) -> Commits {
        Commits { strict: vec![strict; 8], relaxed: vec![relaxed; 8] }
    }

    #[test]
    fn firefox_is_private_only_when_all_three_signs_agree() {
        for writes in ANSWERS {
            for directory in outcomes() {
                for persisted in [None, Some(true), Some(false)] {
                    let gecko = Gecko { writes, directory: directory.clone(), persisted };
                    let private = writes == Answer::Yes && directory == gecko_refusal();
                    let expected = if private && persisted == Some(false) {
                        Answer::Yes
                    } else if directory == Outcome::Done {
                        Answer::No
                    } else {
                        Answer::Unknown
                    };
                    assert_eq!(gecko.is_suspicious(), private, "{gecko:?}");
                    assert_eq!(Evidence::Gecko(gecko.clone()).finding().answer, expected, "{gecko:?}");
                }
            }
        }
    }

    #[test]
    fn webkit_is_private_only_where_writes_succeed_and_no_disk_shows() {
        for writes in ANSWERS {
            for directory in outcomes() {
                for blob in outcomes().into_iter().map(Some).chain([None]) {
                    for (commits, disk) in [
                        (None, None),
                        (Some(Commits::default()), None),
                        (Some(commits(0.5, 0.5)), Some(false)),
                        (Some(commits(5.0, 1.0)), Some(true)),
                    ] {
                        let webkit =
                            WebKit { writes, directory: directory.clone(), blob: blob.clone(), commits };
                        let blob_refused =
                            blob.as_ref().is_some_and(|outcome| blob_refusals().contains(outcome));
                        let kept = blob == Some(Outcome::Done);
                        let refused = directory == webkit_refusal();
                        let expected = if directory == Outcome::Done {
                            if blob_refused { Answer::Unknown } else { Answer::No }
                        } else if writes == Answer::Yes && disk == Some(false) && blob_refused {
                            Answer::Yes
                        } else if writes == Answer::Yes && disk == Some(true) && kept && !refused {
                            Answer::No
                        } else {
                            Answer::Unknown
                        };
                        let finding = Evidence::WebKit(webkit.clone()).finding();
                        assert_eq!(finding.answer, expected, "{webkit:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_refused_directory_makes_no_private_window_whatever_else_becomes_of_the_blob() {
        let judged = |directory: &Outcome, blob| {
            let commits = Some(commits(0.5, 0.5));
            let webkit = WebKit { writes: Answer::Yes, directory: directory.clone(), blob, commits };
            Evidence::WebKit(webkit).finding().answer
        };
        let full_disk = threw("QuotaExceededError", "The quota has been exceeded.");
        for blob in [full_disk, threw("TypeError", ""), Outcome::Nonsense, Outcome::Missing, Outcome::Done] {
            for directory in [webkit_refusal(), Outcome::Missing] {
                assert_eq!(judged(&directory, Some(blob.clone())), Answer::Unknown, "{blob:?}");
            }
        }
        assert_eq!(judged(&webkit_refusal(), None), Answer::Unknown);
        for blob in blob_refusals() {
            for directory in [webkit_refusal(), Outcome::Missing] {
                assert_eq!(judged(&directory, Some(blob.clone())), Answer::Yes, "{blob:?}");
            }
        }
    }

    #[test]
    fn commits_are_measured_only_where_they_decide() {
        let webkit = |writes, directory, blob| WebKit { writes, directory, blob, commits: None };
        assert!(webkit(Answer::Yes, webkit_refusal(), Some(Outcome::Done)).needs_commits());
        assert!(webkit(Answer::Yes, Outcome::Missing, Some(Outcome::Done)).needs_commits());
        assert!(!webkit(Answer::Yes, Outcome::Done, Some(Outcome::Done)).needs_commits());
        assert!(!webkit(Answer::No, webkit_refusal(), None).needs_commits());
    }

    #[test]
    fn a_pause_and_a_clock_of_whole_milliseconds_make_no_disk() {
        let judged = |strict: [u8; 10], relaxed: [u8; 10]| {
            Commits { strict: strict.map(f64::from).to_vec(), relaxed: relaxed.map(f64::from).to_vec() }
                .wait_for_a_disk()
        };
        // Measured in private windows of WebKitGTK 2.50.
        assert_eq!(judged([1, 0, 0, 0, 0, 5, 1, 0, 0, 1], [0, 1, 0, 1, 0, 7, 0, 1, 0, 0]), Some(false));
        assert_eq!(judged([5, 1, 1, 1, 0, 0, 0, 3, 1, 1], [0, 0, 0, 1, 1, 1, 2, 4, 0, 0]), Some(false));
        assert_eq!(judged([0, 1, 0, 0, 0, 0, 1, 0, 1, 0], [0, 0, 1, 0, 1, 0, 0, 0, 0, 1]), Some(false));
        // A busy machine: longer on the whole, but not as a rule.
        assert_eq!(judged([3, 0, 2, 0, 2, 0, 9, 0, 2, 0], [0, 1, 0, 0, 0, 0, 0, 1, 1, 0]), Some(false));
        // Disks of different kinds.
        assert_eq!(judged([6, 7, 5, 6, 9, 6, 5, 6, 6, 20], [0, 1, 1, 1, 0, 1, 1, 2, 1, 9]), Some(true));
        assert_eq!(judged([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [0, 1, 0, 0, 0, 1, 0, 0, 0, 0]), Some(true));
        assert_eq!(judged([2, 1, 1, 1, 1, 1, 1, 1, 4, 7], [1, 1, 1, 1, 1, 1, 1, 1, 1, 5]), Some(false));
    }

    #[test]
    fn too_few_commits_or_times_that_cannot_be_prove_nothing() {
        for (strict, relaxed) in [
            (vec![], vec![]),
            (vec![5.0; 3], vec![1.0; 3]),
            (vec![f64::NAN; 8], vec![1.0; 8]),
            (vec![5.0; 8], vec![-1.0; 8]),
            (vec![f64::INFINITY; 8], vec![1.0; 8]),
            (vec![5.0; 8], vec![1.0; 4]),
        ] {
            assert_eq!(Commits { strict, relaxed }.wait_for_a_disk(), None);
        }
    }

    #[test]
    fn without_a_workers_message_or_in_an_unmeasured_engine_nothing_is_known() {
        for evidence in [Evidence::Chromium(Err("no worker".to_owned())), Evidence::Other] {
            assert_eq!(evidence.finding().answer, Answer::Unknown);
        }
        let message = "far_write=4294967288 far_size=0";
        let finding = Evidence::Chromium(Ok(message.to_owned())).finding();
        assert_eq!(finding, Finding::new(Answer::Yes, message));
    }
}
