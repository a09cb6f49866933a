//! Asking until it works, and holding each answer against what is documented.

use std::collections::BTreeMap;

use crate::support::{Answer, DEVICE};

/// How often something may have to be asked for when one call goes wrong.
const MOST: usize = 3;

/// What was answered, of a whole run or of many.
#[derive(Debug, Default, Clone)]
pub(super) struct Tries {
    as_ever: u64,
    /// By what was asked for and the answer.
    otherwise: BTreeMap<String, u64>,
}

impl Tries {
    /// Asks until the answer is the one for when nothing goes wrong, or one that `is_known` to follow an answer that was lost.
    /// Anything else must be a documented "later", and open nothing.
    pub(super) async fn ask(
        &mut self,
        what: &str,
        ask: impl AsyncFnMut() -> Answer,
        is_as_ever: impl Fn(&Answer) -> bool,
        is_known: impl Fn(&Answer) -> bool,
    ) -> Answer {
        self.until(what, ask, is_as_ever, is_known, is_later).await
    }

    /// The same of `/api/v1/verify`, which has a "later" of its own, and where losing the answer loses nothing.
    pub(super) async fn verify(
        &mut self,
        what: &str,
        ask: impl AsyncFnMut() -> Answer,
        is_as_ever: impl Fn(&Answer) -> bool,
    ) -> Answer {
        self.until(what, ask, is_as_ever, |_| false, is_unknown).await
    }

    async fn until(
        &mut self,
        what: &str,
        mut ask: impl AsyncFnMut() -> Answer,
        is_as_ever: impl Fn(&Answer) -> bool,
        is_known: impl Fn(&Answer) -> bool,
        is_later: fn(&Answer) -> bool,
    ) -> Answer {
        for number in 0..MOST {
            let answer = ask().await;
            if is_as_ever(&answer) {
                self.as_ever += u64::from(number == 0);
                return answer;
            }
            let told = format!("{what}: {}", brief(&answer));
            *self.otherwise.entry(told.clone()).or_default() += 1;
            assert_eq!(answer.set_cookie(DEVICE), None, "{told}: a cookie all the same");
            assert_ne!(answer.header("Device-Verdict"), Some("enrolled"), "{told}");
            if number > 0 && is_known(&answer) {
                return answer;
            }
            assert!(is_later(&answer), "{told}: not documented: {}", answer.text());
        }
        panic!("{what}: still not after {MOST} times");
    }

    /// The same where losing the answer loses nothing: asking again is as good.
    pub(super) async fn again(
        &mut self,
        what: &str,
        ask: impl AsyncFnMut() -> Answer,
        is_as_ever: impl Fn(&Answer) -> bool,
    ) -> Answer {
        self.ask(what, ask, is_as_ever, |_| false).await
    }

    /// Whether nothing else was answered.
    pub(super) fn are_as_ever(&self) -> bool {
        self.otherwise.is_empty()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.as_ever += other.as_ever;
        for (told, count) in other.otherwise {
            *self.otherwise.entry(told).or_default() += count;
        }
    }

    pub(super) fn print(&self) {
        println!("    {:>5} answers as ever", self.as_ever);
        for (told, count) in &self.otherwise {
            println!("    {count:>5} {told}");
        }
    }
}

/// docs/API.md: 503 with `Retry-After`, a problem or a page.
fn is_later(answer: &Answer) -> bool {
    let seconds = answer.header("Retry-After").and_then(|text| text.parse::<u64>().ok());
    let is_problem = answer.header("Content-Type") == Some("application/problem+json");
    answer.status == 503 && seconds.is_some() && (!is_problem || answer.json()["code"] == "unavailable")
}

/// docs/API.md: `/api/v1/verify` knows three answers only, and 403 says that nobody can tell.
fn is_unknown(answer: &Answer) -> bool {
    answer.status == 403 && answer.body.is_empty() && answer.header("Device-Enroll").is_none()
}

fn brief(answer: &Answer) -> String {
    let is_problem = answer.header("Content-Type") == Some("application/problem+json");
    let code = if is_problem { answer.json()["code"].as_str().unwrap().to_owned() } else { String::new() };
    format!("{} {code}", answer.status).trim().to_owned()
}
