//! What else is asked of an engine: repeated requests, all tools at once, a credential's
//! scopes, explanations. Each beside what a host would do without it, by Placet and by
//! whoever else can.

use std::num::NonZeroUsize;

use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_model::request::Request as Asks;

use crate::clock::{median, overhead, quantile, timed};
use crate::contestant::How;
use crate::peers::ALL;
use crate::peers::placet::{build, compiled, issuance, listing};
use crate::report::count;
use crate::results::{Study, Way};
use crate::workload::{ACTIONS, LEAVES, Random, Request, Workload};

/// All studies. `small` takes fewer rules.
pub fn run(small: bool) -> Vec<Study> {
    let rules = if small { 1_000 } else { 10_000 };
    let studies: [(&str, &dyn Fn() -> Study); 5] = [
        ("requests that repeat", &|| repeats(rules, Stream::Zipf)),
        ("requests that do not", &|| repeats(rules, Stream::Unlike)),
        ("listing", &listings),
        ("issuance", &issuances),
        ("explanations", &explanations),
    ];
    studies
        .into_iter()
        .map(|(name, study)| {
            eprintln!("  {name} …");
            study()
        })
        .collect()
}

/// How many rules the studies have in which slow peers take part.
const FEW: usize = 1_000;
/// How often everything is done.
const TURNS: usize = 5;

#[derive(Clone, Copy)]
enum Stream {
    /// As in life: the second most frequent request comes half as often as the first, the
    /// third a third as often.
    Zipf,
    /// None comes again before the cache has forgotten it.
    Unlike,
}

fn repeats(rules: usize, stream: Stream) -> Study {
    const DISTINCT: usize = 4_096;
    const CAPACITY: usize = DISTINCT / 4;
    let work = Workload::new(rules, DISTINCT);
    let plain = Engine::new(compiled(&work).expect("a policy"));
    let again = Compiled::load(&plain.compiled().save()).expect("what was saved");
    let capacity = NonZeroUsize::new(CAPACITY).unwrap_or(NonZeroUsize::MIN);
    let cached = Engine::new(again).with_cache(capacity);
    let requests: Vec<Asks> = work.requests.iter().map(build).collect();
    let order: Vec<usize> = match stream {
        Stream::Zipf => zipf(DISTINCT, 4 * DISTINCT),
        Stream::Unlike => (0..DISTINCT).collect(),
    };
    type Decide<'a> = &'a dyn Fn(&Asks) -> bool;
    let ways: [(&str, Decide); 3] = [
        ("the answer and its reason alone, no cache", &|asked| {
            plain.ruling_without_credential(asked).is_grant()
        }),
        ("the decision in full, no cache", &|asked| {
            plain.decide_without_credential(asked).is_grant()
        }),
        ("the decision in full, with a cache", &|asked| {
            cached.decide_without_credential(asked).is_grant()
        }),
    ];
    let what = match stream {
        Stream::Zipf => "Requests that repeat",
        Stream::Unlike => "Requests that do not repeat",
    };
    Study {
        title: format!("{what}, {} rules", count(rules)),
        about: format!(
            "{} different requests, {}; the cache holds {} decisions",
            count(DISTINCT),
            match stream {
                Stream::Zipf => "the n-th most frequent one asked a n-th as often as the first",
                Stream::Unlike =>
                    "asked one after the other, so that the cache has forgotten each when it comes again",
            },
            count(CAPACITY)
        ),
        ways: ways
            .into_iter()
            .map(|(how, decide)| {
                let times = over(&order, |at| {
                    assert_eq!(decide(&requests[at]), work.expected[at], "{how}");
                });
                way(format!("Placet, {how}"), times)
            })
            .collect(),
    }
}

/// Places in a list, those in front more often.
fn zipf(distinct: usize, draws: usize) -> Vec<usize> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=distinct)
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect();
    let mut random = Random(0x21F);
    (0..draws)
        .map(|_| {
            let drawn = random.below(1 << 52) as f64 / (1_u64 << 52) as f64 * sum;
            sums.partition_point(|sum| *sum <= drawn).min(distinct - 1)
        })
        .collect()
}

fn listings() -> Study {
    let servers = FEW / LEAVES.len();
    let work = Workload::on_servers(FEW, servers, 1);
    let asked = &work.requests[0];
    let tools = work
        .servers
        .iter()
        .flat_map(|server| LEAVES.map(|leaf| format!("{server}.{leaf}")));
    let calls: Vec<Request> = tools
        .flat_map(|tool| {
            ACTIONS.map(|action| Request {
                tool: tool.clone(),
                action,
                ..asked.clone()
            })
        })
        .collect();
    let engine = Engine::new(compiled(&work).expect("a policy"));
    let list = listing(asked);
    let listed = once(|| {
        assert!(engine.decide_without_credential(&list).is_grant());
    });
    Study {
        title: format!("Which of {} tools to show an agent", count(FEW)),
        about: format!(
            "one listing, which looks at all resources, beside {} calls: every tool and action with one \
             resource ({} rules)",
            count(calls.len()),
            count(FEW)
        ),
        ways: beside("one listing", listed, &work, &calls),
    }
}

