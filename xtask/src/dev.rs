//! `dev`: the product on this machine, with something in it to look at.

use std::fs;
use std::sync::mpsc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::admin_link::Purpose;
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::process::step;
use crate::stack::{Stack, StackOptions};
use crate::{artifacts, setup};

/// Port of the Worker unless another is asked for; the mail catcher takes the two above.
pub const DEFAULT_PORT: u16 = 8787;

const DOMAIN: &str = "example.com";
const ANNA: &str = "anna@example.com";
const ANNAS_ALIAS: &str = "a.mustermann@example.com";
const BEN: &str = "ben@example.com";

/// Sets up, builds and starts everything, prints the addresses and stays until it is interrupted.
///
/// # Errors
/// When any of that fails.
pub fn run(checkout: &Checkout, port: u16) -> Outcome {
    let (interrupt, interrupted) = mpsc::channel();
    let options = StackOptions {
        port,
        mail_web_port: port.saturating_add(1),
        smtp_port: port.saturating_add(2),
        ..StackOptions::new(checkout.dev_state())
    };
    // Before minutes are spent on a build.
    options.check_free()?;
    let tools = setup::for_build(checkout)?;
    artifacts::build(checkout, &tools)?;
    // From here on there is something to end in order.
    ctrlc::set_handler(move || interrupt.send(()).unwrap_or_default()).explain("Ctrl-C")?;
    let stack = step("starting", || Stack::start(checkout, options))?;
    let link = demo_link(&stack)?;
    print_addresses(&stack, &link, &console(&stack)?);
    interrupted.recv().explain("waiting for Ctrl-C")?;
    step("stopping", || {
        drop(stack);
        Ok(())
    })
}

/// The part of the administration's answer that is printed.
#[derive(Deserialize)]
struct Link {
    url: String,
}

/// The console: by its set-up address as long as there is nobody to sign in.
fn console(stack: &Stack) -> Outcome<String> {
    let reply = admin(stack, "GET", "administrators", &Value::Null, &[])?;
    let known: Administrators = serde_json::from_str(&reply).explain("the administrators")?;
    if known.administrators.is_empty() {
        return stack.secrets().admin_link(&stack.origin(), Purpose::First);
    }
    Ok(format!("{}/admin", stack.origin()))
}

/// The part that tells whether there are any.
#[derive(Deserialize)]
struct Administrators {
    administrators: Vec<Value>,
}

fn print_addresses(stack: &Stack, link: &str, console: &str) {
    let (origin, token) = (stack.origin(), stack.secrets().admin_api_token());
    println!(
        "
  enrollment page   {origin}/enroll      users: {ANNA} (alias {ANNAS_ALIAS}), {BEN}
  demo link         {link}
  mail              {mail}
  console           {console}
  administration    {origin}/api/v1/admin/      Authorization: Bearer {token}
  for example       curl -H 'Authorization: Bearer {token}' '{origin}/api/v1/admin/users?domain={DOMAIN}'
  log               {log}

Ctrl-C stops everything; the next start has it all again.",
        mail = stack.mail_origin(),
        log = stack.worker_log().display(),
    );
}

/// The link that was made for this address, else a new one; the first time, the account too. An account is filled
/// once only: what somebody changed stays changed.
fn demo_link(stack: &Stack) -> Outcome<String> {
    let seeded = stack.state_dir().join("seeded");
    if !seeded.exists() {
        step("filling the demo account", || seed(stack))?;
        fs::write(&seeded, "").explain(seeded.display())?;
    }
    // A link is signed for its origin, and the port is part of that.
    let kept = stack.state_dir().join(format!("demo-link-{}", stack.port()));
    if let Ok(link) = fs::read_to_string(&kept) {
        return Ok(link);
    }
    let destination = format!("{}/", stack.origin());
    let reply =
        admin(stack, "POST", "links", &json!({ "destination": destination, "recipient": ANNA }), &[])?;
    let link: Link = serde_json::from_str(&reply).explain("the new link")?;
    fs::write(&kept, &link.url).explain(kept.display())?;
    Ok(link.url)
}

/// Each call may find its work done by a start that was interrupted.
fn seed(stack: &Stack) -> Outcome {
    admin(stack, "PATCH", "settings", &json!({ "authentication_enabled": true }), &[])?;
    admin(stack, "POST", "domains", &json!({ "name": DOMAIN }), &[409])?;
    admin(stack, "POST", "users", &json!({ "address": ANNA, "aliases": [ANNAS_ALIAS] }), &[409])?;
    admin(stack, "POST", "users", &json!({ "address": BEN }), &[409])?;
    Ok(())
}

/// Calls the administration of account `demo`; `fine` are the refusals that are as good as done.
fn admin(stack: &Stack, method: &str, path: &str, body: &Value, fine: &[u16]) -> Outcome<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(std::time::Duration::from_secs(20)))
        .proxy(None)
        .build()
        .into();
    // By address, so that it does not matter how this machine resolves `localhost`.
    let address = format!("{}/api/v1/admin/{path}", stack.other_origin());
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(&address)
        .header("Host", format!("localhost:{}", stack.port()))
        .header("Authorization", format!("Bearer {}", stack.secrets().admin_api_token()))
        .header("Content-Type", "application/json");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let mut reply = agent.run(request.body(text).explain(&address)?).explain(&address)?;
    let status = reply.status();
    let text = reply.body_mut().read_to_string().explain(&address)?;
    if status.is_success() || fine.contains(&status.as_u16()) {
        return Ok(text);
    }
    Err(Failure::new(format!("{method} /api/v1/admin/{path} answered {status}: {text}")))
}
