//! JSON numbers by their exact value, never through floating point.

use rust_decimal::Decimal;
use smol_str::{SmolStr, format_smolstr};

/// The value of a JSON number, when a decimal holds it exactly: up to 28 digits after
/// the point and an integer of 96 bits without it.
#[must_use]
pub fn exact_decimal(number: &str) -> Option<Decimal> {
    let parts = Parts::of(number)?;
    let digits: i128 = if parts.digits.len() > 29 {
        return None;
    } else if parts.digits.is_empty() {
        0
    } else {
        parts.digits.parse().ok()?
    };
    let (mantissa, scale) = if parts.exponent >= 0 {
        let zeros = u32::try_from(parts.exponent)
            .ok()
            .filter(|zeros| *zeros < 29)?;
        (digits.checked_mul(10_i128.checked_pow(zeros)?)?, 0)
    } else {
        let scale = u32::try_from(parts.exponent.checked_neg()?).ok()?;
        (digits, scale)
    };
    let signed = if parts.negative { -mantissa } else { mantissa };
    Decimal::try_from_i128_with_scale(signed, scale).ok()
}

/// The value of a JSON number that is an integer literal, when 64 bits hold it. `1.0`
/// and `1e2` are no integer literals.
#[must_use]
pub fn exact_integer(number: &str) -> Option<i64> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse().ok()
}

/// The one text of a JSON number's value: `1`, `1.0`, `1.00` and `10e-1` are all `1`.
///
/// It has no leading or trailing zeros; values of more than 40 places before or after the
/// point are written with an exponent. A number whose exponent does not fit in 64 bits
/// stays as it is.
#[must_use]
pub fn canonical_number(number: &str) -> SmolStr {
    const PLACES: i64 = 40;
    let Some(Parts {
        negative,
        digits,
        exponent,
    }) = Parts::of(number)
    else {
        return SmolStr::new(number);
    };
    if digits.is_empty() {
        return SmolStr::new_static("0");
    }
    let sign = if negative { "-" } else { "" };
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let before = count.saturating_add(exponent);
    if before > PLACES || exponent < -PLACES {
        return format_smolstr!("{sign}{digits}e{exponent}");
    }
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    if exponent >= 0 {
        format_smolstr!("{sign}{digits}{}", zeros(exponent))
    } else if before <= 0 {
        format_smolstr!("{sign}0.{}{digits}", zeros(-before))
    } else {
        let point = usize::try_from(before).unwrap_or(0);
        let (whole, part) = digits.split_at_checked(point).unwrap_or((&digits, ""));
        format_smolstr!("{sign}{whole}.{part}")
    }
}

/// A number as ±digits × 10^exponent, digits without zeros at either end; zero has none.
struct Parts {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Parts {
    fn of(number: &str) -> Option<Self> {
        let (negative, size) = match number.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, number),
        };
        let (mantissa, exponent) = match size.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (size, None),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{part}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let leading = all.trim_start_matches('0');
        let digits = leading.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let written: i64 = exponent.map_or(Some(0), |exponent| exponent.parse().ok())?;
        let zeros = i64::try_from(leading.len() - digits.len()).ok()?;
        let places = i64::try_from(part.len()).ok()?;
        Some(Self {
            negative,
            digits: digits.to_owned(),
            exponent: written.checked_add(zeros)?.checked_sub(places)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        let check = |number: &str, value: Option<&str>| {
            let got = exact_decimal(number).map(|value| value.normalize().to_string());
            assert_eq!(got.as_deref(), value, "{number}");
        };
        check("0", Some("0"));
        check("-0.0", Some("0"));
        check("1.50", Some("1.5"));
        check("-12e-1", Some("-1.2"));
        check("1e3", Some("1000"));
        check("1E+3", Some("1000"));
        check("0.1", Some("0.1"));
        check(
            "79228162514264337593543950335",
            Some("79228162514264337593543950335"),
        );
        check("79228162514264337593543950336", None);
        check("1e28", Some("10000000000000000000000000000"));
        check("1e29", None);
        check("1e-28", Some("0.0000000000000000000000000001"));
        check("1e-29", None);
        check("1e999999999999999999999", None);
        check("0e999999999999999999999", Some("0"));
        check("0.10000000000000000000000000000000000000", Some("0.1"));
        check("1.00000000000000000000000000000000000001", None);
        check(&"9".repeat(100_000), None);
    }

    #[test]
    fn integers_are_literals_that_fit() {
        let check = |number: &str, value: Option<i64>| {
            assert_eq!(exact_integer(number), value, "{number}");
        };
        check("0", Some(0));
        check("-0", Some(0));
        check("9223372036854775807", Some(i64::MAX));
        check("-9223372036854775808", Some(i64::MIN));
        check("9223372036854775808", None);
        check("1.0", None);
        check("1e2", None);
        check("+1", None);
        check("-", None);
    }

    #[test]
    fn equal_numbers_have_one_text() {
        let check = |numbers: &[&str], text: &str| {
            for number in numbers {
                assert_eq!(canonical_number(number), text, "{number}");
            }
        };
        check(&["1", "1.0", "1.00", "10e-1", "0.1e1", "1E+0"], "1");
        check(&["0", "-0", "0.0", "0e7"], "0");
        check(&["-1.50", "-15e-1"], "-1.5");
        check(&["0.05", "5e-2"], "0.05");
        check(&["100", "1e2"], "100");
        check(&["12.34"], "12.34");
        check(&["1e100", "10e99"], "1e100");
        check(&["1e-100", "0.1e-99"], "1e-100");
        check(&["1e99999999999999999999"], "1e99999999999999999999");
    }
}
