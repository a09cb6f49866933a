//! The whole product on one machine: workerd with the built Worker, its KV, its Durable Objects and static files on
//! disk, and a mail catcher.
//!
//! Everything that lasts is under one state directory, so a stack that is started again over the same directory
//! has what it acknowledged, however it ended. All of it listens on loopback addresses only.
//!
//! Two accounts are configured, one per loopback name: `demo` at `localhost` and `other` at `127.0.0.1`; and one at
//! `https://localhost` for each port where somebody runs a TLS front for it.

mod config;
mod kv;
mod leash;
mod options;
mod ports;
mod secrets;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

pub use self::kv::{KvFiles, KvService};
pub use self::options::{Location, StackOptions};
pub use self::ports::free_ports;
pub use self::secrets::Secrets;

use self::config::{Local, Place, Wrangler};
use self::leash::Leashed;
use self::options::Ports;
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::setup;

/// The header in which a request may bring what Cloudflare's edge would know of it (`request.cf`), as JSON: where it comes from.
pub const CF_HEADER: &str = "Workbench-Cf";

/// How long a process may take until it answers.
const START_LIMIT: Duration = Duration::from_mins(2);

/// A running product. Dropping it ends every process it started; so does the end of this process, however it comes.
#[derive(Debug)]
pub struct Stack {
    worker: Option<Leashed>,
    workerd: PathBuf,
    wrangler: Wrangler,
    root: PathBuf,
    state_dir: PathBuf,
    ports: Ports,
    kv_ports: BTreeMap<String, u16>,
    /// Of the Worker and of its locations.
    vars: BTreeMap<String, String>,
    locations: Vec<Location>,
    trusted_certificates: Vec<String>,
    mail_service: Option<u16>,
    secrets: Secrets,
    // Dropped after the Worker that uses them.
    mail: Leashed,
    _kv: Vec<KvService>,
    _lock: File,
}

impl Stack {
    /// Starts everything and waits until it answers. The Worker must have been built.
    ///
    /// # Errors
    /// When a port or the state directory is in use, or something does not answer in time; then with the last lines
    /// of what it logged.
    pub fn start(checkout: &Checkout, options: StackOptions) -> Outcome<Self> {
        let state_dir = std::path::absolute(&options.state_dir).explain(options.state_dir.display())?;
        fs::create_dir_all(&state_dir).explain(state_dir.display())?;
        let lock = lock(&state_dir)?;
        let ports = options.free_ports()?;
        let secrets = Secrets::of(&state_dir)?;
        let wrangler = Wrangler::read(&checkout.root().join("wrangler.toml"))?;

        let mut kv = vec![];
        let mut kv_ports = BTreeMap::new();
        for binding in wrangler.kv_bindings() {
            let port = if let Some(port) = options.kv_port {
                port
            } else {
                let service = KvService::start(KvFiles::in_folder(state_dir.join("kv").join(binding))?)?;
                let port = service.port();
                kv.push(service);
                port
            };
            kv_ports.insert(binding.to_owned(), port);
        }

        let mut vars = wrangler.vars().clone();
        vars.insert("ACCOUNTS".to_owned(), accounts(ports.worker, &options.https_ports));
        vars.insert("MAIL_OUT".to_owned(), format!("smtp://127.0.0.1:{}", ports.smtp));
        vars.extend(secrets.bindings());
        vars.extend(options.vars);
        fresh_copy(&checkout.worker_build(), &state_dir.join("worker"))?;
        let objects = state_dir.join("objects");
        fs::create_dir_all(&objects).explain(objects.display())?;

        let mail = mail_catcher(checkout, &state_dir, &ports)?;
        let mut stack = Self {
            worker: None,
            workerd: workerd(checkout)?,
            wrangler,
            root: checkout.root().to_owned(),
            state_dir,
            ports,
            kv_ports,
            vars,
            locations: options.locations,
            trusted_certificates: options.trusted_certificates,
            mail_service: options.mail_service,
            secrets,
            mail,
            _kv: kv,
            _lock: lock,
        };
        stack.start_worker()?;
        let Ports { smtp, mail_web, .. } = stack.ports;
        stack.mail.ready_when(START_LIMIT, || answers(smtp) && answers(mail_web))?;
        Ok(stack)
    }

