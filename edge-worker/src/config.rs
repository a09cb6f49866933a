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
use enrollment_rules::mail::credentials::{Credentials, Unusable};
use enrollment_rules::mail::way::Way;
use enrollment_rules::time_text::DAY_SECONDS;
use serde::Deserialize;
use worker::Env;

use crate::failure::Failure;
use crate::mail;

/// The shortest API token taken: 32 characters.
const MIN_API_TOKEN: usize = 32;

/// One customer, by the host name it is reached at.
#[derive(Debug)]
pub(crate) struct Account {
    /// The account and its origin, as every token names them.
    pub(crate) audience: Audience,
    /// What people call it.
    pub(crate) name: String,
    /// Where Cloudflare Access signs its administrators in.
    pub(crate) access: Option<Access>,
}

/// An application of Cloudflare Access.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    /// The team: `https://<team>.cloudflareaccess.com`.
    pub(crate) issuer: String,
    /// The application's audience tag.
    pub(crate) audience: String,
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
    /// How mail is handed over.
    pub(crate) mail_out: Way,
    /// Who signs in there.
    pub(crate) mail_credentials: Option<Credentials>,
    /// The sender where an account has none of its own.
    pub(crate) default_postmaster: Option<Address>,
    admin_link_key: Option<HashKey>,
    admin_token: Option<Digest>,
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
        let mut access: BTreeMap<String, Access> = match text(env, "ACCESS") {
            Ok(text) => {
                serde_json::from_slice(text.as_bytes()).map_err(|_| Failure::Misconfigured("ACCESS"))?
            }
            Err(_) => BTreeMap::new(),
        };
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
            // One host is one account: of two, one would be without what guards the other.
            if accounts.values().any(|other: &Rc<Account>| other.audience.account == account) {
                return Err(wrong());
            }
            let access = access.remove(account.as_str());
            let audience = Audience { issuer, account };
            accounts
                .insert(host.to_ascii_lowercase(), Rc::new(Account { audience, name: entry.name, access }));
        }
        // Somebody's administration would be guarded by nothing but passkeys where Access was meant to be.
        if !access.is_empty() {
            return Err(Failure::Misconfigured("ACCESS"));
        }
        let hash_key = key(env, "HASH_KEY")?;
        // A deployment without one has no operator over HTTP.
        let token = text(env, "ADMIN_API_TOKEN").ok();
        if token.as_ref().is_some_and(|token| token.len() < MIN_API_TOKEN) {
            return Err(Failure::Misconfigured("ADMIN_API_TOKEN"));
        }
        let admin_token = token.map(|token| hash_key.digest(Purpose::ApiToken, &[token.as_bytes()]));
        let mail_out: Way = var("MAIL_OUT")?.parse().map_err(|_| Failure::Misconfigured("MAIL_OUT"))?;
        if mail_out == Way::Cloudflare && env.send_email(mail::BINDING).is_err() {
            return Err(Failure::Misconfigured(mail::BINDING));
        }
        let (user, password) = (text(env, "SMTP_USER").ok(), text(env, "SMTP_PASSWORD").ok());
        let mail_credentials =
            Credentials::for_way(&mail_out, user, password).map_err(|unusable| match unusable {
                Unusable::User => Failure::Misconfigured("SMTP_USER"),
                Unusable::Password => Failure::Misconfigured("SMTP_PASSWORD"),
            })?;
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
            mail_out,
            mail_credentials,
            // Without it an account that has no sender of its own sends nothing.
            default_postmaster: text(env, "DEFAULT_POSTMASTER_ADDRESS")
                .ok()
                .filter(|text| !text.is_empty())
                .map(|text| text.parse().map_err(|_| Failure::Misconfigured("DEFAULT_POSTMASTER_ADDRESS")))
                .transpose()?,
            // Without it everything works but set-up addresses.
            admin_link_key: match text(env, "ADMIN_LINK_KEY") {
                Ok(_) => Some(key(env, "ADMIN_LINK_KEY")?),
                Err(_) => None,
            },
            admin_token,
            hash_key,
        })
    }

    /// The account that is reached at `host`.
    pub(crate) fn account(&self, host: &str) -> Result<Rc<Account>, Failure> {
        self.accounts.get(&host.to_ascii_lowercase()).cloned().ok_or(Failure::UnknownHost)
    }

    /// For set-up addresses.
    pub(crate) fn admin_link_key(&self) -> Result<&HashKey, Failure> {
        self.admin_link_key.as_ref().ok_or(Failure::Misconfigured("ADMIN_LINK_KEY"))
    }

    /// Is this the deployment's API token? Digests are compared, so how far it matches cannot be timed.
    pub(crate) fn is_admin_token(&self, token: &str) -> bool {
        self.admin_token.as_ref() == Some(&self.hash_key.digest(Purpose::ApiToken, &[token.as_bytes()]))
    }
}

