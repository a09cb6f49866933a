//! Outside tests.
