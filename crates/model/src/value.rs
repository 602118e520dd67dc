//! Values: what facts, arguments and literals are at run time.

mod flat;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub use flat::MAX_VALUE_DEPTH;

/// A typed value. Comparing values of different variants is never meaningful: the
/// compiler refuses it, and the order across variants only makes sets canonical.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Hash)]
#[serde(try_from = "flat::Flat", into = "flat::Flat")]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// A text, or the value of an enum.
    Text(SmolStr),
    /// A point in time.
    Time(Time),
    /// A length of time.
    Duration(Duration),
    /// An IPv4 or IPv6 address.
    Ip(IpAddr),
    /// A network in CIDR form; only a literal right of `within`.
    Network(ipnet::IpNet),
    /// A set: sorted, each member once.
    Set(Arc<[Value]>),
    /// A list, in order, with repetitions.
    List(Arc<[Value]>),
    /// A record: fields sorted by name; an absent field does not occur.
    Record(Arc<[(SmolStr, Value)]>),
    /// An opaque JSON value: it can be present or absent, and nothing else.
    Json,
}

impl Value {
    /// A set of these members, made canonical.
    #[must_use]
    pub fn set(mut members: Vec<Self>) -> Self {
        members.sort();
        members.dedup();
        Self::Set(members.into())
    }

    /// The members of a set or list.
    #[must_use]
    pub fn members(&self) -> Option<&[Self]> {
        match self {
            Self::Set(members) | Self::List(members) => Some(members),
            _ => None,
        }
    }

    /// A field of a record, when it is present.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Record(fields) => fields
                .binary_search_by(|(field, _)| field.as_str().cmp(name))
                .ok()
                .and_then(|at| fields.get(at))
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

/// A point in time: microseconds since 1970-01-01T00:00:00Z, floored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub i64);

/// A length of time in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Duration(pub i64);

impl Time {
    /// Reads RFC 3339 text (`2026-11-23T10:00:00Z`, with any offset); fractions beyond
    /// microseconds are floored. `None` when it is not such a time.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        // jiff reads ISO 8601 forms too; RFC 3339 alone is let through.
        let shaped = bytes.len() >= 20
            && bytes.is_ascii()
            && matches!(bytes.get(10), Some(b'T' | b't'))
            && bytes.get(4) == Some(&b'-')
            && bytes.get(13) == Some(&b':')
            && bytes.get(16) == Some(&b':')
            && !text.contains([',', '[']);
        if !shaped {
            return None;
        }
        // A civil time with an offset, and not an instant of jiff's: the last days of the
        // year 9999 are times as well.
        let (civil, offset) = match text.strip_suffix(['Z', 'z']) {
            Some(civil) => (civil, 0),
            None => {
                let (civil, offset) = text.split_at_checked(text.len() - 6)?;
                (civil, offset_minutes(offset)?)
            }
        };
        let civil: DateTime = civil.parse().ok()?;
        let nanos = civil.duration_since(EPOCH).as_nanos() - i128::from(offset) * 60_000_000_000;
        i64::try_from(nanos.div_euclid(1_000)).ok().map(Self)
    }

    /// The last time that can be written: 9999-12-31T23:59:59.999999Z.
    pub const LAST: Self = Self(253_402_300_799_999_999);

    /// The end of what lasts so long from this time on: no later than the last time that
    /// can be written, so that whoever is told the end can read it.
    #[must_use]
    pub fn end_after(self, lasting: Duration) -> Self {
        let end = Self(self.0.saturating_add(lasting.0));
        if self < Self::LAST {
            end.min(Self::LAST)
        } else {
            end
        }
    }

    /// This time plus a duration; `None` on overflow.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration.0).map(Self)
    }
}

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// `+01:00` in minutes.
fn offset_minutes(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let part = |text: &str, most: i64| -> Option<i64> {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten()?;
        (number <= most).then_some(number)
    };
    Some(sign * (part(hours, 23)? * 60 + part(minutes, 59)?))
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match EPOCH.checked_add(SignedDuration::from_micros(self.0)) {
            Ok(civil) => write!(f, "{civil}Z"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl Duration {
    const UNITS: [(char, i64); 4] = [
        ('d', 86_400_000_000),
        ('h', 3_600_000_000),
        ('m', 60_000_000),
        ('s', 1_000_000),
    ];

    /// Reads the policy form: digits and one of `s`, `m`, `h`, `d`. `None` when it is not
    /// such a duration or does not fit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unit = text.chars().next_back()?;
        let digits = text.strip_suffix(unit)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (_, micros) = Self::UNITS.into_iter().find(|(name, _)| *name == unit)?;
        digits.parse::<i64>().ok()?.checked_mul(micros).map(Self)
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let exact = Self::UNITS
            .into_iter()
            .find(|(_, micros)| self.0 != 0 && self.0 % micros == 0);
        match exact {
            Some((unit, micros)) => write!(f, "{}{unit}", self.0 / micros),
            None if self.0 == 0 => write!(f, "0s"),
            None => {
                let sign = if self.0 < 0 { "-" } else { "" };
                let size = self.0.unsigned_abs();
                let (whole, part) = (size / 1_000_000, size % 1_000_000);
                write!(f, "{sign}{whole}.{part:06}s")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_and_floored_to_microseconds() {
        let check = |text: &str, micros: Option<i64>| {
            assert_eq!(Time::parse(text).map(|time| time.0), micros, "{text}");
        };
        check("1970-01-01T00:00:00Z", Some(0));
        check("1970-01-01T01:00:00+01:00", Some(0));
        check("1969-12-31T23:59:59.9999999Z", Some(-1));
        check("1970-01-01T00:00:00.0000019Z", Some(1));
        check("1970-01-01 00:00:00Z", None);
        check("1970-01-01T00:00:00", None);
        check("1970-01-01T00:00:00Z[UTC]", None);
        check("19700101T000000Z", None);
        check("", None);
        check("1970-01-01T00:00:00+24:00", None);
        check("1970-01-01T00:00:00+1:00", None);
        check("9999-12-31T23:59:59Z", Some(253_402_300_799_000_000));
        let last = Time(253_402_300_799_000_000).to_string();
        assert_eq!(last, "9999-12-31T23:59:59Z");
    }

    #[test]
    fn durations_are_written_as_in_policies() {
        let check = |text: &str, shown: Option<&str>| {
            let parsed = Duration::parse(text).map(|duration| duration.to_string());
            assert_eq!(parsed.as_deref(), shown, "{text}");
        };
        check("15m", Some("15m"));
        check("60m", Some("1h"));
        check("24h", Some("1d"));
        check("0s", Some("0s"));
        check("90s", Some("90s"));
        check("m", None);
        check("-1m", None);
        check("1.5h", None);
        check("9223372036854775807d", None);
    }
}
