//! Answers "hi" to everything.

use worker::{Context, Env, Request, Response, Result, event};

/// Every request enters here.
#[event(fetch)]
async fn fetch(_: Request, _: Env, _: Context) -> Result<Response> {
    Response::ok("hi")
}
