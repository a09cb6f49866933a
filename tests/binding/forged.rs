//! Tokens in the browser's storage that are not its own.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use crate::engines::{Outcome, Window};
use crate::shared::Shared;
use crate::subject::{Profile, Subject};
use crate::visit::{self, Landing, click, enroll_and_arrive, expect};
use crate::wired::Wired;

/// Has `store` at hand: what is kept beside the key.
const STORE: &str = "
const database = await new Promise((done, failed) => {
  const asked = indexedDB.open('device-enrollment');
  asked.onsuccess = () => done(asked.result); asked.onerror = failed;
});
const store = (mode, work) => new Promise((done, failed) => {
  const asked = work(database.transaction('device', mode).objectStore('device'));
  asked.onsuccess = () => done(asked.result); asked.onerror = failed;
});";

const READ: &str = "
const token = await store('readonly', (device) => device.get('token'));
database.close();
return token;";

const WRITE: &str = "
await store('readwrite', (device) => device.put(TOKEN, 'token'));
database.close();
return true;";

/// What the module would do if it did not look: sign with the kept key, whatever the token.
const SIGN: &str = "
const { publicKey, privateKey } = await store('readonly', (device) => device.get('key'));
const token = await store('readonly', (device) => device.get('token'));
database.close();
const post = (path, body) => fetch('/api/v1/device/' + path, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
}).then((answer) => answer.json());
const b64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const { challenge } = await post('challenge', {});
const message = ['device-proof', location.origin, challenge, token].join('\\n');
const signature = await crypto.subtle.sign('Ed25519', privateKey, new TextEncoder().encode(message));
const device_key = b64(await crypto.subtle.exportKey('raw', publicKey));
return post('prove', { origin: location.origin, device_key, challenge, device_token: token, signature: b64(signature) });";

/// Puts this token beside the key, whatever it is.
pub(crate) fn write(window: &mut Window, token: &str) -> Outcome {
    window.script(&format!("{STORE}{}", WRITE.replace("TOKEN", &json!(token).to_string()))).map(drop)
}

/// The same header and claims, signed by somebody else.
fn re_signed(token: &str) -> String {
    let (signed, _) = token.rsplit_once('.').unwrap();
    let signature = SigningKey::from_bytes(&[91; 32]).sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature))
}

pub(crate) fn stored_tokens(shared: &Shared, subject: Subject) -> Outcome {
    let account = shared.product().account(&subject.settings());
    let somebody = account.somebody("mine", &shared.arrival);
    let other = Wired::enroll(&account, &account.somebody("theirs", &shared.arrival), 71);
    let profile = Profile::new(subject.engine);
    let mut window = profile.open()?;
    enroll_and_arrive(&mut window, &account, &somebody, subject.binding, &shared.arrival)?;
    visit::home(&mut window, &account)?;
    let own = window.script(&format!("{STORE}{READ}"))?;
    let own = own.as_str().ok_or("no token is kept")?;
    // A character less would be no base64; four less are a shorter signature.
    let cut = own.get(..own.len() - 4).unwrap_or_default();
    let mut wrong = vec![];
    for (name, token, by_module, by_edge) in [
        ("another person's", other.token.as_str(), "token_foreign_key", "device_key_foreign"),
        ("truncated", cut, "token_not_compact", "device_token_invalid"),
        ("re-signed by a stranger", &re_signed(own), "token_bad_signature", "device_token_invalid"),
    ] {
        write(&mut window, token)?;
        let module = visit::prove(&mut window)?;
        let edge = window.script(&format!("{STORE}{SIGN}"))?;
        let said = |value: &Value| value["code"].as_str().unwrap_or("not refused").to_owned();
        let (module, edge) = (said(&module), said(&edge));
        let outcome = format!("module: {module}; signed by hand, edge: {edge}");
        shared.seen.add(&format!("stored token: {name}"), subject, &outcome);
        if module != by_module || edge != by_edge {
            wrong.push(format!("{name}: {outcome}, not {by_module} and {by_edge}"));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    write(&mut window, own)?;
    let came = visit::prove(&mut window)?;
    if came["to"] != "/" {
        return Err(format!("its own token came to {came}"));
    }
    expect("afterwards", &click(&mut window, &somebody.link, &shared.arrival)?, &Landing::Arrived)
}
