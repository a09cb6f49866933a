//! Orders about settings, directories and what is written down: what they are, what each takes permission for, and who carries it
//! out.

use device_token::{Timestamp, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::administration::Task;
use enrollment_rules::language::Language;
use enrollment_rules::mail::outbox::About;
use enrollment_rules::messages::SettingsPatch;
use serde::{Deserialize, Serialize};

use super::administration::Caller;
use super::exports::Export;
use super::orders::as_json;
use super::outbox::Underway;
use super::records::{Filter, Page};
use super::store::Store;
use super::{
    After, Handled, domains, exports, mail_records, overview, own_mail, people, people_import,
    people_import_apply, people_list, publication, records, revoking, settings,
};
use crate::config::{Account, Config};
use crate::failure::Failure;

/// From how many characters on a search is for somebody, and not a way to read the whole directory.
const LOOK_UP: usize = 3;

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Directory {
    Settings,
    PatchSettings {
        #[serde(with = "as_json")]
        patch: SettingsPatch,
        if_match: Option<String>,
    },
    Domains,
    AddDomain(String),
    RemoveDomain(String),
    Users(UsersPage),
    AddUser {
        id: UserId,
        address: Address,
        aliases: Vec<Address>,
        disabled: bool,
    },
    User(String),
    ChangeUser {
        id: String,
        change: UserChange,
    },
    RemoveUser(String),
    Devices {
        user: String,
        after: Option<String>,
        limit: u16,
    },
    Revoke {
        whose: Whose,
        dry_run: bool,
    },
    Republish,
    CompareWithKv,
    BeginImport {
        id: String,
        bytes: u64,
    },
    ImportPart {
        id: String,
        number: u64,
        is_last: bool,
        data: Vec<u8>,
    },
    Import(String),
    ImportLines {
        id: String,
        outcome: Option<String>,
        after: u64,
        limit: u16,
    },
    ApplyImport(String),
    RemoveImport(String),
    Audit(Filter, Page),
    Interactions(Filter, Page),
    Export(Export),
    Overview,
    /// Whom a link is for.
    Recipient(Address),
    SendAnnouncement {
        language: Language,
        subject: String,
        text: String,
        html: String,
    },
    Mail,
    MailMessages {
        user: Option<String>,
        state: Option<String>,
        page: Page,
    },
    TestMail(Language),
}

/// People by primary address.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UsersPage {
    pub(crate) domain: Option<String>,
    /// The beginning of an address.
    pub(crate) search: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) limit: u16,
}

/// What of a person becomes different.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UserChange {
    pub(crate) address: Option<Address>,
    pub(crate) aliases: Option<Vec<Address>>,
    pub(crate) disabled: Option<bool>,
}

/// Whose devices are revoked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Whose {
    Devices(Vec<String>),
    Users(Vec<String>),
    Domain(String),
    Everyone,
}

impl Directory {
    /// What this takes permission for. To be told what would be takes no touch.
    pub(super) fn task(&self) -> Task {
        match self {
            Self::Settings => Task::ReadSettings,
            Self::PatchSettings { patch, .. }
                if patch.authentication_enabled == Some(false) && !patch.dry_run =>
            {
                Task::SwitchOff
            }
            Self::PatchSettings { .. } => Task::ChangeSettings,
            Self::Users(UsersPage { search: Some(search), .. }) if search.chars().count() >= LOOK_UP => {
                Task::LookUp
            }
            Self::User(_) | Self::Devices { .. } | Self::MailMessages { user: Some(_), .. } => Task::LookUp,
            Self::Users(_) | Self::Domains | Self::Overview | Self::Export(Export::People { .. }) => {
                Task::ReadDirectory
            }
            Self::AddDomain(_)
            | Self::RemoveDomain(_)
            | Self::AddUser { .. }
            | Self::ChangeUser { .. }
            | Self::RemoveUser(_)
            | Self::BeginImport { .. }
            | Self::ImportPart { .. }
            | Self::Import(_)
            | Self::ImportLines { .. }
            | Self::ApplyImport(_)
            | Self::RemoveImport(_) => Task::ChangePeople,
            Self::Revoke { whose: Whose::Devices(_) | Whose::Users(_), .. } => Task::Revoke,
            Self::Revoke { whose: Whose::Everyone, dry_run: false } => Task::RevokeEveryone,
            Self::Revoke { .. } => Task::RevokeDomain,
            Self::Republish => Task::Republish,
            Self::Audit(..)
            | Self::Interactions(..)
            | Self::Export(_)
            | Self::CompareWithKv
            | Self::Mail
            | Self::MailMessages { .. } => Task::ReadRecords,
            Self::Recipient(_) => Task::MakeLinks,
            Self::SendAnnouncement { .. } | Self::TestMail(_) => Task::MailOneself,
        }
    }
}

/// Carries it out.
pub(super) fn act(
    store: &Store,
    config: &Config,
    account: &Account,
    sending: &Underway,
    caller: &Caller,
    order: Directory,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let by = &caller.by;
    match order {
        Directory::Settings => settings::get(store, now),
        Directory::PatchSettings { patch, if_match } => {
            settings::patch(store, config, by, patch, if_match.as_deref(), now)
        }
        Directory::Domains => domains::list(store, now),
        Directory::AddDomain(name) => domains::add(store, by, &name, now),
        Directory::RemoveDomain(name) => domains::remove(store, by, &name, now),
        Directory::Users(page) => people_list::users(store, &page, now),
        Directory::AddUser { id, address, aliases, disabled } => {
            people::add(store, by, &id.to_string(), &address, &aliases, disabled, now)
        }
        Directory::User(id) => people_list::user(store, &id, now),
        Directory::ChangeUser { id, change } => people::change(store, by, &id, &change, now),
        Directory::RemoveUser(id) => people::remove(store, config, by, &id, now),
        Directory::Devices { user, after, limit } => {
            people_list::devices(store, &user, after.as_deref(), limit)
        }
        Directory::Revoke { whose, dry_run } => revoking::revoke(store, config, by, &whose, dry_run, now),
        Directory::Republish => publication::republish(store, by, now),
        Directory::CompareWithKv => Handled::new(&(), After::CompareWithKv),
        Directory::BeginImport { id, bytes } => people_import::begin(store, &id, bytes, now),
        Directory::ImportPart { id, number, is_last, data } => {
            people_import::part(store, &id, number, is_last, &data)
        }
        Directory::Import(id) => people_import::get(store, &id),
        Directory::ImportLines { id, outcome, after, limit } => {
            people_import::lines(store, &id, outcome.as_deref(), after, limit)
        }
        Directory::ApplyImport(id) => people_import_apply::apply(store, by, &id, now),
        Directory::RemoveImport(id) => people_import::remove(store, &id),
        Directory::Audit(filter, page) => records::audit(store, &filter, page),
        Directory::Interactions(filter, page) => records::interactions(store, &filter, page),
        Directory::Export(export) => exports::portion(store, by, &export, now),
        Directory::Overview => overview::overview(store, sending, now),
        Directory::Recipient(address) => people_list::user_by_address(store, &address),
        Directory::SendAnnouncement { language, subject, text, html } => {
            let about = About::Announcement { subject, text, html };
            own_mail::announcement(store, config, caller, language, about, now)
        }
        Directory::Mail => mail_records::overview(store, config, sending),
        Directory::MailMessages { user, state, page } => {
            mail_records::list(store, config, account, user.as_deref(), state.as_deref(), page)
        }
        Directory::TestMail(language) => own_mail::test(store, caller, language, now),
    }
}
