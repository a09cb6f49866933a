//! What is allowed: enrolling, admitting, renewing, revoking, counting tries, limiting mail, judging a browser.
//!
//! Every function here is pure: records and the time go in, a decision and the changed records come out. Nothing here
//! reads a clock, draws a random number, keeps a record or knows HTTP; the account object loads, asks here, and saves.
//! What a token *is* belongs to `device-token`; which HTTP status a refusal becomes belongs to the Worker.

pub mod access;
pub mod address;
pub mod administration;
pub mod admission;
pub mod announcement;
pub mod arrival;
pub mod awareness;
pub mod bounds;
pub mod browser_name;
pub mod click;
pub mod copy;
pub mod enrolled_devices;
pub mod enrollment;
pub mod html;
pub mod interaction;
pub mod keyed_hash;
pub mod language;
pub mod limits;
pub mod mail;
pub mod messages;
pub mod my_devices;
pub mod network;
pub mod new_device;
pub mod not_me;
pub mod passkey;
pub mod people_csv;
pub mod proof;
pub mod publication;
pub mod readiness;
pub mod reported_findings;
pub mod return_path;
pub mod revocation;
pub mod revoked;
pub mod set_up;
pub mod settings;
pub mod settings_change;
pub mod snapshot;
pub mod template;
pub mod time_text;
pub mod verified;
pub mod who_may_enroll;
