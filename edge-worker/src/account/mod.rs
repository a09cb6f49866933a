//! The account object: one SQLite Durable Object per account, the only writer of everything.
//!
//! A message is handled by one synchronous function that loads, asks `enrollment-rules`, and saves. There is no await in
//! it, so no other message comes between; it runs in one transaction, so a failure half-way leaves nothing; and what it
//! wrote is kept before any answer leaves (the Durable Object's output gate). What has to wait for others, mail and KV,
//! happens afterwards, in [`After`].

mod administration;
mod administrators;
mod alarm;
mod api_tokens;
mod atomic;
mod device_rows;
mod directory;
mod domains;
mod enrolled;
mod enrolling;
mod exports;
mod mail_limits;
mod mail_records;
mod messages;
mod my_devices;
mod not_me;
mod orders;
mod outbox;
mod overview;
mod own_mail;
mod passkeys;
mod people;
mod people_import;
mod people_import_apply;
mod people_list;
mod post;
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
use std::time::Duration;

use enrollment_rules::address::Address;
use enrollment_rules::language::Language;
use futures_util::future::{join, select};
use wasm_bindgen::JsValue;
use worker::wasm_bindgen_futures::{JsFuture, future_to_promise};
use worker::{
    Delay, DurableObject, Env, Request, Response, Result as WorkerResult, State, console_warn, durable_object,
};

pub(crate) use directory::{Directory, UserChange, UsersPage, Whose};
pub(crate) use exports::{Export, Format, Portion};
pub(crate) use messages::{
    AccountRefusal, AskCode, Asker, Confirm, ConfirmChange, Confirmed, FoundNotMe, Judged, Judgement,
    Message, NotMe, Proved, Resend, Start, Tagged,
};
pub(crate) use orders::{
    Administration, Credential, NewPasskey, Order, SetUpBy, SetUpFor, SetUpUsed, SignedIn,
};
pub(crate) use records::{Filter, Page};
pub(crate) use stub::AccountStub;

use crate::config::{Account, Config};
use crate::failure::Failure;
use crate::incoming::now;
use outbox::Underway;
use post::Post;
use store::Store;

/// The header that names the account's host to its object.
const HOST_HEADER: &str = "Account-Host";

/// The header that names the form of the message.
const PROTOCOL_HEADER: &str = "Account-Protocol";

/// Which host this account is reached at, kept for the alarm, which nobody tells.
const HOST: &str = "host";

/// How long an answer waits for KV to take a change.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is left to do once the message has been handled and its writes are on their way.
#[derive(Debug)]
enum After {
    /// Nothing.
    Nothing,
    /// Tell KV; the answer waits for the first try, but not for long.
    Publish,
    /// Tell KV; the answer does not wait: whoever asks does so because KV does not answer.
    PublishLater,
    /// Tell KV anew; the answer is what became of it.
    Republish,
    /// Hold KV against the truth; the answer is what was found.
    CompareWithKv,
    /// Hand over a mail that says that this works; the answer is how it went.
    TestMail(Address, Language),
}

/// What is done besides answering: publications and mail.
struct Work {
    store: Rc<Store>,
    config: Rc<Config>,
    publishing: Rc<publication::Busy>,
    sending: Rc<Underway>,
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
    publishing: Rc<publication::Busy>,
    sending: Rc<Underway>,
    /// Whether somebody has looked what was left undone by whoever was here before.
    looked: Cell<bool>,
    /// Whether somebody is holding KV against the truth.
    comparing: Cell<bool>,
}

