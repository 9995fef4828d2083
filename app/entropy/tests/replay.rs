//! What a thread draws from the system is replayed, by whatever way it asks.

use std::collections::HashMap;
use std::thread;

/// Draws by every way that is linked into the simulator.
fn draws() -> Vec<u8> {
    let mut old = [0; 48];
    getrandom02::getrandom(&mut old).expect("the system has randomness");
    let mut new = [0; 48];
    getrandom::fill(&mut new).expect("the system has randomness");
    let keys: HashMap<u32, ()> = (0..64).map(|n| (n, ())).collect();
    let order = keys.keys().flat_map(|n| n.to_be_bytes());
    old.into_iter().chain(new).chain(order).collect()
}

fn on_a_fresh_thread(seed: Option<u8>) -> Vec<u8> {
    let drawing = thread::spawn(move || {
        if let Some(seed) = seed {
            entropy::replay([seed; 32]);
        }
        draws()
    });
    drawing.join().expect("draws")
}

#[test]
fn equal_seeds_draw_equal_bytes() {
    if entropy::REPLAYS {
        let first = on_a_fresh_thread(Some(1));
        assert_eq!(on_a_fresh_thread(Some(1)), first);
        let other = on_a_fresh_thread(Some(2));
        assert!(first[..48] != other[..48] && first[48..96] != other[48..96] && first[96..] != other[96..]);
        assert_ne!(first[..48], first[48..96], "one generator, not the same bytes again");
    }
}

#[test]
fn other_threads_draw_from_the_system() {
    on_a_fresh_thread(Some(1));
    let (first, second) = (on_a_fresh_thread(None), on_a_fresh_thread(None));
    assert!(first[..48] != second[..48] && first[48..96] != second[48..96]);
}

#[test]
fn other_system_calls_go_through() {
    // Each uses a system call through `syscall` in the standard library: futex with time-outs, threads, files.
    entropy::replay([3; 32]);
    let lock = std::sync::Mutex::new(0);
    let bell = std::sync::Condvar::new();
    let held = lock.lock().expect("not poisoned");
    let (_held, waited) = bell.wait_timeout(held, std::time::Duration::from_millis(20)).expect("not poisoned");
    assert!(waited.timed_out(), "the error number of a system call that fails comes through");
    let missing = std::fs::metadata("/nowhere/at/all").expect_err("no such file");
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    let path = std::env::current_exe().expect("this program has a file");
    assert!(std::fs::metadata(path).expect("its file is there").len() > 0);
}
