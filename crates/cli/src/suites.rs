//! Which policy sets the paths of a command name, and what becomes of each.
//!
//! All paths together are one policy set as long as one `policy` is declared in them. When
//! there are several, each folder with a file that declares one is a suite, with all that was
//! named in it and below it; files of one folder that were named one by one and each declare
//! one are a suite each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use placet::Checked;
use placet::model::json::Json;
use placet::suite::markdown;
use placet::syntax::{FileId, Source, ast};
use serde::Serialize;

use crate::error::{Error, Failure};
use crate::files::{self, Found};
use crate::members::Members;
use crate::output::{self, Ended, Output, printable_line};
use crate::policy;
use crate::render::diagnostics;
use crate::render::style::{BOLD, RESET};

/// One policy set with what belongs to it.
pub(crate) struct Suite {
    /// How it is called: the folder or the file.
    pub(crate) name: String,
    /// Where its files are, and so what is kept beside them.
    pub(crate) folder: PathBuf,
    texts: Vec<Text>,
}

/// What is told of under a name.
pub(crate) trait Named {
    /// The name.
    fn name(&self) -> &str;
}

impl Named for Suite {
    fn name(&self) -> &str {
        &self.name
    }
}

/// What came of one suite.
pub(crate) struct Ran<T> {
    /// The suite's name.
    pub(crate) name: String,
    /// What came of it, or why nothing did.
    pub(crate) came: Result<T, Error>,
}

/// Several suites for machines: what each gives alone, under its name.
#[derive(Serialize)]
pub(crate) struct Reports<W, T> {
    version: u32,
    #[serde(flatten)]
    whole: W,
    suites: Vec<Reported<T>>,
}

#[derive(Serialize)]
struct Reported<T> {
    suite: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<T>,
    #[serde(flatten)]
    failed: Option<Failure>,
}

/// A file that was found, with what is in it.
struct Text {
    found: Found,
    bytes: Vec<u8>,
    /// It declares a `policy`, as far as it can be read.
    declares: bool,
}

/// The suites that paths name, by name; never none.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<Suite>, Error> {
    let mut documents = paths.iter().filter(|path| is_document(path));
    if let Some(path) = documents.next() {
        return Err(Error::refused(
            format!(
                "`{}` is a document, and policy text is needed here",
                path.display()
            ),
            Some("`placet test` runs the blocks of documents"),
        ));
    }
    let texts = files::found(paths)?
        .into_iter()
        .map(|found| {
            let bytes = files::read(&found.path)?;
            Ok(Text {
                declares: declares(&bytes),
                found,
                bytes,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    if let Some(text) = texts.iter().find(|text| policy::is_compiled(&text.bytes)) {
        return Err(Error::CompiledNotText(text.found.path.clone()));
    }
    if several(&texts) {
        return split(texts);
    }
    let first = paths.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
    let folder = match first.is_dir() {
        true => first.to_owned(),
        false => parent(first),
    };
    Ok(vec![Suite::new(first.display().to_string(), folder, texts)])
}

/// Does the same with every suite and shows what comes of it where `shown` says how; each
/// under its name when there are several. An error of one does not keep the others back.
///
/// What the work says of the policy itself goes to standard error. A suite that is not meant
/// gives `None` and is passed over. When there is one suite only, its error is the error of
/// the whole.
pub(crate) fn each<S: Named, T>(
    suites: &[S],
    out: &mut Output,
    shown: Option<fn(&T) -> String>,
    mut work: impl FnMut(&S, &mut String) -> Result<Option<T>, Error>,
) -> Result<Vec<Ran<T>>, Error> {
    let several = suites.len() > 1;
    let mut ran = Vec::with_capacity(suites.len());
    for suite in suites {
        let mut said = String::new();
        let Some(came) = work(suite, &mut said).transpose() else {
            continue;
        };
        if several && shown.is_some() {
            if !ran.is_empty() {
                out.line("")?;
            }
            out.line(&format!("{BOLD}{}{RESET}", printable_line(suite.name())))?;
            out.flush()?;
        }
        output::findings(&said);
        match came {
            Err(error) if !several => return Err(error),
            Err(ref error) => output::complain_about(suite.name(), error),
            Ok(ref came) => {
                if let Some(shown) = shown {
                    out.write(&shown(came))?;
                }
            }
        }
        ran.push(Ran {
            name: suite.name().to_owned(),
            came,
        });
    }
    if several && shown.is_some() {
        out.line("")?;
    }
    Ok(ran)
}

/// What came of the only suite that was named, which is told of without its name.
pub(crate) fn only<'a, S, T>(suites: &[S], ran: &'a [Ran<T>]) -> Option<&'a T> {
    match (suites, ran) {
        ([_], [one]) => one.came.as_ref().ok(),
        _ => None,
    }
}

/// The worst of how suites ended.
pub(crate) fn ended<T>(ran: &[Ran<T>], fine: impl Fn(&T) -> bool) -> Ended {
    let ends = ran.iter().map(|ran| match &ran.came {
        Ok(came) if fine(came) => Ended::Fine,
        Ok(_) => Ended::Findings,
        Err(_) => Ended::Errors,
    });
    ends.max().unwrap_or(Ended::Fine)
}

/// What holds of all suites together, and what each gives alone, for machines.
pub(crate) fn reports<'a, W, T, R>(
    whole: W,
    ran: &'a [Ran<T>],
    report: impl Fn(&'a T) -> R,
) -> Reports<W, R> {
    Reports {
        version: 1,
        whole,
        suites: ran
            .iter()
            .map(|ran| Reported {
                suite: ran.name.clone(),
                report: ran.came.as_ref().ok().map(&report),
                failed: ran.came.as_ref().err().map(Failure::from),
            })
            .collect(),
    }
}

/// The same of reports that are JSON already.
pub(crate) fn json<T>(whole: Members, ran: &[Ran<T>], report: impl Fn(&T) -> Json) -> Json {
    let suites = ran.iter().map(|ran| {
        let named = Members::default().text("suite", &ran.name);
        match &ran.came {
            Ok(came) => named.put("report", report(came)),
            Err(error) => named.text("error", error).put(
                "help",
                error
                    .help()
                    .map_or(Json::Null, |help| Json::String(help.into())),
            ),
        }
        .into()
    });
    whole.list("suites", suites).into()
}

impl Suite {
    fn new(name: String, folder: PathBuf, mut texts: Vec<Text>) -> Self {
        // One file under two names, as `.` and `policy.placet` give it, is one file.
        let mut seen = BTreeSet::new();
        texts.retain(|text| seen.insert(real(&text.found.path)));
        Self {
            name,
            folder,
            texts,
        }
    }

    /// Checks the texts, and says what was found.
    pub(crate) fn check_aloud(&self, said: &mut String) -> Checked {
        let checked = self.check();
        said.push_str(&diagnostics::text(&checked.sources, &checked.diagnostics));
        checked
    }

    /// Whether all that is below its folder belongs to it.
    pub(crate) fn is_folder(&self) -> bool {
        self.texts.iter().any(|text| !text.found.named)
    }

    /// The files with their bytes, by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        let texts = self.texts.iter();
        texts.map(|text| (text.found.path.as_path(), text.bytes.as_slice()))
    }

    /// Checks the texts.
    pub(crate) fn check(&self) -> Checked {
        let texts = self.texts.iter();
        placet::check(texts.map(|text| (text.found.path.display().to_string(), text.bytes.clone())))
    }
}

