// Tries the private file system with sizes that no disk has, which only a worker may do, and only Chromium is asked.
// Posts one line of what each step gave, `name=value`; what it proves is decided in the wasm module.

const FOLDER = 'readiness-probe';
const MIB = 2 ** 20;
const FAR = 2 ** 43;
const REFUSED = 'QuotaExceededError';

/**
 * Before large sizes are tried, a small one shows whether content is set aside for them: in memory, which a private window would
 * take it from once it no longer gives itself away in the far steps, or because the machine is busy. Then nothing larger is tried.
 */
const BRAKE_SIZE = 16 * MIB;
const BRAKE_MS = 30;

/** How long one tab may keep the others waiting. */
const TURN_MS = 3000;

/** @typedef {{write: (bytes: Uint8Array, at: {at: number}) => number, truncate: (size: number) => void, getSize: () => number, close: () => void}} SizedFile */

/** @type {string[]} */
const said = [];

/**
 * @param {string} name
 * @param {() => unknown} work
 */
function step(name, work) {
  let value;
  try {
    value = String(work());
  } catch (thrown) {
    value = nameOf(thrown);
  }
  said.push(`${name}=${value}`);
  return value;
}

const nameOf = (/** @type {any} */ thrown) => String(thrown && thrown.name);

const sized = (/** @type {SizedFile} */ file, /** @type {number} */ size) => {
  file.truncate(size);
  return file.getSize();
};

/** @param {(name: string) => Promise<SizedFile>} open */
async function steps(open) {
  const first = await open('1');
  const written = step('far_write', () => first.write(new Uint8Array(1), { at: FAR }));
  const size = step('far_size', () => sized(first, FAR));
  // NTFS sets aside the whole length of a file, without content or not; elsewhere a length costs nothing.
  if (written !== REFUSED || size !== REFUSED || navigator.userAgent.includes('Windows')) return;

  const start = performance.now();
  const braked = step('brake', () => sized(first, BRAKE_SIZE));
  const took = Math.round(performance.now() - start);
  said.push(`brake_ms=${took}`);
  if (braked !== String(BRAKE_SIZE) || took > BRAKE_MS) return;
  if (step('large', () => sized(first, 3072 * MIB)) !== REFUSED) return;

  const second = await open('2');
  step('first', () => sized(first, 200 * MIB));
  step('second', () => sized(second, 200 * MIB));
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  said.push(`room=${quota - usage}`);
}

async function run() {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  /** @type {SizedFile[]} */
  const files = [];
  try {
    await steps(async (name) => {
      const handle = /** @type {any} */ (await folder.getFileHandle(name, { create: true }));
      const file = await handle.createSyncAccessHandle();
      files.push(file);
      return file;
    });
  } finally {
    for (const file of files) file.close();
    await root.removeEntry(FOLDER, { recursive: true });
  }
}

async function tell() {
  await run().catch((thrown) => said.push(`thrown=${nameOf(thrown)}`));
  postMessage(said.join(' '));
  close();
}

// Tabs that are opened at once take turns: the folder is one for all. What hangs gives its turn up, and goes on by itself.
const turnOver = () => new Promise((resolve) => setTimeout(resolve, TURN_MS));
const { locks } = navigator;
if (locks) locks.request('readiness-probe-files', () => Promise.race([tell(), turnOver()])).catch(tell);
else tell();
