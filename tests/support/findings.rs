//! The names that outside tests read on the page.

/// The findings, in the order of the panel.
pub(crate) const FINDINGS: [&str; 12] = [
    "secure_context",
    "cookies",
    "plain_cookies",
    "indexed_db",
    "local_storage",
    "file_system",
    "storage_kept",
    "kept_after_closing",
    "web_crypto",
    "private_window",
    "in_app_view",
    "supported",
];
