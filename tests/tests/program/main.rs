//! The program as its users meet it: arguments and files in, output and exit code out.

mod support;

mod broken;
mod build;
mod check;
mod codes;
mod coverage;
mod credentials;
mod dead;
mod decide;
mod diff;
mod documents;
mod explain;
mod fmt;
mod import;
mod lint;
mod lints;
mod lsp;
mod matrix;
mod mutate;

mod pages;
mod prove;
mod readme;
mod start;
mod suites;
mod test;
mod trust;
mod watch;
mod who;
