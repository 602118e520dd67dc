//! What a run finds out: all that tables, curves and pages are made from.

use serde::{Deserialize, Serialize};

use crate::measure::Entry;

/// Everything of one run. Times are in nanoseconds.
#[derive(Serialize, Deserialize)]
pub struct Results {
    /// What it ran on.
    pub machine: String,
    /// Everyone at every size.
    pub entries: Vec<Entry>,
    /// Hostile sets.
    pub hostile: Vec<Hostile>,
    /// More that is asked of an engine.
    pub studies: Vec<Study>,
}

/// A hostile set in several sizes.
#[derive(Serialize, Deserialize)]
pub struct Hostile {
    /// Its name.
    pub set: String,
    /// What its rules have in common.
    pub about: String,
    /// The scan and Placet at every size.
    pub entries: Vec<Entry>,
}

/// One question, and ways to answer it.
#[derive(Serialize, Deserialize)]
pub struct Study {
    /// What is asked.
    pub title: String,
    /// What is compared with what.
    pub about: String,
    /// The ways.
    pub ways: Vec<Way>,
}

/// One way to answer a question.
#[derive(Serialize, Deserialize)]
pub struct Way {
    /// Who does it, and how.
    pub how: String,
    /// The median.
    pub p50: f64,
    /// The 99th of a hundred, where many different ones were timed.
    pub p99: Option<f64>,
    /// The mean, where many different ones were timed.
    pub mean: Option<f64>,
}
