//! `wrangler.toml` in, workerd's configuration out.
//!
//! The file is read strictly: what the workbench does not know it does not run, so it says so instead of leaving a
//! binding out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::CF_HEADER;
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
    /// Mail does not leave this machine: what is bound here is what the caller of a stack asks for.
    #[serde(default, rename = "send_email")]
    _send_email: Vec<SendEmail>,
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
struct SendEmail {
    #[serde(rename = "name")]
    _name: MailBinding,
    #[serde(default, rename = "allowed_sender_addresses")]
    _allowed_sender_addresses: Vec<String>,
}

/// The Worker looks for its mail service under this name only.
#[derive(Debug, Deserialize)]
enum MailBinding {
    #[serde(rename = "MAIL")]
    Mail,
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
    /// Where the Worker and its objects run.
    pub(super) home: Place,
    /// Where the Worker runs besides.
    pub(super) locations: Vec<Place>,
    /// Authorities, in PEM, besides those of the browsers.
    pub(super) trusted_certificates: &'a [String],
    /// Where somebody says what becomes of each mail given to the binding.
    pub(super) mail_service: Option<u16>,
}

/// One running Worker.
pub(super) struct Place {
    /// Where it listens.
    pub(super) port: u16,
    /// Where each KV binding is answered.
    pub(super) kv_ports: BTreeMap<String, u16>,
    /// Variables and secrets.
    pub(super) vars: BTreeMap<String, String>,
    /// Where somebody says what becomes of each call to an object.
    pub(super) faulty_accounts: Option<u16>,
}

/// The service that has the objects.
const HOME: &str = "worker";

/// The class of objects that stand before the true ones where calls may fail, and the module it is in, from the root.
const FAULTY: &str = "FaultyAccounts";
const FAULTY_MODULE: &str = "tests/reliability/faulty_accounts.js";

