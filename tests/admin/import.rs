//! People by the file: what each line would do, all or nothing, and what comes out again.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, Answer, Kind, Product, Site, Wire, eventually};

/// The most bytes of a part.
const PART: usize = 262_144;

async fn begin(admin: &Admin, bytes: usize) -> String {
    let import = admin.post("/imports", &json!({ "bytes": bytes }), 201).await;
    assert_eq!([&import["status"], &import["next_part"]].map(Clone::clone), [json!("receiving"), json!(0)]);
    import["id"].as_str().unwrap().to_owned()
}

async fn part(
    site: &Site,
    admin_token: &str,
    import: &str,
    number: usize,
    last: bool,
    bytes: &[u8],
) -> Answer {
    let last = if last { "?last" } else { "" };
    let path = format!("/api/v1/admin/imports/{import}/parts/{number}{last}");
    let request = Wire::to(&site.origin).bare(Method::PUT, &path).bearer_auth(admin_token);
    Answer::to(request.header("Content-Type", "text/csv").body(bytes.to_vec())).await
}

/// Hands for files.
struct Files<'a> {
    product: &'a Product,
    site: Site,
}

impl Files<'_> {
    async fn part(&self, import: &str, number: usize, last: bool, bytes: &[u8]) -> Answer {
        part(&self.site, self.product.secrets().admin_api_token(), import, number, last, bytes).await
    }

    /// Sends a file, in parts that end where they end; returns the import.
    async fn send(&self, file: &[u8], size: usize) -> Value {
        let id = begin(&self.site.admin, file.len()).await;
        let parts: Vec<_> = file.chunks(size).collect();
        let mut import = Value::Null;
        for (number, bytes) in parts.iter().enumerate() {
            let answer = self.part(&id, number, number + 1 == parts.len(), bytes).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            import = answer.json();
        }
        assert_eq!(import["status"], "checked", "{import}");
        import
    }

    async fn check(&self, file: &str) -> Value {
        self.send(file.as_bytes(), PART).await
    }

    /// Every line, without its place in a list.
    async fn lines(&self, import: &Value) -> Vec<Value> {
        let id = import["id"].as_str().unwrap();
        let (mut found, mut after) = (vec![], String::new());
        loop {
            let page = self.site.admin.get(&format!("/imports/{id}/lines?limit=100{after}")).await;
            found.extend(page["lines"].as_array().unwrap().clone());
            if page["next"].is_null() {
                return found;
            }
            let next = page["next"].as_str().map_or_else(|| page["next"].to_string(), str::to_owned);
            after = format!("&after={next}");
        }
    }

    async fn apply(&self, import: &Value) -> Answer {
        let path = format!("/imports/{}/apply", import["id"].as_str().unwrap());
        self.site.admin.call(Method::POST, &path, Some(&json!({}))).await
    }

    async fn export(&self) -> Answer {
        let exported = self.site.admin.call(Method::GET, "/users/export", None).await;
        assert_eq!(exported.status, 200, "{}", exported.text());
        let kind = exported.header("Content-Type").unwrap();
        assert!(kind.starts_with("text/csv"), "{kind}");
        assert!(exported.header("Content-Disposition").unwrap().starts_with("attachment"), "{exported:?}");
        exported
    }

    async fn user(&self, address: &str) -> Option<Value> {
        let found = self.site.admin.get(&format!("/users?search={}", address.replace('+', "%2b"))).await;
        found["users"].as_array().unwrap().iter().find(|user| user["address"] == address).cloned()
    }
}

fn numbers(import: &Value) -> [u64; 5] {
    ["lines", "add", "change", "same", "error"].map(|name| import[name].as_u64().unwrap())
}

async fn started() -> (Product, Site) {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    (product, site)
}

