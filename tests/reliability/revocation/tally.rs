//! How many things were at the same time as a revocation, and what came of them.

/// How often each thing was in time, and how often too late.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Count {
    pub(super) done: usize,
    pub(super) refused: usize,
}

impl Count {
    fn all(self) -> usize {
        self.done + self.refused
    }

    pub(super) fn add(&mut self, is_done: bool) {
        if is_done { self.done += 1 } else { self.refused += 1 }
    }
}

/// Of everything that was under way while somebody was revoked.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) clicks: Count,
    pub(super) proofs: Count,
    /// Each code is sent twice: one of the two is too late by the other, if not by the revocation.
    pub(super) confirms: Count,
    /// Those that were too late by the revocation.
    pub(super) ended: usize,
}

impl Tally {
    /// Everything that was begun and answered.
    pub(super) fn orders(&self) -> usize {
        self.clicks.all() + self.proofs.all() + self.confirms.all()
    }
}
