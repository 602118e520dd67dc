//! The engine decides as the executable specification does: over policies and requests that
//! the generators make of the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_evaluator::Engine;
use placet_reference::differential::Kind;
use placet_reference::generate::{self, Dice, Pool};
use placet_reference::pipeline;

fuzz_target!(|bytes: &[u8]| {
    let mut dice = Dice::tape(bytes.to_vec());
    let files = generate::policy(&mut dice);
    let Ok(compiled) = pipeline::compile(&files) else {
        return;
    };
    let pool = Pool::of(compiled.policy());
    let engine = Engine::new(compiled);
    let policy = engine.compiled().policy();
    for round in 0..10 {
        let (kind, request) = match round % 5 {
            0 => (
                Kind::Bare,
                generate::runtime(&mut dice, policy, &pool, false),
            ),
            1 => (
                Kind::Held,
                generate::runtime(&mut dice, policy, &pool, true),
            ),
            2 => (Kind::Issuance, generate::issuance(&mut dice, policy, &pool)),
            3 => (
                Kind::BareListing,
                generate::listing(&mut dice, policy, &pool, false),
            ),
            _ => (
                Kind::HeldListing,
                generate::listing(&mut dice, policy, &pool, true),
            ),
        };
        let (_, decided) = kind.decide(&engine, &request);
        let specified = kind.specify(&engine, &request);
        if decided != specified {
            let texts: Vec<String> = files.iter().map(generate::File::text).collect();
            panic!(
                "{kind:?} differs\n{}\n{request:#?}\nengine {decided:#?}\nspecification {specified:#?}",
                texts.join("\n---\n")
            );
        }
    }
});
