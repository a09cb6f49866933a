//! A mail server that people run: Postfix, as Debian has it and as docs/OPERATIONS.md sets it up, takes codes by both ways of TLS
//! and puts them into a mailbox.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use mail_parser::MessageParser;
use serde_json::json;
use xtask::stack::free_ports;

use crate::authority::{self, Identity, Shown};
use crate::support::folder::Folder;
use crate::support::leash::Leashed;
use crate::support::{Product, Wire, eventually};

const USER: &str = "enrollment@localhost";
const PASSWORD: &str = "a password of nobody";

/// Nothing in it is the system's: its settings, its queue, its users and its mailbox are in one folder.
const MAIN: &str = "\
compatibility_level = 3.6
queue_directory = FOLDER/queue
data_directory = FOLDER/data
maillog_file = FOLDER/log
maillog_file_prefixes = FOLDER
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
alias_maps =
virtual_mailbox_domains = example.com
virtual_mailbox_base = FOLDER
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_chain_files = FOLDER/identity.pem
smtpd_sender_login_maps = inline:{ { SENDER = USER } }
";

const MASTER: &str = "\
127.0.0.1:IMPLICIT inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_auth_only=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
127.0.0.1:STARTTLS inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_auth_only=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
";

/// Debian's Postfix looks for this beside its own settings.
const USERS: &str = "\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: FOLDER/users
mech_list: PLAIN LOGIN
";

struct Postfix {
    implicit: u16,
    starttls: u16,
    folder: Folder,
    _master: Leashed,
}

impl Postfix {
    /// One that lets its user send as `sender`.
    async fn start(sender: &str) -> Self {
        let folder = Folder::new("postfix");
        let path = folder.path();
        let [implicit, starttls] = free_ports().unwrap();
        let write = |name: &str, text: &str| {
            let text = text
                .replace("FOLDER", path.to_str().unwrap())
                .replace("IMPLICIT", &implicit.to_string())
                .replace("STARTTLS", &starttls.to_string())
                .replace("SENDER", sender)
                .replace("USER", USER);
            fs::write(path.join(name), text).unwrap();
        };
        for own in ["conf/sasl", "queue", "data", "mail"] {
            fs::create_dir_all(path.join(own)).unwrap();
        }
        write("conf/main.cf", MAIN);
        write("conf/master.cf", MASTER);
        write("conf/sasl/smtpd.conf", USERS);
        write("identity.pem", &Identity::new(Shown::Right).to_pem());
        fs::set_permissions(path.join("identity.pem"), Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(path.join("mail"), Permissions::from_mode(0o777)).unwrap();
        chown(path.join("data"), Some(id_of("postfix")), None).unwrap();
        add_user(&path.join("users"));

        let conf = path.join("conf");
        let checked = Command::new("postfix").arg("-c").arg(&conf).arg("check").status().unwrap();
        assert!(checked.success(), "{checked}");
        let log = File::create(path.join("master")).unwrap();
        let mut master = Command::new("/usr/lib/postfix/sbin/master");
        // In the foreground.
        master.arg("-d").arg("-c").arg(conf).stdin(Stdio::null());
        let master = Leashed::start(master.stdout(log.try_clone().unwrap()).stderr(log));
        eventually("Postfix to answer", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", starttls)).await.ok().map(drop)
        })
        .await;
        Self { implicit, starttls, folder, _master: master }
    }

    /// What it has put into the mailbox, with its own headers before ours.
    fn delivered(&self) -> Vec<Vec<u8>> {
        let read = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        read(&self.folder.path().join("mail/new")).map(|file| fs::read(file.path()).unwrap()).collect()
    }
}

fn id_of(user: &str) -> u32 {
    let told = Command::new("id").args(["-u", user]).output().unwrap();
    String::from_utf8(told.stdout).unwrap().trim().parse().unwrap()
}

fn add_user(users: &Path) {
    let password = users.with_file_name("password");
    fs::write(&password, PASSWORD).unwrap();
    let (user, realm) = USER.split_once('@').unwrap();
    let mut command = Command::new("saslpasswd2");
    command.args(["-p", "-c", "-u", realm, "-f"]).arg(users).arg(user);
    let added = command.stdin(File::open(password).unwrap()).status().unwrap();
    assert!(added.success(), "{added}");
    // Its daemons are no root.
    fs::set_permissions(users, Permissions::from_mode(0o644)).unwrap();
}

/// A code by this way, out of the mailbox and back.
async fn brings_a_code_that_works(way: impl Fn(&Postfix) -> String) {
    const SENDER: &str = "postmaster@example.com";
    let server = Postfix::start(SENDER).await;
    let way = way(&server);
    let vars = [
        ("MAIL_OUT", way.as_str()),
        ("SMTP_USER", USER),
        ("SMTP_PASSWORD", PASSWORD),
        ("RESEND_AFTER_SECONDS", "0"),
    ];
    let trusted = vec![authority::trusted()];
    let product = Product::start_arranged(&vars, |options| options.trusted_certificates = trusted).await;
    let site = product.demo();
    let ada = site.person("ada").await;
    let mut wire = Wire::to(&site.origin);

    // The deployment's own sender is not one that this user may write as.
    assert_eq!(wire.start(&ada.address).await.status, 202);
    let refused =
        eventually("the sender to be refused", async || sender_refused(&site.admin.get("/mail").await)).await;
    assert_eq!(refused, "553 5.7.1");
    assert!(server.delivered().is_empty());

    site.admin.set(&json!({ "notification_postmaster_address": SENDER })).await;
    assert_eq!(wire.resend().await.status, 202);
    let mail = eventually("the mail in the mailbox", async || server.delivered().pop()).await;
    let mail = MessageParser::default().parse(&mail).unwrap();
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some(ada.address.as_str()));
    assert_eq!(mail.return_address(), Some(SENDER));
    let received = mail.header_raw("Received").unwrap();
    // In TLS, and signed in (RFC 3848).
    assert!(received.contains("with ESMTPSA "), "{received}");
    let text = mail.body_text(0).unwrap();
    let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    let code = text.split_whitespace().find(is_code).unwrap();
    assert!(mail.subject().unwrap().contains(code), "{:?}", mail.subject());
    let confirmed = wire.confirm(code).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    eventually("the refusal to be forgotten", async || {
        sender_refused(&site.admin.get("/mail").await).is_none().then_some(())
    })
    .await;
}

fn sender_refused(mail: &serde_json::Value) -> Option<String> {
    mail["sender_refused"]["reply"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn postfix_takes_codes_in_tls_from_the_first_byte_from_the_sender_it_knows_and_no_other() {
    let way = |server: &Postfix| format!("smtps://localhost:{}", server.implicit);
    brings_a_code_that_works(way).await;
}

#[tokio::test]
async fn postfix_takes_codes_by_starttls_from_the_sender_it_knows_and_no_other() {
    let way = |server: &Postfix| format!("smtp+starttls://localhost:{}", server.starttls);
    brings_a_code_that_works(way).await;
}
