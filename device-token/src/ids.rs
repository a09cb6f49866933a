//! Opaque ids: 16 bytes that mean nothing but themselves. Whoever makes one takes them from a secure random source.

use crate::base64url;
use crate::error::InvalidValue;
use crate::text::textual;

macro_rules! opaque_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        ///
        /// 16 bytes; as text 22 characters of canonical base64url without padding.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id of these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads the text form.
            ///
            /// # Errors
            /// [`InvalidValue::Id`] for anything but the one canonical spelling.
            pub fn parse(text: &str) -> Result<Self, InvalidValue> {
                base64url::decode_array(text).map(Self).ok_or(InvalidValue::Id)
            }

            fn text(self) -> String {
                base64url::encode(&self.0)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.text()).finish()
            }
        }

        textual!($name, InvalidValue);
    };
}

opaque_id! {
    /// A person: the claim `sub`. Never the mail address.
    UserId
}
opaque_id! {
    /// One browser profile enrolled by one user: the claim `did`.
    DeviceId
}
opaque_id! {
    /// A protected link: the claim `lid`.
    LinkId
}
opaque_id! {
    /// A challenge that a device is asked to answer: the claim `jti`.
    ChallengeId
}
opaque_id! {
    /// Whom the message of a protected link was sent to: the claim `rcp`. Never the mail address.
    RecipientId
}
