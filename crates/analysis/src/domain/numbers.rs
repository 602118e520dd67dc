//! Numbers, times, durations and addresses: constants, and as many values in each gap
//! between them as there are terms that are compared with one another.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use placet_model::json::Json;
use placet_model::policy::Type;
use placet_model::value::{Time, Value};
use rust_decimal::Decimal;
use smol_str::{SmolStr, ToSmolStr};

use crate::build::Builder;
use crate::input::{Step, Term};
use crate::site::Site;
use crate::uses::Class;
use crate::values::whole_duration;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// 2026-01-05T12:00:00Z, a Monday.
const SOME_TIME: i64 = 1_767_614_400 * SECOND;

impl Builder<'_> {
    /// Whole numbers to try for a term.
    pub(super) fn numbers(&self, term: &Term) -> Vec<i64> {
        let class = self.uses.class(term).cloned().unwrap_or_default();
        let constants: BTreeSet<i64> = class
            .values
            .iter()
            .filter_map(|value| match value {
                Value::Int(number) => Some(*number),
                Value::Decimal(number) => i64::try_from(number.trunc()).ok(),
                _ => None,
            })
            .collect();
        spread(&constants, class.terms, 1, i64::MIN, i64::MAX)
    }

    /// Values of a numeric type.
    pub(super) fn number_values(&self, site: &Site<'_>, term: &Term) -> (Vec<Json>, bool) {
        let number = |text: SmolStr| Json::Number(text);
        match site.kind(term) {
            Some(Type::Int) => {
                let numbers = self.numbers(term);
                (
                    numbers
                        .iter()
                        .map(|value| number(value.to_smolstr()))
                        .collect(),
                    true,
                )
            }
            Some(Type::Duration) => {
                let class = self.uses.class(term).cloned().unwrap_or_default();
                let constants: BTreeSet<i64> = class
                    .values
                    .iter()
                    .filter_map(|value| match value {
                        // Requests write whole seconds; a constant between two of them
                        // parts them as well as the lower one does.
                        Value::Duration(length) => Some(length.0.div_euclid(SECOND)),
                        _ => None,
                    })
                    .collect();
                let seconds = spread(&constants, class.terms, 1, 0, i64::MAX / SECOND);
                let json = seconds
                    .iter()
                    .filter_map(|value| whole_duration(value * SECOND));
                (json.collect(), true)
            }
            _ => {
                let class = self.uses.class(term).cloned().unwrap_or_default();
                let (decimals, exact) = decimals(&class);
                (
                    decimals
                        .iter()
                        .map(|value| number(value.to_smolstr()))
                        .collect(),
                    exact,
                )
            }
        }
    }

    /// Times to try for a term, and whether they stand for all.
    pub(super) fn times(&self, term: &Term) -> (Vec<Json>, bool) {
        let class = self.uses.class(term).cloned().unwrap_or_default();
        let constants: BTreeSet<i64> = class
            .values
            .iter()
            .filter_map(|value| match value {
                Value::Time(time) => Some(time.0),
                _ => None,
            })
            .collect();
        let (low, high) = (SOME_TIME - 36_500 * DAY, SOME_TIME + 36_500 * DAY);
        let mut times = BTreeSet::new();
        // Near the ends there may be no room for the values beside a constant.
        let roomy = low + DAY..high - DAY;
        let mut exact = constants.iter().all(|time| roomy.contains(time));
        times.extend(if constants.is_empty() {
            let count = i64::try_from(class.terms.max(1)).unwrap_or(1);
            (0..count).map(|at| SOME_TIME + at * SECOND).collect()
        } else {
            spread(&constants, class.terms, SECOND, low, high)
        });
        let clock = self.clock_points(term);
        if !clock.is_empty() {
            // A whole week of such points on either side of each constant.
            exact &= class.terms <= 1;
            // What a clock shows is followed against constants alone.
            exact &= self.uses.below(term).all(|(_, class)| class.terms <= 1);
            let anchors: Vec<i64> = constants.iter().copied().collect();
            exact &= anchors.windows(2).all(|pair| match pair {
                [a, b] => b - a > 9 * DAY,
                _ => true,
            });
            let mut starts = vec![anchors.first().map_or(SOME_TIME, |first| first - 9 * DAY)];
            starts.extend(anchors.iter().map(|anchor| anchor + DAY));
            for start in starts {
                let midnight = start.div_euclid(DAY) * DAY;
                for day in 0..7 {
                    times.extend(clock.iter().map(|point| midnight + day * DAY + point));
                }
            }
        }
        let json = times
            .into_iter()
            .map(|time| Json::String(Time(time).to_smolstr()));
        (json.collect(), exact)
    }

    /// Points of the day, in UTC, between which no condition on a clock changes.
    fn clock_points(&self, term: &Term) -> BTreeSet<i64> {
        let mut points = BTreeSet::new();
        for (step, class) in self.uses.below(term) {
            let offset = match step {
                Step::TimeOfDay(offset) | Step::Weekday(offset) => i64::from(*offset),
                _ => continue,
            };
            let shift = offset * 60 * SECOND;
            let mut local = BTreeSet::from([0, 12 * 3_600 * SECOND]);
            for value in &class.values {
                if let Value::Duration(at) = value {
                    local.extend([at.0 - 1, at.0, at.0 + 1]);
                }
            }
            points.extend(local.iter().map(|at| (at - shift).rem_euclid(DAY)));
        }
        points
    }
}

