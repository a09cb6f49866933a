//! What the trials share.

use std::sync::OnceLock;

use crate::product::Product;
use crate::seen::Seen;
use crate::subject::Subject;
use crate::support::Arrival;

/// More than there are trials with an account of their own there.
const ACCOUNTS: usize = 48;
/// In the product whose people are asked to press: how long after the last time, in seconds.
pub(crate) const PRESS_AFTER_SECONDS: u8 = 8;

/// The products are started by the first trial that needs them.
#[derive(Debug)]
pub(crate) struct Shared {
    product: OnceLock<Product>,
    pressing: OnceLock<Product>,
    pub(crate) arrival: Arrival,
    pub(crate) seen: Seen,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let (product, pressing) = (OnceLock::new(), OnceLock::new());
        Self { product, pressing, arrival: Arrival::open(), seen: Seen::default() }
    }

    /// One in which nobody is asked to press.
    pub(crate) fn product(&self) -> &Product {
        self.product.get_or_init(|| Product::start(ACCOUNTS, &[]))
    }

    /// One in which it takes no three weeks until somebody is.
    pub(crate) fn pressing(&self) -> &Product {
        let after = PRESS_AFTER_SECONDS.to_string();
        self.pressing.get_or_init(|| Product::start(Subject::ALL.len(), &[("PRESS_AFTER_SECONDS", &after)]))
    }
}
