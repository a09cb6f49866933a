//! The running product with an account for whoever asks: each at an https origin of its own, since settings are an account's,
//! and `WebKit` keeps the product's cookies nowhere else.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use xtask::checkout::Checkout;
use xtask::stack::{Stack, StackOptions};

use crate::counter::Counter;
use crate::support::folder::Folder;
use crate::support::product::{AT_ONCE, Person, fresh_address};
use crate::support::{Admin, Arrival, DEVICE, Mail, MailCatcher, Site, Wire, eventually};
use crate::tls_front::TlsFront;

/// The domain everybody is in.
const DOMAIN: &str = "example.com";

/// Never asked for.
pub(crate) const NEVER: u16 = 0;
/// So many hours are the shortest interval that leaves time to come back from proving. An hour is a second here.
pub(crate) const SHORT: u16 = 8;

/// How long a challenge may be answered here, in seconds.
pub(crate) const CHALLENGE_SECONDS: &str = "12";

/// A Worker with its accounts; ended and removed when dropped, or with this process.
#[derive(Debug)]
pub(crate) struct Product {
    // Before the folder: what runs in it must end first.
    stack: Mutex<Stack>,
    fronts: Vec<TlsFront>,
    taken: AtomicUsize,
    _folder: Folder,
}

impl Product {
    /// With so many accounts that nobody has touched, and hours that take a second.
    pub(crate) fn start(accounts: usize, vars: &[(&str, &str)]) -> Self {
        Self::start_behind(accounts, vars, |port| port)
    }

    /// The same, with what browsers say to it counted.
    pub(crate) fn counted(accounts: usize) -> (Self, Counter) {
        let mut counter = None;
        let product = Self::start_behind(accounts, &[], |port| counter.insert(Counter::before(port)).port);
        (product, counter.unwrap())
    }

    /// `way` makes of the Worker's port the one that TLS leads to.
    fn start_behind(accounts: usize, vars: &[(&str, &str)], way: impl FnOnce(u16) -> u16) -> Self {
        let fronts: Vec<_> = (0..accounts).map(|_| TlsFront::open()).collect();
        let folder = Folder::new("product");
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let here = [("PROOF_HOUR_SECONDS", "1"), ("CHALLENGE_SECONDS", CHALLENGE_SECONDS)];
        for (name, value) in AT_ONCE.iter().chain(&here).chain(vars) {
            all.insert((*name).to_owned(), (*value).to_owned());
        }
        let https_ports = fronts.iter().map(|front| front.port).collect();
        let options = StackOptions { vars: all, https_ports, ..StackOptions::new(folder.path()) };
        let stack = Stack::start(&Checkout::find().unwrap(), options).unwrap();
        let port = way(stack.port());
        for front in &fronts {
            front.lead_to(port);
        }
        Self { stack: Mutex::new(stack), fronts, taken: AtomicUsize::new(0), _folder: folder }
    }

    /// The next account, with authentication on and these settings.
    pub(crate) fn account(&self, settings: &Value) -> Account {
        let front = &self.fronts[self.taken.fetch_add(1, Ordering::Relaxed)];
        let origin = front.origin();
        let stack = self.stack.lock().unwrap();
        let base = format!("http://127.0.0.1:{}", stack.port());
        let site = Site {
            admin: Admin::behind(&base, &origin, stack.secrets().admin_api_token()),
            mail: MailCatcher::at(&stack.mail_origin()),
            origin: origin.clone(),
        };
        drop(stack);
        let account = Account { origin, base, site };
        let first = json!({ "authentication_enabled": true, "enrollments_per_network_hour": 100_000 });
        account.set(&first);
        account.set(settings);
        run(account.site.admin.add_domain(DOMAIN));
        account
    }

    /// Ends the Worker as a power failure would, and starts it again.
    pub(crate) fn crash_and_restart(&self) {
        let mut stack = self.stack.lock().unwrap();
        stack.kill_worker();
        stack.start_worker().unwrap();
    }
}

/// With a thread of its own: while nobody waits for anything, servers end connections, and somebody has to notice.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap())
}

/// The end of what is begun.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    runtime().block_on(work)
}

/// One account, and hands for its administrator and everybody's mailbox.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) origin: String,
    base: String,
    site: Site,
}

impl Account {
    pub(crate) fn set(&self, settings: &Value) {
        run(self.site.admin.set(settings));
    }

    /// Proofs are due so long after the last one, in seconds.
    pub(crate) fn set_interval(&self, hours: u16) {
        self.set(&json!({ "proof_interval_hours": hours }));
    }

    /// Somebody new, and a link of theirs to `arrival`.
    pub(crate) fn somebody(&self, name: &str, arrival: &Arrival) -> Somebody {
        let address = fresh_address(name);
        let id = run(self.site.admin.add_user(&address, &[]));
        let link = run(self.site.admin.link(&arrival.url, &address));
        Somebody { person: Person { id, address }, link }
    }

    /// The number of mails so far.
    pub(crate) fn mails(&self, address: &str) -> usize {
        run(self.site.mail.to(address)).len()
    }

    /// The one that comes after so many others.
    pub(crate) fn mail(&self, address: &str, before: usize) -> Mail {
        run(self.site.mail.nth(address, before))
    }

    pub(crate) fn devices(&self, somebody: &Somebody) -> Vec<Value> {
        run(self.site.admin.devices(&somebody.person.id))
    }

    pub(crate) fn revoke_device(&self, device: &str) {
        assert_eq!(run(self.site.admin.revoke_device(device)), 1);
    }

    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Waits for the line in the books.
    pub(crate) fn audited(&self, action: &str, somebody: &Somebody) -> Value {
        let what = format!("{action} of {}", somebody.person.id);
        run(eventually(&what, async || {
            let all = self.site.admin.audit().await;
            all.into_iter()
                .find(|event| event["action"] == action && event.to_string().contains(&somebody.person.id))
        }))
    }

    /// A browser on the wire, without cookies.
    pub(crate) fn wire(&self) -> Wire {
        Wire::behind(&self.base, &self.origin)
    }

    /// The same with this device cookie.
    pub(crate) fn wire_with(&self, cookie: &str) -> Wire {
        let mut wire = self.wire();
        wire.jar.insert(DEVICE.to_owned(), cookie.to_owned());
        wire
    }

    /// Waits until a click with this cookie has to prove first.
    pub(crate) fn due(&self, cookie: &str, link: &str) {
        let asked = format!("{}/prove?to=", self.origin);
        run(eventually("a proof to be due", async || {
            let answer = self.wire_with(cookie).click(link).await;
            answer.location().is_some_and(|location| location.starts_with(&asked)).then_some(())
        }));
    }
}

/// Somebody in the directory, with a link in their mail.
#[derive(Debug, Clone)]
pub(crate) struct Somebody {
    pub(crate) person: Person,
    pub(crate) link: String,
}
