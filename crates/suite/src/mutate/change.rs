//! One change of a tree, and the edits of the text that make the same change.

use placet_syntax::Span;

/// Which way a change moves what a policy grants, by the kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Toward {
    /// It grants more than the policy, or asks for less before it grants.
    More,
    /// Neither way: it grants something else.
    Other,
    /// It grants less than the policy.
    Less,
}

impl Toward {
    /// All ways, those that matter most first.
    pub const ALL: [Self; 3] = [Self::More, Self::Other, Self::Less];

    /// As reports say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::More => "more",
            Self::Other => "other",
            Self::Less => "less",
        }
    }

    /// The other way round.
    pub(super) const fn turned(self) -> Self {
        match self {
            Self::More => Self::Less,
            Self::Other => Self::Other,
            Self::Less => Self::More,
        }
    }
}

/// A tree with one change.
#[derive(Clone, Debug)]
pub(super) struct Change<T> {
    /// The changed tree.
    pub(super) tree: T,
    /// What was changed, for people: "drop `unless context.mfa`".
    pub(super) what: String,
    pub(super) toward: Toward,
    /// Where it was changed.
    pub(super) span: Span,
    /// How the text is to be changed, in its order. It is a proposal that keeps as much of
    /// the layout as can be: who uses it compares what it gives with the tree.
    pub(super) edits: Vec<(Span, String)>,
}

impl<T> Change<T> {
    /// The replacement of one piece of text.
    pub(super) fn at(
        span: Span,
        tree: T,
        text: impl Into<String>,
        toward: Toward,
        what: impl Into<String>,
    ) -> Self {
        Self {
            tree,
            what: what.into(),
            toward,
            span,
            edits: vec![(span, text.into())],
        }
    }

    /// The same change with what the tree is a part of.
    pub(super) fn within<U>(self, whole: impl FnOnce(T) -> U) -> Change<U> {
        Change {
            tree: whole(self.tree),
            what: self.what,
            toward: self.toward,
            span: self.span,
            edits: self.edits,
        }
    }
}

/// All but one of a list.
pub(super) fn without<T: Clone>(list: &[T], at: usize) -> Vec<T> {
    let others = list.iter().enumerate().filter(|(index, _)| *index != at);
    others.map(|(_, one)| one.clone()).collect()
}

/// The list with another member in one place.
pub(super) fn with<T: Clone>(list: &[T], at: usize, member: T) -> Vec<T> {
    let mut list = list.to_vec();
    if let Some(place) = list.get_mut(at) {
        *place = member;
    }
    list
}
