//! The Worker that answers "hi", in a runtime of its own.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use xtask::checkout::Checkout;
use xtask::stack::{free_ports, workerd};

use crate::kv::now;
use crate::support::folder::Folder;
use crate::support::leash::Leashed;

const CONFIG: &str = r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "worker", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:PORT", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  compatibilityDate = "2026-11-01",
);
"#;

/// How long it may take to listen, and how often that is looked at.
const LIMIT: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) struct HiWorker {
    pub(super) port: u16,
    _process: Leashed,
    _folder: Folder,
}

impl HiWorker {
    /// The one that `HI_WORKER` names the folder of.
    pub(super) fn start() -> Self {
        let built = PathBuf::from(std::env::var_os("HI_WORKER").expect("HI_WORKER"));
        let folder = Folder::new("hi");
        for entry in fs::read_dir(&built).unwrap().flatten().filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let [port] = free_ports().unwrap();
        fs::write(folder.path().join("config.capnp"), CONFIG.replace("PORT", &port.to_string())).unwrap();
        let mut command = Command::new(workerd(&Checkout::find().unwrap()).unwrap());
        command.args(["serve", "config.capnp"]).current_dir(folder.path()).stdout(Stdio::null());
        let mut process = Leashed::start(&mut command);
        let began = now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = process.process.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < LIMIT, "it does not listen: {ended:?}");
            std::thread::sleep(LOOK_EVERY);
        }
        Self { port, _process: process, _folder: folder }
    }
}
