//! Release artefacts: the page's wasm module in `www/client` and the Worker in `edge-worker/build`.
//!
//! Cargo decides what to compile. The steps after it know no dependencies, so each keeps a stamp: a hash of the
//! compiled module and of everything else that shapes the output.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sha2::{Digest as _, Sha256};

use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::imports;
use crate::process::{run, step};
use crate::setup::BuildTools;

/// File names of the client module in `www/client`.
pub(crate) const CLIENT_GLUE: &str = "client_wasm.js";
/// See [`CLIENT_GLUE`].
pub(crate) const CLIENT_WASM: &str = "client_wasm_bg.wasm";

/// What rustc emits for wasm32-unknown-unknown and the bindings add to it, and nothing newer.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-exception-handling",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What makes the client's module smaller still: nothing is inlined that does not shrink it, and it goes on as long as that helps.
const CLIENT_SHRINKING: [&str; 6] = [
    "--strip-producers",
    "--strip-target-features",
    "--flexible-inline-max-function-size=0",
    "--one-caller-inline-max-function-size=0",
    "--always-inline-max-function-size=0",
    "--converge",
];

/// Proof that both artefacts are up to date.
#[derive(Debug)]
pub struct Built(());

/// Builds what is not up to date.
///
/// # Errors
/// With the words of the program that failed.
pub fn build(checkout: &Checkout, tools: &BuildTools) -> Outcome<Built> {
    client(checkout, tools)?;
    worker(checkout, tools)?;
    Ok(Built(()))
}

/// The page's wasm module and its glue, into `www/client`.
fn client(checkout: &Checkout, tools: &BuildTools) -> Outcome {
    step("compiling the client", || compile(checkout, "client-wasm", "page", &[]))?;
    let module = checkout.wasm_output("page").join("client_wasm.wasm");
    let finished = checkout.client();
    let stamp =
        Stamp::of(checkout, "client", &module, &[&tools.wasm_bindgen, &tools.wasm_opt, &tools.esbuild])?;
    if stamp.matches() && finished.join(CLIENT_GLUE).is_file() && finished.join(CLIENT_WASM).is_file() {
        return Ok(());
    }
    step("binding and shrinking the client", || {
        let raw = fresh_folder(&checkout.scratch().join("client-raw"))?;
        let small = fresh_folder(&checkout.scratch().join("client"))?;
        let mut bindgen = Command::new(&tools.wasm_bindgen);
        bindgen.arg(&module).args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&raw);
        run(&mut bindgen)?;
        let text = raw.join("client.wat");
        let mut printer = Command::new(&tools.wasm_opt);
        printer.arg("-S").args(WASM_FEATURES).arg(raw.join(CLIENT_WASM)).arg("-o").arg(&text);
        run(&mut printer)?;
        let read = |file: &Path| fs::read_to_string(file).explain(file.display());
        let (module, glue) = imports::shortened(&read(&text)?, &read(&raw.join(CLIENT_GLUE))?)?;
        fs::write(&text, module).explain(text.display())?;
        fs::write(raw.join(CLIENT_GLUE), glue).explain(CLIENT_GLUE)?;
        let mut optimizer = Command::new(&tools.wasm_opt);
        optimizer
            .arg("-Oz")
            .args(WASM_FEATURES)
            .args(CLIENT_SHRINKING)
            .arg(&text)
            .arg("-o")
            .arg(small.join(CLIENT_WASM));
        run(&mut optimizer)?;
        let mut minifier = Command::new(&tools.esbuild);
        minifier.arg(raw.join(CLIENT_GLUE)).args(["--minify", "--format=esm", "--target=es2022"]);
        run(minifier.arg(format!("--outfile={}", small.join(CLIENT_GLUE).display())))?;
        fresh_folder(&finished)?;
        for name in [CLIENT_WASM, CLIENT_GLUE] {
            fs::copy(small.join(name), finished.join(name)).explain(name)?;
        }
        stamp.write()
    })
}

/// The Worker, into `edge-worker/build`.
fn worker(checkout: &Checkout, tools: &BuildTools) -> Outcome {
    bundle(checkout, tools, &Bundle { name: "worker", words: "the Worker", package: "edge-worker" })
}

/// The Worker that the benchmark compares with, made in the same way; tells where it is.
///
/// # Errors
/// With the words of the program that failed.
pub(crate) fn hi_worker(checkout: &Checkout, tools: &BuildTools) -> Outcome<PathBuf> {
    let bundled = Bundle { name: "hi-worker", words: "the Worker that says hi", package: "tests/hi-worker" };
    bundle(checkout, tools, &bundled)?;
    Ok(checkout.root().join(bundled.package).join("build"))
}

struct Bundle {
    name: &'static str,
    words: &'static str,
    /// Its folder.
    package: &'static str,
}

