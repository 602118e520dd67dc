//! Loading a compiled policy ends and never panics, whatever the bytes; what loads saves
//! to the same bytes again, and decides without panicking.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_model::compiled::Compiled;
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    attempt(bytes);
    // A wrong checksum hides everything behind it: mend it, and load again.
    if let Some(end) = bytes.len().checked_sub(32)
        && let Some(policy) = bytes[..end].get(19..)
    {
        let mut mended = bytes[..end].to_vec();
        let sum = Sha256::digest(policy);
        mended.extend_from_slice(&sum);
        attempt(&mended);
    }
});

fn attempt(bytes: &[u8]) {
    if let Ok(policy) = Compiled::load(bytes) {
        let saved = policy.save();
        let again = Compiled::load(&saved).expect("what was saved loads");
        assert_eq!(policy, again);
        assert_eq!(policy.digest(), again.digest());
    }
}
