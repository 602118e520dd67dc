//! The codes of all diagnostics: one table for the whole project.

use std::{fmt, str::FromStr};

/// Declares the codes. A new one is a line here and a page `docs/codes/CODE.md`; that of a
/// lint is `docs/lints/NAME.md`.
macro_rules! codes {
    ($($code:ident $title:literal;)*) => {
        /// A stable code: what went wrong, apart from where. Each has a page in
        /// `docs/codes` or `docs/lints`.
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

    // PL01xx: names and declarations
    PL0101 "a name in a condition is not known";
    PL0102 "a fact is not declared";
    PL0103 "an agent is not declared";
    PL0104 "a group is not declared";
    PL0105 "an action is not declared";
    PL0106 "a tool or function is not declared";
    PL0107 "a parameter is not declared";
    PL0108 "a record has no such field";
    PL0110 "a name is declared twice";
    PL0111 "a name that is reserved";
    PL0112 "a name would hide another";
    PL0113 "a group of another kind is wanted";
    PL0114 "groups are nested in a circle";
    PL0115 "a group has members from requests and from declarations";
    PL0116 "a let is used in itself";
    PL0117 "a `/` in the name of a rule or layer";
    PL0118 "a function gets too few or too many arguments";
    PL0119 "a function in a condition is not known";
    PL0120 "a fact is declared in two ways";
    PL0121 "what is to be logged is not declared";
    PL0122 "`@loggable` says nothing here";

    // PL02xx: types
    PL0201 "values of different types are compared";
    PL0202 "a condition is neither true nor false";
    PL0203 "a text is not one of the values";
    PL0204 "a text does not have the form of its type";
    PL0205 "an operation is not defined for a type";
    PL0206 "a literal is wanted";
    PL0207 "a value of another type is wanted";
    PL0208 "a number or duration does not fit";
    PL0209 "an argument has two types";
    PL0210 "a set or list is wanted";
    PL0211 "only records have fields";
    PL0212 "a type that a set cannot hold";
    PL0213 "a `json` value is opaque";
    PL0215 "`count` has no use for a value";

    // PL03xx: guards and moments
    PL0301 "what may be absent is read without a guard";
    PL0302 "a user is read where there may be none";
    PL0303 "a fact of issuance is read at calls";
    PL0304 "facts that cannot be fixed or pinned";
    PL0305 "a rule pinned to issuance reads what only a call has";
    PL0306 "`has` is asked of what is always there";
    PL0307 "a user is read where there is none";

    // PL04xx: rules and duties
    PL0401 "a grant leaves something out";
    PL0402 "a clause is written twice";
    PL0403 "a deny has duties or limits";
    PL0404 "a grant is pinned to one moment";
    PL0405 "a require requires nothing";
    PL0406 "consent where no user can be";
    PL0407 "a limit of nothing";
    PL0408 "a budget of what is not a number";
    PL0409 "something is listed twice";
    PL0410 "a rule covers no function";

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
    PL0520 "a capture is not used";
    PL0521 "patterns of one rule capture different names";
    PL0522 "a pattern reads what is not known at issuance";
    PL0523 "a value that makes no segment";
    PL0524 "a hole or capture stands where none can";
    PL0525 "a fact is read of resources that do not have it";
    PL0526 "a pattern stands where one resource is wanted";

    // PL06xx: tools and templates
    PL0601 "a tool without functions, or with and without";
    PL0602 "a path below a function";
    PL0603 "an audience is not a URL";
    PL0604 "`each` and the list that it needs do not meet";
    PL0605 "a line of a function reads more than arguments";

    // PL07xx: the policy set and its layers
    PL0701 "no `policy` block";
    PL0702 "several `policy` blocks";
    PL0703 "an unknown version of the language";
    PL0704 "a listed layer has no rules";
    PL0705 "a layer is not listed";
    PL0706 "no layer denies by default";
    PL0707 "a grant in a layer that grants by default";
    PL0708 "files of one layer disagree";
    PL0709 "a grant has no lifetime";

    // PL08xx: claims and tests
    PL0801 "a fixture is not declared";
    PL0802 "a credential of a test is not known";
    PL0803 "a rule that a test expects is not known";
    PL0804 "a reason that does not exist";
    PL0805 "an expectation that a step cannot have";
    PL0806 "a region has a duty or limit";
    PL0807 "a test without an agent";
    PL0808 "a test sets something twice";
    PL0809 "a fixture includes itself";
    PL0810 "a cell stands where there are no rows";
    PL0811 "a column is in no row";
    PL0812 "a row lacks a cell";
    PL0813 "a column is never used";
    PL0814 "a test has no rows to be played with";
    PL0815 "a row and its steps disagree on what is expected";
    PL0816 "nothing says which of several agents acts";

    // PL09xx: limits
    PL0901 "the file is too large";
    PL0902 "nesting is too deep";
    PL0903 "too many errors";
    PL0904 "a pattern has too many segments";
    PL0905 "a string is too long";
    PL0910 "too many of something";
    PL0912 "conditions are too large";
    PL0913 "a condition is too deep";

    // PL10xx: lints, more is granted than the work needs
    PL1001 "a grant covers every tool";
    PL1002 "a grant covers every action";
    PL1003 "a grant covers every resource";
    PL1004 "a grant covers every agent";
    PL1005 "a grant destroys or sends whatever its pattern matches";
    PL1006 "a pattern is broader than the tools that it is for";
    PL1007 "a grant whose condition is always true";
    PL1008 "one member of a list is tested, and all of them are used";
    PL1009 "a function that changes something takes arguments that nobody declared";

    // PL11xx: lints, standing access
    PL1101 "a grant does not say how long it lasts";
    PL1102 "a grant lasts too long";
    PL1103 "an agent changes something without a user";
    PL1104 "rights are handed on too far";
    PL1105 "a grant is the same for every task";

    // PL12xx: lints, attribution
    PL1201 "nobody answers for an agent";
    PL1202 "nothing tells two agents apart";
    PL1203 "nobody answers for a rule";
    PL1204 "a grant needs a user and never asks which one";

    // PL13xx: lints, guardrails
    PL1301 "nothing stands before what cannot be taken back";
    PL1302 "something may be sent after anything was read";
    PL1303 "payments have no budget";
    PL1304 "one consent is good for any number of destructive calls";

    // PL14xx: lints, dead weight
    PL1401 "a rule that matches no request";
    PL1402 "a grant that denies leave nothing of";
    PL1403 "a rule that changes nothing";
    PL1404 "a clause or condition that changes nothing";
    PL1405 "a declaration that nothing uses";
    PL1406 "a group that nobody can be in";
    PL1407 "a rule that no test or claim touches";

    // PL15xx: lints, correctness
    PL1501 "a condition that is never defined";
    PL1502 "a comparison that never holds";
    PL1503 "a name that looks like another, or mixes scripts";
    PL1504 "names that differ in case or separators alone";
    PL1505 "a pattern that no tool yields a resource for";
    PL1506 "a template leaves an argument out that its neighbours use";

    // PL16xx: lints, hygiene
    PL1601 "a name is not written as the others are";
    PL1602 "a rule does not say why it is there";
    PL1603 "clauses are not in their order";
    PL1604 "a condition in a roundabout way";
    PL1605 "a length of time in the wrong unit";

    // PL19xx: lints, about what is said to them
    PL1901 "an `allow` has no reason";
    PL1902 "an `allow` allows nothing";
    PL1903 "an `allow` names no rule";
}

impl Code {
    /// Whether it is the code of a lint: the policy works, and somebody should look at it.
    pub fn is_lint(self) -> bool {
        self >= Self::PL1001
    }
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
