//! The engine's pattern algebra against the textbook: membership, intersection, inclusion,
//! difference, on small alphabets in which everything collides.

#![expect(clippy::expect_used, reason = "what is not read fails the test")]

use placet_model::pattern::{Concrete, covers, witness};
use placet_model::resource::Resource;
use placet_reference::generate::Dice;
use placet_reference::segment::{self, Shape};
use placet_reference::truth::Truths;
use proptest::prelude::*;

const PARTS: [&str; 14] = [
    "a", "b", "aa", "ab", "*", "a*", "*a", "a*b", "ab*", "*ba", "aa*aa", "%2A", "a*%2F", "aba",
];
const TEXTS: [&str; 10] = ["a", "b", "aa", "ab", "ba", "aba", "%2A", "a%2F", "c", "aaa"];

fn pattern(dice: &mut Dice) -> String {
    let count = dice.below(4);
    let mut parts: Vec<&str> = (0..count).map(|_| dice.word(&PARTS)).collect();
    if parts.is_empty() || dice.chance(35) {
        parts.push("**");
    }
    parts.join("/")
}

fn resource(dice: &mut Dice) -> String {
    let parts: Vec<&str> = (0..1 + dice.below(4)).map(|_| dice.word(&TEXTS)).collect();
    parts.join("/")
}

fn read(text: &str) -> (Concrete, Shape) {
    let concrete = Concrete::parse(text).expect("a pattern");
    let shape = segment::pattern(text).expect("a pattern");
    (concrete, shape)
}

fn matches(shape: &Shape, resource: &str) -> bool {
    let resource = segment::resource(resource).expect("a resource");
    shape.matches(&resource) == Truths::TRUE
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn patterns_are_sets_of_resources(tape in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut dice = Dice::tape(tape);
        let (a_text, b_text, c_text) = (pattern(&mut dice), pattern(&mut dice), pattern(&mut dice));
        let ((a, a_shape), (b, b_shape), (c, c_shape)) = (read(&a_text), read(&b_text), read(&c_text));
        let both = a.intersect(&b).expect("small patterns");
        for _ in 0..12 {
            let text = resource(&mut dice);
            let point = Resource::parse(&text).expect("a resource");
            prop_assert_eq!(a.matches(&point), matches(&a_shape, &text), "{} ~ {}", a_text, text);
            prop_assert_eq!(
                both.iter().any(|part| part.matches(&point)),
                matches(&a_shape, &text) && matches(&b_shape, &text),
                "{} & {} ~ {}", a_text, b_text, text
            );
        }
        prop_assert_eq!(a.includes(&b), a_shape.includes(&b_shape), "{} >= {}", a_text, b_text);
        prop_assert_eq!(a.overlaps(&b), !a_shape.intersect(&b_shape).is_empty(), "{} & {}", a_text, b_text);
        let union = [(a_shape, vec![]), (b_shape, vec![])];
        prop_assert_eq!(
            covers(&[a.clone(), b.clone()], &c),
            segment::covers(&union, &c_shape),
            "{} + {} >= {}", a_text, b_text, c_text
        );
        if let Some(point) = witness(&c, &[a.clone(), b.clone()]) {
            prop_assert!(c.matches(&point) && !a.matches(&point) && !b.matches(&point));
        }
    }
}
