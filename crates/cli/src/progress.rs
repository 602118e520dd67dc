//! A bar on standard error while a run takes long. Only for a person at a terminal, and gone
//! when the run is over.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use placet::suite::{Event, Progress};

use crate::output::printable;

/// Shorter runs show nothing: a bar that flashes up says less than none.
const LONG: Duration = Duration::from_millis(500);

/// What shows the progress of a run over so many `things`; nothing where nobody looks.
pub(crate) fn bar(things: &'static str) -> Progress {
    if !somebody_looks() {
        return Progress::default();
    }
    let state = Mutex::new(State {
        started: Instant::now(),
        bar: None,
        shown: false,
    });
    Progress::to(move |event| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.tell(things, event);
    })
}

/// Whether standard error is a terminal that can draw. Build servers may have one, and keep
/// all that is written to it.
fn somebody_looks() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stderr().is_terminal() && !dumb && !set("CI")
}

struct State {
    started: Instant,
    bar: Option<ProgressBar>,
    shown: bool,
}

impl State {
    fn tell(&mut self, things: &str, event: Event<'_>) {
        if let Event::Begins(total) = event {
            let total = u64::try_from(total).unwrap_or(u64::MAX);
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
            // No colours: they are not asked for, and the bar says enough.
            let style = format!("{{bar:24}} {{pos}} of {{len}} {things}, {{wide_msg}}");
            if let Ok(style) = ProgressStyle::with_template(&style) {
                bar.set_style(style.progress_chars("=> "));
            }
            *self = Self {
                started: Instant::now(),
                bar: Some(bar),
                shown: false,
            };
            return;
        }
        let Some(bar) = &self.bar else { return };
        match event {
            Event::Begins(_) => {}
            Event::Starts(what) => bar.set_message(printable(what)),
            Event::Ends => bar.inc(1),
            Event::Over => bar.finish_and_clear(),
        }
        if event != Event::Over && !self.shown && self.started.elapsed() > LONG {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
    }
}
