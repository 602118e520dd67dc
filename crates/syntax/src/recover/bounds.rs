//! Where blocks, declarations and parts end, judged by tokens alone.

use super::{
    Recovery,
    part::{ITEM_WORDS, PartKind},
};
use crate::scan::TokenKind;

/// The end of a block.
pub(super) enum BlockEnd {
    /// The index of its closing bracket.
    Closed(usize),
    /// There is none: the index of the token that cannot belong to the block any more.
    Open(usize),
}

impl BlockEnd {
    /// The index of the first token that is not in the block.
    pub(super) fn index(&self) -> usize {
        match self {
            Self::Closed(index) | Self::Open(index) => *index,
        }
    }
}

/// The brackets that are open at a token.
#[derive(Default)]
struct Brackets {
    open: Vec<char>,
    braces: usize,
}

impl Brackets {
    /// Takes account of a token. A closing brace closes what is open inside it; any other
    /// bracket that closes nothing is passed over.
    fn pass(&mut self, text: &str) {
        let closes = match text {
            "{" | "(" | "[" => {
                self.braces += usize::from(text == "{");
                self.open.extend(text.chars());
                return;
            }
            "}" => '{',
            ")" => '(',
            "]" => '[',
            _ => return,
        };
        if closes == '{' {
            if self.braces > 0 {
                self.braces -= 1;
                while self.open.pop().is_some_and(|open| open != '{') {}
            }
        } else if self.open.last() == Some(&closes) {
            self.open.pop();
        }
    }
}

/// Words that a line goes on with.
const GO_ON: [&str; 13] = [
    "and", "or", "in", "like", "contains", "within", "subset", "of", "where", "may", "needs",
    "per", "with",
];

/// What a line that goes on ends with.
const OPEN_ENDED: [&str; 28] = [
    ",", "(", "[", "==", "!=", "<", "<=", ">", ">=", "+", "-", "->", "=", ":", "|", "&&", "||",
    ".", "and", "or", "not", "has", "in", "like", "contains", "within", "of", "where",
];

impl Recovery<'_> {
    /// The end of the block whose opening bracket is the token `open`.
    pub(super) fn block_end(&self, open: usize) -> BlockEnd {
        let mut brackets = Brackets::default();
        let mut index = open;
        while let Some(token) = self.token(index) {
            if index > open && token.first && self.begins_item(index) {
                return BlockEnd::Open(index);
            }
            brackets.pass(self.slice(index));
            if brackets.open.is_empty() {
                return BlockEnd::Closed(index);
            }
            index += 1;
        }
        BlockEnd::Open(index)
    }

    /// The first token after `head` that does not belong to the item which begins there.
    /// `loose` says that no known word begins it, so that any new line may end it.
    pub(super) fn item_end(&self, head: usize, loose: bool) -> usize {
        let mut brackets = Brackets::default();
        brackets.pass(self.slice(head));
        let mut index = head + 1;
        while let Some(token) = self.token(index) {
            let outside = brackets.open.is_empty();
            let new_line = token.first
                && (self.begins_item(index)
                    || outside && (loose || self.may_begin_item(head, index)));
            if new_line || outside && self.slice(index - 1) == "}" {
                break;
            }
            brackets.pass(self.slice(index));
            index += 1;
        }
        index
    }

    /// The first token after `start` that begins another part of its block, which ends at
    /// the token `end`.
    pub(super) fn part_end(&self, kind: PartKind, start: usize, end: usize) -> usize {
        let mut brackets = Brackets::default();
        brackets.pass(self.slice(start));
        let mut index = start + 1;
        while index < end {
            let outside = brackets.open.is_empty();
            let begins = self.begins_part(kind, index, outside) && brackets.braces == 0;
            if begins || outside && kind == PartKind::Field && self.slice(index) == "," {
                return index;
            }
            brackets.pass(self.slice(index));
            index += 1;
        }
        end
    }

    /// Whether the token begins a part, given that it is not the first of its block.
    fn begins_part(&self, kind: PartKind, index: usize, outside: bool) -> bool {
        let Some(token) = self.token(index) else {
            return false;
        };
        let text = self.slice(index);
        let next = self.slice(index + 1);
        // A colon after such a word is a mistake of its own.
        let colon = next == ":" && (token.first || kind == PartKind::Policy);
        let known = token.kind == TokenKind::Word
            && kind.words().contains(&text)
            && (colon || !OPEN_ENDED.contains(&next))
            && !matches!(next, ")" | "]");
        let goes_on = OPEN_ENDED.contains(&self.slice(index.saturating_sub(1)));
        if !token.first {
            return known && outside && !goes_on && kind.fits_one_line();
        }
        if known {
            return true;
        }
        let may_begin = match token.kind {
            TokenKind::Word => !GO_ON.contains(&text),
            TokenKind::Doc => true,
            TokenKind::String => kind.begins_with_name(),
            _ => false,
        };
        // A comma after a row is a mistake of its own.
        let row = kind == PartKind::Row && token.kind == TokenKind::String;
        may_begin && outside && (row || !goes_on)
    }

    /// Whether the token surely begins an item: no block has a line like it.
    fn begins_item(&self, index: usize) -> bool {
        let next = self.kind(index + 1);
        let named = matches!(next, Some(TokenKind::Word | TokenKind::String));
        match self.word(index) {
            "grant" | "deny" | "require" | "policy" | "given" => {
                named && self.slice(index + 2) == "{"
            }
            "claim" | "test" => next == Some(TokenKind::String) && self.slice(index + 2) == "{",
            "tool" => named && self.slice(self.path_end(index + 1)) == "{",
            "facts" => matches!(
                self.word(index + 1),
                "agent" | "user" | "task" | "context" | "resource"
            ),
            "history" => self.slice(index + 2) == "=" && self.word(index + 3) == "calls",
            "let" => named && matches!(self.slice(index + 2), "=" | "("),
            "group" => matches!(self.word(index + 1), "agents" | "users" | "actions"),
            _ => false,
        }
    }

    /// Whether the token can begin an item, given that no bracket is open and that the
    /// item before it begins at `head`.
    fn may_begin_item(&self, head: usize, index: usize) -> bool {
        let word = self.word(index);
        let named = matches!(
            self.kind(index + 1),
            Some(TokenKind::Word | TokenKind::String)
        );
        match self.kind(index) {
            Some(TokenKind::Doc) => true,
            // Lines of a history begin with these words.
            Some(TokenKind::Word) if self.word(head) == "history" => match word {
                "tool" => self.slice(self.path_end(index + 1)) == "{",
                "action" => named && self.word(index + 2) == "in",
                _ => named && (word == "layer" || ITEM_WORDS.contains(&word)),
            },
            Some(TokenKind::Word) => {
                let follows = named || self.slice(index + 1) == "{";
                follows && (word == "layer" || ITEM_WORDS.contains(&word))
            }
            _ => self.slice(index) == "@",
        }
    }

    /// The token after the dotted path that begins at `index`.
    pub(super) fn path_end(&self, index: usize) -> usize {
        let mut index = index + 1;
        while self.slice(index) == "." {
            index += 2;
        }
        index
    }
}
