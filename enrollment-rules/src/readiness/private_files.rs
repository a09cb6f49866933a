//! What Chromium's private file system did with sizes that no disk has, and with large ones.
//!
//! Three kinds of storage answer differently:
//!
//! - On a disk, a write or a size at 8 TiB is over every quota: both throw `QuotaExceededError`, and the file stays empty.
//! - In memory (incognito and guest windows) the error code leaks through as a count of bytes, 4294967288, and setting the size
//!   silently does nothing. A program error, the same from version 123 to 156; once it is mended those windows look like a disk
//!   at first, and so "not private" needs a proof of its own: a file of 3 GiB, which memory is never given for.
//! - Storage that is deleted on closing is on a disk, but holds only 300 MiB (a tenth of the ordinary share where that is less)
//!   for all files together: `kMaxSessionOnlyHostQuota`, give or take a tenth, in Chromium's `storage/browser/quota`. An ordinary
//!   share is 60 % of the whole disk, so a small disk has such limits too; only where the browser has room for 10 GiB can it not
//!   be the disk. A full one limits neither the size of a file without content nor the sum.

use super::Answer;

const REFUSED: &str = "QuotaExceededError";
const LARGE: u64 = 3 << 30;
const FIRST: u64 = 200 << 20;
const ROOM: u64 = 10 << 30;

/// The steps of `files-worker.js`: of each that was tried, the number it gave or the name of what it threw, as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Steps<'a> {
    /// What writing one byte at 8 TiB returned.
    pub far_write: Option<&'a str>,
    /// The size of the file after it was set to 8 TiB.
    pub far_size: Option<&'a str>,
    /// The size after it was set to 3 GiB.
    pub large: Option<&'a str>,
    /// The size of the first file after it was set to 200 MiB; tried where 3 GiB were refused.
    pub first: Option<&'a str>,
    /// The size of the second file after it was set to 200 MiB beside the first.
    pub second: Option<&'a str>,
    /// How much more the browser says it would keep, in bytes.
    pub room: Option<&'a str>,
}

impl<'a> Steps<'a> {
    /// Reads `name=value` pairs with a space between them. A name that is not known is passed over: evidence for people.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let mut steps = Self::default();
        for (name, value) in text.split(' ').filter_map(|pair| pair.split_once('=')) {
            let step = match name {
                "far_write" => &mut steps.far_write,
                "far_size" => &mut steps.far_size,
                "large" => &mut steps.large,
                "first" => &mut steps.first,
                "second" => &mut steps.second,
                "room" => &mut steps.room,
                _ => continue,
            };
            *step = Some(value);
        }
        steps
    }

    /// Whether this is a private window.
    #[must_use]
    pub fn private_window(&self) -> Answer {
        let leaked = number(self.far_write).is_some_and(|written| written > 1);
        let on_disk = self.is_refused_like_a_disk();
        if leaked && number(self.far_size) == Some(0) {
            Answer::Yes
        } else if on_disk && number(self.large) == Some(LARGE) {
            Answer::No
        } else {
            Answer::Unknown
        }
    }

    /// Whether this is storage that the browser deletes when it is closed.
    #[must_use]
    pub fn is_deleted_on_closing(&self) -> bool {
        self.is_refused_like_a_disk()
            && self.large == Some(REFUSED)
            && number(self.first) == Some(FIRST)
            && self.second == Some(REFUSED)
            && number(self.room).is_some_and(|room| room >= ROOM)
    }

    fn is_refused_like_a_disk(&self) -> bool {
        self.far_write == Some(REFUSED) && self.far_size == Some(REFUSED)
    }
}