fn text(env: &Env, name: &'static str) -> Result<String, Failure> {
    env.var(name).map(|value| value.to_string()).map_err(|_| Failure::Misconfigured(name))
}

/// 32 bytes in base64url.
fn key(env: &Env, name: &'static str) -> Result<HashKey, Failure> {
    let bytes = Base64UrlUnpadded::decode_vec(&text(env, name)?).ok();
    let secret = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    secret.as_ref().map(HashKey::new).ok_or(Failure::Misconfigured(name))
}

/// What a deployment does not name is as it is by default.
fn bounds(env: &Env) -> Result<Bounds, Failure> {
    const YEAR_AND_A_DAY: u64 = 366 * DAY_SECONDS;
    let default = Bounds::default();
    let seconds = |name, range, default| seconds(env, name, range, default);
    let bounds = Bounds {
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
        admin_idle_seconds: seconds("ADMIN_IDLE_SECONDS", 1..=28_800, default.admin_idle_seconds)?,
        admin_session_seconds: seconds(
            "ADMIN_SESSION_SECONDS",
            1..=DAY_SECONDS,
            default.admin_session_seconds,
        )?,
        touch_seconds: seconds("TOUCH_SECONDS", 1..=3_600, default.touch_seconds)?,
        passkey_challenge_seconds: seconds(
            "PASSKEY_CHALLENGE_SECONDS",
            1..=3_600,
            default.passkey_challenge_seconds,
        )?,
        awareness_seconds: seconds("AWARENESS_SECONDS", 1..=3_600, default.awareness_seconds)?,
        copy_refresh_seconds: seconds("COPY_REFRESH_SECONDS", 0..=3_600, default.copy_refresh_seconds)?,
        copy_await_seconds: seconds("COPY_AWAIT_SECONDS", 0..=3_600, default.copy_await_seconds)?,
        heartbeat_seconds: seconds("HEARTBEAT_SECONDS", 1..=3_600, default.heartbeat_seconds)?,
        trust_seconds: seconds("TRUST_SECONDS", 2..=3_600, default.trust_seconds)?,
        publish_interval_milliseconds: seconds(
            "PUBLISH_INTERVAL_MILLISECONDS",
            0..=60_000,
            default.publish_interval_milliseconds,
        )?,
        old_body_seconds: seconds("OLD_BODY_SECONDS", 1..=DAY_SECONDS, default.old_body_seconds)?,
        mail_retry_seconds: seconds("MAIL_RETRY_SECONDS", 1..=3_600, default.mail_retry_seconds)?,
        mail_step_seconds: seconds("MAIL_STEP_SECONDS", 1..=60, default.mail_step_seconds)?,
    };
    if bounds.go_together() { Ok(bounds) } else { Err(Failure::Misconfigured("TRUST_SECONDS")) }
}

fn seconds(env: &Env, name: &'static str, range: RangeInclusive<u64>, default: u64) -> Result<u64, Failure> {
    let Ok(text) = env.var(name) else { return Ok(default) };
    let seconds = text.to_string().parse().ok().filter(|seconds| range.contains(seconds));
    seconds.ok_or(Failure::Misconfigured(name))
}
