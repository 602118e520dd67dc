//! The tree of sections that the headings of a document make.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

/// A section: what stands below a heading, up to the next one of the same level or higher.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// The level of its heading, from 1; 0 for the document itself.
    pub(super) level: u8,
    /// The text of its heading.
    pub(super) title: SmolStr,
    /// The section that this one is part of.
    pub(super) parent: Option<usize>,
    /// The line of the heading, from 1.
    pub(super) line: u32,
}

/// The sections from the document down to one, that one included.
pub(super) fn path(sections: &[Section], at: usize) -> Vec<usize> {
    let mut path = Vec::new();
    let mut next = Some(at);
    while let Some(at) = next {
        path.push(at);
        next = sections.get(at).and_then(|section| section.parent);
    }
    path.reverse();
    path
}

/// What each section is called: the headings from the top down. A single heading of the first
/// level is the title of the document and named only by itself; a section that is called like
/// an earlier one is numbered.
pub(super) fn names(sections: &[Section], document: &str) -> Vec<SmolStr> {
    let tops = sections.iter().filter(|section| section.level == 1).count();
    let mut seen: BTreeMap<SmolStr, usize> = BTreeMap::new();
    let mut names = Vec::with_capacity(sections.len());
    for at in 0..sections.len() {
        let told = path(sections, at);
        let told: Vec<&str> = told
            .into_iter()
            .filter(|above| *above != 0)
            .filter_map(|above| Some((above, sections.get(above)?)))
            .filter(|(above, section)| *above == at || tops > 1 || section.level != 1)
            .map(|(_, section)| section.title.as_str())
            .collect();
        let name = match told.is_empty() {
            true => SmolStr::new(document),
            false => SmolStr::from(told.join(" > ")),
        };
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        names.push(match *count {
            1 => name,
            more => format_smolstr!("{name} ({more})"),
        });
    }
    names
}
