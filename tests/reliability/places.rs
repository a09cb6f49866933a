//! The product at several places.

use std::collections::BTreeMap;

use serde_json::Value;
use xtask::stack::Location;

use crate::kv::View;
use crate::support::{Admin, Product, Wire, eventually};

/// A location that sees KV like this. Variables replace the product's own.
pub(crate) fn location(view: &View, vars: &[(&str, &str)]) -> Location {
    Location { kv_port: view.port(), vars: owned(vars), faulty_accounts: None }
}

fn owned(vars: &[(&str, &str)]) -> BTreeMap<String, String> {
    vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Admin {
    /// What was found, if KV has everything, by the product's own word.
    pub(crate) async fn kv_holds(&self) -> Option<Value> {
        Some(self.get("/revocations/verify").await).filter(|found| found["holds"] == true)
    }

    /// Waits for that.
    pub(crate) async fn kv_comes_to_hold(&self) -> Value {
        eventually("KV to have everything", async || self.kv_holds().await).await
    }
}

impl Product {
    /// A browser of the account `demo` that is near a location.
    pub(crate) fn wire_at(&self, location: usize) -> Wire {
        Wire::behind(&self.base(location), &self.stack.origin())
    }

    /// Administration of the account `demo` by way of a location.
    pub(crate) fn admin_at(&self, location: usize) -> Admin {
        Admin::behind(&self.base(location), &self.stack.origin(), self.secrets().admin_api_token())
    }

    fn base(&self, location: usize) -> String {
        format!("http://127.0.0.1:{}", self.stack.location(location).unwrap())
    }

    /// Deploys the Worker with other variables or secrets, everywhere but where a location has its own; as a crash would, it ends
    /// what is under way.
    pub(crate) fn redeploy(&mut self, vars: &[(&str, &str)]) {
        self.stack.kill_worker();
        self.stack.set_vars(owned(vars));
        self.stack.start_worker().unwrap();
    }
}
