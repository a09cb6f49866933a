//! The one driver of this process, on a leash: however the process ends, the driver and every browser it started end
//! too. They share a process group, and a shell kills the group when the pipe from this process breaks.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

const LEASH: &str = r#"read -r word; kill -s KILL -- "-$1" 2>/dev/null; exit 0"#;
const STARTED: &str = "was started successfully on port ";

struct Driver {
    address: String,
    _process: Child,
    _leash: Child,
}

/// Where it listens.
pub(super) fn address() -> &'static str {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    &DRIVER.get_or_init(start).address
}

fn start() -> Driver {
    let program = xtask::setup::browsers().unwrap().chromedriver;
    let mut driver = Command::new(program)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let leash = Command::new("sh")
        .args(["-c", LEASH, "leash", &driver.id().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        let (_, rest) = line.split_once(STARTED)?;
        rest.trim_end_matches('.').parse::<u16>().ok()
    });
    // Nobody reads on, but a closed pipe must not end the driver either.
    std::thread::spawn(move || lines.for_each(drop));
    let address = format!("http://127.0.0.1:{}", port.expect("chromedriver names its port"));
    Driver { address, _process: driver, _leash: leash }
}
