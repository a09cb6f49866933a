//! Hands for the suite `admin`: administrators with their passkeys, on the wire and on the screen, and who stands in for Cloudflare
//! Access.

mod axe;
mod desk;
mod key_server;
mod naughty;
mod passkey;
mod rsa;
mod screen;

pub(crate) use self::axe::assert_accessible;
pub(crate) use self::desk::{Desk, SESSION, recovery_address, set_up_token};
pub(crate) use self::key_server::{KeyServer, kid, now};
pub(crate) use self::naughty::{encoded, strings};
pub(crate) use self::passkey::{PRESENT, Passkey, Said, VERIFIED};
pub(crate) use self::rsa::RsaKey;
pub(crate) use self::screen::Screen;
