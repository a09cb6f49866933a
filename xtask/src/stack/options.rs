//! What can be chosen about a stack.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ports::ports;
use crate::failure::Outcome;

/// What differs from stack to stack.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// Where everything that lasts is kept; created if missing. One stack at a time.
    pub state_dir: PathBuf,
    /// Port of the Worker; 0 takes a free one.
    pub port: u16,
    /// Port on which the mail catcher takes mail; 0 takes a free one.
    pub smtp_port: u16,
    /// Port of the mail catcher's page and API; 0 takes a free one.
    pub mail_web_port: u16,
    /// Ports at which TLS fronts of the caller's pass on what comes for the accounts `secure`, `secure-2` and so on.
    pub https_ports: Vec<u16>,
    /// Variables and secrets that replace or add to those of `wrangler.toml` and of the state directory.
    pub vars: BTreeMap<String, String>,
    /// Port of a KV service of the caller's for the Worker and its account objects, in place of files on disk.
    pub kv_port: Option<u16>,
    /// Where the Worker runs besides.
    pub locations: Vec<Location>,
    /// Authorities, in PEM, whose certificates the Worker's connections take besides those of the browsers' authorities.
    pub trusted_certificates: Vec<String>,
    /// Port where the caller says what becomes of each mail given to the binding `MAIL` (`tests/mail/mail_service.js`); without
    /// one, there is no such binding.
    pub mail_service: Option<u16>,
}

/// The same Worker once more, as at another place in the world: an isolate of its own with its own memory, variables and view
/// of KV, and the same account objects. It takes requests that name the first one's host.
#[derive(Debug, Clone)]
pub struct Location {
    /// Port of the KV service of the caller's that it reads.
    pub kv_port: u16,
    /// Variables and secrets that replace or add to those of the stack.
    pub vars: BTreeMap<String, String>,
    /// Port where the caller says what becomes of each call to an account object (`tests/reliability/faulty_accounts.js`);
    /// without one, calls arrive.
    pub faulty_accounts: Option<u16>,
}

impl StackOptions {
    /// Free ports, no changed variables.
    #[must_use]
    pub fn new(state_dir: impl Into<PathBuf>) -> Self {
        Self {
            state_dir: state_dir.into(),
            port: 0,
            smtp_port: 0,
            mail_web_port: 0,
            https_ports: vec![],
            vars: BTreeMap::new(),
            kv_port: None,
            locations: vec![],
            trusted_certificates: vec![],
            mail_service: None,
        }
    }

    /// Whether the stack could start now, as far as ports go.
    ///
    /// # Errors
    /// When a port is in use.
    pub fn check_free(&self) -> Outcome {
        self.free_ports().map(drop)
    }

    pub(super) fn free_ports(&self) -> Outcome<Ports> {
        let mut asked = vec![self.port, self.smtp_port, self.mail_web_port];
        asked.resize(asked.len().saturating_add(self.locations.len()), 0);
        let mut chosen = ports(&asked)?.into_iter();
        let mut next = || chosen.next().unwrap_or_default();
        Ok(Ports { worker: next(), smtp: next(), mail_web: next(), locations: chosen.collect() })
    }
}

/// Where the parts of a stack listen.
#[derive(Debug, Clone)]
pub(super) struct Ports {
    pub(super) worker: u16,
    pub(super) smtp: u16,
    pub(super) mail_web: u16,
    pub(super) locations: Vec<u16>,
}
