//! The policy sets of a workspace: what is open in the editor, and what lies on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use placet::syntax::{FileId, Source, ast};
use walkdir::WalkDir;

use crate::set::{Columns, Set};

/// Everything that the editor has told.
#[derive(Default)]
pub(crate) struct Workspace {
    pub(crate) columns: Columns,
    /// The folders that are worked on.
    roots: Vec<PathBuf>,
    /// The texts that the editor has, which count more than those on disk.
    open: BTreeMap<PathBuf, String>,
    /// Where the set of each file is that was asked about.
    homes: BTreeMap<PathBuf, PathBuf>,
    /// The sets that were asked for, by where they are.
    sets: BTreeMap<PathBuf, Rc<Set>>,
}

impl Workspace {
    pub(crate) fn new(roots: Vec<PathBuf>, columns: Columns) -> Self {
        Self {
            columns,
            roots,
            ..Self::default()
        }
    }

    /// A text was opened, changed, or closed.
    pub(crate) fn put(&mut self, path: PathBuf, text: Option<String>) {
        let before = self.read(&path);
        match text {
            Some(text) => self.open.insert(path.clone(), text),
            None => self.open.remove(&path),
        };
        let after = self.read(&path);
        let is_known = before.is_some() && after.is_some();
        if is_known && before == after {
            return;
        }
        let declares = |text: Option<Vec<u8>>| {
            text.is_some_and(|text| declares_policy(&String::from_utf8_lossy(&text)))
        };
        if declares(before) != declares(after) {
            self.forget();
            return;
        }
        // The other sets are as they were.
        let home = self.home(&path);
        self.sets.remove(&home);
    }

    /// Something on disk may have changed.
    pub(crate) fn forget(&mut self) {
        self.homes.clear();
        self.sets.clear();
    }

    /// The folders that are worked on have changed.
    pub(crate) fn set_roots(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        self.roots.retain(|root| !removed.contains(root));
        self.roots.extend(added);
        self.forget();
    }

    /// Whether a file is open, or one of a policy set by its name.
    pub(crate) fn is_policy(&self, path: &Path) -> bool {
        self.open.contains_key(path) || is_policy(path)
    }

    /// The policy set that a file belongs to, and where it is.
    pub(crate) fn set_of(&mut self, path: &Path) -> (PathBuf, Rc<Set>) {
        let home = match self.homes.get(path) {
            Some(home) => home.clone(),
            None => self.home(path),
        };
        self.homes.insert(path.to_owned(), home.clone());
        if let Some(set) = self.sets.get(&home) {
            return (home, Rc::clone(set));
        }
        let texts = self
            .members(&home)
            .into_iter()
            .filter_map(|path| self.read(&path).map(|text| (path, text)))
            .collect();
        let set = Rc::new(Set::new(home.clone(), texts, self.columns));
        self.sets.insert(home.clone(), Rc::clone(&set));
        (home, set)
    }

    /// Every policy set of which a file is open.
    pub(crate) fn sets(&mut self) -> Vec<(PathBuf, Rc<Set>)> {
        let mut sets: Vec<(PathBuf, Rc<Set>)> = Vec::new();
        let open: Vec<PathBuf> = self.open.keys().cloned().collect();
        for path in open {
            let (home, set) = self.set_of(&path);
            if !sets.iter().any(|(known, _)| *known == home) {
                sets.push((home, set));
            }
        }
        sets
    }

    /// Where the set of a file is: the nearest folder above it in which a file declares a
    /// `policy`, within the folders that are worked on; the file itself if there is none.
    fn home(&self, path: &Path) -> PathBuf {
        let roots: Vec<&PathBuf> = self
            .roots
            .iter()
            .filter(|root| path.starts_with(root))
            .collect();
        for folder in path.ancestors().skip(1) {
            if self.declares(folder) {
                return folder.to_owned();
            }
            let may_go_up = roots
                .iter()
                .any(|root| folder.starts_with(root) && folder != root.as_path());
            if !may_go_up {
                break;
            }
        }
        path.to_owned()
    }

    /// Whether a file of a folder declares a `policy`.
    fn declares(&self, folder: &Path) -> bool {
        let on_disk = files(WalkDir::new(folder).max_depth(1), |_| true);
        let open = self.open.keys();
        let open = open.filter(|path| path.parent() == Some(folder)).cloned();
        on_disk.chain(open).any(|path| {
            self.read(&path)
                .is_some_and(|text| declares_policy(&String::from_utf8_lossy(&text)))
        })
    }

    /// The files of a set.
    fn members(&self, home: &Path) -> Vec<PathBuf> {
        if self.is_policy(home) {
            return vec![home.to_owned()];
        }
        let is_other = |folder: &Path| folder != home && self.declares(folder);
        let mut files: Vec<PathBuf> =
            files(WalkDir::new(home), |folder| !is_other(folder)).collect();
        for path in self.open.keys() {
            if !files.contains(path) && self.home(path) == home {
                files.push(path.clone());
            }
        }
        files.sort();
        files
    }

    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        match self.open.get(path) {
            Some(text) => Some(text.clone().into_bytes()),
            None => std::fs::read(path).ok(),
        }
    }
}

/// The policy files of a walk in the order of names, links followed as `placet check` does.
fn files(walk: WalkDir, enter: impl Fn(&Path) -> bool) -> impl Iterator<Item = PathBuf> {
    walk.follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| !entry.file_type().is_dir() || enter(entry.path()))
        .flatten()
        .filter(|entry| entry.file_type().is_file() && is_policy(entry.path()))
        .map(walkdir::DirEntry::into_path)
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "placet")
}

/// Whether a text declares a `policy`, as far as it can be read.
fn declares_policy(text: &str) -> bool {
    // Parsing is for texts that may.
    text.contains("policy")
        && placet::syntax::parse(FileId::default(), &Source::new("", text))
            .file
            .items
            .iter()
            .any(|item| matches!(item.node.kind, ast::ItemKind::Policy(_)))
}
