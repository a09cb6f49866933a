//! Static files and the headers that go with everything. Which words a page has is `www`'s business.

use std::hash::{DefaultHasher, Hasher};

use enrollment_rules::click::Finding;
use enrollment_rules::language::Language;
use enrollment_rules::return_path::ReturnPath;
use enrollment_rules::template::Values;
use worker::{Env, Headers, Response, ResponseBuilder, Url};

use crate::failure::{Failure, with_header};
use crate::incoming::Incoming;

/// Is it a page of the administrators' console?
pub(crate) fn is_console(name: &str) -> bool {
    const PAGES: [&str; 14] = [
        "sign-in",
        "set-up",
        "account",
        "settings",
        "directories",
        "users",
        "user",
        "import",
        "interactions",
        "audit",
        "administrators",
        "tokens",
        "announcement",
        "mail",
    ];
    PAGES.contains(&name)
}

/// A page that explains why something did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorPage {
    UnknownHost,
    LinkInvalid,
    LinkExpired,
    TwoCookies,
    NotFound,
    Unavailable,
    Internal,
}

impl ErrorPage {
    const fn name(self) -> &'static str {
        match self {
            Self::UnknownHost => "/errors/unknown-host",
            Self::LinkInvalid => "/errors/link-invalid",
            Self::LinkExpired => "/errors/link-expired",
            Self::TwoCookies => "/errors/two-cookies",
            Self::NotFound => "/errors/not-found",
            Self::Unavailable => "/errors/unavailable",
            Self::Internal => "/errors/internal",
        }
    }
}

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'; worker-src 'self'; require-trusted-types-for 'script'; \
     trusted-types readiness-worker";

/// On everything that leaves. Links and pages must not tell other sites where somebody came from, be framed, or be
/// read across origins.
const EVERYWHERE: [(&str, &str); 6] = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
];

thread_local! {
    // Copied as a whole: setting one after the other is a good part of what a verification takes.
    static FINISHED: Headers = {
        let mut headers = Headers::new();
        finish(&mut headers);
        headers
    };
}

/// An answer that has what goes on everything from the beginning.
pub(crate) fn builder() -> ResponseBuilder {
    Response::builder().with_headers(FINISHED.with(Headers::clone))
}

/// Adds what goes on everything.
pub(crate) fn finished(mut response: Response) -> Response {
    if !response.headers().has("Referrer-Policy").unwrap_or(false) {
        finish(response.headers_mut());
    }
    response
}

fn finish(headers: &mut Headers) {
    for (name, value) in EVERYWHERE {
        // Our own constants: they can be set.
        _ = headers.set(name, value);
    }
    if !headers.has("Cache-Control").unwrap_or(false) {
        _ = headers.set("Cache-Control", "no-store");
    }
    if !headers.has("Content-Security-Policy").unwrap_or(false) {
        _ = headers.set("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    }
}

fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// A page, in this language.
pub(crate) async fn page(env: &Env, name: &str, language: Language) -> Result<Response, Failure> {
    page_with(env, name, language, Response::builder()).await
}

/// A file that pages load. Browsers keep it and ask each time whether it is still the same: the parts of a release fit
/// together. The tag is made here, of the content, so that it is the same wherever the file comes from.
pub(crate) async fn loaded_file(env: &Env, path: &str, known: Option<&str>) -> Result<Response, Failure> {
    let kind = content_type(path).ok_or(Failure::NotFound)?;
    let bytes = asset(env, path).await?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let builder = with_header(Response::builder(), "Cache-Control", "no-cache");
    let builder = with_header(builder, "ETag", &tag);
    // Proxies that compress on the way mark a tag as weak.
    if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return Ok(builder.with_status(304).empty());
    }
    Ok(with_header(builder, "Content-Type", kind).fixed(bytes))
}

pub(crate) async fn asset(env: &Env, path: &str) -> Result<Vec<u8>, Failure> {
    let assets = env.assets("ASSETS").map_err(|_| Failure::Misconfigured("ASSETS"))?;
    let url = format!("https://assets{path}");
    let mut found = assets.fetch(url, None).await.map_err(|_| Failure::Unavailable("assets"))?;
    if found.status_code() != 200 {
        return Err(Failure::NotFound);
    }
    found.bytes().await.map_err(|_| Failure::Unavailable("assets"))
}

async fn page_with(
    env: &Env,
    name: &str,
    language: Language,
    builder: ResponseBuilder,
) -> Result<Response, Failure> {
    Ok(written_in(language, builder).fixed(asset(env, &file(name, language)).await?))
}

fn file(name: &str, language: Language) -> String {
    match language {
        Language::English => format!("{name}.html"),
        Language::German => format!("{name}.de.html"),
    }
}

/// The headers of a page in this language.
fn written_in(language: Language, builder: ResponseBuilder) -> ResponseBuilder {
    let builder = with_header(builder, "Content-Type", "text/html; charset=utf-8");
    let builder = with_header(builder, "Content-Language", language.tag());
    with_header(builder, "Vary", "Accept-Language")
}

/// A page with values in it, which are text there.
pub(crate) async fn filled(
    env: &Env,
    name: &str,
    language: Language,
    values: &Values,
) -> Result<Response, Failure> {
    let template = String::from_utf8(asset(env, &file(name, language)).await?)
        .map_err(|_| Failure::Internal("a page that is no text"))?;
    let page = values.fill_html(&template);
    Ok(written_in(language, Response::builder()).fixed(page.into_bytes()))
}

/// The page for a failure.
pub(crate) async fn failure(env: &Env, failure: &Failure, language: Language) -> Response {
    let (page, builder) = failure.page();
    match page_with(env, page.name(), language, builder).await {
        Ok(response) => response,
        // Without its page it is still said, in the form programs read.
        Err(_) => failure.problem(),
    }
}

/// `303 See Other`: whatever the method was, the next request is a GET.
pub(crate) fn see_other(location: &str) -> Response {
    with_header(builder().with_status(303), "Location", location).empty()
}

/// `303` to the enrollment page, which leads back to `to`.
pub(crate) fn to_enrollment(
    incoming: &Incoming,
    to: &ReturnPath,
    finding: Option<Finding>,
) -> Result<Response, Failure> {
    let origin = incoming.account.audience.issuer.as_str();
    let mut url = Url::parse(origin).map_err(|_| Failure::Internal("the origin is no URL"))?;
    url.set_path("/enroll");
    if let Some(finding) = finding {
        url.query_pairs_mut().append_pair("finding", finding.code());
    }
    url.query_pairs_mut().append_pair("to", to.as_str());
    Ok(see_other(url.as_str()))
}

/// `303` to the page that proves the device, or asks for a press, and leads back to `to`.
pub(crate) fn to_proof(incoming: &Incoming, to: &ReturnPath, press: bool) -> Response {
    let origin = incoming.account.audience.issuer.as_str();
    see_other(&format!("{origin}{}", to.through_proof(press)))
}

/// Appends a `Set-Cookie`.
pub(crate) fn set_cookie(headers: &Headers, cookie: &str) -> Result<(), Failure> {
    headers.append("Set-Cookie", cookie).map_err(|_| Failure::Internal("a cookie could not be set"))
}
