//! Which address leads to which handler.

use enrollment_rules::language::Language;
use worker::{Context, Env, Method, Request, Response};

use crate::failure::Failure;
use crate::incoming::{Incoming, language_of};
use crate::{admin, click, device, devices, enrollments, not_me, pages, proofs, verify};

/// Answers a request, whatever becomes of it.
pub(crate) async fn answer(request: Request, env: Env, context: Context) -> Response {
    let for_a_person = is_page(&request.path());
    // Programs are answered in none, and a verification has no time for it.
    let language = if for_a_person { language_of(&request) } else { Language::English };
    let outcome = match Incoming::new(request, env.clone(), context) {
        Ok(incoming) => route(incoming, language).await,
        Err(failure) => Err(failure),
    };
    pages::finished(match outcome {
        Ok(response) => response,
        Err(failure) if for_a_person => pages::failure(&env, &failure, language).await,
        Err(failure) => failure.problem(),
    })
}

fn is_page(path: &str) -> bool {
    !path.starts_with("/api/") && !path.starts_with("/.well-known/")
}

async fn route(incoming: Incoming, language: Language) -> Result<Response, Failure> {
    let path = incoming.url.path().to_owned();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    if let ["api", "v1", "admin", rest @ ..] = segments.as_slice() {
        return admin::answer(incoming, rest).await;
    }
    let method = incoming.method.clone();
    match segments.as_slice() {
        ["api", "v1", rest @ ..] => api(incoming, rest).await,
        ["s", link] => {
            read_only(&method)?;
            click::answer(&incoming, link, language).await
        }
        ["not-me", token] => not_me::answer(&incoming, token, language).await,
        [""] => page(&incoming, "/index", language).await,
        ["enroll" | "prove" | "devices"] => page(&incoming, &path, language).await,
        ["healthz"] => {
            read_only(&method)?;
            Response::ok("ok").map_err(|_| Failure::Internal("no answer"))
        }
        [".well-known", "jwks.json"] => {
            read_only(&method)?;
            device::key_set(&incoming)
        }
        ["admin"] => page(&incoming, "/admin/index", language).await,
        ["admin", name] if pages::is_console(name) => page(&incoming, &path, language).await,
        // What the pages load; the pages themselves have the addresses above.
        ["assets" | "client", ..] => {
            read_only(&method)?;
            let known = incoming.header("If-None-Match");
            pages::loaded_file(&incoming.env, &path, known.as_deref()).await
        }
        _ => Err(Failure::NotFound),
    }
}

async fn api(mut incoming: Incoming, segments: &[&str]) -> Result<Response, Failure> {
    let method = incoming.method.clone();
    if !matches!(method, Method::Get | Method::Head) {
        incoming.refuse_other_sites()?;
    }
    match (segments, &method) {
        (["enrollments"], Method::Post) => enrollments::start(&mut incoming).await,
        (["enrollments", "resend"], Method::Post) => enrollments::resend(&mut incoming).await,
        (["enrollments", "confirm"], Method::Post) => enrollments::confirm(&mut incoming).await,
        (["enrollments", "mail"], Method::Get) => enrollments::mail(&incoming).await,
        (["readiness"], Method::Post) => device::set_probe(&mut incoming).await,
        (["readiness", probe], Method::Delete) => device::take_probe(&incoming, probe),
        (["device"], Method::Get) => device::this_device(&incoming).await,
        (["device", "challenge"], Method::Post) => proofs::challenge(&mut incoming).await,
        (["device", "prove"], Method::Post) => proofs::prove(&mut incoming).await,
        (["device", "press"], Method::Post) => proofs::press(&mut incoming).await,
        (["device", "unproven"], Method::Post) => proofs::unproven(&mut incoming).await,
        (["device"], Method::Delete) => device::forget(&incoming).await,
        (["devices"], Method::Get) => devices::list(&incoming).await,
        (["devices", "revoke-others"], Method::Post) => devices::sign_out_others(&mut incoming).await,
        (["devices", "code"], Method::Post) => devices::ask_code(&mut incoming).await,
        (["devices", "code", "confirm"], Method::Post) => devices::confirm_code(&mut incoming).await,
        (["verify"], Method::Get | Method::Head) => verify::answer(&incoming).await,
        (
            ["enrollments" | "readiness"]
            | ["enrollments", "resend" | "confirm"]
            | ["device", "challenge" | "prove" | "press" | "unproven"]
            | ["devices", "revoke-others" | "code"]
            | ["devices", "code", "confirm"],
            _,
        ) => Err(Failure::MethodNotAllowed("POST".to_owned())),
        // After the names above, which are no ids.
        (["devices", id], Method::Patch) => devices::rename(&mut incoming, id).await,
        (["devices", id], Method::Delete) => devices::sign_out(&incoming, id).await,
        (["devices"] | ["enrollments", "mail"], _) => Err(Failure::MethodNotAllowed("GET".to_owned())),
        (["devices", _], _) => Err(Failure::MethodNotAllowed("PATCH, DELETE".to_owned())),
        (["readiness", _], _) => Err(Failure::MethodNotAllowed("DELETE".to_owned())),
        (["device"], _) => Err(Failure::MethodNotAllowed("GET, DELETE".to_owned())),
        (["verify"], _) => Err(Failure::MethodNotAllowed("GET, HEAD".to_owned())),
        _ => Err(Failure::NotFound),
    }
}

async fn page(incoming: &Incoming, name: &str, language: Language) -> Result<Response, Failure> {
    read_only(&incoming.method)?;
    pages::page(&incoming.env, name, language).await
}

fn read_only(method: &Method) -> Result<(), Failure> {
    match method {
        Method::Get | Method::Head => Ok(()),
        _ => Err(Failure::MethodNotAllowed("GET, HEAD".to_owned())),
    }
}
