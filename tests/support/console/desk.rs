//! An administrator who is signed in, as the console's pages speak for them.

use reqwest::Method;
use serde_json::{Value, json};
use xtask::admin_link::Purpose;

use super::{Passkey, Said};
use crate::support::{Answer, Product, Site, Wire, fresh_address};

/// The cookie of a session.
pub(crate) const SESSION: &str = "__Host-admin";

/// A session and the passkey it was begun with.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) wire: Wire,
    pub(crate) passkey: Passkey,
    /// The administrator's id and mail address.
    pub(crate) id: String,
    pub(crate) address: String,
}

/// A set-up address for one more administrator, whoever is there already.
pub(crate) fn recovery_address(product: &Product, site: &Site) -> String {
    product.secrets().admin_link(&site.origin, Purpose::Recover).unwrap()
}

/// What is in its fragment.
pub(crate) fn set_up_token(address: &str) -> &str {
    address.split_once("/admin/set-up#").unwrap_or_else(|| panic!("no set-up address: {address}")).1
}

impl Desk {
    /// An administrator nobody else uses.
    pub(crate) async fn open(product: &Product, site: &Site) -> Self {
        let address = fresh_address("administrator");
        Self::set_up(site, &recovery_address(product, site), "Grace Example", &address).await
    }

    /// Comes by a set-up address, which must work.
    pub(crate) async fn set_up(site: &Site, set_up_address: &str, name: &str, address: &str) -> Self {
        Self::set_up_with(Passkey::new(), site, set_up_address, name, address).await
    }

    pub(crate) async fn set_up_with(
        passkey: Passkey,
        site: &Site,
        set_up_address: &str,
        name: &str,
        address: &str,
    ) -> Self {
        let mut wire = Wire::to(&site.origin);
        let token = set_up_token(set_up_address);
        let seen = wire.post("/api/v1/admin/set-up/challenge", &json!({ "token": token })).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let said = Said::to(&seen.json()["options"], &site.origin);
        let body =
            json!({ "token": token, "name": name, "address": address, "passkey": passkey.made(&said) });
        let signed_in = wire.post("/api/v1/admin/set-up", &body).await;
        assert_eq!(signed_in.status, 201, "{}", signed_in.text());
        Self::of(wire, passkey, &signed_in)
    }

    /// Somebody of this role, invited by this one.
    pub(crate) async fn invite(&mut self, site: &Site, role: &str) -> Self {
        let address = fresh_address(role);
        let body = json!({ "name": "Ada Example", "address": address, "role": role });
        let invited = self.call(Method::POST, "/administrators", Some(&body)).await;
        assert_eq!(invited.status, 201, "{}", invited.text());
        let url = invited.json()["url"].as_str().unwrap().to_owned();
        Self::set_up(site, &url, "Ada Example", &address).await
    }

    /// Signs in with a passkey, which must work.
    pub(crate) async fn sign_in(site: &Site, passkey: Passkey) -> Self {
        let mut wire = Wire::to(&site.origin);
        let options = wire.post("/api/v1/admin/session/challenge", &json!({})).await;
        let used = passkey.used(&Said::to(&options.json(), &site.origin));
        let signed_in = wire.post("/api/v1/admin/session", &json!({ "passkey": used })).await;
        assert_eq!(signed_in.status, 201, "{}", signed_in.text());
        Self::of(wire, passkey, &signed_in)
    }

    fn of(wire: Wire, passkey: Passkey, signed_in: &Answer) -> Self {
        let cookie = signed_in.set_cookie(SESSION).unwrap();
        for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
            assert!(cookie.split("; ").any(|one| one == attribute), "{attribute}: {cookie}");
        }
        let administrator = &signed_in.json()["administrator"];
        let text = |name: &str| administrator[name].as_str().unwrap().to_owned();
        Self { wire, passkey, id: text("id"), address: text("address") }
    }

    /// Whatever comes of it.
    pub(crate) async fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.wire.call(method, &format!("/api/v1/admin{path}"), body).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value, status: u16) -> Value {
        let answer = self.call(Method::POST, path, Some(body)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        answer.json()
    }

    /// Touches the passkey, whatever comes of it.
    pub(crate) async fn touch_as(&mut self, change: impl FnOnce(&mut Said)) -> Answer {
        let options = self.post("/session/touch/challenge", &json!({}), 200).await;
        let mut said = Said::to(&options, &self.wire.origin);
        change(&mut said);
        let used = self.passkey.used(&said);
        self.call(Method::POST, "/session/touch", Some(&json!({ "passkey": used }))).await
    }
}
