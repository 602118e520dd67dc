//! Who may do what: agents with their users, functions with their actions, and sample
//! resources, as a table that is kept beside the policy and reviewed with it.
//!
//! Each answer is the engine's [outlook](Engine::outlook), by policy alone: what a request does
//! not tell is open, and an answer is `grant` or `deny` only where it is so whatever is told
//! later. Reads no file and no clock; equal policies give equal texts.

mod compare;
mod given;
mod sample;
mod text;
mod who;

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::{Engine, Outlook};
use placet_model::decision::{Answer, Reason};
use placet_model::request::{Asked, Request};
use placet_syntax::ast;
use smol_str::SmolStr;
use thiserror::Error;

pub use compare::{Change, Changes, compare};
pub use text::{NotAMatrix, Recorded};

use sample::Pair;
use who::Who;

/// How many questions a matrix may ask unless it is told otherwise.
pub const LIMIT: usize = 200_000;

/// What a matrix is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most questions: agents and users times functions, actions and resources.
    pub limit: usize,
    /// An earlier matrix, all of whose questions are asked again, so that it can be compared
    /// with answers to the same questions.
    pub besides: Recorded,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limit: LIMIT,
            besides: Recorded::default(),
        }
    }
}

/// What is asked of everybody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The action's name.
    pub action: SmolStr,
    /// The function's path.
    pub tool: SmolStr,
    /// The resource, as it is written.
    pub resource: SmolStr,
}

/// One line of a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Who asks: `agent in coders, user any`.
    pub who: SmolStr,
    /// What is asked.
    pub question: Question,
    /// The answer.
    pub outlook: Outlook,
}

impl Cell {
    /// The answer in a word: `grant`, `depends` or `deny`.
    #[must_use]
    pub const fn answer(&self) -> &'static str {
        word(self.outlook.answer)
    }
}

/// Who may do what.
#[derive(Clone, Debug)]
pub struct Matrix {
    policy: SmolStr,
    /// The questions of everybody, and those that fixtures are asked besides.
    common: BTreeSet<Question>,
    fixtures: BTreeSet<Question>,
    /// Everybody, by label.
    everybody: BTreeMap<SmolStr, Who>,
    /// By label, then action, function and resource.
    cells: Vec<Cell>,
    /// Answers to questions that are asked [besides](Options::besides) alone.
    besides: Vec<Cell>,
}

/// Why there is no matrix.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MatrixError {
    /// It would ask too much.
    #[error("the matrix would ask {asked} questions or more, and the limit is {limit}")]
    TooLarge {
        /// How many, as far as was counted.
        asked: usize,
        /// How many it may.
        limit: usize,
    },
    /// Something in a fixture is not valid.
    #[error("{who} cannot be asked about: {why}")]
    Invalid {
        /// Who.
        who: String,
        /// Why not, as an invalid request is explained.
        why: String,
    },
}

impl Matrix {
    /// Asks everything of everybody. Fixtures are the `given` blocks of the files.
    ///
    /// # Errors
    ///
    /// When it would ask more than the limit, or a fixture is not valid.
    pub fn build(
        engine: &Engine,
        files: &[ast::File],
        options: &Options,
    ) -> Result<Self, MatrixError> {
        let policy = engine.compiled().policy();
        let everybody = who::everybody(policy, &given::fixtures(files));
        let mut matrix = Self {
            policy: policy.name.clone(),
            common: BTreeSet::new(),
            fixtures: BTreeSet::new(),
            everybody: BTreeMap::new(),
            cells: Vec::new(),
            besides: Vec::new(),
        };
        for who in &everybody {
            let asked = if who.fixture {
                &mut matrix.fixtures
            } else {
                &mut matrix.common
            };
            questions(engine, who, asked, options.limit)?;
        }
        matrix
            .fixtures
            .retain(|question| !matrix.common.contains(question));
        matrix.everybody = everybody
            .into_iter()
            .map(|who| (who.label.clone(), who))
            .collect();
        matrix.check_size(options)?;
        for who in matrix.everybody.values() {
            let mut asked: BTreeSet<&Question> = matrix.common.iter().collect();
            if who.fixture {
                asked.extend(&matrix.fixtures);
            }
            for question in &asked {
                matrix.cells.push(ask(engine, who, question)?);
            }
            for question in options.besides.of(who.fixture) {
                if !asked.contains(question) {
                    // What is no longer a question has no answer.
                    let cell = ask(engine, who, question).ok();
                    matrix.besides.extend(cell);
                }
            }
        }
        Ok(matrix)
    }