fn bundle(checkout: &Checkout, tools: &BuildTools, of: &Bundle) -> Outcome {
    // worker-build sets this for the cargo it starts; without it here, each of the two would undo the other's work.
    let environment = [("WASM_BINDGEN_USE_JS_SYS", "1")];
    step(&format!("compiling {}", of.words), || compile(checkout, of.package, "release", &environment))?;
    let file = of.package.rsplit('/').next().unwrap_or(of.package).replace('-', "_");
    let module = checkout.wasm_output("release").join(file).with_extension("wasm");
    let parts = [&tools.worker_build, &tools.wasm_bindgen, &tools.wasm_opt, &tools.esbuild];
    let stamp = Stamp::of(checkout, of.name, &module, &parts)?;
    let folder = checkout.root().join(of.package);
    let finished = folder.join("build");
    if stamp.matches() && finished.join("index.js").is_file() && finished.join("index_bg.wasm").is_file() {
        return Ok(());
    }
    step(&format!("bundling {}", of.words), || {
        let mut command = Command::new(&tools.worker_build);
        command.arg("--release").current_dir(&folder).env(FLAGS, flags(checkout));
        // It downloads what these do not name.
        command.env("WASM_BINDGEN_BIN", &tools.wasm_bindgen);
        command.env("WASM_OPT_BIN", &tools.wasm_opt);
        command.env("ESBUILD_BIN", &tools.esbuild);
        run(&mut command)?;
        let bundled = finished.join("index_bg.wasm");
        let small = checkout.scratch().join(of.name).with_extension("wasm");
        let mut optimizer = Command::new(&tools.wasm_opt);
        optimizer
            .args(["-Oz", "--converge", "--strip-debug"])
            .args(WASM_FEATURES)
            .arg(&bundled)
            .arg("-o")
            .arg(&small);
        run(&mut optimizer)?;
        fs::copy(&small, &bundled).explain(bundled.display())?;
        stamp.write()
    })
}

fn compile(checkout: &Checkout, package: &str, profile: &str, environment: &[(&str, &str)]) -> Outcome {
    let mut cargo = Command::new("cargo");
    cargo.env(FLAGS, flags(checkout));
    cargo.args(["build", "--profile", profile, "--lib", "--quiet", "--target", "wasm32-unknown-unknown"]);
    // In the package's own folder, as worker-build does it: the same selection, hence the same features.
    cargo.current_dir(checkout.root().join(package)).envs(environment.iter().copied());
    run(&mut cargo).map(drop)
}

/// What cargo adds to the flags in `.cargo/config.toml`.
const FLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// What went wrong where is written into a module: not with the paths of whoever built it, which nobody else needs and which
/// would make each builder's module another.
fn flags(checkout: &Checkout) -> String {
    let registries = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let registries = registries.into_iter().flatten().flatten().map(|folder| folder.path());
    let places = registries.chain([checkout.root().to_owned()]);
    let remapped = places.map(|place| format!("--remap-path-prefix={}=.", place.display()));
    // Cargo splits at white space: where that is in a path, the path stays.
    let whole = remapped.filter(|flag| !flag.contains(char::is_whitespace));
    env::var(FLAGS).into_iter().chain(whole).collect::<Vec<_>>().join(" ")
}

fn fresh_folder(folder: &Path) -> Outcome<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).explain(folder.display())?;
    }
    fs::create_dir_all(folder).explain(folder.display())?;
    Ok(folder.to_owned())
}

/// Tells whether a step's output belongs to its present input.
struct Stamp {
    file: PathBuf,
    hash: String,
}

impl Stamp {
    /// `tools` are named by paths that contain their version, or are replaced together with the lock file.
    fn of(checkout: &Checkout, name: &str, module: &Path, tools: &[&PathBuf]) -> Outcome<Self> {
        let mut hash = Sha256::new();
        hash.update(fs::read(module).explain(module.display())?);
        hash.update(fs::read(checkout.root().join("package-lock.json")).explain("package-lock.json")?);
        for tool in tools {
            hash.update(tool.as_os_str().as_encoded_bytes());
        }
        // The steps themselves are part of the input.
        hash.update(include_bytes!("artifacts.rs"));
        hash.update(include_bytes!("imports.rs"));
        let hash = Base64UrlUnpadded::encode_string(&hash.finalize());
        Ok(Self { file: checkout.scratch().join(format!("{name}.stamp")), hash })
    }

    fn matches(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|written| written == self.hash)
    }

    fn write(&self) -> Outcome {
        let folder = self.file.parent().ok_or_else(|| Failure::new("a stamp without a folder"))?;
        fs::create_dir_all(folder).explain(folder.display())?;
        fs::write(&self.file, &self.hash).explain(self.file.display())
    }
}
