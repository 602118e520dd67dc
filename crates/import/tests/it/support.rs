//! What the tests share.

use placet_compiler::texts::{Checked, check};
use placet_import::{Block, Listing, Options, block, read};
use placet_syntax::{FileId, Source, format, parse};

/// A policy that uses whatever tools stand beside it.
pub(crate) const POLICY: &str = "policy all { language 1  layers main  lifetime 1h }\n\
                      agent bot\n\
                      grant all { agent bot  user any  tool any  action any  resource any }\n";

/// A list of tools with this text.
pub(crate) fn list(tools: &str) -> Listing {
    read(format!(r#"{{"tools": [{tools}]}}"#).as_bytes()).expect("it is a list")
}

/// A tool with these parameters, as the `properties` of its schema.
pub(crate) fn tool(name: &str, properties: &str, required: &str) -> String {
    format!(
        r#"{{"name": "{name}", "inputSchema": {{"type": "object", "properties": {{{properties}}},
             "required": [{required}]}}}}"#
    )
}

/// The block of a list, which is formatted and compiles.
pub(crate) fn imported(listing: &Listing) -> Block {
    let options = Options {
        tool: None,
        otherwise: "test".into(),
    };
    let block = block(listing, &options).expect("it can be imported");
    let parsed = parse(FileId(0), &Source::new("tools.placet", block.text.as_str()));
    assert_eq!(format(&parsed).as_deref(), Some(block.text.as_str()));
    let checked = compiled(&block.text);
    let found: Vec<&str> = checked
        .diagnostics
        .iter()
        .map(|found| found.message.as_str())
        .collect();
    assert!(
        checked.policy.is_some() && found.is_empty(),
        "{found:?}\n{}",
        block.text
    );
    block
}

pub(crate) fn compiled(text: &str) -> Checked {
    check([("policy.placet", POLICY), ("tools.placet", text)])
}

/// The lines of a block that are not comments, without the frame of the tool.
pub(crate) fn code(block: &Block) -> String {
    let lines = block
        .text
        .lines()
        .filter(|line| !line.trim().starts_with("//"));
    let lines: Vec<&str> = lines.filter(|line| line.starts_with(' ')).collect();
    lines.join("\n")
}
