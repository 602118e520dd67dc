//! Many threads at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use placet_credential::revocation::{Revocation, Revoked};
use placet_credential::store::Memory;
use placet_model::decision::Reason;

use crate::support::{World, calling, id_of};

const ONE: &str = r#"
policy once { language 1  layers main  lifetime 1h }
agent clerk
agent helper
tool t {
  action go   { go() -> "go" }
  action roll { roll() -> "roll" }
  action look { look() -> "look" }
}
history rolls = calls tool t.roll per user within 1h
grant go   { agent any  user any  tool t.go    action go    resource any  budget 1 calls  delegate 1 }
grant roll { agent any  user any  tool t.roll  action roll  resource any  delegate 1 }
grant look { agent any  user any  tool t.look  action look  resource any  delegate 1 }
deny again { tool t.roll  unless count(rolls) < 1 }
"#;

fn race(work: impl Fn(usize) -> bool + Sync) -> usize {
    let won = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (won, work) = (&won, &work);
            scope.spawn(move || {
                if work(thread) {
                    won.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    won.into_inner()
}

#[test]
fn two_calls_never_both_pass_a_limit_of_one() {
    for tool in ["t.go", "t.roll"] {
        for _ in 0..50 {
            let world = World::with(ONE, Arc::new(Memory::new()));
            let root = world.credential("clerk", "t any **");
            let child = id_of(&world.delegate(&root, "clerk", "helper", "t any **"));
            let won = race(|thread| {
                let (id, agent) = [(&root, "clerk"), (&child, "helper")][thread % 2];
                let answer = world
                    .service
                    .authorize(id, calling(agent, tool, "{}"), world.now);
                answer.unwrap().decision.is_grant()
            });
            assert_eq!(won, 1, "{tool}");
        }
    }
}

#[test]
fn nothing_passes_after_a_revocation_has_returned() {
    for _ in 0..50 {
        let world = World::with(ONE, Arc::new(Memory::new()));
        let id = world.credential("clerk", "t any **");
        let revoked = std::sync::atomic::AtomicBool::new(false);
        let late = race(|thread| {
            if thread == 0 {
                let revocation = Revocation {
                    of: Revoked::Task("T-1".into()),
                    by: "ops".into(),
                    reason: "drill".into(),
                    time: world.now,
                };
                world.service.revoke(&revocation).unwrap();
                revoked.store(true, Ordering::SeqCst);
                return false;
            }
            (0..20).any(|_| {
                let over = revoked.load(Ordering::SeqCst);
                let reason = world.call(&id, "clerk", "t.look", "{}");
                over && reason != Reason::Revoked
            })
        });
        assert_eq!(late, 0);
        // Nor was anything issued in between that outlives it.
        assert_eq!(world.issue("clerk", "t any **").reason, Reason::Revoked);
    }
}