/// Constants and `count` values in each gap between them, where there are as many.
fn spread(constants: &BTreeSet<i64>, count: usize, step: i64, low: i64, high: i64) -> Vec<i64> {
    let count = i64::try_from(count.max(1)).unwrap_or(1);
    let mut values = BTreeSet::new();
    if constants.is_empty() {
        values.extend(
            (1..=count)
                .map(|at| at * step)
                .filter(|at| (low..=high).contains(at)),
        );
    }
    for (at, constant) in constants.iter().enumerate() {
        values.insert(*constant);
        let next = constants.iter().nth(at + 1).copied();
        // In a narrow gap the values are close to one another.
        let room = next.map_or(i64::MAX, |next| next.saturating_sub(*constant));
        let step = step.min((room / (count + 1)).max(1));
        for turn in 1..=count {
            let above = constant.saturating_add(turn * step);
            if next.is_none_or(|next| above < next) {
                values.insert(above);
            }
            if at == 0 {
                values.insert(constant.saturating_sub(turn * step));
            }
        }
    }
    values
        .into_iter()
        .filter(|value| (low..=high).contains(value))
        .collect()
}

/// The same for decimals, and whether there is room for all of them.
fn decimals(class: &Class) -> (Vec<Decimal>, bool) {
    let constants: BTreeSet<Decimal> = class
        .values
        .iter()
        .filter_map(|value| match value {
            Value::Decimal(number) => Some(*number),
            Value::Int(number) => Some(Decimal::from(*number)),
            _ => None,
        })
        .collect();
    let count = class.terms.max(1);
    let scale = constants
        .iter()
        .map(Decimal::scale)
        .max()
        .unwrap_or(0)
        .max(1)
        + 1;
    let mut values = BTreeSet::new();
    let mut exact = true;
    if constants.is_empty() {
        values.extend((1..=count).map(Decimal::from));
    }
    for (at, constant) in constants.iter().enumerate() {
        values.insert(*constant);
        for turn in 1..=count {
            // A hundredth more than the constants can tell, as often as there are terms.
            let by = i64::try_from(turn).unwrap_or(1);
            let Ok(by) = Decimal::try_new(by, scale + 1) else {
                exact = false;
                continue;
            };
            let below = (at == 0).then(|| constant.checked_sub(by));
            for beside in below.into_iter().chain([constant.checked_add(by)]) {
                // A sum of too many digits is rounded.
                match beside.filter(|beside| beside.scale() > scale) {
                    Some(beside) => exact &= values.insert(beside),
                    None => exact = false,
                }
            }
        }
    }
    let values = values.into_iter().map(|value| value.normalize());
    (values.collect(), exact)
}

/// Addresses between which no network and no constant tells a difference.
pub(super) fn addresses(class: &Class) -> Vec<IpAddr> {
    let mut found = BTreeSet::from([
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(Ipv6Addr::from(1)),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    ]);
    let mut ends = |first: IpAddr, last: IpAddr| {
        found.insert(first);
        found.extend(after(last));
    };
    for net in &class.nets {
        match net {
            IpNet::V4(net) => ends(IpAddr::V4(net.network()), IpAddr::V4(net.broadcast())),
            IpNet::V6(net) => ends(IpAddr::V6(net.network()), IpAddr::V6(net.broadcast())),
        }
    }
    for value in &class.values {
        if let Value::Ip(address) = value {
            ends(*address, *address);
        }
    }
    found
        .into_iter()
        .map(|address| address.to_canonical())
        .collect()
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => u32::from(address)
            .checked_add(1)
            .map(|next| Ipv4Addr::from(next).into()),
        IpAddr::V6(address) => u128::from(address)
            .checked_add(1)
            .map(|next| Ipv6Addr::from(next).into()),
    }
}
