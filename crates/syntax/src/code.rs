//! The codes of all diagnostics: one table for the whole project.

use std::{fmt, str::FromStr};

/// Declares the codes. A new one is a line here and a page `docs/codes/CODE.md`.
macro_rules! codes {
    ($($code:ident $title:literal;)*) => {
        /// A stable code: what went wrong, apart from where. Each has a page in
        /// `docs/codes`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the title in the table says it")]
        pub enum Code { $($code,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The code as it is written: `PL0001`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// What it means, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }
        }
    };
}

codes! {
    // PL00xx: syntax
    PL0001 "something else was expected here";
    PL0002 "not the start of a declaration or rule";
    PL0003 "a bracket is never closed";
    PL0004 "a string is never closed";
    PL0005 "a string has an escape that means nothing";
    PL0006 "a character that policy text must not hold";
    PL0007 "text is not in Unicode normal form C";
    PL0008 "a closing bracket closes nothing";
    PL0009 "a pattern or title has no quotes";
    PL0010 "an operator of another language";
    PL0011 "a misspelled word";
    PL0012 "a doc comment documents nothing";
    PL0013 "a number or duration is out of range or malformed";
    PL0014 "the layer line is not first";
    PL0015 "the file begins with a byte order mark";
    PL0016 "the file is not UTF-8";
    PL0017 "a block lacks a part";
    PL0018 "a part is written twice";
    PL0019 "a name is empty";

    // PL05xx: patterns
    PL0501 "a pattern has an empty segment";
    PL0502 "a pattern has a `.` or `..` segment";
    PL0503 "a `%` in a pattern is not one of the five escapes";
    PL0504 "a hole in a pattern cannot be read";
    PL0505 "a hole is a part of a segment";
    PL0506 "two stars in one segment";
    PL0507 "`**` does not stand last";
    PL0508 "a pattern has a character that no resource can have";
    PL0509 "an extractor is not known";
    PL0510 "`path()` or `url()` does not stand last";
    PL0511 "a template has a wildcard or a capture";
    PL0512 "`each` stands in a rule's pattern";
    PL0513 "a name is captured twice";

    // PL09xx: limits
    PL0901 "the file is too large";
    PL0902 "nesting is too deep";
    PL0903 "too many errors";
    PL0904 "a pattern has too many segments";
    PL0905 "a string is too long";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no code of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCode;

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such diagnostic code")
    }
}

impl std::error::Error for UnknownCode {}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str().eq_ignore_ascii_case(text))
            .ok_or(UnknownCode)
    }
}
