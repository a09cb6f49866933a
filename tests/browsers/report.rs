//! What the enrollment page says of a browser, read from the attributes it gives to its panel.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::engines::{Outcome, Window};
use crate::findings::FINDINGS;

/// Null until there is a verdict; where the module takes more than its four seconds, there is one without it before.
const READ: &str = "
const checked = document.getElementById('checked');
if ([undefined, 'unchecked'].includes(checked?.dataset.verdict)) return null;
const rows = [...checked.querySelectorAll('dt[data-finding]')].map((name) => {
  const { answer, seen } = name.nextElementSibling.dataset;
  return [name.dataset.finding, { answer, seen }];
});
const { verdict, causes, browser } = checked.dataset;
return { verdict, causes, browser, findings: Object.fromEntries(rows) };";

/// An answer to a finding's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    Unknown,
}

impl Answer {
    /// The certain one.
    pub(crate) fn of(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Yes, Self::No, Self::Unknown].into_iter().find(|answer| answer.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// One row of the panel.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) answer: Answer,
    pub(crate) seen: String,
}

/// The panel.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) verdict: String,
    pub(crate) causes: Vec<String>,
    pub(crate) findings: BTreeMap<String, Finding>,
}

impl Report {
    /// Opens the enrollment page of this origin and waits for its verdict.
    pub(crate) fn of(window: &mut Window, origin: &str) -> Outcome<Self> {
        window.goto(&format!("{origin}/enroll"))?;
        Self::parse(&window.eventually("the page's verdict", READ)?)
    }

    fn parse(read: &Value) -> Outcome<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut findings = BTreeMap::new();
        for (name, row) in read["findings"].as_object().into_iter().flatten() {
            let answer = text(&row["answer"]).and_then(|answer| Answer::named(&answer));
            let (Some(answer), Some(seen)) = (answer, text(&row["seen"])) else {
                return Err(format!("the row of {name} is {row}"));
            };
            findings.insert(name.clone(), Finding { answer, seen });
        }
        let (Some(verdict), Some(causes)) = (text(&read["verdict"]), text(&read["causes"])) else {
            return Err(format!("no verdict with causes in {read}"));
        };
        let causes = causes.split_whitespace().map(str::to_owned).collect();
        Ok(Self { verdict, causes, findings })
    }

    /// The answer of this name; one that is missing is none.
    pub(crate) fn answer(&self, name: &str) -> Option<Answer> {
        self.findings.get(name).map(|finding| finding.answer)
    }

    /// What was seen, for whoever has to find out why.
    pub(crate) fn evidence(&self) -> String {
        let rows = FINDINGS.iter().filter_map(|name| {
            let finding = self.findings.get(*name)?;
            Some(format!("  {name}: {} ({})\n", finding.answer.name(), finding.seen))
        });
        format!("verdict {}, causes [{}]\n{}", self.verdict, self.causes.join(" "), rows.collect::<String>())
    }
}
