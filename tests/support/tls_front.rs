//! TLS in front of a plain port, with a certificate made at the start that nobody but a test should trust.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, OnceLock};

use rcgen::CertifiedKey;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// `https://localhost`, as long as the process runs.
#[derive(Debug)]
pub(crate) struct TlsFront {
    pub(crate) port: u16,
    leads_to: Arc<OnceLock<u16>>,
}

impl TlsFront {
    /// Takes a free port; what comes before [`TlsFront::lead_to`] is turned away.
    pub(crate) fn open() -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let leads_to = Arc::new(OnceLock::new());
        let target = Arc::clone(&leads_to);
        std::thread::spawn(move || serve(listener, &TlsAcceptor::from(Arc::new(config)), &target));
        Self { port, leads_to }
    }

    /// From now on everything goes to this port.
    pub(crate) fn lead_to(&self, port: u16) {
        self.leads_to.set(port).unwrap();
    }

    pub(crate) fn origin(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

fn serve(listener: TcpListener, acceptor: &TlsAcceptor, leads_to: &OnceLock<u16>) {
    listener.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (Ok((client, _)), Some(port)) = (listener.accept().await, leads_to.get().copied()) else {
                continue;
            };
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(client).await?;
                let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
}
