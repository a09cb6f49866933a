//! Folders for one run. What a run that was killed left behind, the next one removes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new, empty one.
    pub(crate) fn new(name: &str) -> Self {
        Self::new_in(&std::env::temp_dir(), name)
    }

    /// The same on the disk of another folder.
    pub(crate) fn new_in(disk: &Path, name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = of_this_run(disk).join(format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A browser's last helper may still write; the next run removes what is left.
        _ = fs::remove_dir_all(&self.0);
    }
}

fn of_this_run(disk: &Path) -> PathBuf {
    let all = disk.join("device-enrollment-journey");
    for run in fs::read_dir(&all).into_iter().flatten().flatten() {
        if !Path::new("/proc").join(run.file_name()).exists() {
            _ = fs::remove_dir_all(run.path());
        }
    }
    all.join(std::process::id().to_string())
}
