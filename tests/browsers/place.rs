//! Where a browser keeps its data: an ordinary folder, memory, or a disk of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::engines::Outcome;
use crate::folder::Folder;

/// What the folder is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    Ordinary,
    /// As Linux offers it to everybody.
    Memory,
    /// 1.5 GB.
    Small,
    /// 2 MB are left.
    NearlyFull,
}

/// Mounts `$1`, and unmounts it when the pipe from this process breaks.
const MOUNT: &str =
    r#"mount -t tmpfs -o "size=$2" tmpfs "$1" && echo mounted && read -r word; umount -l "$1""#;
const MIB: usize = 1 << 20;
/// What a nearly full disk has left.
const LEFT: u64 = 2 << 20;

/// A folder that is gone when this is dropped, and what is mounted there.
#[derive(Debug)]
pub(crate) struct Place {
    disk: Disk,
    mount: Option<Child>,
    folder: Folder,
}

impl Place {
    /// Fails where this machine does not let anybody mount.
    pub(crate) fn on(disk: Disk) -> Outcome<Self> {
        let folder = match disk {
            Disk::Memory => Folder::new_in(Path::new("/dev/shm"), "data"),
            Disk::Ordinary | Disk::Small | Disk::NearlyFull => Folder::new("data"),
        };
        let mount = match disk {
            Disk::Ordinary | Disk::Memory => None,
            Disk::Small => Some(mount(folder.path(), "1536m")?),
            Disk::NearlyFull => Some(mount(folder.path(), "400m")?),
        };
        Ok(Self { disk, mount, folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes the room that a nearly full disk does not have. The browser must have started: on less it would not.
    pub(crate) fn fill(&self) -> Outcome {
        if self.disk != Disk::NearlyFull {
            return Ok(());
        }
        let said = |error: std::io::Error| error.to_string();
        let mut file = File::create(self.path().join("everything-else")).map_err(said)?;
        let (block, mut written) = (vec![1; MIB], 0);
        while let Ok(bytes @ 1..) = file.write(&block) {
            written += u64::try_from(bytes).unwrap();
        }
        file.set_len(written - LEFT).map_err(said)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut mount) = self.mount.take() {
            drop(mount.stdin.take());
            _ = mount.wait();
        }
    }
}

fn mount(folder: &Path, size: &str) -> Outcome<Child> {
    let mut shell = Command::new("sh");
    shell.args(["-c", MOUNT, "mount"]).arg(folder).arg(size).process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut shell = shell.spawn().unwrap();
    let mut word = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut word).unwrap();
    if word.trim() == "mounted" {
        return Ok(shell);
    }
    _ = shell.wait();
    Err("mounting a disk takes root".to_owned())
}
