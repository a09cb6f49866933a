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
mod secrets;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

pub use self::kv::{KvFiles, KvService};
pub use self::secrets::Secrets;

use self::config::{Local, Wrangler};
use self::leash::Leashed;
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::setup;

/// How long a process may take until it answers.
const START_LIMIT: Duration = Duration::from_mins(2);

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
    /// Variables that replace or add to those of `wrangler.toml`.
    pub vars: BTreeMap<String, String>,
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
        }
    }

    /// Whether the stack could start now, as far as ports go.
    ///
    /// # Errors
    /// When a port is in use.
    pub fn check_free(&self) -> Outcome {
        self.free_ports().map(drop)
    }

    fn free_ports(&self) -> Outcome<[u16; 3]> {
        ports([self.port, self.smtp_port, self.mail_web_port])
    }
}

/// A running product. Dropping it ends every process it started; so does the end of this process, however it comes.
#[derive(Debug)]
pub struct Stack {
    worker: Option<Leashed>,
    workerd: PathBuf,
    state_dir: PathBuf,
    port: u16,
    smtp_port: u16,
    mail_web_port: u16,
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
        let [port, smtp_port, mail_web_port] = options.free_ports()?;
        let secrets = Secrets::of(&state_dir)?;
        let wrangler = Wrangler::read(&checkout.root().join("wrangler.toml"))?;

        let mut kv = vec![];
        let mut kv_ports = BTreeMap::new();
        for binding in wrangler.kv_bindings() {
            let service = KvService::start(KvFiles::in_folder(state_dir.join("kv").join(binding))?)?;
            kv_ports.insert(binding.to_owned(), service.port());
            kv.push(service);
        }

        let mut vars = wrangler.vars().clone();
        vars.insert("ACCOUNTS".to_owned(), accounts(port, &options.https_ports));
        vars.insert("SMTP_ADDRESS".to_owned(), format!("127.0.0.1:{smtp_port}"));
        vars.extend(options.vars);
        vars.extend(secrets.bindings());
        fresh_copy(&checkout.worker_build(), &state_dir.join("worker"))?;
        let objects = state_dir.join("objects");
        fs::create_dir_all(&objects).explain(objects.display())?;
        let local = Local { modules: &state_dir.join("worker"), objects: &objects, port, kv_ports, vars };
        let config = wrangler.to_workerd(checkout.root(), &local)?;
        let config_file = state_dir.join("config.capnp");
        // It contains the secrets.
        secrets::write_private(&config_file, config.as_bytes())?;

        let mail = mail_catcher(checkout, &state_dir, smtp_port, mail_web_port)?;
        let mut stack = Self {
            worker: None,
            workerd: workerd(checkout)?,
            state_dir,
            port,
            smtp_port,
            mail_web_port,
            secrets,
            mail,
            _kv: kv,
            _lock: lock,
        };
        stack.start_worker()?;
        stack.mail.ready_when(START_LIMIT, || answers(smtp_port) && answers(mail_web_port))?;
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
        let mut command = Command::new(&self.workerd);
        command.args(["serve", "config.capnp"]).current_dir(&self.state_dir);
        let mut worker = Leashed::start("workerd", &mut command, &self.worker_log())?;
        let address = format!("http://127.0.0.1:{}/healthz", self.port);
        let host = format!("localhost:{}", self.port);
        worker.ready_when(START_LIMIT, || {
            let agent = ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(2)))
                .proxy(None)
                .build();
            ureq::Agent::from(agent).get(&address).header("Host", &host).call().is_ok()
        })?;
        self.worker = Some(worker);
        Ok(())
    }

    /// Ends the Worker at once, as a crash would: no request is finished, nothing is written any more.
    pub fn kill_worker(&mut self) {
        self.worker = None;
    }

    /// The origin of account `demo`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The origin of account `other`, of the same Worker.
    #[must_use]
    pub fn other_origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Port of the Worker.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Port that takes mail.
    #[must_use]
    pub fn smtp_port(&self) -> u16 {
        self.smtp_port
    }

    /// The mail catcher's page; its API is below.
    #[must_use]
    pub fn mail_origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.mail_web_port)
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

/// Where free ports are looked for: below those that the system hands out by itself, so that no connection takes one of them
/// before it is listened at.
const FREE_PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Takes free ports for zeros; refuses ports that are in use.
fn ports<const N: usize>(asked: [u16; N]) -> Outcome<[u16; N]> {
    let mut chosen = asked;
    // All are held until the last is chosen, so that none is handed out twice.
    let mut held = vec![];
    for port in &mut chosen {
        let bound = if *port == 0 { free_port() } else { TcpListener::bind((Ipv4Addr::LOCALHOST, *port)) };
        let listener = bound.map_err(|error| {
            Failure::new(format!(
                "port {port} cannot be used ({error}): stop what listens there or choose another with --port"
            ))
        })?;
        *port = listener.local_addr().explain("local address")?.port();
        held.push(listener);
    }
    Ok(chosen)
}

/// By chance, so that stacks that start at the same time do not meet.
fn free_port() -> std::io::Result<TcpListener> {
    let mut offset = [0; 2];
    getrandom::fill(&mut offset).map_err(std::io::Error::other)?;
    let all = FREE_PORTS.cycle().skip(u16::from_ne_bytes(offset).into()).take(FREE_PORTS.len());
    let mut bound = all.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
    bound.find(Result::is_ok).unwrap_or_else(|| Err(std::io::Error::other("no port is free")))
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

fn workerd(checkout: &Checkout) -> Outcome<PathBuf> {
    let platform = setup::npm_platform()?.replace("-x64", "-64");
    Ok(checkout.npm_package(&format!("@cloudflare/workerd-{platform}")).join("bin/workerd"))
}

fn mail_catcher(checkout: &Checkout, state_dir: &Path, smtp_port: u16, web_port: u16) -> Outcome<Leashed> {
    let mail = state_dir.join("mail");
    fs::create_dir_all(&mail).explain(mail.display())?;
    let mut command = Command::new("node");
    command.arg(checkout.npm_package("maildev").join("dist/bin/maildev.js"));
    command.args(["--ip", "127.0.0.1", "--smtp", &smtp_port.to_string()]);
    command.args(["--web-ip", "127.0.0.1", "--web", &web_port.to_string()]);
    command.arg("--mail-directory").arg(&mail).current_dir(state_dir);
    Leashed::start("maildev", &mut command, &state_dir.join("maildev.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_chosen_together_differ() {
        let [first, second, third] = ports([0, 0, 0]).unwrap();
        assert!(first != second && second != third && first != third);
    }

    #[test]
    fn a_port_in_use_is_named_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let words = ports([port]).unwrap_err().to_string();
        assert!(words.contains(&port.to_string()) && words.contains("--port"), "{words}");
    }
}
