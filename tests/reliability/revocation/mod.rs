//! How soon a revocation is known everywhere, whatever KV does and whatever else happens at the same time.
//!
//! In scope: the bounds that `POST /revocations` answers with, measured; what is at once; what KV is told, in which order and how
//! often; and that nobody is signed out without a reason meanwhile. Not in scope: what a revocation reaches (suite `admin`).
//!
//! Times are divided by 20, so that ten minutes become half a minute: those of the product by its configuration, those of KV by
//! the tests' own. `REVOCATION_FACTOR=1 cargo xtask check revocation` runs them as they are deployed and takes 20 minutes.
//! `REVOCATION_SEED=` with the number that a run printed begins its interleavings in the same order.

mod at_once;
mod bounds;
mod held_up;
mod interleavings;
mod quiet;
mod scale;
mod table;
mod tally;
mod watch;
mod writes;
