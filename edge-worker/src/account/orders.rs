//! What the administration may ask of the account object, and on whose word. Inside one deployment only.

use device_token::Timestamp;
use enrollment_rules::address::Address;
use enrollment_rules::administration::{Name, Role, Scope, Task};
use enrollment_rules::keyed_hash::Digest;
use enrollment_rules::passkey::{Answered, PublicKey};
use enrollment_rules::set_up::SetUp;
use serde::{Deserialize, Serialize};

use super::directory::Directory;

/// An order, and who gives it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Administration {
    pub(crate) credential: Credential,
    /// The network address it comes from.
    pub(crate) source: Option<String>,
    pub(crate) order: Order,
}

/// What somebody shows, as far as it can be judged without the account object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Credential {
    /// The deployment's own token.
    Operator,
    /// The cookie of a session.
    Session(Digest),
    /// An API token.
    Token(Digest),
    /// Cloudflare Access says who it is.
    Access { address: Address, signed_in_at: Timestamp, expires_at: Timestamp },
}

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Before a body is read.
    Enter,
    Session,
    MyPasskeys,
    Touch {
        credential_id: String,
        answered: Answered,
        counter: u32,
    },
    /// Before a passkey is asked for, so that nobody makes one in vain.
    MayAddPasskey,
    AddPasskey {
        name: Name,
        answered: Answered,
        made: NewPasskey,
    },
    RemovePasskey(String),
    Administrators,
    Invite {
        id: String,
        invitation: String,
        name: Name,
        address: Address,
        role: Role,
    },
    InviteAgain {
        id: String,
        invitation: String,
    },
    ChangeAdministrator {
        id: String,
        name: Option<Name>,
        role: Option<Role>,
    },
    RemoveAdministrator(String),
    Tokens,
    MakeToken {
        id: String,
        digest: Digest,
        name: Name,
        scopes: Vec<Scope>,
        expires_in_days: u64,
    },
    RemoveToken(String),
    Directory(Directory),
    LinkMade {
        link: String,
        destination_host: String,
    },
}

/// A passkey whose making was checked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NewPasskey {
    /// In base64url.
    pub(crate) id: String,
    pub(crate) key: PublicKey,
    pub(crate) counter: u32,
}

/// A passkey was used to sign in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) credential_id: String,
    pub(crate) answered: Answered,
    pub(crate) counter: u32,
    pub(crate) session: Digest,
    pub(crate) source: Option<String>,
}

/// A set-up address was used.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SetUpUsed {
    pub(crate) set_up: SetUp,
    pub(crate) name: Name,
    pub(crate) address: Address,
    pub(crate) source: Option<String>,
    pub(crate) by: SetUpBy,
}

/// How the new administrator will sign in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum SetUpBy {
    Passkey { name: Option<Name>, answered: Answered, made: NewPasskey, session: Digest },
    Access { signed_in_at: Timestamp, expires_at: Timestamp },
}

/// What a set-up address is for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SetUpFor {
    pub(crate) name: Option<Name>,
    pub(crate) address: Option<String>,
}

impl From<Directory> for Order {
    fn from(order: Directory) -> Self {
        Self::Directory(order)
    }
}

impl Order {
    /// What this takes permission for.
    pub(super) fn task(&self) -> Task {
        match self {
            Self::Enter => Task::Enter,
            Self::Session | Self::MyPasskeys | Self::Touch { .. } => Task::OwnSession,
            Self::MayAddPasskey | Self::AddPasskey { .. } | Self::RemovePasskey(_) => Task::OwnPasskeys,
            Self::Administrators | Self::Tokens => Task::ReadAdministrators,
            Self::Invite { .. }
            | Self::InviteAgain { .. }
            | Self::ChangeAdministrator { .. }
            | Self::RemoveAdministrator(_)
            | Self::MakeToken { .. }
            | Self::RemoveToken(_) => Task::ChangeAdministrators,
            Self::Directory(order) => order.task(),
            Self::LinkMade { .. } => Task::MakeLinks,
        }
    }
}

/// A body of the API within a message: what it leaves out is left out, which the messages' own form cannot say.
pub(super) mod as_json {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn serialize<T: Serialize, S: Serializer>(
        body: &T,
        output: S,
    ) -> Result<S::Ok, S::Error> {
        serde_json::to_string(body).map_err(S::Error::custom)?.serialize(output)
    }

    pub(in super::super) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        input: D,
    ) -> Result<T, D::Error> {
        serde_json::from_slice(String::deserialize(input)?.as_bytes()).map_err(D::Error::custom)
    }
}
