//! enrollment-rules
