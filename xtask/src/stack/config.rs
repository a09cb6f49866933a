//! `wrangler.toml` in, workerd's configuration out.
//!
//! The file is read strictly: what the workbench does not know it does not run, so it says so instead of leaving a
//! binding out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::failure::{Explain as _, Failure, Outcome};

/// The part of `wrangler.toml` that this product uses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrangler {
    name: String,
    #[serde(rename = "main")]
    _main: String,
    compatibility_date: String,
    #[serde(default)]
    compatibility_flags: Vec<String>,
    #[serde(default, rename = "build")]
    _build: toml::Table,
    assets: Assets,
    #[serde(default)]
    kv_namespaces: Vec<KvNamespace>,
    durable_objects: DurableObjects,
    migrations: Vec<Migration>,
    #[serde(default)]
    vars: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Assets {
    directory: String,
    binding: String,
    run_worker_first: bool,
    #[serde(rename = "html_handling")]
    _html_handling: Handling,
    #[serde(rename = "not_found_handling")]
    _not_found_handling: Handling,
}

/// A directory on disk answers only what is asked for by name, so nothing else may be promised.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Handling {
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KvNamespace {
    binding: String,
    #[serde(rename = "id")]
    _id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DurableObjects {
    bindings: Vec<DurableObject>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DurableObject {
    name: String,
    class_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Migration {
    #[serde(rename = "tag")]
    _tag: String,
    new_sqlite_classes: Vec<String>,
}

/// What the file cannot know.
pub(super) struct Local<'a> {
    /// Folder of the built modules.
    pub(super) modules: &'a Path,
    /// Folder of the objects' databases.
    pub(super) objects: &'a Path,
    /// Where the Worker listens.
    pub(super) port: u16,
    /// Where each KV binding is answered.
    pub(super) kv_ports: BTreeMap<String, u16>,
    /// Variables and secrets.
    pub(super) vars: BTreeMap<String, String>,
}

impl Wrangler {
    pub(super) fn read(file: &Path) -> Outcome<Self> {
        let text = fs::read_to_string(file).explain(file.display())?;
        Self::parse(&text).map_err(|failure| Failure::new(format!("wrangler.toml: {failure}")))
    }

    fn parse(text: &str) -> Outcome<Self> {
        let wrangler: Self = toml::from_str(text).explain("not as the workbench knows it")?;
        if !wrangler.assets.run_worker_first {
            return Err(Failure::new("assets.run_worker_first must be true: the Worker sets the headers"));
        }
        let kept: BTreeSet<_> = wrangler.migrations.iter().flat_map(|one| &one.new_sqlite_classes).collect();
        let lost = wrangler.durable_objects.bindings.iter().find(|object| !kept.contains(&object.class_name));
        if let Some(object) = lost {
            return Err(Failure::new(format!("no migration creates class {}", object.class_name)));
        }
        Ok(wrangler)
    }

    pub(super) fn kv_bindings(&self) -> impl Iterator<Item = &str> {
        self.kv_namespaces.iter().map(|namespace| namespace.binding.as_str())
    }

    pub(super) fn vars(&self) -> &BTreeMap<String, String> {
        &self.vars
    }

    /// The configuration in Cap'n Proto's text form. Paths of modules are relative to the file it is written to,
    /// which must lie beside their folder.
    pub(super) fn to_workerd(&self, root: &Path, local: &Local<'_>) -> Outcome<String> {
        let mut bindings = vec![];
        let mut services = vec![];
        for (name, value) in &local.vars {
            bindings.push(format!("(name = {}, text = {})", quoted(name), quoted(value)));
        }
        for binding in self.kv_bindings() {
            let service = quoted(&format!("kv-{binding}"));
            let port = local.kv_ports.get(binding).copied().unwrap_or_default();
            bindings.push(format!("(name = {}, kvNamespace = {service})", quoted(binding)));
            services
                .push(format!("(name = {service}, external = (address = \"127.0.0.1:{port}\", http = ()))"));
        }
        let mut namespaces = vec![];
        for object in &self.durable_objects.bindings {
            let class = quoted(&object.class_name);
            bindings.push(format!("(name = {}, durableObjectNamespace = {class})", quoted(&object.name)));
            // The key is the name of the folder on disk and the root of every object's id.
            let key = quoted(&format!("{}-{}", self.name, object.class_name));
            namespaces.push(format!("(className = {class}, uniqueKey = {key}, enableSql = true)"));
        }
        bindings.push(format!("(name = {}, service = \"assets\")", quoted(&self.assets.binding)));
        services.push(disk("assets", &root.join(&self.assets.directory), false)?);
        services.push(disk("objects", local.objects, true)?);
        // Mail is handed over on a loopback address.
        services.push(r#"(name = "network", network = (allow = ["public", "private", "local"]))"#.to_owned());
        let flags: Vec<_> = self.compatibility_flags.iter().map(|flag| quoted(flag)).collect();
        let mut config = String::from("using Workerd = import \"/workerd/workerd.capnp\";\n\n");
        config.push_str(
            "const config :Workerd.Config = (\n  services = [(name = \"worker\", worker = .worker)",
        );
        for service in services {
            let _ = write!(config, ",\n    {service}");
        }
        let _ = write!(
            config,
            "],\n  sockets = [(name = \"http\", address = \"127.0.0.1:{}\", http = (), service = \"worker\")],\n);\n\n\
             const worker :Workerd.Worker = (\n  modules = [\n    {}],\n  compatibilityDate = {},\n  \
             compatibilityFlags = [{}],\n  bindings = [\n    {}],\n  durableObjectNamespaces = [{}],\n  \
             durableObjectStorage = (localDisk = \"objects\"),\n  globalOutbound = \"network\",\n);\n",
            local.port,
            modules(local.modules)?.join(",\n    "),
            quoted(&self.compatibility_date),
            flags.join(", "),
            bindings.join(",\n    "),
            namespaces.join(", "),
        );
        Ok(config)
    }
}

/// The entry first, then what it imports by name.
fn modules(folder: &Path) -> Outcome<Vec<String>> {
    let base = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let module = |name: &str, kind: &str| {
        format!("(name = {}, {kind} = embed {})", quoted(name), quoted(&format!("{base}/{name}")))
    };
    let mut wasm = vec![];
    for entry in fs::read_dir(folder).explain(folder.display())? {
        let name = entry.explain(folder.display())?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|kind| kind == "wasm") {
            wasm.push(module(&name, "wasm"));
        }
    }
    wasm.sort();
    Ok(std::iter::once(module("index.js", "esModule")).chain(wasm).collect())
}

fn disk(name: &str, folder: &Path, writable: bool) -> Outcome<String> {
    let path = folder.to_str().ok_or_else(|| Failure::new(format!("{} is not UTF-8", folder.display())))?;
    Ok(format!("(name = {}, disk = (path = {}, writable = {writable}))", quoted(name), quoted(path)))
}

/// A string of Cap'n Proto's text form.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_ascii_control() => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYED: &str = include_str!("../../../wrangler.toml");

    #[test]
    fn the_file_that_is_deployed_is_one_the_workbench_knows() {
        let wrangler = Wrangler::parse(DEPLOYED).unwrap();
        assert_eq!(wrangler.kv_bindings().collect::<Vec<_>>(), ["REVOCATIONS"]);
    }

    #[test]
    fn a_binding_the_workbench_cannot_run_is_refused_not_left_out() {
        let with_queue = format!("{DEPLOYED}\n[[queues.producers]]\nbinding = \"Q\"\n");
        assert!(Wrangler::parse(&with_queue).unwrap_err().to_string().contains("queues"));
    }

    #[test]
    fn an_object_class_without_storage_is_refused() {
        let without = DEPLOYED.replace("new_sqlite_classes = [\"AccountObject\"]", "new_sqlite_classes = []");
        assert!(Wrangler::parse(&without).unwrap_err().to_string().contains("AccountObject"));
    }

    #[test]
    fn a_value_cannot_end_its_string() {
        assert_eq!(quoted("a\"), (name = \"b\\"), r#""a\"), (name = \"b\\""#);
        assert_eq!(quoted("line\nbreak"), r#""line\x0abreak""#);
    }
}