/// Whether a path is that of a Markdown document.
pub(crate) fn is_document(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| markdown::is_document(&name)) && !path.is_dir()
}

/// The same file has one such path, whatever it is called.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

/// Whether more than one of the texts declares a `policy`.
fn several(texts: &[Text]) -> bool {
    let declaring = texts.iter().filter(|text| text.declares);
    let declaring: BTreeSet<PathBuf> = declaring.map(|text| real(&text.found.path)).collect();
    declaring.len() > 1
}

/// Whether a text declares a `policy`.
fn declares(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    // Most files of a policy set do not even have the word.
    text.contains("policy") && {
        let source = Source::new(String::new(), text.into_owned());
        let parsed = placet::syntax::parse(FileId::default(), &source);
        let mut items = parsed.file.items.iter();
        items.any(|item| matches!(item.kind, ast::ItemKind::Policy(_)))
    }
}

/// Gives every text to its suite.
fn split(texts: Vec<Text>) -> Result<Vec<Suite>, Error> {
    // Folders by what declares a policy in them.
    let mut declaring: BTreeMap<PathBuf, Vec<&Text>> = BTreeMap::new();
    for text in texts.iter().filter(|text| text.declares) {
        let folder = parent(&text.found.place);
        declaring.entry(folder).or_default().push(text);
    }
    // Where each suite is: a folder, or a file that was named beside others of its kind.
    let mut roots: BTreeMap<PathBuf, (String, PathBuf)> = BTreeMap::new();
    let mut crowded: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (folder, inside) in &declaring {
        let covered = folder.ancestors().any(|above| roots.contains_key(above));
        if covered {
            continue;
        }
        let beside = |text: &Text| parent(&text.found.path);
        let named = inside.len() > 1 && inside.iter().all(|text| text.found.named);
        if named {
            let names: Vec<String> = inside
                .iter()
                .map(|text| format!("`{}`", text.found.path.display()))
                .collect();
            crowded.insert(folder.clone(), names.join(" and "));
            for text in inside {
                let name = text.found.path.display().to_string();
                roots.insert(text.found.place.clone(), (name, beside(text)));
            }
        } else if let Some(first) = inside.first() {
            let path = beside(first);
            let name = match path.as_os_str().is_empty() {
                true => ".".to_owned(),
                false => path.display().to_string(),
            };
            roots.insert(folder.clone(), (name, path));
        }
    }
    let mut members: BTreeMap<PathBuf, Vec<Text>> = BTreeMap::new();
    for text in texts {
        let mut above = text.found.place.ancestors();
        let root = above.find(|above| roots.contains_key(*above));
        match root.map(Path::to_owned) {
            Some(root) => members.entry(root).or_default().push(text),
            None => return Err(homeless(&text.found, &crowded)),
        }
    }
    let mut suites: Vec<Suite> = members
        .into_iter()
        .filter_map(|(root, texts)| {
            let (name, folder) = roots.remove(&root)?;
            Some(Suite::new(name, folder, texts))
        })
        .collect();
    suites.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(suites)
}

/// A text that nobody would read: what it says might be a deny.
fn homeless(found: &Found, crowded: &BTreeMap<PathBuf, String>) -> Error {
    let path = found.path.display();
    let mut above = found.place.ancestors().skip(1);
    let why = above.find_map(|above| crowded.get(above));
    match why {
        Some(names) => Error::refused(
            format!("`{path}` belongs to no suite: {names} each declare a `policy` in its folder"),
            Some(
                "a policy set has one `policy` block; give each its own folder, with what \
                 belongs to it",
            ),
        ),
        None => Error::refused(
            format!(
                "`{path}` belongs to no suite: several folders declare a `policy`, and it is in \
                 none of them"
            ),
            Some(
                "several suites are tried at once when each has a folder with its `policy` and \
                 all that belongs to it",
            ),
        ),
    }
}
