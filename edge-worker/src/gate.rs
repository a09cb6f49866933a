//! Asks whether this browser is enrolled: the cookie, what is published or the account object says, the rules.

use std::cell::RefCell;
use std::time::Duration;

use device_token::{AccountId, DeviceCookie, Statement, VerifiedDeviceCookie};
use enrollment_rules::admission::{self, Admission, Refusal, Renewal};
use enrollment_rules::bounds::Bounds;
use enrollment_rules::click::Turned;
use enrollment_rules::copy::{Basis, Copies, Copy, Plan, WithoutAnswer};
use enrollment_rules::revoked::Revoked;
use enrollment_rules::snapshot::{BodyName, ClickSettings, Head, Snapshot};
use enrollment_rules::verified::VerifiedCookies;
use futures_util::future::{Either, select};
use worker::{Delay, Env, console_warn};

use crate::account::{AccountStub, Judged, Judgement, Message};
use crate::failure::Failure;
use crate::incoming::{Incoming, now};
use crate::{cookies, published};

/// The account object is given this long to say what it thinks of a click.
const ANSWER_DEADLINE: Duration = Duration::from_secs(5);

thread_local! {
    // Never borrowed across an await.
    static COPIES: RefCell<Copies> = RefCell::default();
    static VERIFIED: RefCell<VerifiedCookies> = RefCell::default();
}

/// What a request brings for a device cookie: none, or one that is ours, or not.
type Brought = Option<Result<VerifiedDeviceCookie, Turned>>;

/// The verified device cookie of this account that a request brings, with the key that signed it. Says nothing about now.
fn brought(incoming: &Incoming) -> Result<Brought, Failure> {
    let Some(text) = cookies::read(incoming.request.headers(), cookies::DEVICE)? else { return Ok(None) };
    let (keys, audience) = (incoming.config.device_keys.verifying(), &incoming.account.audience);
    let verified = VERIFIED.with_borrow_mut(|known| known.verified(&text, keys, audience));
    Ok(Some(verified.ok_or(Turned::NotAuthentic)))
}

/// A device cookie of this account, by its signature alone: whose it is or was. Says nothing about now.
pub(crate) fn presented(incoming: &Incoming) -> Result<Option<Statement>, Failure> {
    Ok(brought(incoming)?.and_then(Result::ok).map(VerifiedDeviceCookie::into_claims))
}

/// A browser whose enrollment holds.
pub(crate) struct Admitted {
    pub(crate) statement: Statement,
    pub(crate) admission: Admission,
}

impl Admitted {
    fn without_renewal(self) -> Self {
        Self { admission: self.admission.without_renewal(), ..self }
    }
}

/// Who stands at the door, and what the account wants of them.
pub(crate) struct Door {
    pub(crate) settings: ClickSettings,
    pub(crate) judged: Result<Admitted, Turned>,
}

/// Judges the cookie by what this isolate remembers, what KV has or what the account object says, whichever the bounds ask for.
pub(crate) async fn door(incoming: &Incoming) -> Result<Door, Failure> {
    let cookie = brought(incoming)?;
    let bounds = &incoming.config.bounds;
    if basis(incoming).await == Basis::Copy {
        let door = with_copy(incoming, |copy| {
            copy.trusted(bounds, now()).map(|snapshot| by_snapshot(&cookie, snapshot, bounds))
        });
        if let Some(door) = door {
            return Ok(door);
        }
    }
    match asked(incoming, &cookie).await {
        Ok(judged) => Ok(by_answer(cookie, judged, bounds)),
        Err(failure) => with_copy(incoming, |copy| match copy.without_answer(bounds, now()) {
            WithoutAnswer::Trusted(snapshot) => {
                failure.log();
                Ok(by_snapshot(&cookie, snapshot, bounds))
            }
            WithoutAnswer::Unsure(snapshot) => {
                failure.log();
                console_warn!("nobody can tell: judged by an old copy");
                let Door { settings, judged } = by_snapshot(&cookie, snapshot, bounds);
                Ok(Door { settings, judged: judged.map(Admitted::without_renewal) })
            }
            WithoutAnswer::Refuse => Err(failure),
        }),
    }
}

