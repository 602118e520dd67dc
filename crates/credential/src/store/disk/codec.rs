//! Values as bytes: `[version][payload][checksum]`.
//!
//! The encoding is the store's own, so that renames elsewhere change no file, and exact: a
//! decimal keeps its scale, a time its microseconds, a number its text. Whatever the bytes
//! are, reading them neither panics nor recurses without bound.

mod types;

/// The version of the encoding. Whoever changes what a type below is encoded as raises it,
/// and reads the earlier ones still.
const VERSION: u8 = 1;

/// How deep values may be nested. A request is read to 64 levels, a chain has 16.
pub(super) const MAX_NESTING: u32 = 128;

/// What can be a value.
pub(super) trait Code: Sized {
    /// Adds itself.
    fn write(&self, to: &mut Writer);

    /// Reads itself; `None` when the bytes are none of its kind.
    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

/// A value's bytes; `None` when it is nested too deeply. The `place` of a value is part of
/// the checksum, so that one that stands elsewhere is none.
pub(super) fn encode(value: &impl Code, place: &[&[u8]]) -> Option<Vec<u8>> {
    let mut writer = Writer {
        bytes: vec![VERSION],
        nesting: 0,
        fits: true,
    };
    value.write(&mut writer);
    let Writer {
        mut bytes, fits, ..
    } = writer;
    let sum = checksum(place, &bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    fits.then_some(bytes)
}

/// The value of bytes, all of them.
pub(super) fn decode<T: Code>(bytes: &[u8], place: &[&[u8]]) -> Result<T, &'static str> {
    let (covered, sum) = bytes.split_last_chunk().ok_or("its value is cut off")?;
    if u64::from_le_bytes(*sum) != checksum(place, covered) {
        return Err("its checksum is wrong");
    }
    let payload = match covered.split_first() {
        Some((&VERSION, payload)) => payload,
        _ => return Err("its value is of a version that is not known here"),
    };
    let mut reader = Reader {
        bytes: payload,
        nesting: 0,
    };
    T::read(&mut reader)
        .filter(|_| reader.bytes.is_empty())
        .ok_or("its value is none of its kind")
}

/// FNV-1a of 64 bits: against accidents, not against whoever can write the file.
fn checksum(place: &[&[u8]], bytes: &[u8]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(PRIME);
    let sum = place.iter().fold(BASIS, |sum, part| {
        // Lengths keep the parts apart.
        let length = (part.len() as u64).to_le_bytes();
        length.iter().chain(*part).copied().fold(sum, step)
    });
    bytes.iter().copied().fold(sum, step)
}

/// Where a value is written to.
pub(super) struct Writer {
    bytes: Vec<u8>,
    nesting: u32,
    fits: bool,
}

impl Writer {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Seven bits a byte, the lowest first.
    fn length(&mut self, mut length: usize) {
        while length >= 0x80 {
            self.bytes.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        self.bytes.push(length as u8);
    }

    /// Writes what stands inside, unless that is too deep: then nothing will be kept.
    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        if self.nesting == MAX_NESTING {
            self.fits = false;
            return;
        }
        self.nesting += 1;
        write(self);
        self.nesting -= 1;
    }
}

/// What is still to be read of a value.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    nesting: u32,
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    /// A length of things of at least one byte each: never more than there are bytes.
    fn length(&mut self) -> Option<usize> {
        let mut length = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = usize::from(byte & 0x7f);
            length |= bits
                .checked_shl(shift)
                .filter(|moved| moved >> shift == bits)?;
            if byte & 0x80 == 0 {
                return Some(length).filter(|length| *length <= self.bytes.len());
            }
        }
        None
    }

    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.nesting == MAX_NESTING {
            return None;
        }
        self.nesting += 1;
        let inner = read(self);
        self.nesting -= 1;
        inner
    }
}

#[cfg(test)]
mod tests {
    use placet_model::json::Json;
    use rust_decimal::Decimal;
    use smol_str::SmolStr;

    use super::*;
    use crate::store::tests::samples;
    use crate::store::{Held, Past};

    const PLACE: &[&[u8]] = &[b"calls", b"1"];

    fn round_trips<T: Code + PartialEq + std::fmt::Debug>(value: &T) {
        let bytes = encode(value, PLACE).unwrap();
        assert_eq!(decode::<T>(&bytes, PLACE).as_ref(), Ok(value));
    }

    #[test]
    fn values_come_back_as_they_were() {
        let (held, past) = samples::full();
        round_trips(&held);
        round_trips(&past);
        for number in [
            "0",
            "-0.00",
            "1.50",
            "79228162514264337593543950335",
            "0.0000000000000000000000000001",
        ] {
            let number: Decimal = number.parse().unwrap();
            let bytes = encode(&number, PLACE).unwrap();
            let back: Decimal = decode(&bytes, PLACE).unwrap();
            assert_eq!(back.to_string(), number.to_string());
        }
        for number in [i64::MIN, -1, 0, i64::MAX] {
            round_trips(&number);
        }
        round_trips(&Json::Number("1.50e+0".into()));
        round_trips(&SmolStr::new("é".repeat(1_000)));
    }

    /// Stores that exist are read by their bytes: whoever changes these has to raise the
    /// version and to read the old one, too.
    #[test]
    fn the_encoding_stays() {
        let (held, past) = samples::full();
        let sum = |bytes: Option<Vec<u8>>| checksum(&[], &bytes.unwrap());
        assert_eq!(
            [sum(encode(&held, PLACE)), sum(encode(&past, PLACE))],
            [0x924e_8b94_f159_4d13, 0x330a_e16c_58f5_537f]
        );
    }

    #[test]
    fn any_damage_is_noticed() {
        let (held, past) = samples::full();
        let bytes = encode(&past, PLACE).unwrap();
        for at in 0..bytes.len() {
            assert!(decode::<Past>(&bytes[..at], PLACE).is_err(), "cut at {at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            assert!(decode::<Past>(&flipped, PLACE).is_err(), "flipped at {at}");
        }
        assert!(decode::<Past>(&bytes, &[b"calls", b"2"]).is_err());
        assert!(decode::<Past>(&bytes, &[b"calls1", b""]).is_err());
        assert!(decode::<Held>(&bytes, PLACE).is_err());
        drop(held);
    }

    /// Also where the checksum is right: no panic, no endless memory.
    #[test]
    fn bytes_of_no_kind_are_refused() {
        let (held, _) = samples::full();
        let bytes = encode(&held, PLACE).unwrap();
        let payload = &bytes[..bytes.len() - 8];
        let mut seed = 1_u32;
        for _ in 0..20_000 {
            let mut bytes = payload.to_vec();
            for _ in 0..3 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = 1 + (seed >> 8) as usize % (bytes.len() - 1);
                bytes[at] = seed as u8;
            }
            let sum = checksum(PLACE, &bytes);
            bytes.extend_from_slice(&sum.to_le_bytes());
            if let Ok(read) = decode::<Held>(&bytes, PLACE) {
                assert_eq!(
                    encode(&read, PLACE).map(|again| again.len()),
                    Some(bytes.len())
                );
            }
        }
        // A million open arrays.
        let mut bytes = vec![VERSION];
        bytes.extend([4, 1].repeat(1_000_000));
        bytes.extend([4, 0]);
        let sum = checksum(PLACE, &bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        assert!(decode::<Json>(&bytes, PLACE).is_err());
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth| (0..depth).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
        round_trips(&nested(MAX_NESTING));
        assert_eq!(encode(&nested(MAX_NESTING + 1), PLACE), None);
    }
}
