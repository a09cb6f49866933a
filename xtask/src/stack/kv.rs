//! A KV namespace as workerd sees one: plain HTTP, `GET`, `PUT` and `DELETE` of `/<key>?urlencoded=true`, 404 for a
//! key that is not there.
//!
//! In scope: single values that survive any end of this process once they are acknowledged. Not in scope: metadata
//! and lists, which are refused so that nobody relies on them unawares; expiry and `cache_ttl`, which are promises
//! about at-latest times that a store without either keeps.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use tiny_http::{Method, Request, Response, Server};

use crate::failure::{Explain as _, Outcome};

/// A slow answer must not hold up the others.
const THREADS: usize = 8;

/// Longest file name that every file system takes.
const MAX_FILE_NAME_BYTES: usize = 255;

/// Values as files, named by their percent-encoded keys.
#[derive(Debug)]
pub struct KvFiles {
    folder: PathBuf,
    writes: AtomicU64,
}

impl KvFiles {
    /// The values in `folder`, which is created if missing.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Outcome<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder).explain(folder.display())?;
        Ok(Self { folder, writes: AtomicU64::new(0) })
    }

    /// The value of `key`, if it has one.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn get(&self, key: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
        match fs::read(self.file(key)?) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the value of `key`. When this returns, it is on disk; a reader sees the old value or the new one.
    ///
    /// # Errors
    /// When the file system refuses or the key is too long for it.
    pub fn put(&self, key: &[u8], value: &[u8]) -> std::io::Result<()> {
        let file = self.file(key)?;
        // A dot cannot be in the name of a key's file.
        let unfinished = self.folder.join(format!(".{}", self.writes.fetch_add(1, Ordering::Relaxed)));
        let mut open = File::create(&unfinished)?;
        open.write_all(value)?;
        open.sync_all()?;
        fs::rename(&unfinished, file)?;
        self.sync_folder()
    }

    /// Removes the value of `key`, if it has one.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn delete(&self, key: &[u8]) -> std::io::Result<()> {
        match fs::remove_file(self.file(key)?) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => self.sync_folder(),
        }
    }

    /// A renamed or removed file is certain only when its folder is on disk.
    fn sync_folder(&self) -> std::io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    fn file(&self, key: &[u8]) -> std::io::Result<PathBuf> {
        let name = file_name(key);
        if name.is_empty() || name.len() > MAX_FILE_NAME_BYTES {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "key empty or too long for a file name",
            ));
        }
        Ok(self.folder.join(name))
    }
}

/// The key with everything but letters, digits, hyphen and underscore percent-encoded: no separators, no dots.
fn file_name(key: &[u8]) -> String {
    key.iter().fold(String::new(), |mut name, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(*byte)),
            _ => name.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
        name
    })
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}

/// The key of a request's target, `/<percent-encoded key>?<query>`.
fn key_of(target: &str) -> Option<Vec<u8>> {
    let encoded = target.split('?').next()?.strip_prefix('/')?;
    let mut key = vec![];
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
            key.push((high << 4) | low);
        } else {
            key.push(byte);
        }
    }
    Some(key)
}

/// Answers workerd's KV binding from [`KvFiles`]; stops when dropped.
#[derive(Debug)]
pub struct KvService {
    port: u16,
    stop: Stop,
    threads: Vec<JoinHandle<()>>,
}

struct Stop(Arc<Server>);

impl std::fmt::Debug for Stop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stop")
    }
}

