//! device-token
