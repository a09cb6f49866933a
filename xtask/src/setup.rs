//! Installs what is missing and nothing else.
//!
//! Tools come through the package registries' own clients only. Compiled ones live in a folder per version under
//! the user's cache directory, outside the checkout, so that the next clone on the same machine finds them; npm's
//! live in `node_modules`. Browsers are looked for, and installed only where that takes no password.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::process::{run, step};

const WASM_PACK: CompiledTool = CompiledTool { package: "wasm-pack", version: "0.15.1", locked: true };
const GECKODRIVER: CompiledTool = CompiledTool { package: "geckodriver", version: "0.37.1", locked: true };
const CARGO_DENY: CompiledTool = CompiledTool { package: "cargo-deny", version: "0.20.2", locked: true };

/// Absolute paths of what a build runs.
#[derive(Debug, Clone)]
pub struct BuildTools {
    /// The bindings' generator; beside it lies the runner of browser tests.
    pub wasm_bindgen: PathBuf,
    /// Bundles the Worker.
    pub worker_build: PathBuf,
    /// Binaryen's optimizer.
    pub wasm_opt: PathBuf,
    /// Minifies the glue.
    pub esbuild: PathBuf,
}

/// Absolute paths of what `test` runs besides.
#[derive(Debug, Clone)]
pub struct TestTools {
    /// Builds and drives the browser tests of a wasm crate.
    pub wasm_pack: PathBuf,
    /// Judges the dependencies.
    pub cargo_deny: PathBuf,
    /// The TypeScript compiler.
    pub tsc: PathBuf,
}

/// Sets up what `dev` and `build` need.
///
/// # Errors
/// When something is missing and cannot be installed.
pub fn for_build(checkout: &Checkout) -> Outcome<BuildTools> {
    rust_toolchain(checkout)?;
    npm_packages(checkout)?;
    let lock = fs::read_to_string(checkout.root().join("Cargo.lock")).explain("Cargo.lock")?;
    // The bindings in the binary and the tool that reads them must be of one version. Its own lock file names
    // versions that registries have since withdrawn, so it is built without.
    let bindgen = CompiledTool {
        package: "wasm-bindgen-cli",
        version: &locked_version(&lock, "wasm-bindgen")?,
        locked: false,
    };
    let worker_build =
        CompiledTool { package: "worker-build", version: &locked_version(&lock, "worker")?, locked: true };
    Ok(BuildTools {
        wasm_bindgen: bindgen.installed()?.join("wasm-bindgen"),
        worker_build: worker_build.installed()?.join("worker-build"),
        wasm_opt: checkout.npm_package("binaryen").join("bin/wasm-opt"),
        esbuild: checkout.npm_package(&format!("@esbuild/{}", npm_platform()?)).join("bin/esbuild"),
    })
}

/// Sets up what `test` needs besides; browsers are apart ([`browsers`]), because suites can run without.
///
/// # Errors
/// When something is missing and cannot be installed.
pub fn for_tests(checkout: &Checkout) -> Outcome<TestTools> {
    Ok(TestTools {
        wasm_pack: WASM_PACK.installed()?.join("wasm-pack"),
        cargo_deny: CARGO_DENY.installed()?.join("cargo-deny"),
        tsc: checkout.npm_package("typescript").join("bin/tsc"),
    })
}

/// Looks for the mail server that the product is tried with and installs Debian's where that is possible without asking.
///
/// # Errors
/// When it is missing and cannot be installed, or another mail server is there, which is not removed for it.
pub fn mail_server() -> Outcome {
    const PACKAGES: [&str; 3] = ["postfix", "sasl2-bin", "libsasl2-modules"];
    let there = || ["postfix", "saslpasswd2"].into_iter().all(|program| on_path(program).is_some());
    if there() {
        return Ok(());
    }
    if on_path("debconf-set-selections").is_some() {
        // Without an answer it would be set up, and started with the system, as a server of the internet.
        let answer = "postfix postfix/main_mailer_type select No configuration";
        let script = format!("echo '{answer}' | debconf-set-selections");
        // Where that is not allowed, nothing can be installed either, which is told in better words.
        drop(run(Command::new("sh").args(["-c", &script])));
    }
    debian_packages("Postfix, or where it finds its users,", &PACKAGES)?;
    if there() { Ok(()) } else { Err(Failure::new("Postfix is missing although its packages are installed")) }
}

/// Paths of the browser that tests drive.
#[derive(Debug, Clone)]
pub struct Browsers {
    /// The driver of Chromium.
    pub chromedriver: PathBuf,
}

