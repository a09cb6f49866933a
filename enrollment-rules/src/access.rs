//! Cloudflare Access in front of the administration: what its token (`Cf-Access-Jwt-Assertion`, RFC 7519) must say. That it
//! is signed by one of the team's keys is for the platform to verify.

use device_token::Timestamp;
use serde::Deserialize;

use crate::address::Address;

/// How far the clocks may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 60;

/// The token's header.
#[derive(Debug, Deserialize)]
pub struct Header {
    /// `RS256`, and nothing else.
    pub alg: String,
    /// Which of the team's keys.
    pub kid: String,
}

/// One application or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// As text.
    One(String),
    /// As a list.
    Several(Vec<String>),
}

/// The token's claims.
#[derive(Debug, Deserialize)]
pub struct Claims {
    /// The team.
    pub iss: String,
    /// For which application.
    pub aud: Audience,
    /// Whose. Tokens of services have none.
    #[serde(default)]
    pub email: Option<String>,
    /// When the person signed in.
    pub iat: u64,
    /// Good before.
    pub exp: u64,
    /// Good from.
    #[serde(default)]
    pub nbf: Option<u64>,
}

/// Somebody Access has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Their mail address.
    pub address: Address,
    /// When they signed in.
    pub signed_in_at: Timestamp,
    /// Until when that is good.
    pub expires_at: Timestamp,
}

/// Who it is; `None` if the token does not hold for this team and application now.
#[must_use]
pub fn identity(claims: &Claims, issuer: &str, audience: &str, now: Timestamp) -> Option<Identity> {
    let for_us = match &claims.aud {
        Audience::One(one) => one == audience,
        Audience::Several(several) => several.iter().any(|one| one == audience),
    };
    let latest = now.as_seconds().saturating_add(LEEWAY_SECONDS);
    let has_begun = claims.iat <= latest && claims.nbf.is_none_or(|from| from <= latest);
    if claims.iss != issuer || !for_us || !has_begun || claims.exp <= now.as_seconds() {
        return None;
    }
    Some(Identity {
        address: claims.email.as_ref()?.parse().ok()?,
        signed_in_at: Timestamp::from_seconds(claims.iat).ok()?.min(now),
        expires_at: Timestamp::from_seconds(claims.exp).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity_of(changes: &[(&str, serde_json::Value)]) -> Option<Identity> {
        let mut claims = serde_json::json!({
            "iss": "https://team.example", "aud": ["app"], "email": "grace@example.com", "iat": 1_000, "exp": 2_000,
            "sub": "not needed",
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        let claims: Claims = serde_json::from_value(claims).ok()?;
        identity(&claims, "https://team.example", "app", Timestamp::from_seconds(1_500).unwrap())
    }

    #[test]
    fn a_token_of_the_team_for_the_application_tells_who_it_is() {
        let found = identity_of(&[]).unwrap();
        assert_eq!(found.address, "grace@example.com".parse().unwrap());
        assert_eq!((found.signed_in_at.as_seconds(), found.expires_at.as_seconds()), (1_000, 2_000));
        assert!(identity_of(&[("aud", "app".into())]).is_some());
        assert!(identity_of(&[("nbf", 1_560.into())]).is_some());
    }

    #[test]
    fn any_other_token_tells_nothing() {
        for (name, value) in [
            ("iss", serde_json::json!("https://team.example/")),
            ("iss", serde_json::json!("https://other.example")),
            ("aud", serde_json::json!(["other"])),
            ("aud", serde_json::json!([])),
            ("aud", serde_json::json!("apps")),
            ("email", serde_json::json!(null)),
            ("email", serde_json::json!("grace")),
            ("exp", serde_json::json!(1_500)),
            ("exp", serde_json::json!("2000")),
            ("iat", serde_json::json!(1_561)),
            ("nbf", serde_json::json!(1_561)),
        ] {
            assert_eq!(identity_of(&[(name, value.clone())]), None, "{name}: {value}");
        }
    }
}
