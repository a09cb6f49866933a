//! Randomness, from the platform (`crypto.getRandomValues`).

use enrollment_rules::enrollment::Code;

use crate::failure::Failure;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Failure::Internal("no randomness"))?;
    Ok(bytes)
}

/// A code: each of the 100,000,000 as likely as the others.
pub(crate) fn code() -> Result<Code, Failure> {
    // 42 times 100,000,000 numbers below this are spread evenly; the few above are drawn again.
    const EVEN: u32 = 4_200_000_000;
    loop {
        let number = u32::from_le_bytes(bytes()?);
        if number < EVEN {
            return Ok(Code::from_number(number % 100_000_000));
        }
    }
}
