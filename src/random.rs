//! Randomness for waits and keys.

/// A number from 0 to 1.
pub(crate) fn fraction() -> f64 {
    fastrand::f64()
}

/// A key that no other call has: 128 random bits.
pub(crate) fn key() -> String {
    format!("{:032x}", fastrand::u128(..))
}
