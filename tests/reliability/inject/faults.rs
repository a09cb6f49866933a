//! One call that goes wrong, and which.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use xtask::stack::Location;

use crate::faulty_accounts::{Fate, FaultyAccounts};
use crate::kv::{Call, Fault, Kv, Method, View};
use crate::places::location;
use crate::support::{Admin, MailCatcher, MailSink, Product, Site, Wire};

/// What a call goes wrong with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A location's call to the account object.
    Account(Fate),
    /// A location's read of KV.
    Read(Fault),
    /// What the account object does with KV.
    Publication(Fault),
}

impl Wrong {
    pub(super) fn name(self) -> String {
        match self {
            Self::Account(fate) => format!("account object, {fate:?}"),
            Self::Read(fault) => format!("KV read, {fault:?}"),
            Self::Publication(fault) => format!("KV of the account object, {fault:?}"),
        }
    }
}

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A message to the account object, by its first byte.
    Message(u8),
    /// Something done with the head in KV, or with any body.
    Kv(Method, Part),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Head,
    Body,
}

impl Kind {
    /// Its place among the messages. If another came there, it would not be the one that only clicks ask for again and again.
    pub(super) const HEARTBEAT: Self = Self::Message(1);

    pub(super) fn head(method: Method) -> Self {
        Self::Kv(method, Part::Head)
    }

    pub(super) fn body(method: Method) -> Self {
        Self::Kv(method, Part::Body)
    }

    fn of(call: &Call) -> Self {
        if call.key.ends_with(":head") { Self::head(call.method) } else { Self::body(call.method) }
    }
}

/// The one call that goes wrong: of this kind the one of this number, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) kind: Kind,
    pub(super) number: u64,
}

/// How many calls there were of each kind, and whether one went wrong.
#[derive(Debug, Clone)]
pub(super) struct Calls(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    target: Option<Target>,
    counts: BTreeMap<Kind, u64>,
    went_wrong: bool,
}

impl Calls {
    fn watch(target: Option<Target>) -> Self {
        Self(Arc::new(Mutex::new(State { target, counts: BTreeMap::new(), went_wrong: false })))
    }

    /// Counts one; tells whether it is the one that goes wrong.
    fn next(&self, kind: Kind) -> bool {
        let mut state = self.0.lock().unwrap();
        let count = state.counts.entry(kind).or_default();
        *count += 1;
        let number = *count;
        let is_due = state.target == Some(Target { kind, number });
        state.went_wrong |= is_due;
        is_due
    }

    pub(super) fn counts(&self) -> BTreeMap<Kind, u64> {
        self.0.lock().unwrap().counts.clone()
    }

    pub(super) fn of(&self, kind: Kind) -> u64 {
        self.counts().get(&kind).copied().unwrap_or(0)
    }

    pub(super) fn went_wrong(&self) -> bool {
        self.0.lock().unwrap().went_wrong
    }
}

/// A product with one location, through which everything is asked for, between parts that fail when they are told to.
pub(super) struct Place {
    product: Product,
    sink: MailSink,
    /// The truth.
    pub(super) kv: Kv,
    /// What the account object has to do with KV.
    publication: View,
    /// What the location reads.
    reads: View,
    accounts: FaultyAccounts,
}

impl Place {
    /// With these variables.
    pub(super) async fn open(vars: &[(&str, &str)]) -> Self {
        let (kv, accounts, sink) = (Kv::default(), FaultyAccounts::open(), MailSink::open());
        let (publication, reads) = (kv.view(), kv.view());
        let always = [("MAIL_OUT", sink.address.as_str()), ("RESEND_AFTER_SECONDS", "0")];
        let product = Product::start_arranged(&[&always, vars].concat(), |options| {
            options.kv_port = Some(publication.port());
            let faulty_accounts = Some(accounts.port());
            options.locations = vec![Location { faulty_accounts, ..location(&reads, &[]) }];
        })
        .await;
        Self { product, sink, kv, publication, reads, accounts }
    }

    /// An isolate that remembers nothing, so that no run knows of the one before.
    pub(super) fn begin_anew(&mut self) {
        self.product.crash_and_restart();
    }

    /// Where nothing goes wrong but with publications.
    pub(super) fn home(&self) -> Site {
        Site { mail: MailCatcher::of(&self.sink), ..self.product.demo() }
    }

    pub(super) fn wire(&self) -> Wire {
        self.product.wire_at(0)
    }

    pub(super) fn admin(&self) -> Admin {
        self.product.admin_at(0)
    }

    /// How many bodies KV has for the account.
    pub(super) fn bodies(&self) -> usize {
        self.kv.keys().iter().filter(|key| key.starts_with("demo:body-")).count()
    }

    /// From now on calls are counted, and the target goes wrong if it comes.
    pub(super) fn let_fail(&self, wrong: Wrong, target: Option<Target>) -> Calls {
        let calls = Calls::watch(target);
        let counted = calls.clone();
        let of_kv = move |fault| {
            move |call: &Call| {
                // Each account has its own.
                let is_due = call.key.starts_with("demo:") && counted.next(Kind::of(call));
                if is_due { fault } else { Fault::Nothing }
            }
        };
        match wrong {
            Wrong::Account(fate) => {
                let counted = calls.clone();
                self.accounts.rule(
                    move |call| {
                        if counted.next(Kind::Message(call.kind)) { fate } else { Fate::Pass }
                    },
                );
            }
            Wrong::Read(fault) => self.reads.faults(of_kv(fault)),
            Wrong::Publication(fault) => self.publication.faults(of_kv(fault)),
        }
        calls
    }

    /// From now on nothing goes wrong, and nothing is counted.
    pub(super) fn heal(&self) {
        self.accounts.rule(|_| Fate::Pass);
        self.reads.heal();
        self.publication.heal();
    }
}
