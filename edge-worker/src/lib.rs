//! The Cloudflare Worker: routes, the account object, publication of revocations, mail, administration.
//!
//! Thin: a handler reads the request, asks `enrollment-rules` (through the account object where something changes), and
//! writes the answer. A failure becomes an HTTP status in `failure` and nowhere else. What a token is belongs to
//! `device-token`; what is allowed belongs to `enrollment-rules`; words belong to `www`.

mod account;
mod admin;
mod click;
mod config;
mod cookies;
mod device;
mod devices;
mod enrollments;
mod entropy;
mod failure;
mod gate;
mod incoming;
mod mail;
mod not_me;
mod pages;
mod proofs;
mod published;
mod routes;
mod verify;
mod web_crypto;

use worker::{Context, Env, Request, Response, Result, event};

/// Every request enters here.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    Ok(routes::answer(request, env, context).await)
}
