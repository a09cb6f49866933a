//! Every way in which this crate refuses. Codes are stable; words and HTTP statuses live with those who answer.

/// Declares an error enum whose `Display` is its stable code: no formatting machinery, no data of the input.
macro_rules! coded_error {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// The stable name of this error, in snake case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl core::error::Error for $name {}
    };
}

coded_error! {
    /// A text or number that is no value of its type.
    InvalidValue {
        /// Not 22 characters of canonical base64url that stand for 16 bytes.
        Id => "id_invalid",
        /// Later than 9999-12-31T23:59:59Z.
        Timestamp => "timestamp_invalid",
        /// Not 1 to 63 of `a-z`, `0-9` and inner hyphens.
        AccountId => "account_id_invalid",
        /// Not a canonical `https` origin, or `http` origin of a loopback host.
        Origin => "origin_invalid",
        /// Not 1 to 32 of `A-Z`, `a-z`, `0-9`, `_` and `-`.
        KeyId => "key_id_invalid",
        /// Not an Ed25519 public key, not canonically encoded, or of low order.
        DeviceKey => "device_key_invalid",
        /// Not 86 characters of canonical base64url that stand for 64 bytes.
        Signature => "signature_invalid",
    }
}

coded_error! {
    /// An address that no link may lead to.
    DestinationError {
        /// Over [`crate::Destination::MAX_LENGTH`] bytes, as given or as serialized.
        TooLong => "destination_too_long",
        /// White space, a control character or a backslash, which readers of URLs take differently.
        ForbiddenCharacter => "destination_forbidden_character",
        /// Neither `http://` nor `https://`, spelled out with both slashes.
        SchemeNotAllowed => "destination_scheme_not_allowed",
        /// A user name or password, even an empty one, before the host.
        UserInfo => "destination_user_info",
        /// No host, or one that is neither a host name nor an IP address.
        BadHost => "destination_bad_host",
        /// No URL, or one that changes when it is read again.
        NotAUrl => "destination_not_a_url",
    }
}

coded_error! {
    /// Parts that make no statement, whoever signs it.
    InvalidStatement {
        /// Issued before the enrollment it rests on.
        IssuedBeforeEnrollment => "issued_before_enrollment",
        /// It would not hold for a single second.
        ExpiresBeforeIssued => "expires_before_issued",
        /// The last proof lies before the enrollment or after the time of issue.
        ProvenOutsideLife => "proven_outside_life",
        /// The last act of the person lies before the enrollment or after the time of issue.
        ActedOutsideLife => "acted_outside_life",
        /// A device token states a bound device.
        NotBound => "not_bound",
    }
}

coded_error! {
    /// Parts that make no link, whoever signs it.
    InvalidLink {
        /// It would not hold for a single second.
        ExpiresBeforeIssued => "expires_before_issued",
    }
}

coded_error! {
    /// Parts that make no challenge, whoever signs it.
    InvalidChallenge {
        /// It could not be answered for a single second.
        ExpiresBeforeIssued => "expires_before_issued",
    }
}

coded_error! {
    /// A set of keys that cannot be used. No variant carries anything of the text it was read from.
    KeySetError {
        /// Not JSON of the expected shape, or an unknown or repeated member in a set of secret keys.
        Malformed => "malformed",
        /// A `kid` that is no [`crate::KeyId`].
        BadKeyId => "bad_key_id",
        /// Two keys of one `kid`.
        DuplicateKeyId => "duplicate_key_id",
        /// A seed or public key that is not 32 bytes, not on the curve or of low order.
        BadKey => "bad_key",
        /// No key at all.
        NoKeys => "no_keys",
        /// Over 16 keys.
        TooManyKeys => "too_many_keys",
        /// No key to sign with.
        NoActiveKey => "no_active_key",
        /// More than one key to sign with.
        SeveralActiveKeys => "several_active_keys",
    }
}

coded_error! {
    /// Why a text is not an authentic token of this issuer and account. In the order in which it is checked.
    TokenError {
        /// Over the carrier's `MAX_LENGTH`; nothing else was looked at.
        TooLong => "too_long",
        /// Not three non-empty parts of canonical base64url with a signature of 64 bytes (RFC 7515, 7.1).
        NotCompact => "not_compact",
        /// The header is not, byte for byte, the one that a known key writes for this carrier.
        UnknownHeader => "unknown_header",
        /// The signature is not that key's over these bytes.
        BadSignature => "bad_signature",
        /// Authentic, but not the claims of this carrier.
        BadClaims => "bad_claims",
        /// Authentic, but issued under another origin.
        ForeignIssuer => "foreign_issuer",
        /// Authentic, but for another account.
        ForeignAccount => "foreign_account",
    }
}
