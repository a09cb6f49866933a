//! An authority of the tests' own, and certificates that are right, or wrong in one thing.

use std::sync::{Arc, OnceLock};

use base64ct::{Base64, Encoding as _};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What a server shows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// For `localhost`, by the authority that the product is told of.
    Right,
    /// For another name.
    OtherName,
    /// Out of date.
    Expired,
    /// By an authority that nobody knows.
    OfAStranger,
}

struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn known() -> &'static Self {
        static KNOWN: OnceLock<Authority> = OnceLock::new();
        KNOWN.get_or_init(|| Self::new("Authority of the tests"))
    }
}

/// What `trusted_certificates` of a stack must have for [`Shown::Right`]: a PEM.
pub(crate) fn trusted() -> String {
    pem("CERTIFICATE", Authority::known().certificate.der())
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A certificate and its key.
pub(crate) struct Identity {
    certificate: Certificate,
    key: KeyPair,
}

impl Identity {
    pub(crate) fn new(shown: Shown) -> Self {
        let name = if shown == Shown::OtherName { "mail.example.com" } else { "localhost" };
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        if shown == Shown::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        let key = KeyPair::generate().unwrap();
        let certificate = if shown == Shown::OfAStranger {
            params.signed_by(&key, &Authority::new("Authority of nobody").issuer)
        } else {
            params.signed_by(&key, &Authority::known().issuer)
        };
        Self { certificate: certificate.unwrap(), key }
    }

    /// The key and the certificate, as servers read them from one file.
    pub(crate) fn to_pem(&self) -> String {
        [pem("PRIVATE KEY", &self.key.serialize_der()), pem("CERTIFICATE", self.certificate.der())].concat()
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::Pkcs8(self.key.serialize_der().into());
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![self.certificate.der().clone()], key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}