#[tokio::test]
async fn a_file_says_what_each_line_would_do_and_does_nothing_until_it_is_applied() {
    let (product, site) = started().await;
    let files = Files { product: &product, site: site.clone() };
    let same = site.admin.add_user("same@example.com", &["s@example.com"]).await;
    let changed = site.admin.add_user("changed@example.com", &["old@example.com"]).await;
    let gone = site.admin.add_user("gone@example.com", &[]).await;
    let untouched = site.admin.add_user("untouched@example.com", &[]).await;
    let mut phone = Wire::to(&site.origin);
    phone.enroll(&site, "gone@example.com", Kind::Own).await;
    let file = "disabled,address,aliases\r\n\
                ,new@example.com,n1@example.com n2@example.com\r\n\
                no,same@example.com,s@example.com\r\n\
                no,changed@example.com,new-alias@example.com\r\n\
                yes,gone@example.com,\r\n";
    let import = files.check(file).await;
    assert_eq!(numbers(&import), [4, 1, 2, 1, 0], "{import}");
    let lines = files.lines(&import).await;
    let told: Vec<_> = lines.iter().map(|line| (line["line"].as_u64().unwrap(), &line["outcome"])).collect();
    let [adds, alters, stays] = [json!("add"), json!("change"), json!("same")];
    assert_eq!(told, [(2, &adds), (3, &stays), (4, &alters), (5, &alters)]);
    assert_eq!(lines[0]["address"], "new@example.com");
    let id = import["id"].as_str().unwrap();
    let found = site.admin.get(&format!("/imports/{id}/lines?outcome=change")).await;
    assert_eq!(found["lines"].as_array().unwrap().len(), 2, "{found}");
    assert!(files.user("new@example.com").await.is_none());
    assert_eq!(phone.get("/api/v1/device").await.status, 200);

    let applied = files.apply(&import).await;
    assert_eq!((applied.status, &applied.json()["status"]), (200, &json!("applied")), "{}", applied.text());
    let new = files.user("new@example.com").await.unwrap();
    assert_eq!(new["aliases"], json!(["n1@example.com", "n2@example.com"]));
    assert_eq!(site.admin.user(&changed).await["aliases"], json!(["new-alias@example.com"]));
    assert_eq!(site.admin.user(&same).await["aliases"], json!(["s@example.com"]));
    assert_eq!(
        site.admin.user(&untouched).await["disabled"],
        false,
        "nobody is removed or disabled by being left out"
    );
    let disabled = site.admin.user(&gone).await;
    assert_eq!((&disabled["disabled"], &disabled["devices"]), (&json!(true), &json!(0)), "{disabled}");
    eventually("the phone to be out", async || {
        (phone.get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
    assert_ne!(files.apply(&import).await.status, 500);
    // The same file again finds everything as it says.
    assert_eq!(numbers(&files.check(file).await), [4, 0, 0, 4, 0]);
    // Without the columns nothing of them changes.
    let import = files.check("address\ngone@example.com\nchanged@example.com\n").await;
    assert_eq!(numbers(&import), [2, 0, 0, 2, 0]);
}

#[tokio::test]
async fn a_file_may_be_written_by_any_program_and_cut_anywhere() {
    let (product, site) = started().await;
    let files = Files { product: &product, site };
    for file in [
        "\u{feff}address,aliases\r\nada@example.com,a@example.com\r\n",
        "address,aliases\nada@example.com,a@example.com",
        "\"address\",\"aliases\"\r\n\"ada@example.com\",\"a@example.com\"\r\n",
        "aliases,address\na@example.com,ada@example.com\n\n",
        "Address,Aliases\nada@example.com,\"a@example.com\n\"\n",
    ] {
        let import = files.check(file).await;
        assert_eq!(numbers(&import)[4], 0, "{file:?}: {import} {:?}", files.lines(&import).await);
        assert_eq!(numbers(&import)[1], 1, "{file:?}: {import}");
    }
    let file = "\u{feff}address,aliases,disabled\r\nada@example.com,\"a@example.com\r\nb@example.com\",\r\n\
                gr\u{e4}ce@example.com,\"x \"\"y\"\"\",yes\r\n'=1+1@example.com,,maybe\r\n";
    let whole = files.lines(&files.check(file).await).await;
    assert_eq!(whole.len(), 3, "{whole:?}");
    let bytes = file.as_bytes();
    for at in 1..bytes.len() {
        let id = begin(&files.site.admin, bytes.len()).await;
        let first = files.part(&id, 0, false, &bytes[..at]).await;
        assert_eq!(first.status, 200, "cut at {at}: {}", first.text());
        let second = files.part(&id, 1, true, &bytes[at..]).await;
        assert_eq!(second.status, 200, "cut at {at}: {}", second.text());
        assert_eq!(files.lines(&second.json()).await, whole, "cut at {at}");
        let gone = files.site.admin.call(Method::DELETE, &format!("/imports/{id}"), None).await;
        assert_eq!(gone.status, 204, "{}", gone.text());
    }
    assert_eq!(files.lines(&files.send(bytes, 1).await).await, whole, "byte by byte");
}

#[tokio::test]
async fn what_is_wrong_is_told_by_line_and_then_nothing_is_done() {
    let (product, site) = started().await;
    let files = Files { product: &product, site: site.clone() };
    let grace = site.admin.add_user("grace@example.com", &["g@example.com"]).await;
    let many: Vec<_> = (0..101).map(|number| format!("m{number}@example.com")).collect();
    let mut file = "address,aliases,disabled\n".to_owned();
    let wrong = [
        ("fine@example.com,,", None),
        ("nobody,,", Some("address_invalid")),
        (",,", Some("address_invalid")),
        ("b@example.com,nobody,", Some("alias_invalid")),
        ("c@elsewhere.example,,", Some("domain_unknown")),
        ("d@example.com,d@elsewhere.example,", Some("domain_unknown")),
        ("e@example.com,grace@example.com,", Some("address_taken")),
        ("g@example.com,,", Some("address_taken")),
        ("FINE@example.com,,", Some("duplicate")),
        ("f@example.com,fine@example.com,", Some("duplicate")),
        ("h@example.com,,perhaps", Some("disabled_invalid")),
        ("i@example.com", Some("columns")),
        ("j@example.com,,,,", Some("columns")),
        ("k@example.com,MANY,", Some("too_many_aliases")),
    ];
    for (line, _) in wrong {
        writeln!(file, "{}", line.replace("MANY", &many.join(" "))).unwrap();
    }
    let import = files.check(&file).await;
    assert_eq!(numbers(&import), [14, 1, 0, 0, 13], "{import}");
    let lines = files.lines(&import).await;
    for (number, (line, (text, code))) in (2..).zip(lines.iter().zip(wrong)) {
        assert_eq!(line["line"], number, "{text}");
        assert_eq!(line["code"].as_str(), code, "{text}: {line}");
        assert_eq!(line["outcome"], if code.is_some() { "error" } else { "add" }, "{text}");
    }
    let id = import["id"].as_str().unwrap();
    let errors = site.admin.get(&format!("/imports/{id}/lines?outcome=error&limit=200")).await;
    assert_eq!(errors["lines"].as_array().unwrap().len(), 13);
    files.apply(&import).await.problem(409, "import_has_errors");
    assert!(files.user("fine@example.com").await.is_none());
    assert_eq!(site.admin.user(&grace).await["aliases"], json!(["g@example.com"]));
}

#[tokio::test]
async fn what_is_no_such_file_at_all_is_refused_by_name() {
    let (product, site) = started().await;
    let files = Files { product: &product, site };
    for file in [
        &b""[..],
        b"\n",
        b"aliases\na@example.com\n",
        b"address,name\na@example.com,Ada\n",
        b"address,address\na@example.com,b@example.com\n",
        b"a@example.com\n",
        b"address\n\xff\xfe@example.com\n",
        b"\xff\xfea\0d\0",
        b"PK\x03\x04\x14\0\x06\0",
    ] {
        let id = begin(&files.site.admin, file.len()).await;
        let refused = files.part(&id, 0, true, file).await;
        let problem = refused.problem(422, "csv_invalid");
        assert!(problem["detail"].is_string(), "{problem}");
    }
}

#[tokio::test]
async fn parts_come_in_order_and_an_import_that_is_not_complete_is_not_applied() {
    let (product, site) = started().await;
    let files = Files { product: &product, site };
    let file = b"address\nada@example.com\ngrace@example.com\n";
    let id = begin(&files.site.admin, file.len()).await;
    let import = json!({ "id": id });
    files.apply(&import).await.problem(409, "import_not_complete");
    let ahead = files.part(&id, 1, false, &file[10..]).await.problem(409, "part_out_of_order");
    assert_eq!(ahead["next_part"], 0);
    assert_eq!(files.part(&id, 0, false, &file[..10]).await.json()["next_part"], 1);
    let again = files.part(&id, 0, false, &file[..10]).await.problem(409, "part_out_of_order");
    assert_eq!(again["next_part"], 1);
    files.apply(&import).await.problem(409, "import_not_complete");
    let more = [&file[10..], b"more@example.com\n"].concat();
    assert_ne!(files.part(&id, 1, false, &more).await.status, 500, "more than was announced");
    for wrong in ["x", "-1", "99999999999999999999"] {
        let path = format!("/api/v1/admin/imports/{id}/parts/{wrong}");
        let request = Wire::to(&files.site.origin).bare(Method::PUT, &path);
        let request = request.bearer_auth(product.secrets().admin_api_token());
        let answer = Answer::to(request.header("Content-Type", "text/csv").body("x")).await;
        assert!((400..500).contains(&answer.status), "{wrong}: {}", answer.text());
    }
    files.part("nobody", 0, false, file).await.problem(404, "not_found");
    let wire = Wire::to(&files.site.origin);
    let path = format!("/api/v1/admin/imports/{id}/parts/1");
    let request = wire.bare(Method::PUT, &path).bearer_auth(product.secrets().admin_api_token());
    Answer::to(request.json(&json!({}))).await.problem(415, "content_type_unsupported");
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_its_size() {
    let (product, site) = started().await;
    let files = Files { product: &product, site: site.clone() };
    for bytes in [67_108_865_u64, 1 << 30, u64::MAX] {
        let body = json!({ "bytes": bytes });
        let refused = site.admin.call(Method::POST, "/imports", Some(&body)).await;
        refused.problem(413, "import_too_large");
    }
    for wrong in [json!(-1), json!("9"), json!(1.5), json!(null)] {
        let body = json!({ "bytes": wrong });
        site.admin.call(Method::POST, "/imports", Some(&body)).await.problem(400, "body_invalid");
    }
    let id = begin(&site.admin, 67_108_864).await;
    let part = files.part(&id, 0, false, &vec![b'a'; PART + 1]).await;
    assert_eq!(part.status, 413, "{}", part.text());
    // Short lines: more of them than are taken are in a few parts.
    let id = begin(&site.admin, 1_000_000).await;
    let mut lines = "address\n".to_owned();
    lines.push_str(&"x\n".repeat(250_001));
    let mut refused = None;
    for (number, bytes) in lines.as_bytes().chunks(PART).enumerate() {
        let answer = files.part(&id, number, lines.len() <= (number + 1) * PART, bytes).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    refused.unwrap().problem(413, "import_too_large");
}

#[tokio::test]
async fn a_directory_that_has_changed_since_is_not_written_over() {
    let (product, site) = started().await;
    let files = Files { product: &product, site: site.clone() };
    let import = files.check("address,aliases\nada@example.com,a@example.com\n").await;
    let second = files.check("address\nnobody@example.com\n").await;
    site.admin.add_user("a@example.com", &[]).await;
    files.apply(&import).await.problem(409, "directory_changed");
    assert!(files.user("ada@example.com").await.is_none());
    files.apply(&second).await.problem(409, "directory_changed");
    let again = files.check("address\nnobody@example.com\n").await;
    assert_eq!(files.apply(&again).await.status, 200);
}

#[tokio::test]
async fn what_was_exported_finds_everything_the_same_and_no_field_is_a_formula() {
    let (product, site) = started().await;
    let files = Files { product: &product, site: site.clone() };
    let odd =
        ["=1+1@example.com", "+1@example.com", "-1@example.com", "'=1@example.com", "'plain@example.com"];
    for address in odd {
        site.admin.add_user(address, &[]).await;
    }
    let aliases = ["=alias@example.com", "alias@example.com"];
    let disabled = site.admin.add_user("disabled@example.com", &aliases).await;
    site.admin.disable(&disabled).await;
    let exported = files.export().await.text();
    for line in exported.lines().skip(1) {
        for field in line.split(',') {
            let field = field.trim_start_matches('"');
            assert!(!field.starts_with(['=', '+', '-', '@']), "{line}");
        }
    }
    let import = files.check(&exported).await;
    assert_eq!(numbers(&import), [6, 0, 0, 6, 0], "{import}: {:?}", files.lines(&import).await);
    // What is not written with care is read all the same.
    let bare = "address\n=1+1@example.com\n'plain@example.com\n";
    assert_eq!(numbers(&files.check(bare).await), [2, 0, 0, 2, 0]);
    // Into an empty directory it brings all of it.
    let other = Files { product: &product, site: product.other() };
    let import = other.check(&exported).await;
    assert_eq!(numbers(&import), [6, 6, 0, 0, 0], "{import}");
    assert_eq!(other.apply(&import).await.status, 200);
    assert_eq!(other.export().await.text(), exported);
    let of_nobody = site.admin.call(Method::GET, "/users/export?domain=nobody.example", None).await;
    assert!(of_nobody.status == 404 || of_nobody.text().lines().count() == 1, "{}", of_nobody.text());
}

#[tokio::test]
async fn thousands_of_people_come_in_several_parts_and_go_out_complete() {
    let (product, site) = started().await;
    let files = Files { product: &product, site };
    let mut file = "address,aliases\r\n".to_owned();
    for number in 0..5_000 {
        write!(file, "p{number:05}@example.com,a{number:05}@example.com\r\n").unwrap();
    }
    let import = files.send(file.as_bytes(), 100_000).await;
    assert_eq!(numbers(&import), [5_000, 5_000, 0, 0, 0]);
    assert_eq!(files.apply(&import).await.status, 200);
    let exported = files.export().await.text();
    assert_eq!(exported.lines().count(), 5_001);
    assert_eq!(numbers(&files.check(&exported).await), [5_000, 0, 0, 5_000, 0]);
    let mut alias = files.check("address\na00017@example.com\n").await;
    assert_eq!(alias["error"].take(), 1);
}