/// The module that stands for Cloudflare's mail service: its name to the runtime, and where it is, from the root.
const MAIL_SERVICE: &str = "workbench:mail-service";
const MAIL_SERVICE_MODULE: &str = "tests/mail/mail_service.js";

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
        let mut parts = Parts::default();
        parts.services.push(disk("assets", &root.join(&self.assets.directory), false)?);
        parts.services.push(disk("objects", local.objects, true)?);
        // Mail is handed over on a loopback address.
        let trusted: Vec<_> = local.trusted_certificates.iter().map(|pem| quoted(pem)).collect();
        parts.services.push(format!(
            r#"(name = "network", network = (allow = ["public", "private", "local"],
      tlsOptions = (trustBrowserCas = true, trustedCertificates = [{}])))"#,
            trusted.join(", ")
        ));
        if let Some(port) = local.mail_service {
            parts.add_mail_service(port, root)?;
        }
        let modules = modules(local.modules)?;
        self.add(HOME, &local.home, &modules, &mut parts);
        for (place, number) in local.locations.iter().zip(1..) {
            let name = format!("location-{number}");
            if let Some(port) = place.faulty_accounts {
                self.add_faulty(&name, port, root, &mut parts)?;
            }
            self.add(&name, place, &modules, &mut parts);
        }
        Ok(format!(
            "using Workerd = import \"/workerd/workerd.capnp\";\n\n\
             const config :Workerd.Config = (\n  services = [\n    {}],\n  sockets = [\n    {}],\n  \
             extensions = [\n    {}],\n);\n",
            parts.services.join(",\n    "),
            parts.sockets.join(",\n    "),
            parts.extensions.join(",\n    "),
        ))
    }

    /// The Worker at one place, with the objects if that is home.
    fn add(&self, name: &str, place: &Place, modules: &[String], parts: &mut Parts) {
        let mut bindings = vec![];
        for (name, value) in &place.vars {
            bindings.push(format!("(name = {}, text = {})", quoted(name), quoted(value)));
        }
        for binding in self.kv_bindings() {
            let service = quoted(&format!("{name}-{binding}"));
            let port = place.kv_ports.get(binding).copied().unwrap_or_default();
            bindings.push(format!("(name = {}, kvNamespace = {service})", quoted(binding)));
            parts
                .services
                .push(format!("(name = {service}, external = (address = \"127.0.0.1:{port}\", http = ()))"));
        }
        let mut namespaces = vec![];
        for object in &self.durable_objects.bindings {
            let class = quoted(&object.class_name);
            let whose = match place.faulty_accounts {
                Some(_) => in_service(FAULTY, &faulty(name)),
                None if name == HOME => class.clone(),
                None => in_service(&object.class_name, HOME),
            };
            bindings.push(format!("(name = {}, durableObjectNamespace = {whose})", quoted(&object.name)));
            // The key is the name of the folder on disk and the root of every object's id.
            let key = quoted(&format!("{}-{}", self.name, object.class_name));
            namespaces.push(format!("(className = {class}, uniqueKey = {key}, enableSql = true)"));
        }
        bindings.push(format!("(name = {}, service = \"assets\")", quoted(&self.assets.binding)));
        bindings.extend(parts.mail_binding.clone());
        let objects = if name == HOME {
            format!(
                ",\n      durableObjectNamespaces = [{}], durableObjectStorage = (localDisk = \"objects\")",
                namespaces.join(", ")
            )
        } else {
            String::new()
        };
        parts.services.push(self.worker(name, modules, &bindings, &objects));
        let (socket, name) = (quoted(&format!("http-{name}")), quoted(name));
        parts.sockets.push(format!(
            "(name = {socket}, address = \"127.0.0.1:{}\", http = (cfBlobHeader = {}), service = {name})",
            place.port,
            quoted(CF_HEADER)
        ));
    }

    /// The objects that a location takes for the true ones.
    fn add_faulty(&self, location: &str, control_port: u16, root: &Path, parts: &mut Parts) -> Outcome {
        let name = faulty(location);
        let script = root.join(FAULTY_MODULE);
        let script = fs::read_to_string(&script).explain(script.display())?;
        let module = format!("(name = \"faulty_accounts.js\", esModule = {})", quoted(&script));
        let control = quoted(&format!("http://127.0.0.1:{control_port}/"));
        let mut bindings = vec![format!("(name = \"CONTROL\", text = {control})")];
        for object in &self.durable_objects.bindings {
            let whose = in_service(&object.class_name, HOME);
            bindings.push(format!("(name = {}, durableObjectNamespace = {whose})", quoted(&object.name)));
        }
        let objects = format!(
            ",\n      durableObjectNamespaces = [(className = \"{FAULTY}\", uniqueKey = {})], \
             durableObjectStorage = (inMemory = void)",
            quoted(&name)
        );
        parts.services.push(self.worker(&name, &[module], &bindings, &objects));
        Ok(())
    }

    fn worker(&self, name: &str, modules: &[String], bindings: &[String], objects: &str) -> String {
        let flags: Vec<_> = self.compatibility_flags.iter().map(|flag| quoted(flag)).collect();
        format!(
            "(name = {}, worker = (\n      modules = [\n        {}],\n      compatibilityDate = {},\n      \
             compatibilityFlags = [{}],\n      bindings = [\n        {}],\n      \
             globalOutbound = \"network\"{objects}))",
            quoted(name),
            modules.join(",\n        "),
            quoted(&self.compatibility_date),
            flags.join(", "),
            bindings.join(",\n        "),
        )
    }
}

/// What the configuration is made of.
#[derive(Default)]
struct Parts {
    services: Vec<String>,
    sockets: Vec<String>,
    extensions: Vec<String>,
    mail_binding: Option<String>,
}

impl Parts {
    /// As Cloudflare's is, an object with a method and not a service: errors keep their codes.
    fn add_mail_service(&mut self, control_port: u16, root: &Path) -> Outcome {
        let script = root.join(MAIL_SERVICE_MODULE);
        let script = fs::read_to_string(&script).explain(script.display())?;
        self.extensions.push(format!(
            "(modules = [(name = {}, internal = true, esModule = {})])",
            quoted(MAIL_SERVICE),
            quoted(&script)
        ));
        let control = quoted(&format!("http://127.0.0.1:{control_port}/"));
        self.mail_binding = Some(format!(
            "(name = \"MAIL\", wrapped = (moduleName = {}, innerBindings = [(name = \"CONTROL\", text = {control})]))",
            quoted(MAIL_SERVICE)
        ));
        Ok(())
    }
}

fn faulty(location: &str) -> String {
    format!("{location}-{FAULTY}")
}

/// A class of objects of another service.
fn in_service(class: &str, service: &str) -> String {
    format!("(className = {}, serviceName = {})", quoted(class), quoted(service))
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
    fn the_mail_binding_of_a_deployment_is_known_by_its_name_only() {
        let commented = "# [[send_email]]\n# name = \"MAIL\"\n";
        assert!(DEPLOYED.contains(commented));
        let bound = DEPLOYED.replace(commented, "[[send_email]]\nname = \"MAIL\"\n");
        Wrangler::parse(&bound).unwrap();
        Wrangler::parse(&bound.replace("\"MAIL\"", "\"EMAIL\"")).unwrap_err();
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
