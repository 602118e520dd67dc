//! The source of all choices.

/// Chooses; from a seed without end, or from a tape that ends in zeros.
#[derive(Clone, Debug)]
pub struct Dice {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Seed(u64),
    Tape { bytes: Vec<u8>, at: usize },
}

impl Dice {
    /// Choices that a seed gives.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self {
            source: Source::Seed(seed),
        }
    }

    /// Choices that a tape gives: for property tests, which shorten it, and fuzzers.
    #[must_use]
    pub const fn tape(bytes: Vec<u8>) -> Self {
        Self {
            source: Source::Tape { bytes, at: 0 },
        }
    }

    /// A number below `end`; 0 when the tape has ended, or `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end <= 1 {
            return 0;
        }
        let number = match &mut self.source {
            Source::Seed(state) => {
                // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
                // generators, 2014).
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut mixed = *state;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                mixed ^ (mixed >> 31)
            }
            Source::Tape { bytes, at } => {
                let low = bytes.get(*at).copied().unwrap_or(0);
                *at += 1;
                if end > 256 {
                    let high = bytes.get(*at).copied().unwrap_or(0);
                    *at += 1;
                    u64::from(low) | u64::from(high) << 8
                } else {
                    u64::from(low)
                }
            }
        };
        usize::try_from(number % end as u64).unwrap_or(0)
    }

    /// True in so many of a hundred cases; false when the tape has ended.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent.min(100)
    }

    /// One of these.
    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    /// One of these texts.
    pub fn word(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    /// Some of these, in order; at least `least` while there are that many.
    pub fn some<T: Clone>(&mut self, from: &[T], least: usize) -> Vec<T> {
        let mut result: Vec<T> = from
            .iter()
            .filter(|_| self.below(2) == 1)
            .cloned()
            .collect();
        if result.len() < least {
            result = from.iter().take(least).cloned().collect();
        }
        result
    }
}
