//! The outside tests: the running product as people, administrators and strangers meet it.
//!
//! In scope: real HTTP, real mail and real browsers against addresses. Not in scope: anything behind them; no other room
//! is imported but the workbench, which starts the product. All of it is in the test targets, `journey`, `browsers`, `binding`, `admin`,
//! `mail` and `reliability`, with what drives browsers, mail and HTTP in `support`.