fn issuances() -> Study {
    const SCOPES: usize = 100;
    let work = Workload::new(FEW, SCOPES);
    let first = &work.requests[0];
    let calls: Vec<Request> = work
        .requests
        .iter()
        .map(|asked| Request {
            tool: asked.tool.clone(),
            action: asked.action,
            resource: asked.resource.clone(),
            ..first.clone()
        })
        .collect();
    let engine = Engine::new(compiled(&work).expect("a policy"));
    let issue = issuance(&work.requests);
    let issued = once(|| {
        assert!(engine.decide(&issue).credential.is_some());
    });
    Study {
        title: format!("A credential with {SCOPES} scopes"),
        about: format!(
            "one issuance, which cuts folders out exactly, beside {SCOPES} calls about one document of each \
             ({} rules)",
            count(FEW)
        ),
        ways: beside("one issuance", issued, &work, &calls),
    }
}

/// What Placet does at once, beside everyone who does it call by call.
fn beside(what: &str, at_once: f64, work: &Workload, calls: &[Request]) -> Vec<Way> {
    let mut ways = vec![Way {
        how: format!("Placet, {what}"),
        p50: at_once,
        p99: None,
        mean: None,
    }];
    for contestant in ALL {
        let How::Here(load) = contestant.how else {
            continue;
        };
        let Ok(mut loaded) = load(work) else {
            continue;
        };
        loaded.prebuild(calls);
        let mut session = loaded.session();
        let took = once(|| (0..calls.len()).filter(|at| session.prebuilt(*at)).count());
        ways.push(Way {
            how: format!("{}, {} calls", contestant.name, count(calls.len())),
            p50: took,
            p99: None,
            mean: None,
        });
    }
    ways
}

fn explanations() -> Study {
    let work = Workload::new(FEW, 200);
    let denied: Vec<usize> = (0..work.requests.len())
        .filter(|at| !work.expected[*at])
        .collect();
    let requests: Vec<Asks> = work.requests.iter().map(build).collect();
    let engine = Engine::new(compiled(&work).expect("a policy"));
    let ask = |how: &str, what: &dyn Fn(&Asks)| {
        let times = over(&denied, |at| what(&requests[at]));
        way(format!("Placet, {how}"), times)
    };
    let mut ways = vec![
        ask("the answer and its reason alone", &|asked| {
            assert!(!engine.ruling_without_credential(asked).is_grant());
        }),
        ask(
            "the decision in full, with the rules that decided",
            &|asked| {
                assert!(!engine.decide_without_credential(asked).is_grant());
            },
        ),
        ask("the explanation, with the nearest grants", &|asked| {
            let explanation = engine.explain_without_credential(asked);
            std::hint::black_box(explanation);
        }),
    ];
    let cedar = ALL.iter().filter(|one| one.name.starts_with("Cedar"));
    for contestant in cedar {
        let How::Here(load) = contestant.how else {
            continue;
        };
        let Ok(mut loaded) = load(&work) else {
            continue;
        };
        loaded.prebuild(&work.requests);
        let mut session = loaded.session();
        let times = over(&denied, |at| assert!(!session.prebuilt(at)));
        let how = format!(
            "{}, which always tells the policies that decided",
            contestant.name
        );
        ways.push(way(how, times));
    }
    Study {
        title: format!("Why a request is denied, {} rules", count(FEW)),
        about: "nobody else tells how near a rule came".to_owned(),
        ways,
    }
}

/// How long each of some takes: the median of several turns.
fn over(order: &[usize], mut what: impl FnMut(usize)) -> Vec<f64> {
    let overhead = overhead();
    let mut turns: Vec<Vec<f64>> = Vec::new();
    for _ in 0..TURNS {
        let times = order.iter().map(|at| timed(|| what(*at)) - overhead);
        turns.push(times.map(|time| time.max(0.0)).collect());
    }
    (0..order.len())
        .map(|at| median(turns.iter().map(|turn| turn[at]).collect()))
        .collect()
}

/// How long something long takes: the median of several turns, of one where it takes seconds.
fn once<T>(mut what: impl FnMut() -> T) -> f64 {
    let first = timed(&mut what);
    let turns = if first > 1e9 { 1 } else { TURNS };
    let more = (1..turns).map(|_| timed(&mut what));
    median(more.chain([first]).collect())
}

fn way(how: String, mut times: Vec<f64>) -> Way {
    Way {
        how,
        p50: quantile(&mut times, 0.5),
        p99: Some(quantile(&mut times, 0.99)),
        mean: Some(times.iter().sum::<f64>() / times.len().max(1) as f64),
    }
}
