//! Says what becomes of the calls that a location makes to its account objects (`faulty_accounts.js`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::http_service::{HttpService, Reply};

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct AccountCall {
    /// Which one it is since the control was opened, from 1.
    pub(crate) number: u64,
    /// Which one of its kind it is, from 1.
    pub(crate) of_kind: u64,
    /// The first byte of the message: calls for the same have the same. What for is not told.
    pub(crate) kind: u8,
    /// The whole message.
    pub(crate) message: Vec<u8>,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives, and so does its answer.
    Pass,
    /// The same, so much later.
    PassAfter(Duration),
    /// It never arrives, and the caller is told of a failure.
    FailBefore,
    /// It arrives and is done; the caller is told of a failure.
    FailAfter,
    /// It never arrives, and the caller is told nothing.
    HangBefore,
    /// It arrives and is done; the caller is told nothing.
    HangAfter,
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Self::Pass | Self::PassAfter(_) => "pass",
            Self::FailBefore => "fail before",
            Self::FailAfter => "fail after",
            Self::HangBefore => "hang before",
            Self::HangAfter => "hang after",
        }
    }
}

type Rule = Arc<dyn Fn(&AccountCall) -> Fate + Send + Sync>;

/// Where a location's `faulty_accounts` asks.
#[derive(Debug)]
pub(crate) struct FaultyAccounts {
    state: Arc<Mutex<State>>,
    service: HttpService,
}

struct State {
    rule: Rule,
    calls: Vec<(AccountCall, Fate)>,
    kinds: BTreeMap<u8, u64>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("calls", &self.calls).finish_non_exhaustive()
    }
}

impl FaultyAccounts {
    /// Everything passes until it is told otherwise.
    pub(crate) fn open() -> Self {
        let rule: Rule = Arc::new(|_| Fate::Pass);
        let state = Arc::new(Mutex::new(State { rule, calls: vec![], kinds: BTreeMap::new() }));
        let shared = Arc::clone(&state);
        let service = HttpService::start(move |received| {
            let fate = (received.target == "/").then(|| shared.lock().unwrap().decide(received.body));
            async move {
                let Some(fate) = fate else { return Reply::Never };
                if let Fate::PassAfter(late) = fate {
                    tokio::time::sleep(late).await;
                }
                Reply::With(200, fate.word().as_bytes().into())
            }
        });
        Self { state, service }
    }

    /// For `Location::faulty_accounts`.
    pub(crate) fn port(&self) -> u16 {
        self.service.port
    }

    /// From now on.
    pub(crate) fn rule(&self, rule: impl Fn(&AccountCall) -> Fate + Send + Sync + 'static) {
        self.state.lock().unwrap().rule = Arc::new(rule);
    }

    /// All calls so far, with what became of them.
    pub(crate) fn calls(&self) -> Vec<(AccountCall, Fate)> {
        self.state.lock().unwrap().calls.clone()
    }
}

impl State {
    fn decide(&mut self, message: Vec<u8>) -> Fate {
        let kind = message.first().copied().unwrap_or_default();
        let of_kind = self.kinds.entry(kind).or_default();
        *of_kind += 1;
        let number = u64::try_from(self.calls.len()).unwrap() + 1;
        let call = AccountCall { number, of_kind: *of_kind, kind, message };
        let fate = (self.rule)(&call);
        self.calls.push((call, fate));
        fate
    }
}