    /// All answers, by who asks, action, function and resource.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// How many questions were asked of how many.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.cells.len(), self.everybody.len())
    }

    /// The question of a cell as a request, without a credential; for trying the answer out.
    #[must_use]
    pub fn request(&self, cell: &Cell) -> Option<Request> {
        let who = self.everybody.get(&cell.who)?;
        Some(request(who, &cell.question))
    }

    fn check_size(&self, options: &Options) -> Result<(), MatrixError> {
        let fixtures = self.everybody.values().filter(|who| who.fixture).count();
        let besides = &options.besides;
        let asked = self.everybody.len() * (self.common.len() + besides.of(false).count())
            + fixtures * (self.fixtures.len() + besides.asked_of_fixtures.len());
        if asked > options.limit {
            return Err(MatrixError::TooLarge {
                asked,
                limit: options.limit,
            });
        }
        Ok(())
    }
}

/// The questions that somebody's facts suggest.
fn questions(
    engine: &Engine,
    who: &Who,
    asked: &mut BTreeSet<Question>,
    limit: usize,
) -> Result<(), MatrixError> {
    let policy = engine.compiled().policy();
    let filled = engine
        .regions(&who.request, who.told)
        .map_err(|decision| invalid(who, &decision.explanation))?;
    let regions = sample::regions(policy, &who.request, filled);
    for pair in sample::pairs(policy) {
        let (function, action): Pair = pair;
        let (Some(function), Some(action)) = (
            policy.functions.get(function.index()),
            policy.actions.get(action.index()),
        ) else {
            continue;
        };
        let mut resources = sample::samples(engine, pair, &regions, limit)
            .map_err(|asked| MatrixError::TooLarge { asked, limit })?;
        // What a fixture says of a resource is about that one.
        let told = who.request.resources.iter().map(|(name, _)| name);
        resources.extend(
            told.filter(|name| sample::fits(engine, pair, name))
                .cloned(),
        );
        for resource in resources {
            if asked.len() > limit {
                let asked = asked.len();
                return Err(MatrixError::TooLarge { asked, limit });
            }
            asked.insert(Question {
                action: action.name.clone(),
                tool: function.path.clone(),
                resource,
            });
        }
    }
    Ok(())
}

/// The answer to a question.
fn ask(engine: &Engine, who: &Who, question: &Question) -> Result<Cell, MatrixError> {
    match engine.outlook(&request(who, question), who.told) {
        Ok(outlook) => Ok(Cell {
            who: who.label.clone(),
            question: question.clone(),
            outlook,
        }),
        Err(decision) if decision.reason == Reason::UnknownAgent => Ok(Cell {
            who: who.label.clone(),
            question: question.clone(),
            outlook: Outlook::denied(),
        }),
        Err(decision) => Err(invalid(who, &decision.explanation)),
    }
}

fn request(who: &Who, question: &Question) -> Request {
    let mut request = who.request.clone();
    request.asked = Asked::Triple {
        tool: question.tool.clone(),
        action: question.action.clone(),
        resource: question.resource.clone(),
    };
    request
}

fn invalid(who: &Who, explanation: &[SmolStr]) -> MatrixError {
    MatrixError::Invalid {
        who: who.label.to_string(),
        why: explanation.first().cloned().unwrap_or_default().into(),
    }
}

/// The word for an answer.
const fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "grant",
        Answer::Depends => "depends",
        Answer::No => "deny",
    }
}
