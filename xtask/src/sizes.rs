//! Sizes on the wire, and the budgets they are held to. A KB here is 1,000 bytes, the stricter reading.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::artifacts::{Built, CLIENT_GLUE, CLIENT_WASM};
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::process::run;

/// The aim is 260,000: not reached. docs/BENCHMARKS.md tells what weighs.
const WORKER_GZIP_LIMIT: u64 = 730_000;
const CLIENT_BROTLI_LIMIT: u64 = 56_000;
const PAGE_BROTLI_LIMIT: u64 = 80_000;

/// Beside the module, which every page shares.
const PROOF_PAGE_BROTLI_LIMIT: u64 = 20_000;

/// The pages whose weight is budgeted: the heaviest, and the one that nobody should notice.
const PAGE: &str = "enroll.html";
const PROOF_PAGE: &str = "prove.html";

/// Both compressors are in every Node.js; the strongest settings are those a content network uses for static files.
const MEASURE: &str = "
const { readFileSync } = require('node:fs');
const { brotliCompressSync, gzipSync } = require('node:zlib');
console.log(JSON.stringify(process.argv.slice(1).map((path) => {
  const raw = readFileSync(path);
  return { raw: raw.length, gzip: gzipSync(raw, { level: 9 }).length, brotli: brotliCompressSync(raw).length };
})));";

/// Bytes of one or more files; compressed file by file, as they are served.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Size {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

impl Size {
    fn and(self, other: Self) -> Self {
        Self {
            raw: self.raw.saturating_add(other.raw),
            gzip: self.gzip.saturating_add(other.gzip),
            brotli: self.brotli.saturating_add(other.brotli),
        }
    }
}

impl Built {
    /// Prints the sizes of everything that is sent or uploaded.
    ///
    /// # Errors
    /// When a budget is exceeded; the table is printed all the same.
    pub fn report_sizes(&self, checkout: &Checkout) -> Outcome {
        let worker = checkout.worker_build();
        let client = checkout.client();
        println!("{:<36}{:>10}{:>10}{:>10}", "bytes", "raw", "gzip", "brotli");
        let worker = report("Worker", &[worker.join("index_bg.wasm"), worker.join("index.js")])?;
        let client = report("client module", &[client.join(CLIENT_WASM), client.join(CLIENT_GLUE)])?;
        let mut over = vec![];
        budget(&mut over, "Worker, gzip", worker.gzip, WORKER_GZIP_LIMIT);
        budget(&mut over, "client module, brotli", client.brotli, CLIENT_BROTLI_LIMIT);
        let www = checkout.www();
        let page = report(PAGE, &page_files(&www, PAGE)?)?;
        budget(&mut over, "enrollment page, brotli", page.brotli, PAGE_BROTLI_LIMIT);
        let mut files = page_files(&www, PROOF_PAGE)?;
        files.retain(|file| file.parent() != Some(checkout.client().as_path()));
        let page = report("prove.html without the module", &files)?;
        budget(&mut over, "page that proves, brotli", page.brotli, PROOF_PAGE_BROTLI_LIMIT);
        if over.is_empty() { Ok(()) } else { Err(Failure::new(over.join("; "))) }
    }
}

fn budget(over: &mut Vec<String>, what: &str, bytes: u64, limit: u64) {
    if bytes > limit {
        over.push(format!("{what}: {bytes} bytes are over the budget of {limit}"));
    }
}

/// Prints a line for each file and, where there are several, one for all.
fn report(what: &str, files: &[PathBuf]) -> Outcome<Size> {
    let sizes: Vec<Size> =
        serde_json::from_str(&run(Command::new("node").args(["--eval", MEASURE, "--"]).args(files))?)
            .explain("measuring sizes")?;
    for (file, size) in files.iter().zip(&sizes) {
        print_line(&format!("  {}", file.file_name().unwrap_or_default().to_string_lossy()), *size);
    }
    let all = sizes.into_iter().fold(Size::default(), Size::and);
    print_line(what, all);
    Ok(all)
}

fn print_line(what: &str, size: Size) {
    println!("{what:<36}{:>10}{:>10}{:>10}", size.raw, size.gzip, size.brotli);
}

/// The page and every static file that is named, in quotes, in the page or in a file it needs.
fn page_files(www: &Path, page: &str) -> Outcome<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut unread = vec![www.join(page)];
    while let Some(file) = unread.pop() {
        if !found.insert(file.clone()) {
            continue;
        }
        let text = fs::read(&file).explain(file.display())?;
        let folder = file.parent().unwrap_or(www).to_owned();
        for name in quoted_names(&String::from_utf8_lossy(&text)) {
            let named = match name.strip_prefix('/') {
                Some(absolute) => www.join(absolute),
                None => folder.join(name),
            };
            if let Ok(named) = named.canonicalize()
                && named.is_file()
            {
                unread.push(named);
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// What stands between quotes and looks like the name of a static file.
fn quoted_names(text: &str) -> impl Iterator<Item = &str> {
    const KINDS: [&str; 6] = ["css", "js", "json", "png", "svg", "wasm"];
    text.split(['"', '\'', '`']).filter(|name| {
        let kind = Path::new(name).extension().and_then(|kind| kind.to_str());
        name.len() < 200 && kind.is_some_and(|kind| KINDS.contains(&kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_weighs_what_its_scripts_import_too() {
        let text = r#"<script type="module" src="/assets/enroll.js"></script>import x from './x.js';"#;
        assert_eq!(quoted_names(text).collect::<Vec<_>>(), ["/assets/enroll.js", "./x.js"]);
    }
}
