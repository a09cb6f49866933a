//! Whole lists as files, handed out in portions: the Worker asks for one after the other while it sends them.

use device_token::Timestamp;
use enrollment_rules::messages::InteractionRecord;
use enrollment_rules::people_csv;
use serde::{Deserialize, Serialize};

use super::records::{self, Changed, Filter, Way};
use super::store::{By, Event, Store};
use super::{After, Handled};
use crate::failure::Failure;

/// How many rows a portion has.
const ROWS: u64 = 1_000;

/// A list to be exported, from this place on; from none it begins, which is an event of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Export {
    People { domain: Option<String>, after: Option<String> },
    Audit { filter: Filter, format: Format, after: Option<String> },
    Interactions { filter: Filter, format: Format, after: Option<String> },
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Format {
    Csv,
    JsonLines,
}

/// Part of a file, and from where it goes on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Portion {
    pub(crate) text: String,
    pub(crate) next: Option<String>,
}

impl Export {
    fn after(&self) -> Option<&String> {
        match self {
            Self::People { after, .. } | Self::Audit { after, .. } | Self::Interactions { after, .. } => {
                after.as_ref()
            }
        }
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::People { .. } => "people.exported",
            Self::Audit { .. } => "audit.exported",
            Self::Interactions { .. } => "interactions.exported",
        }
    }

    /// The same list, from another place on.
    pub(crate) fn from(mut self, place: String) -> Self {
        match &mut self {
            Self::People { after, .. } | Self::Audit { after, .. } | Self::Interactions { after, .. } => {
                *after = Some(place);
            }
        }
        self
    }
}

/// The next portion.
pub(super) fn portion(store: &Store, by: &By, export: &Export, now: Timestamp) -> Result<Handled, Failure> {
    if export.after().is_none() {
        store.audit_by(by, &Event { action: export.action(), ..Event::default() }, now)?;
    }
    let after = export.after().and_then(|after| after.parse().ok()).unwrap_or(0);
    let portion = match export {
        Export::People { domain, after } => people(store, domain.as_deref(), after.as_deref())?,
        Export::Audit { filter, format, .. } => {
            let events = records::events(store, filter, Way::After(after), ROWS)?;
            of_records(after, *format, &EVENT_COLUMNS, &events, |event| event.seq, event_fields)?
        }
        Export::Interactions { filter, format, .. } => {
            let clicks = records::clicks(store, filter, Way::After(after), ROWS)?;
            of_records(after, *format, &CLICK_COLUMNS, &clicks, |click| click.seq, click_fields)?
        }
    };
    Handled::new(&portion, After::Nothing)
}

fn people(store: &Store, domain: Option<&str>, after: Option<&str>) -> Result<Portion, Failure> {
    let mut values = vec![after.unwrap_or_default().into()];
    let of_domain = match domain {
        Some(domain) => {
            values.push(domain.into());
            " AND domain = ?2"
        }
        None => "",
    };
    let query = format!(
        "SELECT address, (SELECT group_concat(address, ' ') FROM \
         (SELECT address FROM aliases WHERE user = users.id ORDER BY address_key)), disabled, address_key \
         FROM users WHERE address_key > ?1{of_domain} ORDER BY address_key LIMIT {ROWS}"
    );
    let mut text = String::new();
    if after.is_none() {
        text.push_str(&people_csv::write(&["address", "aliases", "disabled"]));
    }
    let rows = store.rows(&query, values, |row| {
        let (address, aliases) = (row.take::<String>()?, row.take::<Option<String>>()?.unwrap_or_default());
        let disabled = if row.take()? { "yes" } else { "no" };
        Ok((people_csv::write(&[&address, &aliases, disabled]), row.take::<String>()?))
    })?;
    text.extend(rows.iter().map(|(line, _)| line.as_str()));
    Ok(Portion { text, next: next(&rows, |(_, key)| key.clone()) })
}

fn next<T>(rows: &[T], place: impl Fn(&T) -> String) -> Option<String> {
    let is_full = u64::try_from(rows.len()).is_ok_and(|rows| rows == ROWS);
    rows.last().filter(|_| is_full).map(place)
}

fn of_records<T: Serialize>(
    after: u64,
    format: Format,
    columns: &[&str],
    records: &[T],
    seq: impl Fn(&T) -> u64,
    fields: impl Fn(&T) -> Vec<String>,
) -> Result<Portion, Failure> {
    let mut text = String::new();
    if after == 0 && format == Format::Csv {
        text.push_str(&people_csv::write(columns));
    }
    for record in records {
        match format {
            Format::Csv => {
                let fields = fields(record);
                text.push_str(&people_csv::write(&fields.iter().map(String::as_str).collect::<Vec<_>>()));
            }
            Format::JsonLines => {
                text.push_str(&serde_json::to_string(record).map_err(|_| Failure::Internal("a record"))?);
                text.push('\n');
            }
        }
    }
    Ok(Portion { text, next: next(records, |record| seq(record).to_string()) })
}

const EVENT_COLUMNS: [&str; 12] = [
    "seq",
    "at",
    "actor",
    "actor_id",
    "actor_name",
    "action",
    "subject",
    "address",
    "source",
    "before",
    "after",
    "detail",
];

fn event_fields(event: &Changed) -> Vec<String> {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        event.seq.to_string(),
        event.at.clone(),
        event.actor.clone(),
        or_empty(&event.actor_id),
        or_empty(&event.actor_name),
        event.action.clone(),
        event.subject.clone(),
        or_empty(&event.address),
        or_empty(&event.source),
        event.before.as_ref().map(ToString::to_string).unwrap_or_default(),
        event.after.as_ref().map(ToString::to_string).unwrap_or_default(),
        event.detail.clone(),
    ]
}

const CLICK_COLUMNS: [&str; 10] = [
    "seq",
    "at",
    "link_id",
    "destination",
    "user",
    "address",
    "device",
    "recipient",
    "recipient_address",
    "verdict",
];

fn click_fields(click: &InteractionRecord) -> Vec<String> {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        click.seq.to_string(),
        click.at.clone(),
        click.link_id.clone(),
        click.destination.clone(),
        or_empty(&click.user),
        or_empty(&click.address),
        or_empty(&click.device),
        click.recipient.clone(),
        or_empty(&click.recipient_address),
        click.verdict.clone(),
    ]
}