fn number(step: Option<&str>) -> Option<u64> {
    step.and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: [Option<&str>; 9] = [
        None,
        Some("QuotaExceededError"),
        Some("NoModificationAllowedError"),
        Some("0"),
        Some("1"),
        Some("4294967288"),
        Some("-1"),
        Some("[object Promise]"),
        Some("8796093022208"),
    ];
    const SIZES: [Option<&str>; 6] = [
        None,
        Some("QuotaExceededError"),
        Some("InvalidStateError"),
        Some("0"),
        Some("209715200"),
        Some("3221225472"),
    ];
    const ROOMS: [Option<&str>; 6] =
        [None, Some("0"), Some("4294967296"), Some("10737418239"), Some("10737418240"), Some("NaN")];

    fn every_combination(mut check: impl FnMut(Steps)) {
        for far_write in FAR {
            for far_size in FAR {
                for large in SIZES {
                    for first in SIZES {
                        for second in SIZES {
                            for room in ROOMS {
                                check(Steps { far_write, far_size, large, first, second, room });
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_window_is_private_only_when_both_far_steps_show_the_leak() {
        every_combination(|steps| {
            let leak = steps.far_write == Some("4294967288") || steps.far_write == Some("8796093022208");
            let expected = leak && steps.far_size == Some("0");
            assert_eq!(steps.private_window() == Answer::Yes, expected, "{steps:?}");
        });
    }

    #[test]
    fn a_window_is_ordinary_only_when_a_disk_refuses_the_far_and_takes_the_large() {
        every_combination(|steps| {
            let far = steps.far_write == Some(REFUSED) && steps.far_size == Some(REFUSED);
            let expected = far && steps.large == Some("3221225472");
            assert_eq!(steps.private_window() == Answer::No, expected, "{steps:?}");
        });
    }

    #[test]
    fn storage_is_deleted_on_closing_only_when_every_sign_agrees() {
        every_combination(|steps| {
            let expected = steps
                == Steps {
                    far_write: Some(REFUSED),
                    far_size: Some(REFUSED),
                    large: Some(REFUSED),
                    first: Some("209715200"),
                    second: Some(REFUSED),
                    room: Some("10737418240"),
                };
            assert_eq!(steps.is_deleted_on_closing(), expected, "{steps:?}");
        });
    }

    #[test]
    fn what_was_measured_in_chromium_156_is_judged_right() {
        let judged = |text: &str| {
            let steps = Steps::parse(text);
            (steps.private_window(), steps.is_deleted_on_closing())
        };
        let far = "far_write=QuotaExceededError far_size=QuotaExceededError brake_ms=1";
        let ordinary = [far, "large=3221225472 room=10737418240"].join(" ");
        assert_eq!(judged(&ordinary), (Answer::No, false));
        assert_eq!(judged("far_write=4294967288 far_size=0 room=10737418240"), (Answer::Yes, false));
        let large = [far, "large=QuotaExceededError"].join(" ");
        let session = [&large, "first=209715200 second=QuotaExceededError room=10737418240"].join(" ");
        assert_eq!(judged(&session), (Answer::Unknown, true));
        // Disks in memory of 450 MB, 1.5 GB and 100 MB, and the first two with storage that is deleted on closing.
        for small in [
            "first=209715200 second=QuotaExceededError room=1073741824",
            "first=209715200 second=209715200 room=2147483648",
            "first=QuotaExceededError second=QuotaExceededError room=1073741824",
            "first=QuotaExceededError second=QuotaExceededError room=2147483648",
        ] {
            assert_eq!(judged(&[&large, small].join(" ")), (Answer::Unknown, false), "{small}");
        }
        assert_eq!(judged(far), (Answer::Unknown, false), "the brake stopped it");
        assert_eq!(judged("SecurityError"), (Answer::Unknown, false));
    }

    #[test]
    fn nonsense_from_a_worker_proves_nothing() {
        for text in ["", " ", "=", "a=b=c", "far_write", "far_write=", "far_write=far_size=0", "ä=ö 💥"] {
            let steps = Steps::parse(text);
            assert_eq!(steps.private_window(), Answer::Unknown, "{text}");
            assert!(!steps.is_deleted_on_closing(), "{text}");
        }
    }
}
