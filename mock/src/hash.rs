//! A hash that never changes, for entity tags and cursors.

/// Returns the FNV-1a hash, which is the same in every run and on every machine.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Returns the weak entity tag of a resource with this hash.
pub(crate) fn entity_tag(hash: u64) -> String {
    format!("W/\"{hash:016x}\"")
}

/// Returns true if an `If-Match` or `If-None-Match` lists the tag, by the weak comparison of
/// RFC 9110.
pub(crate) fn matches_any(tags: &str, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
