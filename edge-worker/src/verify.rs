//! `GET /api/v1/verify`: another service asks whether this browser is enrolled (the forward-auth shape of nginx
//! `auth_request`, Traefik and Envoy, which know 2xx, 401 and 403 and take everything else for a failure).

use enrollment_rules::arrival;
use worker::{Method, Response, ResponseBuilder};

use crate::failure::{Failure, with_header};
use crate::gate;
use crate::incoming::Incoming;
use crate::pages;

/// 204, 401 or 403.
pub(crate) async fn answer(incoming: &Incoming) -> Result<Response, Failure> {
    let status = |code| pages::builder().with_status(code);
    // Two cookies of one name, or nobody who can tell.
    let door = match gate::door(incoming).await {
        Ok(door) => door,
        Err(failure) => return Ok(failure.verdict()),
    };
    if !door.settings.authentication_enabled {
        return Ok(verdict(status(204), "authentication-off").empty());
    }
    match door.judged {
        Ok(admitted) if admitted.admission.proof_due => {
            let prove = format!("{}/prove", incoming.account.audience.issuer.as_str());
            Ok(with_header(status(401), "Device-Prove", &prove).empty())
        }
        Ok(admitted) => {
            let mut builder = verdict(status(204), "enrolled");
            builder = with_header(builder, "Device-User", &admitted.statement.user().to_string());
            builder = with_header(builder, "Device-Id", &admitted.statement.device().to_string());
            let response = builder.empty();
            let counts = arrival::counts_for_a_service(
                incoming.method == Method::Head,
                incoming.header("X-Forwarded-Method").as_deref(),
                incoming.header("Sec-Purpose").as_deref(),
            );
            if let (true, Some(renewal)) = (counts, &admitted.admission.renewal) {
                pages::set_cookie(response.headers(), &gate::renew(incoming, renewal))?;
            }
            Ok(response)
        }
        Err(_) => {
            let enroll = format!("{}/enroll", incoming.account.audience.issuer.as_str());
            Ok(with_header(status(401), "Device-Enroll", &enroll).empty())
        }
    }
}

fn verdict(builder: ResponseBuilder, value: &str) -> ResponseBuilder {
    with_header(builder, "Device-Verdict", value)
}
