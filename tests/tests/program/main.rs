//! The program as its users meet it: arguments and files in, output and exit code out.

mod support;

mod check;
mod fmt;
mod pages;
mod start;
