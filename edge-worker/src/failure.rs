//! Everything that can go wrong, and the one place where it becomes an HTTP status.

mod refusals;

use enrollment_rules::enrollment::Refusal;
use enrollment_rules::settings::Settings;
use enrollment_rules::settings_change::Warning;
use enrollment_rules::{my_devices, passkey, proof};
use serde::Serialize;
use worker::{Response, ResponseBuilder, console_error};

use crate::account::AccountRefusal;
use crate::pages::{self, ErrorPage};

/// Why a request is not answered as it wished.
#[derive(Debug)]
pub(crate) enum Failure {
    UnknownHost,
    NotFound,
    MethodNotAllowed(String),
    CrossSite,
    /// What it must be.
    ContentType(&'static str),
    /// How many bytes it may have.
    BodyTooLarge(usize),
    BodyInvalid {
        field: String,
        detail: String,
    },
    Unauthorized,
    NotEnrolled,
    ProofDue,
    KeyRequired,
    TwoCookies,
    Speculation,
    LinkInvalid,
    LinkExpired,
    AddressInvalid,
    /// Which of several.
    NotAnAddress(String),
    ToInvalid,
    CodeMalformed,
    DeviceKeyInvalid,
    NameInvalid,
    DestinationInvalid(&'static str),
    Refused(AccountRefusal),
    /// A part this Worker needs did not answer.
    Unavailable(&'static str),
    /// A variable or secret is missing or wrong.
    Misconfigured(&'static str),
    Internal(&'static str),
}

/// What both forms of an answer are made of.
struct Described {
    status: u16,
    code: &'static str,
    title: &'static str,
    field: Option<String>,
    detail: Option<String>,
    attempts_left: Option<u8>,
    retry_after_seconds: Option<u64>,
    next_part: Option<u64>,
    warnings: Option<Vec<Warning>>,
    current: Option<Box<Settings>>,
    /// The version of what is there.
    tag: Option<u64>,
}

impl Described {
    const fn new(status: u16, code: &'static str, title: &'static str) -> Self {
        Self {
            status,
            code,
            title,
            field: None,
            detail: None,
            attempts_left: None,
            retry_after_seconds: None,
            next_part: None,
            warnings: None,
            current: None,
            tag: None,
        }
    }

    fn later(self, seconds: u64) -> Self {
        Self { retry_after_seconds: Some(seconds), ..self }
    }

    fn of_field(self, field: &str, detail: &str) -> Self {
        Self { field: Some(field.to_owned()), detail: Some(detail.to_owned()), ..self }
    }
}

/// RFC 9457.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_part: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<&'a [Warning]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<&'a Settings>,
}

/// How long to wait for a part that did not answer, in seconds.
const RETRY_UNAVAILABLE_SECONDS: u64 = 5;

impl Failure {
    fn described(&self) -> Described {
        match self {
            Self::UnknownHost => Described::new(421, "unknown_host", "No account is reached at this host"),
            Self::NotFound => Described::new(404, "not_found", "There is nothing at this address"),
            Self::MethodNotAllowed(_) => {
                Described::new(405, "method_not_allowed", "This method is not for this address")
            }
            Self::CrossSite => {
                Described::new(403, "cross_site_request", "Another site cannot change anything here")
            }
            Self::ContentType(wanted) => Described {
                detail: Some((*wanted).to_owned()),
                ..Described::new(415, "content_type_unsupported", "Send the body as another type")
            },
            Self::BodyTooLarge(most) => Described {
                detail: Some(format!("at most {most} bytes")),
                ..Described::new(413, "body_too_large", "The body is too large")
            },
            Self::BodyInvalid { field, detail } => {
                let described =
                    Described::new(400, "body_invalid", "The body is not what this address takes");
                let field = Some(field.clone()).filter(|field| !field.is_empty());
                Described { field, detail: Some(detail.clone()), ..described }
            }
            Self::Unauthorized => Described::new(401, "unauthorized", "Sign in, or show an API token"),
            Self::NotEnrolled => Described::new(401, "not_enrolled", "This browser is not enrolled"),
            Self::ProofDue => Described::new(401, "proof_due", "This browser has to prove its device key"),
            Self::KeyRequired => {
                Described::new(401, "key_required", "This account has come to take devices with a key only")
            }
            Self::TwoCookies => {
                Described::new(400, "two_device_cookies", "There is more than one device cookie")
            }
            Self::Speculation => {
                Described::new(503, "speculative_request", "Ask again when somebody clicks").later(0)
            }
            Self::LinkInvalid => Described::new(404, "link_invalid", "This link was not made here"),
            Self::LinkExpired => Described::new(410, "link_expired", "This link has expired"),
            Self::AddressInvalid => Described::new(
                422,
                "address_invalid",
                "This is not a mail address that can be used here; before the @ only ASCII, not in quotes",
            ),
            Self::NotAnAddress(text) => {
                Described { detail: Some(text.clone()), ..Self::AddressInvalid.described() }
            }
            Self::ToInvalid => {
                Described::new(422, "to_invalid", "Only a path on this origin can be gone on to")
            }
            Self::CodeMalformed => Described::new(422, "code_malformed", "A code has 8 digits"),
            Self::DeviceKeyInvalid => {
                Described::new(422, "device_key_invalid", "This is not a usable device key")
            }
            Self::NameInvalid => Described::new(422, "name_invalid", "A name has at most 64 characters"),
            Self::DestinationInvalid(why) => {
                Described::new(422, "destination_invalid", "A link cannot lead there")
                    .of_field("destination", why)
            }
            Self::Refused(refusal) => refusals::of_account(refusal),
            Self::Unavailable(_) => {
                Described::new(503, "unavailable", "Try again in a moment").later(RETRY_UNAVAILABLE_SECONDS)
            }
            Self::Misconfigured(_) | Self::Internal(_) => {
                Described::new(500, "internal", "Something went wrong here")
            }
        }
    }

    /// What the operator should know, and the person should not.
    pub(crate) fn log(&self) {
        match self {
            Self::Unavailable(what) => console_error!("unavailable: {what}"),
            Self::Misconfigured(what) => console_error!("configuration: {what} is missing or wrong"),
            Self::Internal(what) => console_error!("internal: {what}"),
            _ => {}
        }
    }

    fn builder(&self, described: &Described) -> ResponseBuilder {
        self.log();
        let mut builder = Response::builder().with_status(described.status);
        if let Some(seconds) = described.retry_after_seconds {
            builder = with_header(builder, "Retry-After", &seconds.to_string());
        }
        if let Some(version) = described.tag {
            builder = with_header(builder, "ETag", &entity_tag(version));
        }
        match self {
            Self::MethodNotAllowed(allowed) => builder = with_header(builder, "Allow", allowed),
            Self::Unauthorized => builder = with_header(builder, "WWW-Authenticate", "Bearer"),
            _ => {}
        }
        with_header(builder, "Cache-Control", "no-store")
    }

    /// For programs and scripts.
    pub(crate) fn problem(&self) -> Response {
        let described = self.described();
        let problem = Problem {
            r#type: "about:blank",
            title: described.title,
            status: described.status,
            code: described.code,
            field: described.field.as_deref(),
            detail: described.detail.as_deref(),
            attempts_left: described.attempts_left,
            retry_after_seconds: described.retry_after_seconds,
            next_part: described.next_part,
            warnings: described.warnings.as_deref(),
            current: described.current.as_deref(),
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        with_header(self.builder(&described), "Content-Type", "application/problem+json").fixed(body)
    }

    /// For a service that asks whether a browser is enrolled: such services know no other refusal, and no words.
    pub(crate) fn verdict(&self) -> Response {
        self.log();
        pages::builder().with_status(403).empty()
    }

    /// The page that explains it to a person, and the status it is sent with.
    pub(crate) fn page(&self) -> (ErrorPage, ResponseBuilder) {
        let described = self.described();
        let page = match self {
            Self::UnknownHost => ErrorPage::UnknownHost,
            Self::LinkInvalid => ErrorPage::LinkInvalid,
            Self::LinkExpired => ErrorPage::LinkExpired,
            Self::TwoCookies => ErrorPage::TwoCookies,
            Self::NotFound | Self::MethodNotAllowed(_) => ErrorPage::NotFound,
            Self::Unavailable(_) | Self::Speculation => ErrorPage::Unavailable,
            _ => ErrorPage::Internal,
        };
        (page, self.builder(&described))
    }
}

/// The entity tag of a version.
pub(crate) fn entity_tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// A header whose value is ours, so it can be set; if it could not, nobody should get the answer without it.
pub(crate) fn with_header(builder: ResponseBuilder, name: &str, value: &str) -> ResponseBuilder {
    builder.with_header(name, value).unwrap_or_else(|_| Response::builder().with_status(500))
}

impl From<AccountRefusal> for Failure {
    fn from(refusal: AccountRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<passkey::Refusal> for Failure {
    fn from(refusal: passkey::Refusal) -> Self {
        Self::Refused(AccountRefusal::Passkey(refusal))
    }
}

impl From<proof::Refusal> for Failure {
    fn from(refusal: proof::Refusal) -> Self {
        Self::Refused(AccountRefusal::Proof(refusal))
    }
}

impl From<my_devices::Refusal> for Failure {
    fn from(refusal: my_devices::Refusal) -> Self {
        Self::Refused(AccountRefusal::MyDevices(refusal))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(AccountRefusal::Enrollment(refusal))
    }
}
