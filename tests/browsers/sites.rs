//! What browsers are sent to: the running product and, at an origin of its own, the peer; each over http and https.

use xtask::checkout::Checkout;
use xtask::stack::{Stack, StackOptions};

use crate::folder::Folder;
use crate::peer::Peer;
use crate::tls_front::TlsFront;

/// How a page comes to the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) const BOTH: [Self; 2] = [Self::Http, Self::Https];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Everything that answers; it ends when this is dropped, or with this process.
#[derive(Debug)]
pub(crate) struct Sites {
    stack: Stack,
    front: TlsFront,
    peer: Peer,
    peer_front: TlsFront,
    _folder: Folder,
}

impl Sites {
    pub(crate) fn open() -> Self {
        let checkout = Checkout::find().unwrap();
        let (front, peer_front) = (TlsFront::open(), TlsFront::open());
        let peer = Peer::open(&checkout);
        peer_front.lead_to(peer.port);
        let folder = Folder::new("product");
        let options = StackOptions { https_ports: vec![front.port], ..StackOptions::new(folder.path()) };
        let stack = Stack::start(&checkout, options).unwrap();
        front.lead_to(stack.port());
        Self { stack, front, peer, peer_front, _folder: folder }
    }

    /// The product's origin.
    pub(crate) fn product(&self, scheme: Scheme) -> String {
        match scheme {
            Scheme::Http => self.stack.origin(),
            Scheme::Https => self.front.origin(),
        }
    }

    /// The peer's origin. Its cookies are the product's too: ports do not keep cookies apart.
    pub(crate) fn peer(&self, scheme: Scheme) -> String {
        match scheme {
            Scheme::Http => format!("http://localhost:{}", self.peer.port),
            Scheme::Https => self.peer_front.origin(),
        }
    }
}
