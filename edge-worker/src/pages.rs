//! Static files and the headers that go with everything. Which words a page has is `www`'s business.

use std::hash::{DefaultHasher, Hasher};

use worker::{Env, Headers, Response, ResponseBuilder, Url};

use crate::failure::{Failure, with_header};

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
    const fn file(self) -> &'static str {
        match self {
            Self::UnknownHost => "/errors/unknown-host.html",
            Self::LinkInvalid => "/errors/link-invalid.html",
            Self::LinkExpired => "/errors/link-expired.html",
            Self::TwoCookies => "/errors/two-cookies.html",
            Self::NotFound => "/errors/not-found.html",
            Self::Unavailable => "/errors/unavailable.html",
            Self::Internal => "/errors/internal.html",
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

/// Adds what goes on everything.
pub(crate) fn finished(mut response: Response) -> Response {
    let headers = response.headers_mut();
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
    response
}

fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// A static file.
pub(crate) async fn file(env: &Env, path: &str) -> Result<Response, Failure> {
    file_with(env, path, Response::builder()).await
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

async fn asset(env: &Env, path: &str) -> Result<Vec<u8>, Failure> {
    let assets = env.assets("ASSETS").map_err(|_| Failure::Misconfigured("ASSETS"))?;
    let url = format!("https://assets{path}");
    let mut found = assets.fetch(url, None).await.map_err(|_| Failure::Unavailable("assets"))?;
    if found.status_code() != 200 {
        return Err(Failure::NotFound);
    }
    found.bytes().await.map_err(|_| Failure::Unavailable("assets"))
}

async fn file_with(env: &Env, path: &str, builder: ResponseBuilder) -> Result<Response, Failure> {
    let kind = content_type(path).ok_or(Failure::NotFound)?;
    let bytes = asset(env, path).await?;
    Ok(with_header(builder, "Content-Type", kind).fixed(bytes))
}

/// The page for a failure.
pub(crate) async fn failure(env: &Env, failure: &Failure) -> Response {
    let (page, builder) = failure.page();
    match file_with(env, page.file(), builder).await {
        Ok(response) => response,
        // Without its page it is still said, in the form programs read.
        Err(_) => failure.problem(),
    }
}

/// `303 See Other`: whatever the method was, the next request is a GET.
pub(crate) fn see_other(location: &str) -> Response {
    with_header(Response::builder().with_status(303), "Location", location).empty()
}

/// `303` to the enrollment page, which leads back to `to`.
pub(crate) fn to_enrollment(origin: &str, to: &str, finding: Option<&str>) -> Result<Response, Failure> {
    let mut url = Url::parse(origin).map_err(|_| Failure::Internal("the origin is no URL"))?;
    url.set_path("/enroll");
    if let Some(finding) = finding {
        url.query_pairs_mut().append_pair("finding", finding);
    }
    url.query_pairs_mut().append_pair("to", to);
    Ok(see_other(url.as_str()))
}

/// Appends a `Set-Cookie`.
pub(crate) fn set_cookie(headers: &Headers, cookie: &str) -> Result<(), Failure> {
    headers.append("Set-Cookie", cookie).map_err(|_| Failure::Internal("a cookie could not be set"))
}
