//! Who may do what in an account: administrators by their role, programs by the scopes of their token, the operator.

use std::fmt;

use device_token::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bounds::Bounds;
use crate::new_device::device_name;

/// What an administrator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Look up a person, and revoke.
    HelpDesk,
}

impl Role {
    /// The stable name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::HelpDesk => "help_desk",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Administrator, Self::HelpDesk].into_iter().find(|one| one.name() == name)
    }
}

/// What an API token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See what the account has and what was done.
    Read,
    /// Change domains and people.
    People,
    /// Revoke devices.
    Revoke,
    /// Change settings.
    Settings,
}

impl Scope {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Read, Self::People, Self::Revoke, Self::Settings];

    /// The stable name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::People => "people",
            Self::Revoke => "revoke",
            Self::Settings => "settings",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// On what somebody's word is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Whoever has the deployment's own token has the deployment.
    Operator,
    /// A person who signed in.
    Person {
        /// What they may do.
        role: Role,
        /// When they last touched a passkey, or signed in at Access.
        touched_at: Timestamp,
    },
    /// A program.
    Token(Vec<Scope>),
}

/// What somebody wants to do, as far as permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Be somebody.
    Enter,
    /// What concerns one's own session only.
    OwnSession,
    /// One's own passkeys.
    OwnPasskeys,
    /// See one person and their devices.
    LookUp,
    /// See domains, whole lists, numbers.
    ReadDirectory,
    /// See settings.
    ReadSettings,
    /// See who did what and who clicked.
    ReadRecords,
    /// Change domains and people, one by one or by a file.
    ChangePeople,
    /// Revoke people or single devices.
    Revoke,
    /// Revoke a domain.
    RevokeDomain,
    /// Revoke everybody.
    RevokeEveryone,
    /// Have the revocations published anew.
    Republish,
    /// Change settings.
    ChangeSettings,
    /// Switch authentication off.
    SwitchOff,
    /// Make protected links.
    MakeLinks,
    /// Have the announcement sent to oneself.
    MailOneself,
    /// See administrators and tokens.
    ReadAdministrators,
    /// Change administrators and tokens.
    ChangeAdministrators,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The role or the scopes do not reach.
    NotAllowed,
    /// The person has to touch a passkey first.
    TouchNeeded,
}

impl Task {
    /// Takes a person, and one who is there right now: what this does cannot be undone, or opens the door to others.
    const fn takes_a_touch(self) -> bool {
        matches!(
            self,
            Self::OwnPasskeys | Self::RevokeEveryone | Self::SwitchOff | Self::ChangeAdministrators
        )
    }

    /// Belongs to a person.
    const fn is_personal(self) -> bool {
        matches!(self, Self::OwnSession | Self::OwnPasskeys | Self::MailOneself)
    }

    const fn is_for(self, role: Role) -> bool {
        match role {
            Role::Administrator => true,
            Role::HelpDesk => {
                matches!(
                    self,
                    Self::Enter | Self::OwnSession | Self::OwnPasskeys | Self::LookUp | Self::Revoke
                )
            }
        }
    }

    /// The scopes of which one is enough; none is for what tokens may not do.
    const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::LookUp | Self::ReadDirectory | Self::ReadSettings | Self::ReadRecords => &[Scope::Read],
            Self::ChangePeople => &[Scope::People],
            Self::Revoke | Self::RevokeDomain | Self::Republish => &[Scope::Revoke],
            Self::ChangeSettings => &[Scope::Settings],
            Self::MakeLinks => &[Scope::People, Scope::Settings],
            Self::Enter
            | Self::OwnSession
            | Self::OwnPasskeys
            | Self::RevokeEveryone
            | Self::SwitchOff
            | Self::MailOneself
            | Self::ReadAdministrators
            | Self::ChangeAdministrators => &[],
        }
    }
}

/// May they?
///
/// # Errors
/// [`Refusal`] says why not.
pub fn may(standing: &Standing, task: Task, bounds: &Bounds, now: Timestamp) -> Result<(), Refusal> {
    let allowed = match standing {
        _ if task == Task::Enter => true,
        Standing::Operator => !task.is_personal(),
        Standing::Person { role, .. } => task.is_for(*role),
        Standing::Token(scopes) => task.scopes().iter().any(|scope| scopes.contains(scope)),
    };
    if !allowed {
        return Err(Refusal::NotAllowed);
    }
    match standing {
        Standing::Person { touched_at, .. }
            if task.takes_a_touch() && touched_until(*touched_at, bounds, now).is_none() =>
        {
            Err(Refusal::TouchNeeded)
        }
        _ => Ok(()),
    }
}

/// Until when a touch counts, if it still does. One from the future, of a clock that was set back, does not.
#[must_use]
pub fn touched_until(touched_at: Timestamp, bounds: &Bounds, now: Timestamp) -> Option<Timestamp> {
    let until = touched_at.plus_seconds(bounds.touch_seconds);
    (touched_at <= now && now < until).then_some(until)
}

/// When a session ends, if it has not: `admin_session_seconds` after it began, or `admin_idle_seconds` after it was last used.
#[must_use]
pub fn session_ends(began: Timestamp, seen: Timestamp, bounds: &Bounds, now: Timestamp) -> Option<Timestamp> {
    let ends = began.plus_seconds(bounds.admin_session_seconds);
    (now < ends && now < seen.plus_seconds(bounds.admin_idle_seconds)).then_some(ends)
}

/// Would the account be left without an administrator who can sign in? `others` are those that stay as they are, by role and
/// by whether they can sign in.
#[must_use]
pub fn leaves_nobody(others: &[(Role, bool)]) -> bool {
    !others.iter().any(|(role, can_sign_in)| *role == Role::Administrator && *can_sign_in)
}

