//! A request as the handlers see it: which account, from where, with what body.

use std::rc::Rc;

use enrollment_rules::address::Address;
use enrollment_rules::arrival;
use enrollment_rules::keyed_hash::{Digest, Purpose};
use enrollment_rules::language::{self, Language};
use enrollment_rules::mail::words::Asked;
use enrollment_rules::network::network_of;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use worker::{Cf, Context, Date, Env, Method, Request, Url};

use crate::account::AccountStub;
use crate::config::{Account, Config};
use crate::failure::Failure;
use device_token::Timestamp;

/// The largest body taken, in bytes.
const MAX_BODY: usize = 16_384;
/// The same for a body with a list of addresses, domains or ids: a hundred addresses of the longest fit, and 500 ids.
const MAX_LONG_BODY: usize = 65_536;

/// What every handler works with.
pub(crate) struct Incoming {
    pub(crate) request: Request,
    pub(crate) url: Url,
    pub(crate) method: Method,
    pub(crate) env: Env,
    pub(crate) context: Context,
    pub(crate) config: Rc<Config>,
    pub(crate) account: Rc<Account>,
}

impl Incoming {
    /// Finds the configuration and the account.
    pub(crate) fn new(request: Request, env: Env, context: Context) -> Result<Self, Failure> {
        let config = Config::of(&env)?;
        let url = request.url().map_err(|_| Failure::NotFound)?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(Failure::UnknownHost),
        };
        let account = config.account(&host)?;
        Ok(Self { method: request.method(), request, url, env, context, config, account })
    }

    /// The account object of this account.
    pub(crate) fn account_object(&self) -> AccountStub {
        AccountStub::new(self.env.clone(), &self.account)
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).ok().flatten()
    }

    /// One query parameter; given twice it counts as not given.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let mut values = self.url.query_pairs().filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.into_owned());
        value.filter(|_| values.next().is_none())
    }

    /// The language to answer in, and to write mail in.
    pub(crate) fn language(&self) -> Language {
        language_of(&self.request)
    }

    /// Who asks for a mail, as far as anybody can tell. Where they are is told by the edge; a machine of one's own does not know.
    pub(crate) fn asked(&self) -> Asked {
        let place = self.request.cf();
        Asked::new(
            &self.header("User-Agent").unwrap_or_default(),
            place.and_then(Cf::city).as_deref(),
            place.and_then(Cf::country).as_deref(),
            self.language(),
            now(),
        )
    }

    /// The client's network, hashed.
    pub(crate) fn network(&self) -> Digest {
        // Set by the edge, which overwrites what a client sends; nothing else is believed.
        let client = self.header("CF-Connecting-IP");
        self.hash(Purpose::Network, &network_of(client.as_deref()))
    }

    /// A keyed hash of one text, apart from the other accounts'.
    pub(crate) fn hash(&self, purpose: Purpose, text: &str) -> Digest {
        let account = self.account.audience.account.as_str();
        self.config.hash_key.digest(purpose, &[account.as_bytes(), text.as_bytes()])
    }

    /// The keyed hash of an address as typed.
    pub(crate) fn typed_address(&self, address: &Address) -> Digest {
        self.hash(Purpose::TypedAddress, &address.key())
    }

    /// Refuses a change asked for from another site.
    pub(crate) fn refuse_other_sites(&self) -> Result<(), Failure> {
        let allowed = arrival::may_change(
            self.header("Sec-Fetch-Site").as_deref(),
            self.header("Origin").as_deref(),
            self.account.audience.issuer.as_str(),
            // No browser adds it by itself, and no other site's script may.
            self.header("Authorization").is_some(),
        );
        if allowed { Ok(()) } else { Err(Failure::CrossSite) }
    }

    /// Refuses what another site's page asks for, though it changes nothing. Programs and old browsers do not say where they are.
    pub(crate) fn refuse_readers_elsewhere(&self) -> Result<(), Failure> {
        match self.header("Sec-Fetch-Site").as_deref() {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => Err(Failure::CrossSite),
        }
    }

    /// The JSON body, strictly: its type, its size, its fields.
    pub(crate) async fn body<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        self.body_up_to(MAX_BODY).await
    }

    /// The same for bodies that hold lists.
    pub(crate) async fn long_body<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        self.body_up_to(MAX_LONG_BODY).await
    }

    async fn body_up_to<T: DeserializeOwned>(&mut self, limit: usize) -> Result<T, Failure> {
        let bytes = self.bytes("application/json", limit).await?;
        // The reader would take a list of the fields' values, too.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(Failure::BodyInvalid {
                field: String::new(),
                detail: "not a JSON object".to_owned(),
            });
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            let detail = error.to_string();
            Failure::BodyInvalid { field: field_of(&detail, &bytes, error.line(), error.column()), detail }
        })
    }

    /// The body as it came, of this type and at most so long, in bytes.
    pub(crate) async fn bytes(&mut self, media_type: &'static str, limit: usize) -> Result<Vec<u8>, Failure> {
        let content_type = self.header("Content-Type").unwrap_or_default().to_ascii_lowercase();
        let mut parts = content_type.split(';').map(str::trim);
        let is_it = parts.next() == Some(media_type);
        if !is_it || parts.any(|parameter| parameter != "charset=utf-8") {
            return Err(Failure::ContentType(media_type));
        }
        let mut bytes = Vec::new();
        // A body may be absent; then there is nothing to parse, which is an error of its own elsewhere.
        if let Ok(mut stream) = self.request.stream() {
            while let Some(chunk) = stream.next().await {
                bytes.extend(chunk.map_err(|_| Failure::Internal("the body broke off"))?);
                if bytes.len() > limit {
                    return Err(Failure::BodyTooLarge(limit));
                }
            }
        }
        Ok(bytes)
    }
}

