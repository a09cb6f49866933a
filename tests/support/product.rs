//! The running product, with its two accounts ready for people.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use tokio::sync::OnceCell;
use xtask::checkout::Checkout;
use xtask::stack::{Secrets, Stack, StackOptions};

use super::folder::Folder;
use super::{Admin, MailCatcher};

/// The domain everybody is in.
const DOMAIN: &str = "example.com";

/// A change is known at the next request: nothing is remembered between two, and nothing waits to be published. How long that
/// takes as it is deployed is the business of the suite `reliability`.
pub(crate) const AT_ONCE: [(&str, &str); 3] =
    [("COPY_REFRESH_SECONDS", "0"), ("COPY_AWAIT_SECONDS", "0"), ("PUBLISH_INTERVAL_MILLISECONDS", "0")];

/// A Worker, its data and its mail; ended and removed when dropped, or with this process.
#[derive(Debug)]
pub(crate) struct Product {
    // Before the folder: what runs in it must end first.
    pub(crate) stack: Stack,
    _folder: Folder,
}

/// One account of a product.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) origin: String,
    pub(crate) admin: Admin,
    pub(crate) mail: MailCatcher,
}

/// Somebody in the directory.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) address: String,
}

impl Product {
    /// As it is deployed: nothing is configured, authentication is off.
    pub(crate) fn untouched(vars: &[(&str, &str)]) -> Self {
        Self::arranged(vars, |_| {})
    }

    /// The same, with more chosen than variables.
    pub(crate) fn arranged(vars: &[(&str, &str)], arrange: impl FnOnce(&mut StackOptions)) -> Self {
        let folder = Folder::new("product");
        let vars = AT_ONCE.iter().chain(vars).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let vars: BTreeMap<_, _> = vars.collect();
        let mut options = StackOptions { vars, ..StackOptions::new(folder.path()) };
        arrange(&mut options);
        let stack = Stack::start(&Checkout::find().unwrap(), options).unwrap();
        Self { stack, _folder: folder }
    }

    /// With authentication on and a domain, in both accounts.
    pub(crate) async fn start(vars: &[(&str, &str)]) -> Self {
        Self::start_arranged(vars, |_| {}).await
    }

    /// The same, with more chosen than variables.
    pub(crate) async fn start_arranged(
        vars: &[(&str, &str)],
        arrange: impl FnOnce(&mut StackOptions),
    ) -> Self {
        let product = Self::arranged(vars, arrange);
        for site in [product.demo(), product.other()] {
            let settings = json!({ "authentication_enabled": true, "enrollments_per_network_hour": 100_000 });
            site.admin.set(&settings).await;
            site.admin.add_domain(DOMAIN).await;
        }
        product
    }

    /// One for all tests that change no settings. Renewals are due at each click in the account `other`.
    pub(crate) async fn shared() -> &'static Self {
        static SHARED: OnceCell<Product> = OnceCell::const_new();
        let start = async || {
            let product = Self::start(&[]).await;
            product.other().admin.set(&json!({ "renew_after_seconds": 0 })).await;
            product
        };
        SHARED.get_or_init(start).await
    }

    /// One for all tests in which another code can be asked for at once.
    pub(crate) async fn impatient() -> &'static Self {
        static IMPATIENT: OnceCell<Product> = OnceCell::const_new();
        IMPATIENT.get_or_init(async || Self::start(&[("RESEND_AFTER_SECONDS", "0")]).await).await
    }

    /// The account at `localhost`.
    pub(crate) fn demo(&self) -> Site {
        self.site(self.stack.origin())
    }

    /// The account at `127.0.0.1`.
    pub(crate) fn other(&self) -> Site {
        self.site(self.stack.other_origin())
    }

    fn site(&self, origin: String) -> Site {
        Site {
            admin: Admin::of(&origin, self.stack.secrets().admin_api_token()),
            mail: MailCatcher::at(&self.stack.mail_origin()),
            origin,
        }
    }

    /// What the deployment keeps secret, and the operator has.
    pub(crate) fn secrets(&self) -> &Secrets {
        self.stack.secrets()
    }

    /// Ends the Worker as a power failure would, and starts it again.
    pub(crate) fn crash_and_restart(&mut self) {
        self.while_stopped(|_| {});
    }

    /// Ends the Worker as a power failure would.
    pub(crate) fn kill(&mut self) {
        self.stack.kill_worker();
    }

    /// Starts it again.
    pub(crate) fn start_again(&mut self) {
        self.stack.start_worker().unwrap();
    }

    /// The same, with something done to what it keeps in between.
    pub(crate) fn while_stopped(&mut self, work: impl FnOnce(&Path)) {
        self.stack.kill_worker();
        work(self.stack.state_dir());
        self.stack.start_worker().unwrap();
    }
}

impl Site {
    /// Somebody new.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let address = fresh_address(name);
        Person { id: self.admin.add_user(&address, &[]).await, address }
    }
}

/// An address that nobody has.
pub(crate) fn fresh_address(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}@{DOMAIN}", COUNT.fetch_add(1, Ordering::Relaxed))
}