impl DurableObject for AccountObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            publishing: Rc::default(),
            sending: Rc::default(),
            looked: Cell::default(),
            comparing: Cell::default(),
        }
    }

    async fn fetch(&self, mut request: Request) -> WorkerResult<Response> {
        let host = request.headers().get(HOST_HEADER)?.unwrap_or_default();
        if request.headers().get(PROTOCOL_HEADER)?.as_deref() != Some(messages::PROTOCOL) {
            return Err(refused(Failure::Unavailable("a message of another release")));
        }
        let message: Message = postcard::from_bytes(&request.bytes().await?)
            .map_err(|_| worker::Error::RustError("a message could not be read".to_owned()))?;
        let config = Config::of(&self.env).map_err(refused)?;
        let account = config.account(&host).map_err(refused)?;
        let store = Store::open(&self.state).map_err(refused)?;
        if store.meta(HOST).map_err(refused)?.as_deref() != Some(host.as_str()) {
            store.set_meta(HOST, &host).map_err(refused)?;
        }
        let store = Rc::new(store);
        // Whatever becomes of the message: nobody notes it a second time.
        if publication::note_keys(&store, &config).map_err(refused)? {
            self.state.wait_until(self.publication(&store, &config, &account));
        }
        let work = {
            let (store, config, account) = (Rc::clone(&store), Rc::clone(&config), Rc::clone(&account));
            let sending = Rc::clone(&self.sending);
            move || handle(&store, &config, &account, &sending, message)
        };
        let handled = atomic::atomically(store.storage(), work);
        // What was queued by a message that is refused is kept as well.
        if store.has_queued() || !self.looked.replace(true) {
            self.state.wait_until(self.sending(&store, &config, &account));
        }
        let handled = match handled {
            Ok(handled) => handled,
            Err(Failure::Refused(refusal)) => {
                return Ok(Response::ok(serde_json::to_string(&refusal)?)?.with_status(409));
            }
            Err(failure) => return Err(refused(failure)),
        };
        match handled.after {
            After::Nothing => {}
            After::Publish => self.publish_or_leave_it(&store, &config, &account).await,
            After::PublishLater => self.state.wait_until(self.publication(&store, &config, &account)),
            After::Republish => {
                self.publish_or_leave_it(&store, &config, &account).await;
                publication::until_told(&store, PATIENCE).await.map_err(refused)?;
                return Response::ok(publication::republished(&store).map_err(refused)?);
            }
            After::CompareWithKv => {
                let account = account.audience.account.as_str();
                // One at a time: with a million revocations each takes half of the memory there is.
                if self.comparing.replace(true) {
                    return Err(refused(Failure::Unavailable("another comparison is under way")));
                }
                let found = publication::compare(&store, &self.env, account).await;
                self.comparing.set(false);
                return Response::ok(found.map_err(refused)?);
            }
            After::TestMail(to, language) => {
                let tested = self.post(&store, &config, &account).test(to, language).await;
                return Response::ok(tested.map_err(refused)?);
            }
        }
        Response::ok(handled.reply)
    }

    /// Two may have asked for it: a publication that failed, and mail that waits. Neither waits for the other, and the alarm for
    /// none of them: the next one comes only when this one is over.
    async fn alarm(&self) -> WorkerResult<Response> {
        let store = Rc::new(Store::open(&self.state).map_err(refused)?);
        let config = Config::of(&self.env).map_err(refused)?;
        if let Some(host) = store.meta(HOST).map_err(refused)? {
            let account = config.account(&host).map_err(refused)?;
            self.state.wait_until(self.publication(&store, &config, &account));
            self.state.wait_until(self.sending(&store, &config, &account));
        }
        Response::empty()
    }
}

impl AccountObject {
    fn publication(
        &self,
        store: &Rc<Store>,
        config: &Rc<Config>,
        account: &Account,
    ) -> impl Future<Output = ()> + 'static {
        let name = account.audience.account.as_str().to_owned();
        let work = self.work(store, config);
        publication::publish(work, self.env.clone(), name)
    }

    fn post(&self, store: &Rc<Store>, config: &Rc<Config>, account: &Rc<Account>) -> Post {
        Post { work: self.work(store, config), env: self.env.clone(), account: Rc::clone(account) }
    }

    /// Sends what is due, and sets the alarm for what is not.
    fn sending(
        &self,
        store: &Rc<Store>,
        config: &Rc<Config>,
        account: &Rc<Account>,
    ) -> impl Future<Output = ()> + 'static {
        let (post, work) = (self.post(store, config, account), self.work(store, config));
        async move {
            // If everything stops here, the alarm goes on.
            if work.store.storage().set_alarm(publication::RESUME).await.is_err() {
                console_warn!("no alarm could be set for mail");
            }
            // The answer leaves before anything is written: that takes longer for an address that somebody has.
            Delay::from(Duration::ZERO).await;
            join(post.send_what_is_due(), alarm::set(&work)).await;
            alarm::set(&work).await;
        }
    }

    fn work(&self, store: &Rc<Store>, config: &Rc<Config>) -> Work {
        Work {
            store: Rc::clone(store),
            config: Rc::clone(config),
            publishing: Rc::clone(&self.publishing),
            sending: Rc::clone(&self.sending),
        }
    }

    /// Waits for it no longer than a person would; then it goes on by itself.
    async fn publish_or_leave_it(&self, store: &Rc<Store>, config: &Rc<Config>, account: &Account) {
        let publication = self.publication(store, config, account);
        // A task of its own from the beginning: a `Delay` wakes only the task in which it was first awaited, so a deadline in it
        // would never come once it went on in another.
        let ends = future_to_promise(async move {
            publication.await;
            Ok(JsValue::UNDEFINED)
        });
        let goes_on = JsFuture::from(ends.clone());
        self.state.wait_until(async move { _ = goes_on.await });
        _ = select(JsFuture::from(ends), Box::pin(Delay::from(PATIENCE))).await;
    }
}

/// Handles a message. Not `async`, on purpose: see the module's words.
fn handle(
    store: &Store,
    config: &Config,
    account: &Account,
    sending: &Underway,
    message: Message,
) -> Result<Handled, Failure> {
    let now = now();
    match message {
        Message::Judge(judgement) => publication::judge(store, config, judgement.as_ref()),
        Message::Heartbeat { lacking } => publication::heartbeat(store, config, lacking, now),
        Message::Start(start) => enrolling::start(store, config, sending, start, now),
        Message::Resend(resend) => enrolling::resend(store, config, sending, resend, now),
        Message::MailStanding(ticket) => enrolling::mail_standing(store, sending, &ticket),
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
        Message::NotMe(asked) => not_me::answer(store, config, &asked, now),
        Message::AskCode(ask) => my_devices::ask_code(store, config, account, sending, ask, now),
        Message::ConfirmChange(confirm) => my_devices::confirm(store, config, &confirm, now),
        Message::Administration(order) => administration::act(store, config, account, sending, *order, now),
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
