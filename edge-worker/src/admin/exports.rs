//! Lists as files, sent as they are read: none is ever here as a whole.

use futures_util::stream;
use worker::Response;

use super::{Desk, directories};
use crate::account::{Directory, Export, Format, Portion};
use crate::failure::{Failure, with_header};
use crate::incoming::now;
use enrollment_rules::time_text::utc_day;

pub(super) async fn people(desk: Desk) -> Result<Response, Failure> {
    let domain = directories::domain(&desk)?;
    send(desk, Export::People { domain, after: None }, "people", Format::Csv).await
}

pub(super) async fn audit(desk: Desk) -> Result<Response, Failure> {
    let (filter, format) = (directories::filter(&desk)?, format(&desk)?);
    send(desk, Export::Audit { filter, format, after: None }, "audit", format).await
}

pub(super) async fn interactions(desk: Desk) -> Result<Response, Failure> {
    let (filter, format) = (directories::filter(&desk)?, format(&desk)?);
    send(desk, Export::Interactions { filter, format, after: None }, "interactions", format).await
}

fn format(desk: &Desk) -> Result<Format, Failure> {
    match desk.incoming.query("format").as_deref() {
        Some("csv") => Ok(Format::Csv),
        Some("jsonl") => Ok(Format::JsonLines),
        _ => Err(Failure::BodyInvalid { field: "format".to_owned(), detail: "csv or jsonl".to_owned() }),
    }
}

/// What is left of a file: something that was read, or from where to read.
enum Left {
    Read(Portion),
    From(String),
    Nothing,
}

async fn send(desk: Desk, export: Export, name: &str, format: Format) -> Result<Response, Failure> {
    // The first portion before the answer begins: whoever may not have it is told so.
    let first = desk.ask(Directory::Export(export.clone()).into()).await?;
    let portions = stream::try_unfold((desk, export, Left::Read(first)), |(desk, export, left)| async move {
        let portion: Portion = match left {
            Left::Nothing => return Ok(None),
            Left::Read(portion) => portion,
            Left::From(place) => {
                let order = Directory::Export(export.clone().from(place));
                let failed = |_| worker::Error::RustError("an export broke off".to_owned());
                desk.ask(order.into()).await.map_err(failed)?
            }
        };
        let left = portion.next.map_or(Left::Nothing, Left::From);
        Ok::<_, worker::Error>(Some((portion.text.into_bytes(), (desk, export, left))))
    });
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::JsonLines => ("application/jsonl", "jsonl"),
    };
    let file = format!("attachment; filename=\"{name}-{}.{ending}\"", utc_day(now()));
    let builder = with_header(Response::builder(), "Content-Type", kind);
    let builder = with_header(builder, "Content-Disposition", &file);
    builder.from_stream(portions).map_err(|_| Failure::Internal("a stream"))
}
