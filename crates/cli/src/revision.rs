//! Policy files of a git revision, read through the `git` program: nothing is checked out,
//! and the work tree is not looked at.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::files;

/// The policy files of a revision at a place of its tree: the file, or all below the folder.
/// `shown` is how the place is called; names of files begin with it.
pub(crate) fn read(folder: &Path, revision: &str, place: &str, shown: &str) -> Texts<Vec<Text>> {
    let texts = find(folder, revision, place, shown)?.ok_or_else(|| {
        Error::refused(
            format!("revision `{revision}` has no `{place}`"),
            Some("the path is taken from the top of the repository; `./` takes it from here"),
        )
    })?;
    match texts.is_empty() {
        true => Err(Error::NoPolicyFiles(PathBuf::from(shown))),
        false => Ok(texts),
    }
}

/// A file with its bytes.
pub(crate) type Text = (PathBuf, Vec<u8>);

type Texts<T> = Result<T, Error>;

/// The same; `None` when the revision has nothing at the place.
pub(crate) fn find(
    folder: &Path,
    revision: &str,
    place: &str,
    shown: &str,
) -> Texts<Option<Vec<Text>>> {
    let git = Git { folder };
    let commit = git.one(
        &["rev-parse", "--verify", "--quiet", "--end-of-options"],
        &format!("{revision}^{{commit}}"),
    );
    // `^REV` is an answer, too: all that is not in REV.
    let commit = commit?.filter(|commit| !commit.starts_with('^'));
    let commit = commit.ok_or_else(|| unknown_revision(revision))?;
    let object = git.one(
        &["rev-parse", "--verify", "--quiet", "--end-of-options"],
        &format!("{commit}:{place}"),
    )?;
    let Some(object) = object else {
        return Ok(None);
    };
    let Some(kind) = git.one(&["cat-file", "-t"], &object)? else {
        return Ok(None);
    };
    if kind == "blob" {
        return Ok(Some(vec![(PathBuf::from(shown), git.blob(&object)?)]));
    }
    let listed = git.bytes(&["ls-tree", "-r", "-z", "--full-tree", &object])?;
    let mut texts = Vec::new();
    for entry in listed.split(|byte| *byte == 0) {
        let entry = String::from_utf8_lossy(entry);
        let Some((head, path)) = entry.split_once('\t') else {
            continue;
        };
        let mut words = head.split(' ');
        let (mode, kind, id) = (words.next(), words.next(), words.next());
        // A link of the tree may lead anywhere: only files are read.
        let is_file = kind == Some("blob") && mode.is_some_and(|mode| mode.starts_with("100"));
        if let (true, Some(id), true) = (is_file, id, files::is_policy(Path::new(path))) {
            let at = match shown.ends_with(['/', ':']) {
                true => format!("{shown}{path}"),
                false => format!("{shown}/{path}"),
            };
            texts.push((PathBuf::from(at), git.blob(id)?));
        }
    }
    Ok(Some(texts))
}

fn unknown_revision(revision: &str) -> Error {
    Error::refused(
        format!("`{revision}` is no revision of this repository"),
        Some(
            "`git log` and `git branch --all` show those that there are; a shallow clone may lack it",
        ),
    )
}

struct Git<'f> {
    folder: &'f Path,
}

impl Git<'_> {
    /// What a command says on its one line; `None` when it fails. The last argument is given
    /// as it is: it follows what ends the options, or is an id.
    fn one(&self, args: &[&str], last: &str) -> Result<Option<String>, Error> {
        let said = self.run(&[args, &[last]].concat())?;
        if !said.status.success() {
            let why = String::from_utf8_lossy(&said.stderr);
            if why.contains("not a git repository") || why.contains("dubious ownership") {
                return Err(git_failed(&why));
            }
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&said.stdout);
        Ok(Some(line.trim_end().to_owned()))
    }

    /// What a command writes.
    fn bytes(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        let said = self.run(args)?;
        if said.status.success() {
            Ok(said.stdout)
        } else {
            Err(git_failed(&String::from_utf8_lossy(&said.stderr)))
        }
    }

    fn blob(&self, id: &str) -> Result<Vec<u8>, Error> {
        self.bytes(&["cat-file", "blob", id])
    }

    fn run(&self, args: &[&str]) -> Result<std::process::Output, Error> {
        Command::new("git")
            .current_dir(self.folder)
            .arg("--no-pager")
            .args(args)
            // Nothing is written, and nothing fetched.
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null())
            .output()
            .map_err(|cause| {
                Error::refused(
                    format!("cannot run `git`: {cause}"),
                    Some("revisions are read with the `git` program; without it, give two paths"),
                )
            })
    }
}

fn git_failed(why: &str) -> Error {
    let why = why.lines().next().unwrap_or_default();
    let why = why.strip_prefix("fatal: ").unwrap_or(why);
    Error::refused(format!("`git` says: {why}"), None)
}