/// What a token looks like, for secret scanners.
pub const API_TOKEN_PREFIX: &str = "enrl_";

/// How many days an API token may be good for.
pub const API_TOKEN_DAYS: std::ops::RangeInclusive<u64> = 1..=365;

/// What an administrator, a passkey or a token is called: as a device may be, but always something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// The text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameInvalid;

impl Name {
    /// The text, without white space around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = NameInvalid;

    fn try_from(text: String) -> Result<Self, NameInvalid> {
        device_name(Some(&text)).ok().flatten().map(Self).ok_or(NameInvalid)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for NameInvalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("1 to 64 characters, no control characters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: [Task; 18] = [
        Task::Enter,
        Task::OwnSession,
        Task::OwnPasskeys,
        Task::LookUp,
        Task::ReadDirectory,
        Task::ReadSettings,
        Task::ReadRecords,
        Task::ChangePeople,
        Task::Revoke,
        Task::RevokeDomain,
        Task::RevokeEveryone,
        Task::Republish,
        Task::ChangeSettings,
        Task::SwitchOff,
        Task::MakeLinks,
        Task::MailOneself,
        Task::ReadAdministrators,
        Task::ChangeAdministrators,
    ];

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn allowed(standing: &Standing, now: u64) -> Vec<Task> {
        let may = |task: &Task| may(standing, *task, &Bounds::default(), at(now)).is_ok();
        TASKS.into_iter().filter(may).collect()
    }

    fn person(role: Role) -> Standing {
        Standing::Person { role, touched_at: at(1_000) }
    }

    #[test]
    fn the_help_desk_looks_up_and_revokes_and_nothing_else() {
        let desk = [Task::Enter, Task::OwnSession, Task::OwnPasskeys, Task::LookUp, Task::Revoke];
        assert_eq!(allowed(&person(Role::HelpDesk), 1_000), desk);
    }

    #[test]
    fn an_administrator_may_everything_but_what_takes_a_touch_only_for_five_minutes_after_it() {
        assert_eq!(allowed(&person(Role::Administrator), 1_299), TASKS);
        let left = allowed(&person(Role::Administrator), 1_300);
        let touch = [Task::OwnPasskeys, Task::RevokeEveryone, Task::SwitchOff, Task::ChangeAdministrators];
        for task in TASKS {
            assert_eq!(left.contains(&task), !touch.contains(&task), "{task:?}");
            let refusal = may(&person(Role::Administrator), task, &Bounds::default(), at(1_300));
            assert_eq!(refusal == Err(Refusal::TouchNeeded), touch.contains(&task), "{task:?}");
        }
        assert_eq!(allowed(&person(Role::Administrator), 999), left, "a touch from the future is none");
    }

    #[test]
    fn somebody_whose_role_does_not_reach_is_not_sent_to_touch() {
        let refusal = may(&person(Role::HelpDesk), Task::RevokeEveryone, &Bounds::default(), at(9_999));
        assert_eq!(refusal, Err(Refusal::NotAllowed));
    }

    #[test]
    fn each_scope_reaches_what_it_names() {
        let of = |scope| allowed(&Standing::Token(vec![scope]), 0);
        assert_eq!(
            of(Scope::Read),
            [Task::Enter, Task::LookUp, Task::ReadDirectory, Task::ReadSettings, Task::ReadRecords]
        );
        assert_eq!(of(Scope::People), [Task::Enter, Task::ChangePeople, Task::MakeLinks]);
        assert_eq!(of(Scope::Revoke), [Task::Enter, Task::Revoke, Task::RevokeDomain, Task::Republish]);
        assert_eq!(of(Scope::Settings), [Task::Enter, Task::ChangeSettings, Task::MakeLinks]);
        assert_eq!(allowed(&Standing::Token(vec![]), 0), [Task::Enter]);
    }

    #[test]
    fn no_token_does_what_takes_a_person() {
        let all = allowed(&Standing::Token(Scope::ALL.to_vec()), 0);
        for task in TASKS.into_iter().filter(|task| task.takes_a_touch() || task.is_personal()) {
            assert!(!all.contains(&task), "{task:?}");
            let operator = allowed(&Standing::Operator, 0).contains(&task);
            assert_eq!(operator, !task.is_personal(), "{task:?}");
        }
    }

    #[test]
    fn a_session_ends_when_it_is_not_used_and_however_it_is_used() {
        let bounds = Bounds::default();
        let ends = |seen, now| session_ends(at(0), at(seen), &bounds, at(now));
        assert_eq!(ends(0, 1_799), Some(at(28_800)));
        assert_eq!(ends(0, 1_800), None);
        assert_eq!(ends(28_799, 28_799), Some(at(28_800)));
        assert_eq!(ends(28_799, 28_800), None);
    }

    #[test]
    fn somebody_who_can_sign_in_and_may_everything_has_to_stay() {
        assert!(leaves_nobody(&[]));
        assert!(leaves_nobody(&[(Role::HelpDesk, true), (Role::Administrator, false)]));
        assert!(!leaves_nobody(&[(Role::HelpDesk, true), (Role::Administrator, true)]));
    }

    #[test]
    fn a_name_is_something_short_on_one_line() {
        for text in ["", "  ", "a\nb", "a\0b", &"a".repeat(65), &"a".repeat(100_000)] {
            assert!(Name::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        assert_eq!(Name::try_from(" Grace Example ".to_owned()).unwrap().as_str(), "Grace Example");
    }
}
