//! The addresses of the administration. docs/API.md has the same list, which a test holds against this one.

use worker::Method;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Takes no credential.
    Open(Open),
    Session,
    TouchChallenge,
    Touch,
    Passkeys,
    PasskeyChallenge,
    AddPasskey,
    RemovePasskey,
    Administrators,
    Invite,
    InviteAgain,
    ChangeAdministrator,
    RemoveAdministrator,
    Tokens,
    MakeToken,
    RemoveToken,
    Settings,
    PatchSettings,
    Domains,
    AddDomain,
    RemoveDomain,
    Users,
    AddUser,
    User,
    ChangeUser,
    RemoveUser,
    ExportPeople,
    Devices,
    Revoke,
    Republish,
    CompareWithKv,
    BeginImport,
    ImportPart,
    Import,
    ImportLines,
    ApplyImport,
    RemoveImport,
    Audit,
    ExportAudit,
    Interactions,
    ExportInteractions,
    Overview,
    Announcement,
    TestAnnouncement,
    MakeLink,
    Mail,
    MailMessages,
    TestMail,
}

/// What leads to a credential, or away from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    SignInChallenge,
    SignIn,
    SignOut,
    SetUpChallenge,
    SetUp,
}

/// Method, address with `{}` for what differs, and what it asks for. Where two fit, the first is meant.
const ROUTES: [(&str, &str, Action); 52] = [
    ("POST", "session/challenge", Action::Open(Open::SignInChallenge)),
    ("POST", "session", Action::Open(Open::SignIn)),
    ("GET", "session", Action::Session),
    ("DELETE", "session", Action::Open(Open::SignOut)),
    ("POST", "session/touch/challenge", Action::TouchChallenge),
    ("POST", "session/touch", Action::Touch),
    ("GET", "session/passkeys", Action::Passkeys),
    ("POST", "session/passkeys/challenge", Action::PasskeyChallenge),
    ("POST", "session/passkeys", Action::AddPasskey),
    ("DELETE", "session/passkeys/{}", Action::RemovePasskey),
    ("POST", "set-up/challenge", Action::Open(Open::SetUpChallenge)),
    ("POST", "set-up", Action::Open(Open::SetUp)),
    ("GET", "administrators", Action::Administrators),
    ("POST", "administrators", Action::Invite),
    ("POST", "administrators/{}/invitation", Action::InviteAgain),
    ("PATCH", "administrators/{}", Action::ChangeAdministrator),
    ("DELETE", "administrators/{}", Action::RemoveAdministrator),
    ("GET", "tokens", Action::Tokens),
    ("POST", "tokens", Action::MakeToken),
    ("DELETE", "tokens/{}", Action::RemoveToken),
    ("GET", "settings", Action::Settings),
    ("PATCH", "settings", Action::PatchSettings),
    ("GET", "domains", Action::Domains),
    ("POST", "domains", Action::AddDomain),
    ("DELETE", "domains/{}", Action::RemoveDomain),
    ("GET", "users", Action::Users),
    ("POST", "users", Action::AddUser),
    ("GET", "users/export", Action::ExportPeople),
    ("GET", "users/{}", Action::User),
    ("PATCH", "users/{}", Action::ChangeUser),
    ("DELETE", "users/{}", Action::RemoveUser),
    ("GET", "users/{}/devices", Action::Devices),
    ("POST", "revocations", Action::Revoke),
    ("POST", "revocations/republish", Action::Republish),
    ("GET", "revocations/verify", Action::CompareWithKv),
    ("POST", "imports", Action::BeginImport),
    ("PUT", "imports/{}/parts/{}", Action::ImportPart),
    ("GET", "imports/{}", Action::Import),
    ("GET", "imports/{}/lines", Action::ImportLines),
    ("POST", "imports/{}/apply", Action::ApplyImport),
    ("DELETE", "imports/{}", Action::RemoveImport),
    ("GET", "audit", Action::Audit),
    ("GET", "audit/export", Action::ExportAudit),
    ("GET", "interactions", Action::Interactions),
    ("GET", "interactions/export", Action::ExportInteractions),
    ("GET", "overview", Action::Overview),
    ("GET", "announcement", Action::Announcement),
    ("POST", "announcement/test", Action::TestAnnouncement),
    ("POST", "links", Action::MakeLink),
    ("GET", "mail", Action::Mail),
    ("GET", "mail/messages", Action::MailMessages),
    ("POST", "mail/test", Action::TestMail),
];

/// What a request asks for, and what stands where addresses differ.
pub(super) enum Found<'a> {
    Action(Action, Vec<&'a str>),
    /// The address is there, with these methods.
    OtherMethods(Vec<&'static str>),
    Nothing,
}

/// Finds it.
pub(super) fn find<'a>(method: &Method, segments: &[&'a str]) -> Found<'a> {
    let mut others = Vec::new();
    for (name, pattern, action) in ROUTES {
        if let Some(ids) = fits(pattern, segments) {
            if name == method.as_ref() {
                return Found::Action(action, ids);
            }
            others.push(name);
        }
    }
    if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others) }
}

fn fits<'a>(pattern: &str, segments: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut ids = Vec::new();
    let mut given = segments.iter();
    for part in pattern.split('/') {
        let segment = given.next()?;
        if part == "{}" {
            ids.push(*segment);
        } else if part != *segment {
            return None;
        }
    }
    given.next().is_none().then_some(ids)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Everything in backquotes that is a method and a path, in the section about the administration.
    fn documented() -> BTreeSet<(String, String)> {
        let text = include_str!("../../../docs/API.md");
        let section = text.split("\n## Administration\n").nth(1).unwrap();
        let mut found = BTreeSet::new();
        for code in section.split('`').skip(1).step_by(2) {
            let Some((method, rest)) = code.split_once(" /") else { continue };
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) {
                continue;
            }
            let path = rest.split(['?', ' ']).next().unwrap();
            let path: Vec<_> =
                path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
            found.insert((method.to_owned(), path.join("/")));
        }
        found
    }

    #[test]
    fn what_is_documented_is_there_and_what_is_there_is_documented() {
        let there: BTreeSet<_> =
            ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
        assert_eq!(there.len(), ROUTES.len(), "one address twice");
        assert_eq!(there, documented());
    }

    #[test]
    fn another_method_is_told_which_ones_there_are() {
        let Found::OtherMethods(methods) = find(&Method::Put, &["session"]) else { panic!("not found") };
        assert_eq!(methods, ["POST", "GET", "DELETE"]);
        assert!(matches!(find(&Method::Get, &["session", ""]), Found::Nothing));
        assert!(matches!(find(&Method::Get, &["users", "x", "devices", "y"]), Found::Nothing));
    }
}
