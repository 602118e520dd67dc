//! The head: a small signed file that says with which record the log ends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use placet_model::digest::is_digest;
use placet_model::json::Json;
use placet_model::value::Time;
use placet_model::wire::{read_json, to_text};
use smol_str::SmolStr;

use super::build::Members;
use super::line::GENESIS;
use super::sign::{SignedAs, check, sign};
use crate::keys::{KeyError, KeySet, SigningKey};

/// The head's file name.
pub(super) const HEAD_FILE: &str = "head";

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last record; 0 when there is none.
    pub seq: u64,
    /// Its hash, which stands for the whole log.
    pub hash: SmolStr,
    /// How often the log has gone on in another folder. Of several heads the one with
    /// the highest turn counts.
    pub turn: u64,
    /// The time of the last record.
    pub time: Time,
    /// The key that signed this.
    pub kid: SmolStr,
}

/// Why a head does not count.
#[derive(Debug)]
pub(super) enum BadHead {
    Io(io::Error),
    /// Something is wrong with it.
    Wrong(&'static str),
}

impl Head {
    /// The head of a log without records.
    pub(super) fn empty(time: Time, kid: &str) -> Self {
        Self {
            seq: 0,
            hash: SmolStr::new_static(GENESIS),
            turn: 0,
            time,
            kid: kid.into(),
        }
    }

    /// Its file's content, signed.
    pub(super) fn to_file(&self, key: &SigningKey) -> Result<String, KeyError> {
        let mut text = self.unsigned();
        let signature = sign(key, SignedAs::Head, text.as_bytes())?;
        text.push_str(",\"signature\":\"");
        text.push_str(&signature);
        text.push_str("\"}\n");
        Ok(text)
    }

    /// What is signed: the object up to its signature.
    fn unsigned(&self) -> String {
        let mut json = Members::default();
        json.number("seq", self.seq);
        json.text("hash", &self.hash);
        json.number("turn", self.turn);
        json.shown("time", self.time);
        json.text("kid", &self.kid);
        let mut text = to_text(&json.into());
        text.pop();
        text
    }

    /// Reads the head of a folder; `None` when there is none.
    pub(super) fn load(folder: &Path, keys: &KeySet) -> Result<Option<Self>, BadHead> {
        let bytes = match fs::read(head_path(folder)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BadHead::Io(error)),
        };
        let (head, signature) = Self::parse(&bytes).ok_or(BadHead::Wrong("it is no head"))?;
        let signed = head.unsigned();
        // Exactly what is written, so that every byte counts.
        let whole = format!("{signed},\"signature\":\"{signature}\"}}\n");
        if whole.as_bytes() != bytes {
            return Err(BadHead::Wrong("it is no head"));
        }
        check(
            keys,
            &head.kid,
            SignedAs::Head,
            signed.as_bytes(),
            &signature,
        )
        .map_err(BadHead::Wrong)?;
        Ok(Some(head))
    }

    fn parse(bytes: &[u8]) -> Option<(Self, SmolStr)> {
        let Ok(Ok(Json::Object(fields))) = read_json(bytes) else {
            return None;
        };
        let text = |key: &str| {
            fields.iter().find_map(|(name, value)| match value {
                Json::String(text) if name == key => Some(text.clone()),
                _ => None,
            })
        };
        let number = |key: &str| {
            fields.iter().find_map(|(name, value)| match value {
                Json::Number(text) if name == key => text.parse().ok(),
                _ => None,
            })
        };
        let head = Self {
            seq: number("seq")?,
            hash: text("hash").filter(|hash| is_digest(hash))?,
            turn: number("turn")?,
            time: Time::parse(&text("time")?)?,
            kid: text("kid")?,
        };
        Some((head, text("signature")?))
    }
}

pub(super) fn head_path(folder: &Path) -> PathBuf {
    folder.join(HEAD_FILE)
}
