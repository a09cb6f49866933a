//! A browser with a WebDriver server of its own.

use std::sync::Arc;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use thirtyfour::session::handle::SessionHandle;
use thirtyfour::{By, Capabilities, SameSite, WebDriver};
use tokio::runtime::{Builder, Runtime};

use super::{Cookie, LIMIT, Outcome};
use crate::driver::Driver;

/// One window. Dropping it ends the driver and the browser at once.
#[derive(Debug)]
pub(crate) struct Session {
    runtime: Runtime,
    client: Client,
    handle: Arc<SessionHandle>,
    driver: Driver,
}

impl Session {
    pub(super) fn start(driver: Driver, capabilities: Value) -> Outcome<Self> {
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        // The time it takes to start a browser comes on top of what the page may take.
        let client = Client::builder().no_proxy().timeout(LIMIT * 3).build().unwrap();
        let connecting = WebDriver::builder(driver.address.as_str(), Capabilities::from(capabilities));
        let handle = runtime.block_on(async {
            let session = connecting.client(client.clone()).connect().await.map_err(said)?;
            let handle = Arc::clone(session.handle());
            // Closed below instead, or ended with the driver: dropping it would need this runtime.
            session.leak().map_err(said)?;
            Ok::<_, String>(handle)
        })?;
        Ok(Self { runtime, client, handle, driver })
    }

    pub(super) fn goto(&self, url: &str) -> Outcome {
        self.runtime.block_on(self.handle.goto(url)).map_err(said)
    }

    pub(super) fn script(&self, body: &str) -> Outcome<Value> {
        let script = format!("return (async () => {{ {body} }})();");
        let returned = self.runtime.block_on(self.handle.execute(script, vec![])).map_err(said)?;
        Ok(returned.json().clone())
    }

    pub(super) fn cookie(&self, name: &str) -> Outcome<Option<Cookie>> {
        let all = self.runtime.block_on(self.handle.get_all_cookies()).map_err(said)?;
        let found = all.into_iter().find(|cookie| cookie.name == name);
        Ok(found.map(|cookie| Cookie { value: cookie.value, lasts: cookie.expiry.is_some() }))
    }

    pub(super) fn keep_cookie(&self, name: &str, value: &str) -> Outcome {
        let mut cookie = thirtyfour::Cookie::new(name, value);
        cookie.set_path("/");
        cookie.set_secure(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.http_only = Some(true);
        self.runtime.block_on(self.handle.add_cookie(cookie)).map_err(said)
    }

    pub(super) fn lose_cookie(&self, name: &str) -> Outcome {
        self.runtime.block_on(self.handle.delete_cookie(name)).map_err(said)
    }

    pub(super) fn press(&self, css: &str) -> Outcome {
        let pressing = async { self.handle.find(By::Css(css)).await?.click().await };
        self.runtime.block_on(pressing).map_err(said)
    }

    pub(super) fn leave_room(&self, origin: &str, bytes: u32) -> Outcome {
        let limit = json!({ "origin": origin, "quotaSize": bytes });
        let command = json!({ "cmd": "Storage.overrideQuotaForOrigin", "params": limit });
        self.call(self.client.post(format!("{}/goog/cdp/execute", self.address())).json(&command))
    }

    pub(super) fn close(self) -> Outcome {
        self.call(self.client.delete(self.address()))
    }

    fn address(&self) -> String {
        format!("{}/session/{}", self.driver.address, self.handle.session_id())
    }

    /// What the client has no words for.
    fn call(&self, request: RequestBuilder) -> Outcome {
        let answer = self.runtime.block_on(async { request.send().await });
        answer.and_then(reqwest::Response::error_for_status).map_err(said).map(drop)
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
