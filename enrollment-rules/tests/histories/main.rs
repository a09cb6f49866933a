//! What the rules of publishing and reading promise together, over histories that nobody thought of.

#[cfg(test)]
mod object;
#[cfg(test)]
mod place;
#[cfg(test)]
mod world;
