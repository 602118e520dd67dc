//! Places in a JSON document and what is wrong there.

use std::fmt;

/// A JSON document that is not a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole document. Very long keys
    /// are cut short.
    pub pointer: String,
    /// What is wrong, in lower case without a full stop.
    pub message: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.pointer, self.message)
        }
    }
}

impl std::error::Error for Invalid {}

/// A place on the way down; it costs nothing until something is wrong there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    Root,
    Key(&'a Self, &'a str),
    Index(&'a Self, usize),
}

impl<'a> Place<'a> {
    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }

    pub(super) fn invalid(&self, message: impl Into<String>) -> Invalid {
        let mut pointer = String::new();
        self.write(&mut pointer);
        Invalid {
            pointer,
            message: message.into(),
        }
    }

    fn write(&self, pointer: &mut String) {
        match self {
            Self::Root => {}
            Self::Key(parent, key) => {
                parent.write(pointer);
                push_key(pointer, key);
            }
            Self::Index(parent, index) => {
                parent.write(pointer);
                push_index(pointer, *index);
            }
        }
    }
}

/// Adds a key to a pointer.
pub(super) fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    for c in shorten(key).chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            _ => pointer.push(c),
        }
    }
}

/// Adds an index to a pointer.
pub(super) fn push_index(pointer: &mut String, index: usize) {
    pointer.push('/');
    pointer.push_str(&index.to_string());
}

/// A text from outside, made fit for a message: not too long, nothing hidden.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 80;
    let mut short = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MOST {
            short.push('…');
            break;
        }
        if c.is_control() || crate::text::is_bidi_control(c) {
            short.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            short.push(c);
        }
    }
    short
}
