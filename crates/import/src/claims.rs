//! What a server claims of a tool's effects (the annotations of MCP), and how a policy keeps
//! it: in a doc line of a fixed form, which a later comparison reads again.

use placet_model::json::Json;

use crate::listing::get;

/// How the line begins. It is always the last of a function's doc comment, so that nothing in a
/// description can pass for it.
const BEGINS: &str = "The server claims: ";

/// The annotations of a tool, as they came. They are hints of a server that is not trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `readOnlyHint`
    pub read_only: Option<bool>,
    /// `destructiveHint`
    pub destructive: Option<bool>,
    /// `idempotentHint`
    pub idempotent: Option<bool>,
    /// `openWorldHint`
    pub open_world: Option<bool>,
}

/// What annotations mean: an absent one and its default are the same, and whatever only reads
/// neither destroys nor repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// It changes nothing.
    pub read_only: bool,
    /// It may destroy, not only add.
    pub destructive: bool,
    /// Doing it again changes nothing more.
    pub idempotent: bool,
    /// It may reach beyond what its server knows, such as the web.
    pub open_world: bool,
}

impl Claims {
    /// Reads the annotations of a tool. A hint that is not a boolean claims nothing.
    pub(crate) fn read(annotations: Option<&Json>) -> Self {
        let hint = |name| match annotations.and_then(|all| get(all, name)) {
            Some(Json::Bool(truth)) => Some(*truth),
            _ => None,
        };
        Self {
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            idempotent: hint("idempotentHint"),
            open_world: hint("openWorldHint"),
        }
    }

    /// What they mean, by the defaults of the protocol.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        let read_only = self.read_only.unwrap_or(false);
        Meaning {
            read_only,
            destructive: !read_only && self.destructive.unwrap_or(true),
            idempotent: !read_only && self.idempotent.unwrap_or(false),
            open_world: self.open_world.unwrap_or(true),
        }
    }
}

impl Meaning {
    /// The line of a doc comment that keeps it. What is the default is not written.
    #[must_use]
    pub fn line(&self) -> String {
        let mut words = Vec::new();
        if self.read_only {
            words.push("read-only");
        } else {
            words.extend((!self.destructive).then_some("not destructive"));
            words.extend(self.idempotent.then_some("idempotent"));
        }
        words.extend((!self.open_world).then_some("closed world"));
        let said = match words.is_empty() {
            true => "nothing".to_owned(),
            false => words.join(", "),
        };
        format!("{BEGINS}{said}.")
    }

    /// Reads what [`Meaning::line`] writes.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let said = line.trim().strip_prefix(BEGINS)?.strip_suffix('.')?;
        let mut claims = Claims::default();
        for word in said.split(", ") {
            match word {
                "nothing" => {}
                "read-only" => claims.read_only = Some(true),
                "not destructive" => claims.destructive = Some(false),
                "idempotent" => claims.idempotent = Some(true),
                "closed world" => claims.open_world = Some(false),
                _ => return None,
            }
        }
        Some(claims.meaning())
    }

    /// In words, as they stand in a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = vec![match (self.read_only, self.destructive) {
            (true, _) => "read-only",
            (false, true) => "destructive",
            (false, false) => "not destructive",
        }];
        words.extend(self.idempotent.then_some("idempotent"));
        words.push(match self.open_world {
            true => "open world",
            false => "closed world",
        });
        words.join(", ")
    }

    /// Whether it may do what `before` may not.
    pub(crate) fn is_wider_than(&self, before: &Self) -> bool {
        (before.read_only && !self.read_only)
            || (!before.destructive && self.destructive && !self.read_only)
            || (!before.open_world && self.open_world)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for bits in 0..81_u32 {
            let hint =
                |at: u32| [None, Some(false), Some(true)][(bits / 3_u32.pow(at) % 3) as usize];
            let claims = Claims {
                read_only: hint(0),
                destructive: hint(1),
                idempotent: hint(2),
                open_world: hint(3),
            };
            let meaning = claims.meaning();
            assert_eq!(
                Meaning::of_line(&meaning.line()),
                Some(meaning),
                "{claims:?}"
            );
        }
        assert_eq!(Meaning::of_line("The server claims: harmless."), None);
    }

    #[test]
    fn an_absent_hint_and_its_default_are_the_same() {
        let said = Claims {
            read_only: Some(false),
            destructive: Some(true),
            idempotent: Some(false),
            open_world: Some(true),
        };
        assert_eq!(said.meaning(), Claims::default().meaning());
        assert_eq!(said.meaning().line(), "The server claims: nothing.");
    }
}
