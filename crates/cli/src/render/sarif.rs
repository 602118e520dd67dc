//! Findings as SARIF 2.1.0 (OASIS), which forges show beside the lines that they are about.
//!
//! The one place that knows the format: every command whose findings a code-scanning service
//! may show makes [`Rule`]s and [`Hit`]s of them.

use std::path::Path;

use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Location, LogicalLocation, Message,
    MultiformatMessageString, PhysicalLocation, PropertyBag, Region, Replacement,
    ReportingDescriptor, Result as Found, ResultLevel, Run, Sarif, Tool, ToolComponent,
};

use crate::error::Error;
use crate::output::printable;

/// Where the version of the format is defined.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// It has to be mended.
    Error,
    /// It should be looked at.
    Warning,
    /// It is worth knowing.
    Note,
}

/// A kind of finding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    /// The stable code.
    pub(crate) code: String,
    /// The name, in words joined by hyphens.
    pub(crate) name: String,
    /// What it finds, in one sentence.
    pub(crate) summary: String,
    /// More of it, in Markdown.
    pub(crate) help: Option<String>,
    /// A page about it.
    pub(crate) page: Option<String>,
    /// What it is filed under.
    pub(crate) tags: Vec<String>,
}

/// One finding.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    /// The code of its rule.
    pub(crate) code: String,
    /// How much it matters.
    pub(crate) level: Level,
    /// What was found, and what to do.
    pub(crate) message: String,
    /// Where; the first place is the one that is shown.
    pub(crate) spots: Vec<Spot>,
    /// What the finding is about, by its full name.
    pub(crate) about: Option<String>,
    /// Ways to mend it.
    pub(crate) fixes: Vec<Mend>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The file, as it was named on the command line.
    pub(crate) file: String,
    /// Where in it; `None` is the whole file.
    pub(crate) extent: Option<Extent>,
    /// What is there.
    pub(crate) said: Option<String>,
}

/// From one character to another, lines and columns counted from 1; the end is not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) start: (u32, u32),
    pub(crate) end: (u32, u32),
}

/// A way to mend a finding: one replacement of text.
#[derive(Clone, Debug)]
pub(crate) struct Mend {
    /// What it does.
    pub(crate) title: String,
    /// Where.
    pub(crate) file: String,
    pub(crate) extent: Extent,
    /// What is written there.
    pub(crate) text: String,
}

/// The findings of one run, as a SARIF log that ends in a line feed.
///
/// # Errors
///
/// When the log cannot be written as JSON.
pub(crate) fn text(rules: &[Rule], hits: &[Hit]) -> Result<String, Error> {
    let driver = ToolComponent::builder()
        .name("placet")
        .version(env!("CARGO_PKG_VERSION"))
        .rules(rules.iter().map(rule).collect::<Vec<_>>())
        .build();
    let results: Vec<Found> = hits.iter().map(|one| hit(rules, one)).collect();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(serde_json::json!("unicodeCodePoints"))
        .results(results)
        .build();
    let log = Sarif::builder()
        .schema(SCHEMA)
        .version(serde_json::json!("2.1.0"))
        .runs(vec![run])
        .build();
    let text = serde_json::to_string_pretty(&log).map_err(|cause| Error::Output(cause.into()))?;
    Ok(text + "\n")
}

fn rule(rule: &Rule) -> ReportingDescriptor {
    let properties =
        (!rule.tags.is_empty()).then(|| PropertyBag::builder().tags(rule.tags.clone()).build());
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.code.clone())
        .name(rule.name.clone())
        .short_description(said(&rule.summary))
        .build();
    descriptor.help = rule.help.as_deref().map(|help| {
        MultiformatMessageString::builder()
            .text(printable(help))
            .markdown(printable(help))
            .build()
    });
    descriptor.help_uri.clone_from(&rule.page);
    descriptor.properties = properties;
    descriptor
}

