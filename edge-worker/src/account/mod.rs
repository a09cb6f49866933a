//! The account object: one SQLite Durable Object per account, the only writer of everything.
//!
//! A message is handled by one synchronous function that loads, asks `enrollment-rules`, and saves. There is no await in
//! it, so no other message comes between; it runs in one transaction, so a failure half-way leaves nothing; and what it
//! wrote is kept before any answer leaves (the Durable Object's output gate). What has to wait for others, mail and KV,
//! happens afterwards, in [`After`].

mod administration;
mod administrators;
mod announcement;
mod api_tokens;
mod atomic;
mod device_rows;
mod directory;
mod domains;
mod enrolled;
mod enrolling;
mod exports;
mod mails;
mod messages;
mod my_devices;
mod notices;
mod orders;
mod overview;
mod passkeys;
mod people;
mod people_import;
mod people_import_apply;
mod people_list;
mod proving;
mod publication;
mod records;
mod revoking;
mod row;
mod schema;
mod sessions;
mod settings;
mod store;
mod stub;

use std::cell::Cell;
use std::rc::Rc;

use enrollment_rules::address::Address;
use worker::{
    DurableObject, Env, Request, Response, Result as WorkerResult, State, console_error, durable_object,
};

pub(crate) use directory::{Directory, UserChange, UsersPage, Whose};
pub(crate) use exports::{Export, Format, Portion};
pub(crate) use messages::{
    AccountRefusal, AskCode, Asker, Confirm, ConfirmChange, Confirmed, Message, Proved, Resend, Start, Tagged,
};
pub(crate) use orders::{
    Administration, Credential, NewPasskey, Order, SetUpBy, SetUpFor, SetUpUsed, SignedIn,
};
pub(crate) use records::{Filter, Page};
pub(crate) use stub::AccountStub;

use crate::config::{Account, Config};
use crate::failure::Failure;
use crate::incoming::now;
use crate::mail::{self, MailOutcome, Outgoing};
use store::Store;

/// The header that names the account's host to its object.
const HOST_HEADER: &str = "Account-Host";

/// Which host this account is reached at, kept for the alarm, which nobody tells.
const HOST: &str = "host";

/// What is left to do once the message has been handled and its writes are on their way.
#[derive(Debug)]
enum After {
    /// Nothing.
    Nothing,
    /// Send this mail; the answer does not wait for it.
    Mail(Box<Outgoing>),
    /// Go the mail's way without a mail; the answer does not wait for it.
    TryMail { sender: Address, origin: String },
    /// Tell KV; the answer waits for the first try.
    Publish,
    /// Tell KV; the answer does not wait: whoever asks does so because KV does not answer.
    PublishLater,
}

/// What a handler hands back: the reply, as JSON, and what to do afterwards.
struct Handled {
    reply: String,
    after: After,
}

impl Handled {
    fn new<T: serde::Serialize>(reply: &T, after: After) -> Result<Self, Failure> {
        let reply =
            serde_json::to_string(reply).map_err(|_| Failure::Internal("a reply could not be written"))?;
        Ok(Self { reply, after })
    }
}

/// The Durable Object.
#[durable_object]
pub struct AccountObject {
    state: State,
    env: Env,
    publishing: Rc<Cell<bool>>,
}

