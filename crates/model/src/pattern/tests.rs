//! The algebra against brute force: over a small alphabet, with one character that no
//! pattern mentions, every short resource is tried.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::resource::decode_segment;

fn pattern(text: &str) -> Concrete {
    Concrete::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn patterns_are_read_and_shown() {
    let check = |text: &str, said: &str| {
        let got = Concrete::parse(text)
            .map_or_else(|error| error.to_string(), |pattern| pattern.to_string());
        assert_eq!(got, if said == "ok" { text } else { said }, "{text:?}");
    };
    check("**", "ok");
    check("*", "ok");
    check("*/**", "ok");
    check("ticket/*/x*y/*.md/a*/**", "ok");
    check("a%2A*%2F/b", "ok");
    check("a/.*", "ok");
    check("", "empty pattern");
    check("/**", "empty segment at byte 0");
    check("a//**", "empty segment at byte 2");
    check(
        "a/**/b",
        "`**` is a whole segment and the last one at byte 2",
    );
    check("**/b", "`**` is a whole segment and the last one at byte 0");
    check("a/x**", "a segment has at most one `*` at byte 4");
    check("a/x*y*z", "a segment has at most one `*` at byte 5");
    check("a/{b}", "`{` must be written `%7B` at byte 2");
    check("a/..", "segments `.` and `..` are not allowed at byte 2");
    check(
        "a/*%2e",
        "`%` must be written `%25`; only `%25`, `%2F`, `%2A`, `%7B` and `%7D` are escapes at byte 3",
    );
    check(
        "a/e*\u{301}",
        "U+0301 after `*` combines with the character before it at byte 4",
    );
    check(
        "\u{1100}*\u{1161}",
        "U+1161 after `*` combines with the character before it at byte 4",
    );
    check(&format!("{}/**", ["a"; MAX_SEGMENTS].join("/")), "ok");
    check(&["*"; MAX_SEGMENTS + 1].join("/"), "more than 64 segments");
}

#[test]
fn patterns_match_whole_segments() {
    let check = |text: &str, resource: &str, expected: bool| {
        let resource = Resource::parse(resource).unwrap();
        assert_eq!(
            pattern(text).matches(&resource),
            expected,
            "{text} {resource}"
        );
    };
    check("a/*", "a/b", true);
    check("a/*", "a", false);
    check("a/*", "a/b/c", false);
    check("a/**", "a", true);
    check("a/**", "a/b/c", true);
    check("**", "a", true);
    check("x*y", "xy", true);
    check("x*y", "xAy", true);
    check("xy*y", "xy", false);
    check("*2A", "%2A", false);
    check("*2A", "x2A", true);
    check("*%2A", "%2A", true);
    check("%25*", "%252A", true);
    check("%25*2A", "%252A", true);
}

#[test]
fn intersections_are_exact_unions() {
    let check = |a: &str, b: &str, shared: &str| {
        let got = pattern(a)
            .intersect(&pattern(b))
            .map_or("too many".into(), |found| {
                let found: Vec<String> = found.iter().map(Concrete::to_string).collect();
                found.join(" + ")
            });
        assert_eq!(got, shared, "{a} & {b}");
    };
    check("ticket/**", "ticket/acme/**", "ticket/acme/**");
    check("ticket/*", "ticket/acme/**", "ticket/acme");
    check("ticket/*/x", "ticket/acme", "");
    check("a*", "*b", "a*b");
    check("ab*", "*bc", "ab*bc + abc");
    check("aa*", "*aa", "aa*aa + aaa + aa");
    check(".*", "*.", ".*.");
    check("..*", "*..", "..*.. + ...");
    check("%2A*", "*2A", "%2A*2A");
    check("%2A*", "*%2A", "%2A*%2A + %2A");
    let wide = |text: &str| [text; 40].join("/");
    check(&wide("ab*"), &wide("*bc"), "too many");
    check(
        &format!("{}/x", wide("ab*")),
        &format!("{}/y", wide("*bc")),
        "",
    );
}

#[test]
fn hostile_patterns_cost_little() {
    let start = std::time::Instant::now();
    let long = "a".repeat(30);
    let wide = |segment: String| pattern(&vec![segment; MAX_SEGMENTS].join("/"));
    let (front, back) = (wide(format!("{long}*")), wide(format!("*{long}")));
    assert_eq!(front.intersect(&back), None);
    let cuts: Vec<Concrete> = (0..500).map(|n| wide(format!("{long}*{n}"))).collect();
    let region = Region::new(front, cuts);
    let found = region.witness().unwrap();
    assert!(region.contains(&found));
    assert!(!region.includes(&Region::from(back)));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn witnesses_avoid_what_is_cut() {
    let check = |text: &str, except: &[&str], found: Option<&str>| {
        let except: Vec<Concrete> = except.iter().map(|text| pattern(text)).collect();
        let got = witness(&pattern(text), &except);
        assert_eq!(
            got.as_ref().map(Resource::as_str),
            found,
            "{text} {except:?}"
        );
        assert_eq!(
            is_empty_difference(&pattern(text), &except),
            found.is_none()
        );
    };
    check("a/*", &[], Some("a/x"));
    check("a/*", &["a/x*", "a/y"], Some("a/z"));
    check("a/**", &["a"], Some("a/x"));
    check("a/**", &["a", "a/*"], Some("a/x/x"));
    check("a/**", &["a", "a/*/**"], None);
    check("**", &["*/**"], None);
    check("*/**", &["**"], None);
    check("a*b", &["ax*", "*yb"], Some("azb"));
    let full = ["*"; MAX_SEGMENTS].join("/");
    check(&format!("{full}/**"), &[&full], None);
}

#[test]
fn regions_keep_what_matters() {
    let check = |text: &str, cuts: &[&str], shown: &str| {
        let cuts = cuts.iter().map(|text| pattern(text)).collect();
        assert_eq!(Region::new(pattern(text), cuts).to_string(), shown);
    };
    check(
        "a/**",
        &["b/**", "a/c", "a/c/**", "*/d"],
        "a/** except a/c/**, a/d",
    );
    check("a/**", &["*/d", "a/d"], "a/** except a/d");
    check("a/*", &[], "a/*");
}

#[test]
fn there_are_always_fresh_characters() {
    let letters: Vec<Concrete> = ('a'..='z')
        .chain('0'..='9')
        .map(|c| pattern(&format!("{c}*")))
        .collect();
    let found = witness(&pattern("*"), &letters).unwrap();
    assert!(!letters.iter().any(|cut| cut.matches(&found)));
}

/// Units of texts in patterns. `A` and `2` tempt into splitting `%2A`.
const UNITS: [&str; 5] = ["a", "2", "A", "%2A", "."];

/// All segments of up to four units, `x` among them, with their decoded characters.
static WORDS: LazyLock<Vec<(String, Vec<char>)>> =
    LazyLock::new(|| words(&["a", "2", "A", "%2A", ".", "x"], 4));

/// All segments of up to two of fewer units, and those with `x` amid two.
static FEW: LazyLock<Vec<(String, Vec<char>)>> = LazyLock::new(|| {
    let mut few = words(&["a", "%2A", "x"], 3);
    few.retain(|(_, chars)| chars.len() < 3 || chars.get(1) == Some(&'x'));
    few
});

fn words(units: &[&str], most: usize) -> Vec<(String, Vec<char>)> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..most {
        last = last
            .iter()
            .flat_map(|front| units.iter().map(move |unit| format!("{front}{unit}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all.retain(|word| !word.is_empty() && word != "." && word != "..");
    all.into_iter()
        .map(|word| (word.clone(), decode_segment(&word).chars().collect()))
        .collect()
}

/// Matching by its definition, on decoded characters.
fn naive(segment: &Seg, word: &[char]) -> bool {
    let chars = |text: &str| decode_segment(text).chars().collect::<Vec<char>>();
    match segment {
        Seg::Literal(text) => chars(text) == word,
        Seg::Any => true,
        Seg::Glob { prefix, suffix } => {
            let (prefix, suffix) = (chars(prefix), chars(suffix));
            (prefix.len()..=word.len())
                .any(|split| word[..prefix.len()] == prefix[..] && word[split..] == suffix[..])
        }
    }
}

fn text(
    units: &'static [&'static str],
    least: usize,
    most: usize,
) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(units), least..=most)
        .prop_map(|units| units.concat())
}

fn segment(
    units: &'static [&'static str],
    literal: usize,
    prefix: usize,
    suffix: usize,
) -> impl Strategy<Value = Seg> {
    let parse = |text: String| Seg::parse(&text).ok();
    prop_oneof![
        1 => Just(Seg::Any),
        2 => text(units, 1, literal).prop_filter_map("dots", parse),
        4 => (text(units, 0, prefix), text(units, 0, suffix))
            .prop_filter_map("dots", move |(prefix, suffix)| parse(format!("{prefix}*{suffix}"))),
    ]
}

fn concrete() -> impl Strategy<Value = Concrete> {
    (
        prop::collection::vec(segment(&["a", "%2A"], 2, 1, 1), 0..=2),
        any::<bool>(),
    )
        .prop_filter_map("empty", |(segments, tail)| {
            Concrete::new(segments, tail).ok()
        })
}

/// Every resource of up to three of the few segments, cut short where `keep` says no.
fn brute(keep: &mut dyn FnMut(&[usize]) -> Walk) {
    fn go(path: &mut Vec<usize>, keep: &mut dyn FnMut(&[usize]) -> Walk) -> bool {
        for word in 0..FEW.len() {
            path.push(word);
            let walk = keep(path);
            if walk == Walk::Stop || (walk == Walk::Deeper && path.len() < 3 && !go(path, keep)) {
                return false;
            }
            path.pop();
        }
        true
    }
    go(&mut Vec::new(), keep);
}

#[derive(PartialEq)]
enum Walk {
    Deeper,
    Back,
    Stop,
}

/// A pattern as sets of the few words, for quick brute force.
struct Masks {
    segments: Vec<u64>,
    tail: bool,
}

impl Masks {
    fn of(pattern: &Concrete) -> Self {
        let mask = |segment: &Seg| {
            (0..FEW.len())
                .filter(|word| naive(segment, &FEW[*word].1))
                .fold(0, |mask, word| mask | 1 << word)
        };
        Self {
            segments: pattern.segments().iter().map(mask).collect(),
            tail: pattern.tail(),
        }
    }

    fn matches(&self, path: &[usize]) -> bool {
        self.may(path) && path.len() >= self.segments.len()
    }

    /// Whether the path or one of its continuations matches.
    fn may(&self, path: &[usize]) -> bool {
        (self.tail || path.len() <= self.segments.len())
            && path
                .iter()
                .zip(&self.segments)
                .all(|(word, mask)| mask >> word & 1 == 1)
    }
}

/// Whether some resource that starts like one of `starts` fulfils `found`.
fn exists(starts: &[&Masks], found: impl Fn(&[usize]) -> bool) -> bool {
    let mut any = false;
    brute(&mut |path| {
        if !starts.iter().any(|start| start.may(path)) {
            return Walk::Back;
        }
        any = found(path);
        if any { Walk::Stop } else { Walk::Deeper }
    });
    any
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn one_segment_is_exact(
        a in segment(&UNITS, 3, 2, 1),
        b in segment(&UNITS, 3, 1, 2),
        cuts in prop::collection::vec(segment(&UNITS, 2, 2, 2), 0..3),
    ) {
        let one = |segment: &Seg| Concrete::new(vec![segment.clone()], false).unwrap();
        let shared = a.intersect(&b);
        let (mut included, mut common) = (true, false);
        for (word, chars) in WORDS.iter() {
            let (in_a, in_b) = (naive(&a, chars), naive(&b, chars));
            prop_assert_eq!(a.matches(word), in_a);
            let parts = shared.iter().filter(|part| naive(part, chars)).count();
            prop_assert_eq!(parts, usize::from(in_a && in_b), "{} {} {}", &a, &b, word);
            included &= in_a || !in_b;
            common |= in_a && in_b;
        }
        prop_assert_eq!(a.includes(&b), included, "{} {}", &a, &b);
        if common {
            prop_assert!(!shared.is_empty());
        }
        let except: Vec<Concrete> = cuts.iter().map(one).collect();
        match witness(&one(&a), &except) {
            Some(found) => {
                prop_assert!(Resource::parse(found.as_str()).is_ok());
                let chars: Vec<char> = decode_segment(found.as_str()).chars().collect();
                prop_assert!(naive(&a, &chars));
                prop_assert!(!cuts.iter().any(|cut| naive(cut, &chars)));
            }
            None => for (word, chars) in WORDS.iter().filter(|(_, chars)| naive(&a, chars)) {
                prop_assert!(cuts.iter().any(|cut| naive(cut, chars)), "{} {}", &a, word);
            },
        }
        prop_assert_eq!(Seg::parse(&a.to_string()), Ok(a));
    }

    #[test]
    fn paths_are_exact(
        a in concrete(),
        b in concrete(),
        cuts in prop::collection::vec(concrete(), 0..4),
        path in prop::collection::vec(0..21_usize, 1..=3),
    ) {
        let (in_a, in_b) = (Masks::of(&a), Masks::of(&b));
        let in_cuts: Vec<Masks> = cuts.iter().map(Masks::of).collect();
        let resource = Resource::from_segments(path.iter().map(|word| &FEW[*word].0)).unwrap();
        prop_assert_eq!(a.matches(&resource), in_a.matches(&path));
        prop_assert_eq!(Concrete::parse(&a.to_string()), Ok(a.clone()));

        let shared = a.intersect(&b).unwrap();
        let in_shared: Vec<Masks> = shared.iter().map(Masks::of).collect();
        let differ = exists(&[&in_a, &in_b], |path| {
            let parts = in_shared.iter().filter(|part| part.matches(path)).count();
            parts != usize::from(in_a.matches(path) && in_b.matches(path))
        });
        prop_assert!(!differ, "{} & {}", &a, &b);
        prop_assert_eq!(a.overlaps(&b), !shared.is_empty());

        let left = exists(&[&in_a], |path| {
            in_a.matches(path) && !in_cuts.iter().any(|cut| cut.matches(path))
        });
        prop_assert_eq!(!covers(&cuts, &a), left, "{} without {:?}", &a, &cuts);
        match witness(&a, &cuts) {
            Some(found) => {
                prop_assert!(left && Resource::parse(found.as_str()).is_ok());
                prop_assert!(a.matches(&found) && !cuts.iter().any(|cut| cut.matches(&found)));
            }
            None => prop_assert!(!left),
        }
        prop_assert_eq!(a.includes(&b), !exists(&[&in_b], |path| in_b.matches(path) && !in_a.matches(path)));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn regions_are_exact(
        a in concrete(),
        b in concrete(),
        cut_a in prop::collection::vec(concrete(), 0..3),
        cut_b in prop::collection::vec(concrete(), 0..3),
    ) {
        let (in_a, in_b) = (Masks::of(&a), Masks::of(&b));
        let masks = |cuts: &[Concrete]| cuts.iter().map(Masks::of).collect::<Vec<_>>();
        let (in_cut_a, in_cut_b) = (masks(&cut_a), masks(&cut_b));
        let inside = |within: &Masks, cuts: &[Masks], path: &[usize]| {
            within.matches(path) && !cuts.iter().any(|cut| cut.matches(path))
        };
        let parts = |regions: &[Region], path: &[usize]| {
            let resource = Resource::from_segments(path.iter().map(|word| &FEW[*word].0)).unwrap();
            regions.iter().filter(|region| region.contains(&resource)).count()
        };
        let (ra, rb) = (Region::new(a, cut_a), Region::new(b, cut_b));
        let (both, less) = (ra.intersect(&rb).unwrap(), ra.without(&rb).unwrap());
        prop_assert!(!both.iter().chain(&less).any(Region::is_empty));
        let sample = |path: &[usize]| path.iter().sum::<usize>() % 7 == 0 || path.len() < 3;
        let differ = exists(&[&in_a, &in_b], |path| sample(path) && {
            let (is_a, is_b) = (inside(&in_a, &in_cut_a, path), inside(&in_b, &in_cut_b, path));
            parts(&both, path) != usize::from(is_a && is_b)
                || (parts(&less, path) > 0) != (is_a && !is_b)
        });
        prop_assert!(!differ, "{} | {}", &ra, &rb);
        let outside = exists(&[&in_b], |path| {
            inside(&in_b, &in_cut_b, path) && !inside(&in_a, &in_cut_a, path)
        });
        prop_assert_eq!(ra.includes(&rb), !outside, "{} | {}", &ra, &rb);
        prop_assert_eq!(ra.is_empty(), !exists(&[&in_a], |path| inside(&in_a, &in_cut_a, path)));
    }
}
