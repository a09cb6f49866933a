//! The tests' KV: one truth, seen from several places, each as late, as forgetful and as broken as the test says.
//!
//! In scope: the protocol that workerd's KV binding speaks (`xtask/src/stack/kv.rs` has its words), everything in memory, with the
//! whole history of each key, so that a place can be shown any moment of it. Not in scope: metadata, lists, expiry.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::http_service::{HttpService, Received, Reply};

type Value = Arc<[u8]>;

/// The moment it is, for everything here that is measured.
#[expect(clippy::disallowed_methods, reason = "what is tested here is how long things take")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The truth. Copies of it are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kv(Arc<Mutex<BTreeMap<String, Vec<Change>>>>);

/// The value that a key has from a moment on; `None` if it was deleted.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) at: Instant,
    pub(crate) value: Option<Value>,
}

impl Kv {
    /// A place of its own, which sees the truth at once until it is told otherwise.
    pub(crate) fn view(&self) -> View {
        View::of(self)
    }

    /// The newest value.
    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        self.value_at(key, now())
    }

    /// The value that was the newest at that moment.
    fn value_at(&self, key: &str, when: Instant) -> Option<Value> {
        let keys = self.keys_locked();
        keys.get(key)?.iter().rev().find(|change| change.at <= when)?.value.clone()
    }

    /// All keys that have a value.
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = self.keys_locked();
        let has_value = |changes: &Vec<Change>| changes.last().is_some_and(|last| last.value.is_some());
        keys.iter().filter(|(_, changes)| has_value(changes)).map(|(key, _)| key.clone()).collect()
    }

    /// Everything a key ever was, the oldest first.
    pub(crate) fn history(&self, key: &str) -> Vec<Change> {
        self.keys_locked().get(key).cloned().unwrap_or_default()
    }

    pub(crate) fn put(&self, key: &str, value: &[u8]) {
        self.change(key, Some(value.into()));
    }

    pub(crate) fn delete(&self, key: &str) {
        self.change(key, None);
    }

    /// Deletes everything.
    pub(crate) fn wipe(&self) {
        for key in self.keys() {
            self.delete(&key);
        }
    }

    fn change(&self, key: &str, value: Option<Value>) {
        let mut keys = self.keys_locked();
        keys.entry(key.to_owned()).or_default().push(Change { at: now(), value });
    }

    fn keys_locked(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Change>>> {
        self.0.lock().unwrap()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Method {
    Get,
    Put,
    Delete,
}

/// One call of one place.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) at: Instant,
    pub(crate) method: Method,
    pub(crate) key: String,
    /// Which one it is with this method and key at this place, from 1.
    pub(crate) number: u64,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    /// It is answered with this status and not done.
    Status(u16),
    /// It is done and answered with this status all the same.
    DoneAnd(u16),
    /// It is done, and answered so much later.
    Late(Duration),
    /// It is not done and not answered.
    Hang,
    /// It is not done, and the connection ends.
    Close,
}

/// How one place sees the truth. Writes are part of the truth at once, from wherever they come.
#[derive(Debug)]
pub(crate) struct View {
    state: Arc<Mutex<State>>,
    service: HttpService,
}

type Lag = Arc<dyn Fn(&Call) -> Duration + Send + Sync>;
type Faults = Arc<dyn Fn(&Call) -> Fault + Send + Sync>;

struct State {
    kv: Kv,
    lag: Lag,
    faults: Faults,
    remember: Duration,
    remember_misses: Duration,
    /// What was read, and until when that is answered again.
    remembered: BTreeMap<String, (Instant, Option<Value>)>,
    stuck: BTreeMap<String, Option<Value>>,
    counts: BTreeMap<(Method, String), u64>,
    calls: Vec<Call>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl View {
    fn of(kv: &Kv) -> Self {
        let state = Arc::new(Mutex::new(State {
            kv: kv.clone(),
            lag: Arc::new(|_| Duration::ZERO),
            faults: Arc::new(|_| Fault::Nothing),
            remember: Duration::ZERO,
            remember_misses: Duration::ZERO,
            remembered: BTreeMap::new(),
            stuck: BTreeMap::new(),
            counts: BTreeMap::new(),
            calls: vec![],
        }));
        let shared = Arc::clone(&state);
        let service = HttpService::start(move |received| {
            let (reply, late) = shared.lock().unwrap().answer(&received);
            async move {
                if !late.is_zero() {
                    tokio::time::sleep(late).await;
                }
                reply
            }
        });
        Self { state, service }
    }

    /// For `StackOptions::kv_port` and `Location::kv_port`.
    pub(crate) fn port(&self) -> u16 {
        self.service.port
    }

    /// From now on changes are seen so long after they were made.
    pub(crate) fn delay(&self, delay: Duration) {
        self.lag(move |_| delay);
    }

    /// From now on each read is answered as it would have been so long ago.
    pub(crate) fn lag(&self, lag: impl Fn(&Call) -> Duration + Send + Sync + 'static) {
        self.locked().lag = Arc::new(lag);
    }

    /// From now on what was read is answered again so long, as KV does by its `cacheTtl`.
    pub(crate) fn remember(&self, time: Duration) {
        self.locked().remember = time;
    }

    /// From now on a key that is not there when it is read stays away so long, whatever is written.
    pub(crate) fn remember_misses(&self, time: Duration) {
        self.locked().remember_misses = time;
    }

    /// From now on this key is read as it is now.
    pub(crate) fn stick(&self, key: &str) {
        let mut state = self.locked();
        let value = state.kv.value(key);
        state.stuck.insert(key.to_owned(), value);
    }

    /// Ends what [`Self::stick`] began.
    pub(crate) fn unstick(&self, key: &str) {
        self.locked().stuck.remove(key);
    }

    /// What goes wrong from now on.
    pub(crate) fn faults(&self, faults: impl Fn(&Call) -> Fault + Send + Sync + 'static) {
        self.locked().faults = Arc::new(faults);
    }

    /// From now on nothing is answered any more, and connections end.
    pub(crate) fn die(&self) {
        self.faults(|_| Fault::Close);
    }

    /// From now on nothing goes wrong.
    pub(crate) fn heal(&self) {
        self.faults(|_| Fault::Nothing);
    }

    /// All calls so far, also those that went wrong, in the order they came.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.locked().calls.clone()
    }

    /// How many calls there were of this method, for keys that end so.
    pub(crate) fn count(&self, method: Method, key_end: &str) -> u64 {
        let state = self.locked();
        let those = state.counts.iter().filter(|((of, key), _)| *of == method && key.ends_with(key_end));
        those.map(|(_, count)| count).sum()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    /// What is answered, and how late.
    fn answer(&mut self, received: &Received) -> (Reply, Duration) {
        let nothing = |status| Reply::With(status, Arc::new([]));
        let method = match received.method.as_str() {
            "GET" => Method::Get,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            _ => return (nothing(501), Duration::ZERO),
        };
        let key = key_of(&received.target);
        let number = self.counts.entry((method, key.clone())).or_default();
        *number += 1;
        let call = Call { at: now(), method, key, number: *number };
        let fault = (self.faults)(&call);
        self.calls.push(call.clone());
        match fault {
            Fault::Status(status) => return (nothing(status), Duration::ZERO),
            Fault::Hang => return (Reply::Never, Duration::ZERO),
            Fault::Close => return (Reply::Close, Duration::ZERO),
            Fault::Nothing | Fault::DoneAnd(_) | Fault::Late(_) => {}
        }
        let reply = match method {
            Method::Get => self.read(&call).map_or_else(|| nothing(404), |value| Reply::With(200, value)),
            Method::Put => {
                self.kv.put(&call.key, &received.body);
                nothing(204)
            }
            Method::Delete => {
                self.kv.delete(&call.key);
                nothing(204)
            }
        };
        match fault {
            Fault::DoneAnd(status) => (nothing(status), Duration::ZERO),
            Fault::Late(late) => (reply, late),
            _ => (reply, Duration::ZERO),
        }
    }

    fn read(&mut self, call: &Call) -> Option<Value> {
        if let Some(stuck) = self.stuck.get(&call.key) {
            return stuck.clone();
        }
        if let Some((until, value)) = self.remembered.get(&call.key)
            && call.at < *until
        {
            return value.clone();
        }
        // Before the clock began there was nothing.
        let found = call.at.checked_sub((self.lag)(call)).and_then(|when| self.kv.value_at(&call.key, when));
        let time = if found.is_some() { self.remember } else { self.remember.max(self.remember_misses) };
        self.remembered.insert(call.key.clone(), (call.at + time, found.clone()));
        found
    }
}

/// The key in a request's target, `/<percent-encoded key>?<query>`.
fn key_of(target: &str) -> String {
    let path = target.split('?').next().unwrap();
    let mut parts = path.strip_prefix('/').unwrap().split('%');
    let mut key = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(2);
        key.push(char::from(u8::from_str_radix(code, 16).unwrap()));
        key.push_str(rest);
    }
    key
}
