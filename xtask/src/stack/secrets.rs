//! The deployment's secrets of one state directory: made once, kept beside the data they protect.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::admin_link::{self, Purpose};
use crate::failure::{Explain as _, Failure, Outcome};

/// Values of the Worker's secret bindings. `Debug` shows none of them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub struct Secrets {
    device_keys: String,
    link_keys: String,
    hash_key: String,
    // Not in what earlier releases kept.
    #[serde(default)]
    admin_link_key: String,
    admin_api_token: String,
}

impl Secrets {
    /// Those of this state directory; new ones if it has none.
    pub(super) fn of(state_dir: &Path) -> Outcome<Self> {
        let file = state_dir.join("secrets.json");
        if file.exists() {
            let text = fs::read_to_string(&file).explain(file.display())?;
            let mut secrets: Self = serde_json::from_str(&text).explain(file.display())?;
            if secrets.admin_link_key.is_empty() {
                secrets.admin_link_key = random()?;
                secrets.keep(&file)?;
            }
            return Ok(secrets);
        }
        let secrets = Self {
            device_keys: new_key_set()?,
            link_keys: new_key_set()?,
            hash_key: random()?,
            admin_link_key: random()?,
            admin_api_token: random()?,
        };
        secrets.keep(&file)?;
        Ok(secrets)
    }

    fn keep(&self, file: &Path) -> Outcome {
        let text = serde_json::to_string_pretty(self).explain("secrets")?;
        write_private(file, text.as_bytes())
    }

    /// A set-up address for an administrator of the account at `origin`.
    ///
    /// # Errors
    /// When the origin is none.
    pub fn admin_link(&self, origin: &str, purpose: Purpose) -> Outcome<String> {
        admin_link::make(origin, purpose, &self.admin_link_key)
    }

    /// The token of the administration's interface.
    #[must_use]
    pub fn admin_api_token(&self) -> &str {
        &self.admin_api_token
    }

    /// Names and values as the Worker sees them.
    pub(super) fn bindings(&self) -> [(String, String); 5] {
        [
            ("DEVICE_KEYS".to_owned(), self.device_keys.clone()),
            ("LINK_KEYS".to_owned(), self.link_keys.clone()),
            ("HASH_KEY".to_owned(), self.hash_key.clone()),
            ("ADMIN_LINK_KEY".to_owned(), self.admin_link_key.clone()),
            ("ADMIN_API_TOKEN".to_owned(), self.admin_api_token.clone()),
        ]
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets(..)")
    }
}

fn new_key_set() -> Outcome<String> {
    Ok(json!([{ "kid": "local-1", "status": "active", "seed": random()? }]).to_string())
}

/// 32 random bytes in base64url.
fn random() -> Outcome<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).explain("random bytes")?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
}

/// Writes a file that only its owner can read, and never half of it.
pub(super) fn write_private(file: &Path, bytes: &[u8]) -> Outcome {
    let folder = file.parent().ok_or_else(|| Failure::new("a file without a folder"))?;
    let unfinished = folder.join(format!(".unfinished-{}", std::process::id()));
    let write = || {
        let mut open =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        open.write_all(bytes)?;
        open.sync_all()?;
        fs::rename(&unfinished, file)
    };
    write().explain(file.display())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn secrets_last_as_long_as_their_state_and_only_their_owner_reads_them() {
        let folder = std::env::temp_dir().join(format!("xtask-secrets-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let first = Secrets::of(&folder).unwrap();
        let second = Secrets::of(&folder).unwrap();
        let mode = fs::metadata(folder.join("secrets.json")).unwrap().permissions().mode();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(first.bindings(), second.bindings());
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(first.device_keys, first.link_keys);
    }

    #[test]
    fn debug_shows_no_secret() {
        let folder = std::env::temp_dir().join(format!("xtask-debug-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let secrets = Secrets::of(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(format!("{secrets:?}"), "Secrets(..)");
    }
}