impl DurableObject for AccountObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, publishing: Rc::new(Cell::new(false)) }
    }

    async fn fetch(&self, mut request: Request) -> WorkerResult<Response> {
        let host = request.headers().get(HOST_HEADER)?.unwrap_or_default();
        let message: Message = postcard::from_bytes(&request.bytes().await?)
            .map_err(|_| worker::Error::RustError("a message could not be read".to_owned()))?;
        let config = Config::of(&self.env).map_err(refused)?;
        let account = config.account(&host).map_err(refused)?;
        let store = Store::open(&self.state).map_err(refused)?;
        if store.meta(HOST).map_err(refused)?.as_deref() != Some(host.as_str()) {
            store.set_meta(HOST, &host).map_err(refused)?;
        }
        let store = Rc::new(store);
        let work = {
            let (store, config, account) = (Rc::clone(&store), Rc::clone(&config), Rc::clone(&account));
            move || handle(&store, &config, &account, message)
        };
        let handled = match atomic::atomically(store.storage(), work) {
            Ok(handled) => handled,
            Err(Failure::Refused(refusal)) => {
                return Ok(Response::ok(serde_json::to_string(&refusal)?)?.with_status(409));
            }
            Err(failure) => return Err(refused(failure)),
        };
        let account = account.audience.account.as_str().to_owned();
        match handled.after {
            After::Nothing => {}
            After::Mail(outgoing) => self.watch_mail(store, mail::send(config, *outgoing)),
            After::TryMail { sender, origin } => {
                self.watch_mail(store, mail::attempt(config, sender, origin));
            }
            After::Publish => publication::publish(&store, &self.env, &account, &self.publishing).await,
            After::PublishLater => {
                let (env, publishing) = (self.env.clone(), Rc::clone(&self.publishing));
                self.state.wait_until(async move {
                    publication::publish(&store, &env, &account, &publishing).await;
                });
            }
        }
        Response::ok(handled.reply)
    }

    /// Two may have asked for it: a publication that failed, and notices that wait. Each has its turn.
    async fn alarm(&self) -> WorkerResult<Response> {
        let store = Store::open(&self.state).map_err(refused)?;
        let config = Config::of(&self.env).map_err(refused)?;
        if let Some(host) = store.meta(HOST).map_err(refused)? {
            let account = config.account(&host).map_err(refused)?;
            let name = account.audience.account.as_str();
            publication::publish(&store, &self.env, name, &self.publishing).await;
            notices::send_one(&store, &config, &account, now).await.map_err(refused)?;
            let publication = publication::next(&store).map_err(refused)?;
            let notices = notices::next(&store, now()).map_err(refused)?;
            if let Some(soonest) = publication.into_iter().chain(notices).min() {
                self.state.storage().set_alarm(soonest).await?;
            }
        }
        Response::empty()
    }
}

impl AccountObject {
    /// Sees a mail through after the answer has left, and writes down how it fared.
    fn watch_mail(&self, store: Rc<Store>, sending: impl Future<Output = MailOutcome> + 'static) {
        self.state.wait_until(async move {
            let outcome = sending.await;
            if store.mail_fared(&outcome, now()).is_err() {
                console_error!("how a mail fared was not written down");
            }
        });
    }
}

/// Handles a message. Not `async`, on purpose: see the module's words.
fn handle(store: &Store, config: &Config, account: &Account, message: Message) -> Result<Handled, Failure> {
    let now = now();
    match message {
        Message::Snapshot => publication::snapshot(store, now),
        Message::Start(start) => enrolling::start(store, config, account, start, now),
        Message::Resend(resend) => enrolling::resend(store, config, account, &resend, now),
        Message::Confirm(confirm) => enrolling::confirm(store, config, account, &confirm, now),
        Message::Prove(offered) => proving::prove(store, config, account, &offered, now),
        Message::Unproven { device, user } => proving::failed(store, device, user, "nothing_kept", now),
        Message::ReportUse { device, at, expires_at } => {
            store.report_use(device, at, expires_at)?;
            store.drop_old_devices(config.bounds.device_record_seconds, now)?;
            Handled::new(&(), After::Nothing)
        }
        Message::Record(interaction) => {
            store.record(&interaction, now)?;
            Handled::new(&(), After::Nothing)
        }
        Message::Forget { device, user } => revoking::forget(store, device, user, now),
        Message::MyDevices(asker) => my_devices::list(store, config, &asker, now),
        Message::RenameDevice { asker, id, name } => {
            my_devices::rename(store, config, &asker, &id, name.as_deref(), now)
        }
        Message::SignOut { asker, id } => my_devices::sign_out(store, config, &asker, &id, now),
        Message::SignOutOthers(asker) => my_devices::sign_out_others(store, config, &asker, now),
        Message::AskCode(ask) => my_devices::ask_code(store, config, account, &ask, now),
        Message::ConfirmChange(confirm) => my_devices::confirm(store, config, &confirm, now),
        Message::Administration(order) => administration::act(store, config, account, *order, now),
        Message::PasskeyKey(id) => passkeys::public_key(store, &id),
        Message::SignIn(signed_in) => sessions::sign_in(store, config, account, signed_in, now),
        Message::SignOutAdministrator { session, source } => {
            sessions::sign_out(store, config, &session, source, now)
        }
        Message::LookAtSetUp(set_up) => sessions::look_at_set_up(store, &set_up, now),
        Message::SetUp(used) => sessions::set_up(store, config, account, *used, now),
    }
}

/// The Worker's side sees a failed call and answers 503; what it was is logged here.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(failure: Failure) -> worker::Error {
    failure.log();
    worker::Error::RustError("the account object failed".to_owned())
}
