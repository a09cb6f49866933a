//! Where things are. Every path the workbench uses outside a state directory is written here.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::failure::{Explain as _, Failure, Outcome};
use crate::process;

/// The checkout this command was called in.
#[derive(Debug, Clone)]
pub struct Checkout {
    root: PathBuf,
    target: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

impl Checkout {
    /// Finds the checkout from the package cargo runs, else from the current directory.
    ///
    /// # Errors
    /// Outside a checkout, or when cargo cannot read the workspace.
    pub fn find() -> Outcome<Self> {
        let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(package) => PathBuf::from(package),
            None => std::env::current_dir().explain("current directory")?,
        };
        let root = start
            .ancestors()
            .find(|folder| folder.join("wrangler.toml").is_file())
            .ok_or_else(|| {
                Failure::new("no wrangler.toml here or above: call `cargo xtask` inside the checkout")
            })?
            .to_owned();
        let mut cargo = Command::new("cargo");
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&root);
        let metadata: Metadata =
            serde_json::from_str(&process::run(&mut cargo)?).explain("reading `cargo metadata`")?;
        Ok(Self { root, target: metadata.target_directory })
    }

    /// The folder of `wrangler.toml` and of the workspace.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target directory.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Output of cargo for the browser (profile `page`) and the Worker (profile `release`).
    #[must_use]
    pub fn wasm_output(&self, profile: &str) -> PathBuf {
        self.target.join("wasm32-unknown-unknown").join(profile)
    }

    /// Stamps and intermediate files of the workbench itself.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// The crate of the Worker.
    #[must_use]
    pub fn worker_crate(&self) -> PathBuf {
        self.root.join("edge-worker")
    }

    /// What `worker-build` leaves and a deployment uploads.
    #[must_use]
    pub fn worker_build(&self) -> PathBuf {
        self.worker_crate().join("build")
    }

    /// Static files.
    #[must_use]
    pub fn www(&self) -> PathBuf {
        self.root.join("www")
    }

    /// The generated client module, among the static files.
    #[must_use]
    pub fn client(&self) -> PathBuf {
        self.www().join("client")
    }

    /// The state of `dev`, which git ignores.
    #[must_use]
    pub fn dev_state(&self) -> PathBuf {
        self.root.join(".dev")
    }

    /// A package that npm installed.
    #[must_use]
    pub fn npm_package(&self, name: &str) -> PathBuf {
        self.root.join("node_modules").join(name)
    }
}