fn hit(rules: &[Rule], hit: &Hit) -> Found {
    let mut locations = hit.spots.iter().map(location);
    let mut first = locations.next();
    if let Some(about) = &hit.about {
        let logical = LogicalLocation::builder()
            .fully_qualified_name(printable(about))
            .build();
        first
            .get_or_insert_with(Location::default)
            .logical_locations = Some(vec![logical]);
    }
    let related: Vec<Location> = locations.collect();
    let mut found = Found::builder()
        .rule_id(hit.code.clone())
        .level(match hit.level {
            Level::Error => ResultLevel::Error,
            Level::Warning => ResultLevel::Warning,
            Level::Note => ResultLevel::Note,
        })
        .message(message(&hit.message))
        .build();
    found.rule_index = rules
        .iter()
        .position(|rule| rule.code == hit.code)
        .and_then(|at| i64::try_from(at).ok());
    found.locations = first.map(|first| vec![first]);
    found.related_locations = (!related.is_empty()).then_some(related);
    found.fixes = (!hit.fixes.is_empty()).then(|| hit.fixes.iter().map(fix).collect());
    found
}

fn location(spot: &Spot) -> Location {
    let mut physical = PhysicalLocation::builder()
        .artifact_location(artifact(&spot.file))
        .build();
    physical.region = spot.extent.map(region);
    let mut location = Location::builder().physical_location(physical).build();
    location.message = spot.said.as_deref().map(message);
    location
}

fn fix(mend: &Mend) -> Fix {
    let inserted = ArtifactContent::builder().text(mend.text.clone()).build();
    let replacement = Replacement::builder()
        .deleted_region(region(mend.extent))
        .inserted_content(inserted)
        .build();
    let change = ArtifactChange::builder()
        .artifact_location(artifact(&mend.file))
        .replacements(vec![replacement])
        .build();
    Fix::builder()
        .description(message(&mend.title))
        .artifact_changes(vec![change])
        .build()
}

fn region(extent: Extent) -> Region {
    Region::builder()
        .start_line(i64::from(extent.start.0))
        .start_column(i64::from(extent.start.1))
        .end_line(i64::from(extent.end.0))
        .end_column(i64::from(extent.end.1))
        .build()
}

fn artifact(file: &str) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri(file)).build()
}

/// A path as a URI reference (RFC 3986): what is not allowed in one is encoded, and the first
/// part of a relative path is no scheme.
fn uri(file: &str) -> String {
    let file = file.strip_prefix("./").unwrap_or(file);
    let file = file.replace(std::path::MAIN_SEPARATOR, "/");
    let mut uri = String::new();
    if Path::new(&file).is_absolute() {
        uri.push_str("file://");
    } else if file
        .split('/')
        .next()
        .is_some_and(|first| first.contains(':'))
    {
        uri.push_str("./");
    }
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b'@' | b'+' | b',' | b'=' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn message(text: &str) -> Message {
    Message::builder().text(printable(text)).build()
}

fn said(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder()
        .text(printable(text))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_what_where_and_how_to_mend_it() {
        let rules = [Rule {
            code: "PD0102".into(),
            name: "tool-unknown".into(),
            summary: "the policy does not declare a tool".into(),
            tags: vec!["drift".into()],
            ..Rule::default()
        }];
        let extent = Extent {
            start: (3, 1),
            end: (3, 9),
        };
        let spot = |file: &str, extent| Spot {
            file: file.into(),
            extent,
            said: None,
        };
        let plain = |level, message: &str| Hit {
            code: "none".into(),
            level,
            message: message.into(),
            spots: Vec::new(),
            about: None,
            fixes: Vec::new(),
        };
        let whole = Hit {
            code: "PD0102".into(),
            spots: vec![
                spot("./a b/tools.placet", Some(extent)),
                spot("c:d.json", None),
            ],
            about: Some("shop.buy".into()),
            fixes: vec![Mend {
                title: "declare it".into(),
                file: "/x/tools.placet".into(),
                extent,
                text: "buy()".into(),
            }],
            ..plain(Level::Warning, "hidden \u{202e}")
        };
        let hits = [whole, plain(Level::Error, "bad"), plain(Level::Note, "odd")];
        insta::assert_snapshot!(text(&rules, &hits).expect("it is written"));
    }
}
