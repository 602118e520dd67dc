//! Extractors and digests: the engine's own, which are tested apart.

use placet_evaluator::extract;
use placet_model::policy::Extract;
use placet_model::value::Value;
use smol_str::SmolStr;

pub use placet_model::digest::{call_digest, triple_digest};

use crate::segment::decode;
use crate::value::V;

/// The decoded segments that an extractor makes of a text.
#[must_use]
pub fn segments(how: Extract, text: &str) -> Option<Vec<String>> {
    let written = extract::segments(how, text).ok()?;
    written.iter().map(|segment| decode(segment)).collect()
}

/// The parts of a path.
#[must_use]
pub fn path(text: &str) -> Option<V> {
    let parts = extract::path_parts(text).ok()?;
    Some(V::List(parts.into_iter().map(V::text).collect()))
}

/// An address as a record.
#[must_use]
pub fn email(text: &str) -> Option<V> {
    let parts = extract::email_parts(text).ok()?;
    Some(V::Record(vec![
        ("domain".into(), V::text(parts.domain)),
        ("local".into(), V::text(parts.local)),
    ]))
}

/// A URL as a record.
#[must_use]
pub fn url(text: &str) -> Option<V> {
    let parts = extract::url_parts(text).ok()?;
    let mut fields: Vec<(SmolStr, V)> = vec![
        ("scheme".into(), V::text(parts.scheme)),
        ("host".into(), V::text(parts.host)),
        ("port".into(), V::Scalar(Value::Int(parts.port.into()))),
        (
            "path".into(),
            V::List(parts.path.into_iter().map(V::text).collect()),
        ),
    ];
    fields.extend(parts.query.map(|query| ("query".into(), V::text(query))));
    Some(V::Record(fields))
}