impl KvService {
    /// Listens on a free port of the loopback address.
    ///
    /// # Errors
    /// When there is none.
    pub fn start(files: KvFiles) -> Outcome<Self> {
        let server = Arc::new(Server::http("127.0.0.1:0").explain("KV service")?);
        let port = server.server_addr().to_ip().map_or(0, |address| address.port());
        let files = Arc::new(files);
        let threads = (0..THREADS)
            .map(|_| {
                let (server, files) = (Arc::clone(&server), Arc::clone(&files));
                std::thread::spawn(move || {
                    while let Ok(request) = server.recv() {
                        answer(&files, request);
                    }
                })
            })
            .collect();
        Ok(Self { port, stop: Stop(server), threads })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for KvService {
    fn drop(&mut self) {
        // Each call ends one `recv`.
        for _ in &self.threads {
            self.stop.0.unblock();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn answer(files: &KvFiles, mut request: Request) {
    let (status, value) = answer_to(files, &mut request).unwrap_or_else(|error| {
        let status = if error.kind() == std::io::ErrorKind::InvalidInput { 400 } else { 500 };
        (status, error.to_string().into_bytes())
    });
    // Who asked and went away needs no answer.
    let _ = request.respond(Response::from_data(value).with_status_code(status));
}

fn answer_to(files: &KvFiles, request: &mut Request) -> std::io::Result<(u16, Vec<u8>)> {
    let Some(key) = key_of(request.url()) else { return Ok((400, b"malformed key".to_vec())) };
    if request.headers().iter().any(|header| header.field.equiv("CF-KV-Metadata")) {
        return Ok((501, b"metadata is not kept here".to_vec()));
    }
    match request.method() {
        Method::Get => Ok(files.get(&key)?.map_or_else(|| (404, vec![]), |value| (200, value))),
        Method::Put => {
            let mut value = vec![];
            request.as_reader().read_to_end(&mut value)?;
            files.put(&key, &value)?;
            Ok((204, vec![]))
        }
        Method::Delete => {
            files.delete(&key)?;
            Ok((204, vec![]))
        }
        _ => Ok((501, b"not done here".to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_fresh_folder(name: &str, test: impl FnOnce(PathBuf)) {
        let folder = std::env::temp_dir().join(format!("xtask-kv-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        test(folder.clone());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_key_cannot_name_a_file_outside_its_folder() {
        assert_eq!(file_name(b"../../etc/passwd"), "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd");
        assert_eq!(file_name(b".0"), "%2E0");
    }

    #[test]
    fn keys_that_differ_have_files_that_differ() {
        assert_ne!(file_name(b"a/b"), file_name(b"a%2Fb"));
        assert_ne!(file_name(b"A"), file_name(b"a"));
    }

    #[test]
    fn a_truncated_escape_is_malformed_not_another_key() {
        assert_eq!(key_of("/demo%2Fhead?urlencoded=true").unwrap(), b"demo/head");
        assert_eq!(key_of("/demo%2"), None);
        assert_eq!(key_of("/demo%zz"), None);
    }

    #[test]
    fn an_acknowledged_value_is_there_after_a_restart() {
        in_a_fresh_folder("restart", |folder| {
            let address = |service: &KvService| format!("http://127.0.0.1:{}/demo%2Fhead", service.port());
            let value = vec![7_u8; 100_000];
            let service = KvService::start(KvFiles::in_folder(&folder).unwrap()).unwrap();
            ureq::put(address(&service)).send(&value).unwrap();
            drop(service);
            let service = KvService::start(KvFiles::in_folder(&folder).unwrap()).unwrap();
            let read = ureq::get(address(&service)).call().unwrap().body_mut().read_to_vec().unwrap();
            assert_eq!(read, value);
        });
    }

    #[test]
    fn a_deleted_value_and_one_never_set_are_both_absent() {
        in_a_fresh_folder("absent", |folder| {
            let files = KvFiles::in_folder(folder).unwrap();
            files.put(b"a", b"1").unwrap();
            files.delete(b"a").unwrap();
            files.delete(b"never").unwrap();
            assert_eq!(files.get(b"a").unwrap(), None);
            assert_eq!(files.get(b"never").unwrap(), None);
        });
    }

    #[test]
    fn metadata_and_lists_are_refused_instead_of_forgotten() {
        in_a_fresh_folder("refused", |folder| {
            let service = KvService::start(KvFiles::in_folder(folder).unwrap()).unwrap();
            let address = format!("http://127.0.0.1:{}/a", service.port());
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let reply = agent.put(&address).header("CF-KV-Metadata", "{}").send("1").unwrap();
            assert_eq!(reply.status(), 501);
            assert_eq!(agent.get(&address).call().unwrap().status(), 404);
            assert_eq!(agent.post(&address).send("").unwrap().status(), 501);
        });
    }
}