/// Looks for Chromium and its driver and installs Debian's where that is possible without asking.
///
/// # Errors
/// When they are missing and cannot be installed; the words say which.
pub fn browsers() -> Outcome<Browsers> {
    const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];
    if on_path("chromium").is_none() || on_path("chromedriver").is_none() {
        debian_packages("chromium or chromedriver", &PACKAGES)?;
    }
    on_path("chromedriver")
        .map(|chromedriver| Browsers { chromedriver })
        .ok_or_else(|| Failure::new("chromedriver is missing although chromium-driver is installed"))
}

/// Paths of Firefox and its driver.
#[derive(Debug, Clone)]
pub struct Firefox {
    /// The browser.
    pub firefox: PathBuf,
    /// Its driver, which Debian does not have.
    pub geckodriver: PathBuf,
}

/// Looks for Firefox and installs Debian's where that is possible without asking; builds its driver.
///
/// # Errors
/// When one is missing and cannot be installed; the words say which.
pub fn firefox() -> Outcome<Firefox> {
    if on_path("firefox-esr").is_none() {
        debian_packages("firefox-esr", &["firefox-esr"])?;
    }
    let firefox = on_path("firefox-esr")
        .ok_or_else(|| Failure::new("firefox-esr is missing although its package is installed"))?;
    Ok(Firefox { firefox, geckodriver: GECKODRIVER.installed()?.join("geckodriver") })
}

/// Paths of what opens a window of `WebKitGTK`.
#[derive(Debug, Clone)]
pub struct WebKit {
    /// Gives a program a screen of its own.
    pub xvfb_run: PathBuf,
    /// The system's Python, which has the engine's bindings.
    pub python: PathBuf,
}

/// Looks for `WebKitGTK` and what it needs to run without a screen, and installs Debian's where that is possible without
/// asking.
///
/// # Errors
/// When something is missing and cannot be installed; the words say which.
pub fn webkit() -> Outcome<WebKit> {
    const PACKAGES: [&str; 8] = [
        "webkit2gtk-driver",
        "xvfb",
        "xauth",
        "dbus",
        "dbus-x11",
        "gir1.2-webkit2-4.1",
        "gir1.2-gtk-3.0",
        "python3-gi",
    ];
    let python = PathBuf::from("/usr/bin/python3");
    let bindings = "import gi; gi.require_version('WebKit2', '4.1'); gi.require_version('Gtk', '3.0')";
    let missing = || {
        ["xvfb-run", "xauth", "dbus-run-session"].into_iter().any(|program| on_path(program).is_none())
            || run(Command::new(&python).args(["-c", bindings])).is_err()
    };
    if missing() {
        debian_packages("WebKitGTK with its bindings for Python, or a screen for it", &PACKAGES)?;
    }
    match on_path("xvfb-run") {
        Some(xvfb_run) if !missing() => Ok(WebKit { xvfb_run, python }),
        _ => Err(Failure::new("WebKitGTK is missing although its packages are installed")),
    }
}

