//! Everything that can go wrong, and the one place where it becomes an HTTP status.

use enrollment_rules::enrollment::Refusal;
use enrollment_rules::my_devices;
use enrollment_rules::proof;
use serde::Serialize;
use worker::{Response, ResponseBuilder, console_error};

use crate::account::AccountRefusal;
use crate::pages::ErrorPage;

/// Why a request is not answered as it wished.
#[derive(Debug)]
pub(crate) enum Failure {
    UnknownHost,
    NotFound,
    MethodNotAllowed(&'static str),
    CrossSite,
    ContentType,
    BodyTooLarge,
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
            Self::ContentType => Described::new(415, "content_type_unsupported", "Send application/json"),
            Self::BodyTooLarge => Described::new(413, "body_too_large", "The body is over 16384 bytes"),
            Self::BodyInvalid { field, detail } => {
                let described =
                    Described::new(400, "body_invalid", "The body is not what this address takes");
                let field = Some(field.clone()).filter(|field| !field.is_empty());
                Described { field, detail: Some(detail.clone()), ..described }
            }
            Self::Unauthorized => Described::new(401, "unauthorized", "An API token is needed"),
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
            Self::AddressInvalid => Described::new(422, "address_invalid", "This is not a mail address"),
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
            Self::Refused(refusal) => account_refusal(refusal),
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
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        with_header(self.builder(&described), "Content-Type", "application/problem+json").fixed(body)
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

fn account_refusal(refusal: &AccountRefusal) -> Described {
    match refusal {
        AccountRefusal::Enrollment(refusal) => match *refusal {
            Refusal::TicketMissing => {
                Described::new(401, "ticket_missing", "This browser has not asked for a code")
            }
            Refusal::ResendTooSoon { retry_after_seconds } => {
                Described::new(429, "resend_too_soon", "Another code can be asked for later")
                    .later(retry_after_seconds)
            }
            Refusal::MailLimit { retry_after_seconds } => {
                Described::new(429, "mail_limit", "Too many codes were sent to this address")
                    .later(retry_after_seconds)
            }
            Refusal::NetworkLimit { retry_after_seconds } => {
                Described::new(429, "network_limit", "Too many enrollments from this network")
                    .later(retry_after_seconds)
            }
            Refusal::AuthenticationOff => {
                Described::new(409, "authentication_off", "Nobody has to enroll here")
            }
            Refusal::CodeWrong { attempts_left } => Described {
                attempts_left: Some(attempts_left),
                ..Described::new(422, "code_wrong", "This is not the code")
            },
            Refusal::AttemptsExhausted => Described::new(410, "attempts_exhausted", "Too many wrong codes"),
            Refusal::CodeExpired => Described::new(410, "code_expired", "The code is too old"),
            Refusal::CodeUsed => Described::new(410, "code_used", "The code was used already"),
            Refusal::EnrollmentEnded => Described::new(410, "enrollment_ended", "This enrollment was ended"),
            Refusal::KeyRequired => Described::new(
                403,
                "device_key_required",
                "Only browsers that keep a device key are enrolled here",
            ),
            Refusal::PrivateWindow => {
                Described::new(403, "private_window_refused", "Private windows are not enrolled here")
            }
        },
        AccountRefusal::Proof(refusal) => {
            use proof::Refusal as Proof;
            let (status, title) = match refusal {
                Proof::OriginForeign => (422, "This proof was made for another origin"),
                Proof::KeyInvalid => (422, "This is not a usable device key"),
                Proof::KeyForeign => (422, "This is not the key of that device"),
                Proof::ChallengeInvalid => (422, "This challenge was not made here"),
                Proof::ChallengeForeign => (422, "This challenge was made for another account"),
                Proof::ChallengeExpired => (410, "This challenge is too old"),
                Proof::ChallengeSpent => (409, "This challenge was answered already"),
                Proof::TokenInvalid => (422, "This device token was not made here"),
                Proof::TokenForeign => (422, "This device token was made for another account"),
                Proof::SignatureInvalid => (422, "This is not the signature of that key over these"),
                Proof::DeviceUnknown => (410, "Nobody has this device any more"),
                Proof::Revoked => (403, "This device was revoked"),
                Proof::Expired => (410, "This device was not used for too long"),
            };
            Described::new(status, refusal.code(), title)
        }
        AccountRefusal::MyDevices(refusal) => match refusal {
            my_devices::Refusal::NotEnrolled => Failure::NotEnrolled.described(),
            my_devices::Refusal::ProofNeeded => {
                Described::new(403, "proof_needed", "This takes a recent proof of the device key")
            }
            my_devices::Refusal::CodeNeeded => {
                Described::new(403, "code_needed", "This takes a code from the person's mailbox")
            }
        },
        AccountRefusal::Setting { field, bounds } => {
            Described::new(422, "setting_invalid", "This setting cannot have this value")
                .of_field(field, bounds)
        }
        AccountRefusal::DomainExists => Described::new(409, "domain_exists", "This domain is there already"),
        AccountRefusal::DomainInvalid => Described::new(422, "domain_invalid", "This is not a domain"),
        AccountRefusal::DomainUnknown => {
            Described::new(422, "domain_unknown", "This domain is not one of the account's")
        }
        AccountRefusal::DomainNotEmpty => {
            Described::new(409, "domain_not_empty", "This domain still has users")
        }
        AccountRefusal::AddressTaken => {
            Described::new(409, "address_taken", "This address is somebody's already")
        }
        AccountRefusal::NotFound => Described::new(404, "not_found", "There is nothing at this address"),
    }
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