/// The field an error is about: the one it names, or else the last one begun before the place it names.
///
/// `serde_path_to_error` would tell exactly, for a twentieth of the Worker's size; bodies here are flat, and one that is
/// written to mislead misleads only its sender.
fn field_of(detail: &str, body: &[u8], line: usize, column: usize) -> String {
    if let Some((_, rest)) = detail.split_once("field `") {
        return rest.split('`').next().unwrap_or_default().to_owned();
    }
    let lines_before = body.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1));
    let offset = lines_before.map(<[u8]>::len).sum::<usize>().saturating_add(column);
    // A text is a field's name if a colon follows it, and everything else in it is none of ours.
    let (mut name, mut text, mut within, mut escaped) = (Vec::new(), Vec::new(), false, false);
    for byte in body.get(..offset).unwrap_or(body) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => {
                within = !within;
                if within {
                    text.clear();
                }
            }
            b':' if !within => name.clone_from(&text),
            byte if within => text.push(*byte),
            _ => {}
        }
    }
    String::from_utf8_lossy(&name).into_owned()
}

/// The language that was chosen, or that the browser asks for.
pub(crate) fn language_of(request: &Request) -> Language {
    let url = request.url().ok();
    let chosen = url.as_ref().and_then(|url| url.query_pairs().find(|(name, _)| name == "lang"));
    let accepted = request.headers().get("Accept-Language").ok().flatten();
    language::language(chosen.as_ref().map(|(_, tag)| &**tag), accepted.as_deref())
}

/// The time, from the platform. A clock that cannot be right opens nothing: by then everything has expired.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(Date::now().as_millis() / 1_000).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use enrollment_rules::messages::SettingsPatch;

    #[test]
    fn the_field_an_error_is_about_is_named_however_the_body_is_laid_out() {
        for (body, field) in [
            ("{\"authentication_duration_days\":\"ten\"}", "authentication_duration_days"),
            (
                "{\n \"renew_after_seconds\": 1,\n \"authentication_duration_days\" : \"ten\"\n}",
                "authentication_duration_days",
            ),
            ("{\"other\":1}", "other"),
            ("{\"renew_after_seconds\":1,\"renew_after_seconds\":2}", "renew_after_seconds"),
            ("{\"private_windows\":\"a:\\\"b:c\",\"renew_after_seconds\":true}", "renew_after_seconds"),
            ("{\"authentication_enabled\":\"a\\\":b\"}", "authentication_enabled"),
            ("{", ""),
        ] {
            let error = serde_json::from_str::<SettingsPatch>(body).unwrap_err();
            let named = field_of(&error.to_string(), body.as_bytes(), error.line(), error.column());
            assert_eq!(named, field, "{body}");
        }
    }
}
