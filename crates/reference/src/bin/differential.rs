//! Scratch.
use std::collections::BTreeMap;
use placet_reference::generate::{Dice, policy, Pool, runtime, issuance, listing};
fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(3);
    let mut errors: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    let mut good = 0;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut cov: BTreeMap<&str, usize> = placet_reference::coverage::CONSTRUCTS.iter().map(|n| (*n,0)).collect();
    let mut t = [std::time::Duration::ZERO; 5];
    for seed in 0..seeds {
        let mut dice = Dice::seeded(seed);
        let s = std::time::Instant::now();
        let files = policy(&mut dice);
        match placet_reference::pipeline::compile(&files) {
            Ok(compiled) => { good += 1;
                t[0] += s.elapsed();
                let p = compiled.policy();
                for n in placet_reference::coverage::constructs(p) { *cov.entry(n).or_default() += 1; }
                let pool = Pool::of(p);
                for k in 0..120 {
                    let cred = k % 2 == 0;
                let s = std::time::Instant::now();
                    let request = runtime(&mut dice, p, &pool, cred);
                t[1] += s.elapsed();
                let s = std::time::Instant::now();
                    let outcome = if cred { placet_reference::runtime::runtime(p, &request) } else { placet_reference::runtime::runtime_without_credential(p, &request) };
                t[2] += s.elapsed();
                    *counts.entry(format!("{} {}", if cred {"cred"} else {"bare"}, outcome.reason)).or_default() += 1;
                }
                for _ in 0..30 {
                    let request = issuance(&mut dice, p, &pool);
                let s = std::time::Instant::now();
                    let outcome = placet_reference::issuance::issuance(p, &request);
                t[3] += s.elapsed();
                    *counts.entry(format!("issue {}", outcome.reason)).or_default() += 1;
                    for scope in &outcome.scopes { *counts.entry(format!("scope {:?}", scope.became)).or_default() += 1; }
                    let request = listing(&mut dice, p, &pool, false);
                let s = std::time::Instant::now();
                    let outcome = placet_reference::listing::listing_without_credential(p, &request);
                t[4] += s.elapsed();
                    *counts.entry(format!("list {}", outcome.reason)).or_default() += 1;
                    for (_, a) in &outcome.tools { *counts.entry(format!("tool {a:?}")).or_default() += 1; }
                }
            }
            Err(text) => for line in text.lines() {
                let key: String = line.split(':').next().unwrap_or("").split('`').enumerate().map(|(i,p)| if i%2==0 {p} else {"_"}).collect();
                let e = errors.entry(key).or_insert((0, seed)); e.0 += 1;
                if e.0 == 1 { println!("{seed}: {line}"); }
            }
        }
    }
    println!("{good} good of {seeds}");
    println!("{errors:#?}");
    println!("{counts:#?}");
    let mut c: Vec<_> = cov.into_iter().map(|(a,b)| (b,a)).collect(); c.sort();
    println!("{c:?}");
    println!("compile {:?} gen {:?} run {:?} issue {:?} list {:?}", t[0]/good, t[1]/good/120, t[2]/good/120, t[3]/good/30, t[4]/good/30);
}