/// The settings that the click path goes by, for where a wrong guess does no harm.
pub(crate) async fn settings(incoming: &Incoming) -> Result<ClickSettings, Failure> {
    if basis(incoming).await == Basis::Copy {
        let known = with_copy(incoming, |copy| {
            let snapshot = copy.trusted(&incoming.config.bounds, now());
            snapshot.map(|snapshot| snapshot.settings().clone())
        });
        if let Some(settings) = known {
            return Ok(settings);
        }
    }
    Ok(asked(incoming, &None).await?.settings)
}

/// The enrollment of a browser that asks about itself, and whose proof is not due; by the account object's word alone.
pub(crate) async fn statement(incoming: &Incoming) -> Result<(Statement, ClickSettings), Failure> {
    let cookie = brought(incoming)?;
    let judged = asked(incoming, &cookie).await?;
    let door = by_answer(cookie, judged, &incoming.config.bounds);
    match door.judged {
        Ok(admitted) if admitted.admission.proof_due => Err(Failure::ProofDue),
        Ok(admitted) => Ok((admitted.statement, door.settings)),
        Err(Turned::Refused(Refusal::Unbound)) => Err(Failure::KeyRequired),
        Err(_) => Err(Failure::NotEnrolled),
    }
}

fn by_snapshot(cookie: &Brought, snapshot: &Snapshot, bounds: &Bounds) -> Door {
    let settings = snapshot.settings().clone();
    let holds = |cookie: &VerifiedDeviceCookie| snapshot.holds(cookie.claims(), cookie.key_id());
    Door { judged: judge(cookie.clone(), holds, &settings, bounds), settings }
}

fn by_answer(cookie: Brought, answer: Judged, bounds: &Bounds) -> Door {
    let Judged { settings, holds } = answer;
    Door { judged: judge(cookie, |_| holds, &settings, bounds), settings }
}

fn judge(
    cookie: Brought,
    holds: impl Fn(&VerifiedDeviceCookie) -> bool,
    settings: &ClickSettings,
    bounds: &Bounds,
) -> Result<Admitted, Turned> {
    let cookie = cookie.ok_or(Turned::NoCookie)??;
    let holds = holds(&cookie);
    let statement = cookie.into_claims();
    let admission = admission::admit(&statement, settings, holds, bounds, now()).map_err(Turned::Refused)?;
    Ok(Admitted { statement, admission })
}

/// What the account object says of the device. Without a cookie that could be one's, only of the settings.
async fn asked(incoming: &Incoming, cookie: &Brought) -> Result<Judged, Failure> {
    let judgement = cookie.as_ref().and_then(|cookie| cookie.as_ref().ok()).map(|cookie| {
        let statement = cookie.claims();
        Judgement {
            device: statement.device(),
            user: statement.user(),
            auth_time: statement.auth_time(),
            key: cookie.key_id().clone(),
        }
    });
    let (object, question) = (incoming.account_object(), Message::Judge(judgement));
    // One that says nothing must not hold the click: then it is as if it had failed.
    let answer = Box::pin(object.ask(&question));
    match select(answer, Box::pin(Delay::from(ANSWER_DEADLINE))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Failure::Unavailable("account object: no answer")),
    }
}

fn with_copy<T>(incoming: &Incoming, work: impl FnOnce(&mut Copy) -> T) -> T {
    of_account(&incoming.account.audience.account, work)
}

fn of_account<T>(account: &AccountId, work: impl FnOnce(&mut Copy) -> T) -> T {
    COPIES.with_borrow_mut(|copies| work(copies.of(account)))
}

/// What this request is to be judged by, once what that takes was done; what can wait is done after the answer has left.
async fn basis(incoming: &Incoming) -> Basis {
    let plan = with_copy(incoming, |copy| copy.plan(&incoming.config.bounds, now()));
    if !plan.refresh && !plan.heartbeat && plan.basis != Basis::Load {
        return plan.basis;
    }
    let reader = Reader {
        env: incoming.env.clone(),
        account: incoming.account.audience.account.clone(),
        object: incoming.account_object(),
        bounds: incoming.config.bounds,
    };
    let plan = if plan.basis == Basis::Load { reader.load_or_begin().await } else { plan };
    if plan.refresh || plan.heartbeat {
        incoming.context.wait_until(async move {
            let heartbeat = if plan.refresh { reader.load().await.heartbeat } else { false };
            if heartbeat || plan.heartbeat {
                reader.ask_for_heartbeat().await;
            }
        });
    }
    plan.basis
}