    /// Starts the Worker, if it is not running, and waits until it answers.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn start_worker(&mut self) -> Outcome {
        if self.worker.is_some() {
            return Ok(());
        }
        self.configure()?;
        let mut command = Command::new(&self.workerd);
        command.args(["serve", "config.capnp"]).current_dir(&self.state_dir);
        let mut worker = Leashed::start("workerd", &mut command, &self.worker_log())?;
        let address = format!("http://127.0.0.1:{}/healthz", self.ports.worker);
        let host = format!("localhost:{}", self.ports.worker);
        worker.ready_when(START_LIMIT, || {
            let agent = ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(2)))
                .proxy(None)
                .build();
            ureq::Agent::from(agent).get(&address).header("Host", &host).call().is_ok()
        })?;
        worker.ready_when(START_LIMIT, || self.ports.locations.iter().all(|port| answers(*port)))?;
        self.worker = Some(worker);
        Ok(())
    }

    /// Writes workerd's configuration.
    fn configure(&self) -> Outcome {
        let locations = self.locations.iter().zip(&self.ports.locations).map(|(location, port)| Place {
            port: *port,
            kv_ports: self.kv_ports.keys().map(|binding| (binding.clone(), location.kv_port)).collect(),
            vars: self
                .vars
                .iter()
                .chain(&location.vars)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            faulty_accounts: location.faulty_accounts,
        });
        let local = Local {
            modules: &self.state_dir.join("worker"),
            objects: &self.state_dir.join("objects"),
            home: Place {
                port: self.ports.worker,
                kv_ports: self.kv_ports.clone(),
                vars: self.vars.clone(),
                faulty_accounts: None,
            },
            locations: locations.collect(),
            trusted_certificates: &self.trusted_certificates,
            mail_service: self.mail_service,
        };
        let config = self.wrangler.to_workerd(&self.root, &local)?;
        // It contains the secrets.
        secrets::write_private(&self.state_dir.join("config.capnp"), config.as_bytes())
    }

    /// Variables and secrets from the next start of the Worker on, as a deployment would change them: `vars` replace those
    /// of the same names everywhere but where a location has its own.
    pub fn set_vars(&mut self, vars: BTreeMap<String, String>) {
        self.vars.extend(vars);
    }

    /// The same for what a location has of its own.
    pub fn set_location_vars(&mut self, location: usize, vars: BTreeMap<String, String>) {
        if let Some(location) = self.locations.get_mut(location) {
            location.vars.extend(vars);
        }
    }

    /// Ends the Worker at once, as a crash would: no request is finished, nothing is written any more.
    pub fn kill_worker(&mut self) {
        self.worker = None;
    }

    /// The origin of account `demo`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.ports.worker)
    }

    /// The origin of account `other`, of the same Worker.
    #[must_use]
    pub fn other_origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.worker)
    }

    /// Port of the Worker.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports.worker
    }

    /// Port of a location, if there is one of that number.
    #[must_use]
    pub fn location(&self, number: usize) -> Option<u16> {
        self.ports.locations.get(number).copied()
    }

    /// Port that takes mail.
    #[must_use]
    pub fn smtp_port(&self) -> u16 {
        self.ports.smtp
    }

    /// The mail catcher's page; its API is below.
    #[must_use]
    pub fn mail_origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.mail_web)
    }

    /// What the Worker was given to keep secret.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Where this stack keeps everything.
    #[must_use]
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// What the Worker logged, over all its starts.
    #[must_use]
    pub fn worker_log(&self) -> PathBuf {
        self.state_dir.join("workerd.log")
    }
}

fn accounts(port: u16, https_ports: &[u16]) -> String {
    let (demo, other) = (format!("localhost:{port}"), format!("127.0.0.1:{port}"));
    let mut accounts = json!({
        &demo: { "account": "demo", "name": "Demo Company", "origin": format!("http://{demo}") },
        &other: { "account": "other", "name": "Other Company", "origin": format!("http://{other}") },
    });
    for (port, number) in https_ports.iter().zip(1..) {
        let host = format!("localhost:{port}");
        let origin = format!("https://{host}");
        let account = if number == 1 { "secure".to_owned() } else { format!("secure-{number}") };
        if let Some(accounts) = accounts.as_object_mut() {
            accounts.insert(host, json!({ "account": account, "name": "Secure Company", "origin": origin }));
        }
    }
    accounts.to_string()
}

/// Two Workers over the same objects would each believe to be the only writer.
fn lock(state_dir: &Path) -> Outcome<File> {
    let file = File::create(state_dir.join("lock")).explain(state_dir.display())?;
    file.try_lock().map_err(|_| {
        Failure::new(format!("{} is in use by another run: stop that one first", state_dir.display()))
    })?;
    Ok(file)
}

fn answers(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), Duration::from_secs(1)).is_ok()
}

/// The stack keeps running the Worker it was started with, whatever is built meanwhile.
fn fresh_copy(from: &Path, to: &Path) -> Outcome {
    if to.exists() {
        fs::remove_dir_all(to).explain(to.display())?;
    }
    fs::create_dir_all(to).explain(to.display())?;
    let entries =
        fs::read_dir(from).map_err(|_| Failure::new("the Worker is not built: `cargo xtask build`"))?;
    for entry in entries {
        let entry = entry.explain(from.display())?;
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).explain(entry.path().display())?;
        }
    }
    Ok(())
}

/// The runtime's program.
///
/// # Errors
/// On a machine that it is not made for.
pub fn workerd(checkout: &Checkout) -> Outcome<PathBuf> {
    let platform = setup::npm_platform()?.replace("-x64", "-64");
    Ok(checkout.npm_package(&format!("@cloudflare/workerd-{platform}")).join("bin/workerd"))
}

fn mail_catcher(checkout: &Checkout, state_dir: &Path, ports: &Ports) -> Outcome<Leashed> {
    let mail = state_dir.join("mail");
    fs::create_dir_all(&mail).explain(mail.display())?;
    let mut command = Command::new("node");
    command.arg(checkout.npm_package("maildev").join("dist/bin/maildev.js"));
    command.args(["--ip", "127.0.0.1", "--smtp", &ports.smtp.to_string()]);
    command.args(["--web-ip", "127.0.0.1", "--web", &ports.mail_web.to_string()]);
    command.arg("--mail-directory").arg(&mail).current_dir(state_dir);
    Leashed::start("maildev", &mut command, &state_dir.join("maildev.log"))
}
