#![no_main]

use std::num::NonZeroUsize;

use libfuzzer_sys::fuzz_target;
use sendmux_client::fuzz::events;

fuzz_target!(|input: &[u8]| {
    let Some((size, stream)) = input.split_first() else { return };
    let limit = NonZeroUsize::new(256).expect("not zero");
    let split = events(stream.chunks(usize::from(*size).max(1)), limit);
    assert_eq!(split, events([stream], limit));
});