/// Why nothing was loaded, and the body that KV does not have.
struct NotRead {
    failure: Failure,
    lacking: Option<BodyName>,
}

impl From<Failure> for NotRead {
    fn from(failure: Failure) -> Self {
        Self { failure, lacking: None }
    }
}

/// Reads one account's published state.
struct Reader {
    env: Env,
    account: AccountId,
    object: AccountStub,
    bounds: Bounds,
}

impl Reader {
    /// Loads from KV what takes no waiting for a body; tells what to do then.
    async fn load_or_begin(&self) -> Plan {
        match self.read_head().await {
            Ok((_, Some(_))) => Copy::body_plan(),
            Ok((head, None)) => self.loaded(Ok((head, None))),
            Err(failure) => self.loaded(Err(failure.into())),
        }
    }

    /// Loads from KV all there is; tells what to do then.
    async fn load(&self) -> Plan {
        let read = self.read().await;
        self.loaded(read)
    }

    fn loaded(&self, read: Result<(Head, Option<Revoked>), NotRead>) -> Plan {
        match read {
            Ok((head, body)) => COPIES.with_borrow_mut(|copies| {
                copies.of(&self.account).loaded(head, body, &self.bounds, now());
                copies.make_room();
            }),
            Err(NotRead { failure, lacking }) => {
                failure.log();
                of_account(&self.account, |copy| copy.load_failed(lacking, now()));
            }
        }
        of_account(&self.account, |copy| copy.loaded_plan(&self.bounds, now()))
    }

    /// The head, and the name of its body if that is another than the one that is remembered.
    async fn read_head(&self) -> Result<(Head, Option<BodyName>), Failure> {
        let kv = published::store(&self.env)?;
        let head = published::read_head(&kv, self.account.as_str(), published::SOON).await?;
        let head = head.ok_or(Failure::Unavailable("KV: no head"))?;
        let name = of_account(&self.account, |copy| copy.body_to_load(&head));
        Ok((head, name))
    }

    async fn read(&self) -> Result<(Head, Option<Revoked>), NotRead> {
        let (head, name) = self.read_head().await?;
        let Some(name) = name else { return Ok((head, None)) };
        let body = published::read_body(&published::store(&self.env)?, self.account.as_str(), name).await?;
        let lacks = || NotRead { failure: Failure::Unavailable("KV: no body"), lacking: Some(name) };
        Ok((head, Some(body.ok_or_else(lacks)?)))
    }

    async fn ask_for_heartbeat(&self) {
        let lacking = of_account(&self.account, |copy| copy.lacking());
        match self.object.ask::<Option<Head>>(&Message::Heartbeat { lacking }).await {
            Ok(Some(head)) => COPIES.with_borrow_mut(|copies| {
                copies.of(&self.account).told(head, &self.bounds, now());
                copies.make_room();
            }),
            Ok(None) => {}
            Err(_) => console_warn!("no heartbeat was to be had"),
        }
    }
}

/// The `Set-Cookie` of a renewal, and, on the device's first one of the day, word to the account object after the answer
/// has left.
pub(crate) fn renew(incoming: &Incoming, renewal: &Renewal) -> String {
    if renewal.first_today {
        report(incoming, &renewal.statement);
    }
    cookie(incoming, &renewal.statement)
}

/// Tells the account object that a device was used, after the answer has left.
pub(crate) fn report(incoming: &Incoming, statement: &Statement) {
    let report = Message::ReportUse {
        device: statement.device(),
        at: statement.issued_at(),
        expires_at: statement.expires_at(),
    };
    let account = incoming.account_object();
    incoming.context.wait_until(async move {
        if account.ask::<()>(&report).await.is_err() {
            console_warn!("the use of a device was not reported");
        }
    });
}

/// The device cookie that carries a statement.
pub(crate) fn cookie(incoming: &Incoming, statement: &Statement) -> String {
    let token = incoming.config.device_keys.sign::<DeviceCookie>(statement);
    let max_age = statement.expires_at().seconds_since(now());
    cookies::device(&token, (!admission::is_session(statement)).then_some(max_age))
}
