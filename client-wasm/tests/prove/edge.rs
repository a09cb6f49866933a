//! An edge in the page: it notes what it is asked, and answers as it is told.

use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::injected::Injected;
use crate::tokens::{key_set, own_issuer};

pub(crate) const CHALLENGE: &str = "/api/v1/device/challenge";
pub(crate) const PROVE: &str = "/api/v1/device/prove";
pub(crate) const JWKS: &str = "/.well-known/jwks.json";

const START: &str = "globalThis.asked = []; globalThis.answers = {};
globalThis.keysAsked = new Promise((resolve) => { globalThis.onKeysAsked = resolve; });";
const FETCH: &str = "async (address, { method, body }) => {
  asked.push([address, method, body ?? '']);
  if (address.endsWith('/jwks.json')) onKeysAsked();
  const [status, said] = await answers[address]();
  return new Response(typeof said === 'string' ? said : JSON.stringify(said), { status });
}";

/// In the network's place for as long as it is held.
pub(crate) struct Edge {
    asked: Array,
    answers: JsValue,
    _network: Injected,
}

impl Edge {
    /// Answers nothing.
    pub(crate) fn new() -> Self {
        js_sys::eval(START).unwrap();
        Self {
            asked: js_sys::eval("asked").unwrap().unchecked_into(),
            answers: js_sys::eval("answers").unwrap(),
            _network: Injected::new("globalThis", "fetch", FETCH),
        }
    }

    /// Gives a challenge, its keys, and for a proof this token and a path.
    pub(crate) fn proving(token: &str) -> Self {
        let edge = Self::new();
        let keys = key_set(&own_issuer(), &crate::origin(), "example");
        edge.answer(JWKS, &format!("[200, {keys}]"));
        edge.answer(CHALLENGE, "[200, { challenge: 'a.challenge' }]");
        edge.answer(PROVE, &format!("[200, {{ device_token: '{token}', to: '/s/link?enrolled' }}]"));
        edge
    }

    /// Answers so at this address: a status and a body, in JavaScript.
    pub(crate) fn answer(&self, address: &str, answer: &str) {
        let answer = js_sys::eval(&format!("async () => {answer}")).unwrap();
        Reflect::set(&self.answers, &address.into(), &answer).unwrap();
    }

    /// The addresses that were asked, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.requests().map(|request| request.get(0).as_string().unwrap()).collect()
    }

    /// The only body that came to this address.
    pub(crate) fn body_of(&self, address: &str) -> JsValue {
        let mut bodies =
            self.requests().filter(|request| request.get(0) == address && request.get(1) == "POST");
        let body = bodies.next().unwrap().get(2).as_string().unwrap();
        assert!(bodies.next().is_none(), "{address} was asked twice");
        JSON::parse(&body).unwrap()
    }

    fn requests(&self) -> impl Iterator<Item = Array> {
        self.asked.iter().map(JsCast::unchecked_into)
    }
}

/// A member of an object.
pub(crate) fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}
