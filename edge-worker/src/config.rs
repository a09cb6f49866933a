//! The deployment's configuration, read once per isolate from the Worker's variables and secrets.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};
use device_token::{AccountId, Audience, DeviceFamily, LinkFamily, Origin, SigningKeys};
use enrollment_rules::address::Address;
use enrollment_rules::bounds::Bounds;
use enrollment_rules::keyed_hash::{Digest, HashKey, Purpose};
use enrollment_rules::time_text::DAY_SECONDS;
use serde::Deserialize;
use worker::Env;

use crate::failure::Failure;

/// The shortest API token taken: 32 characters.
const MIN_API_TOKEN: usize = 32;

/// One customer, by the host name it is reached at.
#[derive(Debug)]
pub(crate) struct Account {
    /// The account and its origin, as every token names them.
    pub(crate) audience: Audience,
    /// What people call it.
    pub(crate) name: String,
}

/// Everything a deployment chooses.
pub(crate) struct Config {
    accounts: BTreeMap<String, Rc<Account>>,
    /// For device cookies and tokens.
    pub(crate) device_keys: SigningKeys<DeviceFamily>,
    /// For links.
    pub(crate) link_keys: SigningKeys<LinkFamily>,
    /// For everything that is kept but not readable.
    pub(crate) hash_key: HashKey,
    /// How long things last.
    pub(crate) bounds: Bounds,
    /// Where mail is handed over: host and port.
    pub(crate) smtp: (String, u16),
    /// The sender where an account has none of its own.
    pub(crate) default_postmaster: Address,
    admin_token: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry {
    account: String,
    name: String,
    origin: String,
}

thread_local! {
    static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

impl Config {
    /// The configuration; what is wrong with it is named.
    pub(crate) fn of(env: &Env) -> Result<Rc<Self>, Failure> {
        CONFIG.with(|cell| {
            if let Some(config) = cell.get() {
                return Ok(Rc::clone(config));
            }
            let config = Rc::new(Self::read(env)?);
            Ok(Rc::clone(cell.get_or_init(|| config)))
        })
    }

    fn read(env: &Env) -> Result<Self, Failure> {
        let var = |name: &'static str| text(env, name);
        let entries: BTreeMap<String, AccountEntry> = serde_json::from_slice(var("ACCOUNTS")?.as_bytes())
            .map_err(|_| Failure::Misconfigured("ACCOUNTS"))?;
        let mut accounts = BTreeMap::new();
        for (host, entry) in entries {
            let wrong = || Failure::Misconfigured("ACCOUNTS");
            let issuer = Origin::parse(&entry.origin).map_err(|_| wrong())?;
            let account = AccountId::parse(&entry.account).map_err(|_| wrong())?;
            // The account object is told the origin's host, and finds its account by it.
            if issuer.as_str().split_once("://").map(|(_, own)| own)
                != Some(host.to_ascii_lowercase().as_str())
            {
                return Err(wrong());
            }
            let audience = Audience { issuer, account };
            accounts.insert(host.to_ascii_lowercase(), Rc::new(Account { audience, name: entry.name }));
        }
        let secret = Base64UrlUnpadded::decode_vec(&var("HASH_KEY")?)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or(Failure::Misconfigured("HASH_KEY"))?;
        let hash_key = HashKey::new(&secret);
        let token = var("ADMIN_API_TOKEN")?;
        if token.len() < MIN_API_TOKEN {
            return Err(Failure::Misconfigured("ADMIN_API_TOKEN"));
        }
        let smtp_address = var("SMTP_ADDRESS")?;
        let smtp = smtp_address
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)))
            .ok_or(Failure::Misconfigured("SMTP_ADDRESS"))?;
        let device_keys: SigningKeys<DeviceFamily> = SigningKeys::from_json(&var("DEVICE_KEYS")?)
            .map_err(|_| Failure::Misconfigured("DEVICE_KEYS"))?;
        let link_keys: SigningKeys<LinkFamily> =
            SigningKeys::from_json(&var("LINK_KEYS")?).map_err(|_| Failure::Misconfigured("LINK_KEYS"))?;
        // A key serves one family (docs/TOKEN.md); its public half, in both sets, would tell.
        let link_set = link_keys.verifying().to_jwks();
        let device_set = device_keys.verifying().to_jwks();
        let mut public_halves = device_set.split("\"x\":").skip(1).filter_map(|rest| rest.split('}').next());
        if public_halves.any(|public| link_set.contains(public)) {
            return Err(Failure::Misconfigured("LINK_KEYS"));
        }
        Ok(Self {
            accounts,
            device_keys,
            link_keys,
            bounds: bounds(env)?,
            smtp,
            default_postmaster: var("DEFAULT_POSTMASTER_ADDRESS")?
                .parse()
                .map_err(|_| Failure::Misconfigured("DEFAULT_POSTMASTER_ADDRESS"))?,
            admin_token: hash_key.digest(Purpose::ApiToken, &[token.as_bytes()]),
            hash_key,
        })
    }

    /// The account that is reached at `host`.
    pub(crate) fn account(&self, host: &str) -> Result<Rc<Account>, Failure> {
        self.accounts.get(&host.to_ascii_lowercase()).cloned().ok_or(Failure::UnknownHost)
    }

    /// Is this the deployment's API token? Digests are compared, so how far it matches cannot be timed.
    pub(crate) fn is_admin_token(&self, token: &str) -> bool {
        self.hash_key.digest(Purpose::ApiToken, &[token.as_bytes()]) == self.admin_token
    }
}

fn text(env: &Env, name: &'static str) -> Result<String, Failure> {
    env.var(name).map(|value| value.to_string()).map_err(|_| Failure::Misconfigured(name))
}

/// What a deployment does not name is as it is by default.
fn bounds(env: &Env) -> Result<Bounds, Failure> {
    const YEAR_AND_A_DAY: u64 = 366 * DAY_SECONDS;
    let default = Bounds::default();
    let seconds = |name, range, default| seconds(env, name, range, default);
    Ok(Bounds {
        code_lifetime_seconds: seconds("CODE_LIFETIME_SECONDS", 1..=3_600, default.code_lifetime_seconds)?,
        resend_after_seconds: seconds("RESEND_AFTER_SECONDS", 0..=3_600, default.resend_after_seconds)?,
        challenge_seconds: seconds("CHALLENGE_SECONDS", 1..=600, default.challenge_seconds)?,
        proof_hour_seconds: seconds("PROOF_HOUR_SECONDS", 1..=3_600, default.proof_hour_seconds)?,
        recent_proof_seconds: seconds("RECENT_PROOF_SECONDS", 1..=3_600, default.recent_proof_seconds)?,
        press_after_seconds: seconds("PRESS_AFTER_SECONDS", 1..=YEAR_AND_A_DAY, default.press_after_seconds)?,
        device_record_seconds: seconds(
            "DEVICE_RECORD_SECONDS",
            1..=u64::from(u32::MAX),
            default.device_record_seconds,
        )?,
    })
}

fn seconds(env: &Env, name: &'static str, range: RangeInclusive<u64>, default: u64) -> Result<u64, Failure> {
    let Ok(text) = env.var(name) else { return Ok(default) };
    let seconds = text.to_string().parse().ok().filter(|seconds| range.contains(seconds));
    seconds.ok_or(Failure::Misconfigured(name))
}
