//! The store in a file: who may read it, who has it, what is damaged, who waits.

use std::time::{Duration, Instant};

use redb::{ReadableDatabase, TableDefinition};

use super::BOUND;
use super::samples::{held, look, past, write};
use super::tape::Tape;
use super::whole::{act, present};
use crate::store::{Ask, Disk, Filter, Store, StoreError, Write};

#[cfg(unix)]
#[test]
fn file_and_folders_are_their_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/store");
    drop(Disk::open(&path, BOUND).unwrap());
    for (name, mode) in [("a/b/store", 0o600), ("a/b", 0o700), ("a", 0o700)] {
        let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
    }
}

#[test]
fn one_has_it_and_others_wait_to_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let bound = Duration::from_millis(50);
    let first = Disk::open(&path, bound).unwrap();
    act(&first, 1).unwrap();
    let start = Instant::now();
    assert!(matches!(Disk::open(&path, bound), Err(StoreError::Slow(_))));
    assert!(start.elapsed() >= bound);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| present(&Disk::open(&path, BOUND).unwrap()).len());
        std::thread::sleep(bound);
        first.close().unwrap();
        assert_eq!(second.join().unwrap(), 1);
    });
}

#[test]
fn what_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    std::fs::write(&path, b"not a store at all").unwrap();
    Disk::open(&path, BOUND).unwrap_err();
    assert_eq!(std::fs::read(&path).unwrap(), b"not a store at all");
}

#[test]
fn a_newer_store_is_refused() {
    let tape = Tape::default();
    drop(tape.open().unwrap());
    let database = redb::Builder::new()
        .create_with_backend(tape.clone())
        .unwrap();
    let transaction = database.begin_write().unwrap();
    crate::store::disk::set_format(&transaction, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = tape.open().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store has format 2, and this version knows formats up to 1; use a newer one"
    );
}

#[test]
fn a_damaged_value_is_named() {
    let tape = Tape::default();
    let store = tape.open().unwrap();
    let first = held(1, "planner", "trip", None);
    let writes = vec![
        Write::Credential(first.clone()),
        Write::Call(past(&first, 1)),
    ];
    write(&store, writes).unwrap();
    drop(store);
    let database = redb::Builder::new()
        .create_with_backend(tape.clone())
        .unwrap();
    let calls: TableDefinition<'_, i64, &[u8]> = TableDefinition::new("calls");
    let before = {
        let read = database.begin_read().unwrap().open_table(calls).unwrap();
        read.get(1).unwrap().unwrap().value().to_vec()
    };
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(calls).unwrap();
        let mut bytes = before;
        bytes[5] ^= 1;
        table.insert(1, bytes.as_slice()).unwrap();
        let name = first.id.as_str();
        let credentials: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("credentials");
        transaction
            .open_table(credentials)
            .unwrap()
            .remove(name)
            .unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let store = tape.open().unwrap();
    let ask = Ask {
        call: Some(1),
        ..Ask::default()
    };
    let error = look(&store, &ask).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store is damaged: table `calls`, key `1`: its checksum is wrong"
    );
    let planners = Filter {
        agent: Some("planner".into()),
        ..Filter::default()
    };
    let error = store.credentials(&planners).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the store is damaged: table `credentials`, key `{}`: an index tells of it, and it is not there",
            first.id
        )
    );
}

#[test]
fn nobody_waits_longer_than_the_bound() {
    let bound = Duration::from_millis(40);
    let store = Tape::default().open_within(bound).unwrap();
    std::thread::scope(|scope| {
        let (begun, wait) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let store = &store;
        scope.spawn(move || {
            store.transact(&Ask::default(), &mut |_| {
                begun.send(()).unwrap();
                ended.recv().unwrap();
                Vec::new()
            })
        });
        wait.recv().unwrap();
        let slow = act(store, 1);
        end.send(()).unwrap();
        assert!(matches!(slow, Err(StoreError::Slow(_))), "{slow:?}");
    });
    act(&store, 1).unwrap();
    assert_eq!(present(&store).len(), 1);
}

#[test]
fn what_is_not_confirmed_in_time_is_there_all_the_same() {
    let bound = Duration::from_millis(500);
    let tape = Tape::default();
    let store = tape.open_within(bound).unwrap();
    tape.slow_sync(Duration::from_millis(400));
    // While the first one decides, two more queue up: one leaves it to the other to sync.
    let done = std::thread::scope(|scope| {
        let (begun, wait) = std::sync::mpsc::channel();
        let store = &store;
        scope.spawn(move || {
            let looked = store.transact(&Ask::default(), &mut |_| {
                begun.send(()).unwrap();
                let start = Instant::now();
                while store.waiting() < 2 && start.elapsed() < bound {
                    std::thread::yield_now();
                }
                Vec::new()
            });
            looked.unwrap();
        });
        wait.recv().unwrap();
        let both = [1, 2].map(|number| scope.spawn(move || act(store, number)));
        both.map(|thread| thread.join().unwrap())
    });
    tape.slow_sync(Duration::ZERO);
    let confirmed = done.iter().filter(|done| done.is_ok()).count();
    let unconfirmed = |done: &&Result<_, _>| matches!(done, Err(StoreError::Unconfirmed(_)));
    assert_eq!(confirmed, 1, "{done:?}");
    assert_eq!(done.iter().filter(unconfirmed).count(), 1, "{done:?}");
    assert_eq!(present(&store).len(), 2);
}

#[test]
fn what_a_crash_leaves_of_making_a_store_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    std::fs::write(folder.path().join("store.new-1-1"), b"half").unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = &path;
            scope.spawn(move || act(&Disk::open(path, BOUND).unwrap(), number).unwrap());
        }
    });
    assert_eq!(present(&Disk::open(&path, BOUND).unwrap()).len(), 8);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_panic_while_deciding_ends_the_turn() {
    let store = Tape::default().open().unwrap();
    let panicked = std::thread::scope(|scope| {
        let run = || store.transact(&Ask::default(), &mut |_| panic!("on purpose"));
        scope.spawn(move || drop(run())).join()
    });
    assert!(panicked.is_err());
    act(&store, 1).unwrap();
    assert_eq!(present(&store).len(), 1);
}

#[test]
fn a_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    assert!(Disk::verify(&path, BOUND).is_err());
    assert!(!path.exists());
    let store = Disk::open(&path, BOUND).unwrap();
    (1..20).for_each(|number| drop(act(&store, number).unwrap()));
    store.close().unwrap();
    Disk::verify(&path, BOUND).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut found = 0;
    for at in (0..bytes.len()).step_by(1_009) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(&path, changed).unwrap();
        match Disk::verify(&path, BOUND) {
            Err(_) => found += 1,
            // A page that nothing is on.
            Ok(()) => assert_eq!(present(&Disk::open(&path, BOUND).unwrap()).len(), 19),
        }
    }
    assert!(found > 10, "{found}");
}
