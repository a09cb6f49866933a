//! Randomness, from the platform (`crypto.getRandomValues`).

use crate::failure::Failure;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Failure::Internal("no randomness"))?;
    Ok(bytes)
}
