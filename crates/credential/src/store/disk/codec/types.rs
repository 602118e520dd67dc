//! The encodings of types. The order of fields and the numbers of variants are the format.

use placet_model::credential::{Credential, Scope};
use placet_model::json::Json;
use placet_model::policy::Outcome;
use placet_model::request::{Assent, Covers, Principal, Record, ScopeRequest, Task};
use placet_model::value::Time;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::{Code, Reader, Writer};
use crate::id::CredentialId;
use crate::revocation::{Epoch, Revocation, Revoked};
use crate::store::{AssentKind, Charge, Given, Held, Past};

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Code for $type {
            fn write(&self, to: &mut Writer) {
                to.put(&self.to_le_bytes());
            }

            fn read(from: &mut Reader<'_>) -> Option<Self> {
                from.take().map(Self::from_le_bytes)
            }
        }
    )+};
}

macro_rules! fields {
    ($($type:ident { $($field:tt),+ $(,)? })+) => {$(
        impl Code for $type {
            fn write(&self, to: &mut Writer) {
                $(self.$field.write(to);)+
            }

            fn read(from: &mut Reader<'_>) -> Option<Self> {
                Some(Self { $($field: Code::read(from)?),+ })
            }
        }
    )+};
}

macro_rules! variants {
    ($($type:ident { $($number:literal => $variant:ident $(($inner:ident))?),+ $(,)? })+) => {$(
        impl Code for $type {
            fn write(&self, to: &mut Writer) {
                match self {
                    $(Self::$variant $(($inner))? => {
                        to.put(&[$number]);
                        $($inner.write(to);)?
                    })+
                }
            }

            fn read(from: &mut Reader<'_>) -> Option<Self> {
                Some(match from.byte()? {
                    $($number => Self::$variant $(({
                        let $inner = Code::read(from)?;
                        $inner
                    }))?,)+
                    _ => return None,
                })
            }
        }
    )+};
}

integers!(u32, u64, i64);

fields! {
    Time { 0 }
    Epoch { 0 }
    Principal { id, groups, facts }
    Task { id, facts }
    Scope { tool, action, resource, except, not_after, delegate, rules, residual }
    ScopeRequest { tool, actions, resources }
    Assent { by, groups, agent, user, task, covers, not_after }
    Credential {
        id, agent, user, task, context, issued, not_after, policy, scopes, consents,
        approvals, parent,
    }
    Record {
        seq, time, tool, outcome, actions, resources, agent, user, task, credential, args,
        result,
    }
    Held { id, credential, epoch, key }
    Given { id, kind, assent }
    Charge { rule, index, amount }
    Past { record, credential, charges, settle_before }
    Revocation { of, by, reason, time }
}

variants! {
    Outcome { 0 => Pending, 1 => Ok, 2 => Failed, 3 => Denied }
    AssentKind { 0 => Consent, 1 => Approval }
    Covers { 0 => Scope(scope), 1 => Call(digest) }
    Revoked {
        0 => Credential(id),
        1 => Task(id),
        2 => Agent(id),
        3 => User(id),
        4 => Policy(digest),
        5 => IssuedBefore(time),
        6 => Services(policy),
    }
    Json {
        0 => Null,
        1 => Bool(truth),
        2 => Number(text),
        3 => String(text),
        4 => Array(members),
        5 => Object(members),
    }
}

impl Code for bool {
    fn write(&self, to: &mut Writer) {
        to.put(&[u8::from(*self)]);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Code for SmolStr {
    fn write(&self, to: &mut Writer) {
        to.length(self.len());
        to.put(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let length = from.length()?;
        std::str::from_utf8(from.bytes(length)?).ok().map(Self::new)
    }
}

impl Code for CredentialId {
    fn write(&self, to: &mut Writer) {
        SmolStr::new(self.as_str()).write(to);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Self::parse(&SmolStr::read(from)?)
    }
}

/// Sixteen bytes that tell sign, scale and digits.
impl Code for Decimal {
    fn write(&self, to: &mut Writer) {
        to.put(&self.serialize());
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let bytes = from.take()?;
        let read = Self::deserialize(bytes);
        // What is no decimal is made one, and then is another.
        (read.serialize() == bytes).then_some(read)
    }
}

impl<T: Code> Code for Option<T> {
    fn write(&self, to: &mut Writer) {
        self.is_some().write(to);
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        match bool::read(from)? {
            true => T::read(from).map(Some),
            false => Some(None),
        }
    }
}

impl<T: Code> Code for Vec<T> {
    fn write(&self, to: &mut Writer) {
        to.length(self.len());
        to.inside(|to| self.iter().for_each(|member| member.write(to)));
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let length = from.length()?;
        from.inside(|from| (0..length).map(|_| T::read(from)).collect())
    }
}

impl<T: Code> Code for Box<T> {
    fn write(&self, to: &mut Writer) {
        to.inside(|to| T::write(self, to));
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.inside(T::read).map(Self::new)
    }
}

impl<A: Code, B: Code> Code for (A, B) {
    fn write(&self, to: &mut Writer) {
        self.0.write(to);
        self.1.write(to);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}
