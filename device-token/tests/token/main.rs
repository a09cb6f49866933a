//! The crate from outside: what it signs, what it accepts and everything that it must refuse.

#[cfg(test)]
mod claims;
#[cfg(test)]
mod destinations;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod forgeries;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod key_sets;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod wire_format;