/// Installs Debian's packages where that takes no password, or says which are missing.
fn debian_packages(what: &str, packages: &[&str]) -> Outcome {
    let names = packages.join(" ");
    let root = run(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || on_path("apt-get").is_none() {
        return Err(Failure::new(format!("{what} is missing: as root, apt-get install {names}")));
    }
    step(&format!("installing {names}"), || {
        run(Command::new("apt-get").arg("update"))?;
        let mut install = Command::new("apt-get");
        install.args(["install", "-y", "--no-install-recommends", "--no-remove"]).args(packages);
        run(install.env("DEBIAN_FRONTEND", "noninteractive")).map(drop)
    })
}

/// What cargo needs of the system to build the tools: a linker, and OpenSSL's headers for worker-build.
fn system_libraries() -> Outcome {
    let openssl = run(Command::new("pkg-config").args(["--exists", "openssl"]));
    if on_path("cc").is_some() && openssl.is_ok() {
        return Ok(());
    }
    debian_packages(
        "a C compiler, pkg-config or OpenSSL's headers",
        &["build-essential", "pkg-config", "libssl-dev"],
    )
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// What rust-toolchain.toml lists. Where rustup installs nothing by itself, cargo runs without it until it is needed.
fn rust_toolchain(checkout: &Checkout) -> Outcome {
    let present = |program: &str, arguments: &[&str]| {
        run(Command::new(program).args(arguments).current_dir(checkout.root()))
    };
    let wasm = present("rustc", &["--print", "target-libdir", "--target", "wasm32-unknown-unknown"])
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir());
    if wasm
        && present("cargo", &["fmt", "--version"]).is_ok()
        && present("cargo", &["clippy", "--version"]).is_ok()
    {
        return Ok(());
    }
    step("installing what rust-toolchain.toml lists", || {
        // The toolchain that cargo chose for this process would hide the file's from rustup.
        let mut rustup = Command::new("rustup");
        rustup.args(["toolchain", "install"]).env_remove("RUSTUP_TOOLCHAIN").current_dir(checkout.root());
        run(&mut rustup).map(drop)
    })
}

/// npm's packages, when they are not those of the lock file.
fn npm_packages(checkout: &Checkout) -> Outcome {
    let lock = checkout.root().join("package-lock.json");
    let hash = Base64UrlUnpadded::encode_string(&Sha256::digest(fs::read(&lock).explain(lock.display())?));
    let stamp = checkout.root().join("node_modules/.installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == hash) {
        return run(Command::new("node").arg("--version")).map(drop);
    }
    step("installing npm packages", || {
        // No script of a package runs at installation: what is used here is used as it was published.
        run(Command::new("npm").args(["ci", "--ignore-scripts"]).current_dir(checkout.root()))?;
        fs::write(&stamp, hash).explain(stamp.display())
    })
}

/// npm's name of this machine, as esbuild's package has it. package.json names the runtime's packages themselves and
/// for Linux alone: its umbrella package names systems for which the pinned version is not published everywhere.
pub(crate) fn npm_platform() -> Outcome<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("linux-x64"),
        ("linux", "aarch64") => Ok("linux-arm64"),
        (system, processor) => Err(Failure::new(format!(
            "the local runtime is for Linux, not for {system} on {processor}: use a container"
        ))),
    }
}

/// A program that cargo builds from the registry.
struct CompiledTool<'a> {
    package: &'a str,
    version: &'a str,
    locked: bool,
}

impl CompiledTool<'_> {
    /// Builds the tool unless it is there; returns the folder of its programs.
    fn installed(&self) -> Outcome<PathBuf> {
        let folder = tools_folder()?;
        let name = format!("{}-{}", self.package, self.version);
        let finished = folder.join(&name);
        if !finished.join("bin").is_dir() {
            system_libraries()?;
            step(
                &format!("compiling {} {} (once per machine, minutes)", self.package, self.version),
                || {
                    // An interrupted build must not be mistaken for a tool, so the folder gets its name last.
                    let unfinished = folder.join(format!(".{name}-{}", std::process::id()));
                    let outcome = self.install(&unfinished).and_then(|()| {
                        fs::rename(&unfinished, &finished)
                            .or_else(|error| if finished.join("bin").is_dir() { Ok(()) } else { Err(error) })
                            .explain(finished.display())
                    });
                    if unfinished.exists() {
                        fs::remove_dir_all(&unfinished).explain(unfinished.display())?;
                    }
                    outcome
                },
            )?;
        }
        Ok(finished.join("bin"))
    }

    fn install(&self, root: &Path) -> Outcome {
        fs::create_dir_all(root).explain(root.display())?;
        let target = root.join("target");
        let mut cargo = Command::new("cargo");
        cargo.args(["install", self.package, "--quiet", "--version", &format!("={}", self.version)]);
        cargo.arg("--root").arg(root).arg("--target-dir").arg(&target).current_dir(root);
        // They run for seconds and are compiled for minutes, whatever their authors chose for those who run them all day.
        for (setting, value) in
            [("OPT_LEVEL", "1"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "none")]
        {
            cargo.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        if self.locked {
            cargo.arg("--locked");
        }
        run(&mut cargo)?;
        fs::remove_dir_all(&target).explain(target.display())
    }
}

fn tools_folder() -> Outcome<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .ok_or_else(|| Failure::new("neither XDG_CACHE_HOME nor HOME is set: no place for compiled tools"))?;
    let folder = cache.join("device-enrollment/tools");
    fs::create_dir_all(&folder).explain(folder.display())?;
    Ok(folder)
}

fn locked_version(lock: &str, package: &str) -> Outcome<String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
    }
    let lock: Lock = toml::from_str(lock).explain("Cargo.lock")?;
    lock.package
        .into_iter()
        .find(|locked| locked.name == package)
        .map(|locked| locked.version)
        .ok_or_else(|| Failure::new(format!("Cargo.lock has no package {package}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_version_is_the_locked_one_of_exactly_that_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").unwrap(), "0.2.130");
        assert!(locked_version(lock, "wasm").is_err());
    }
}
