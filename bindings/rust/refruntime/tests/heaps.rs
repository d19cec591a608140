//! Heaps that go before their references, threads, leaks.

#![forbid(unsafe_code)]

use refruntime::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

struct Node<T: 'static> {
    next: Slot<Node<T>>,
    token: T,
}
object!(Node<Rc<()>> { next });

fn node(heap: &Heap, token: &Rc<()>) -> Ref<Node<Rc<()>>> {
    heap.alloc(Node { next: Slot::empty(), token: token.clone() })
}

#[test]
fn references_outlive_their_heap() {
    let (heap, token) = (Heap::new(), Rc::new(()));
    let (first, second) = (node(&heap, &token), node(&heap, &token));
    first.next.set(second);
    drop(heap);
    assert!(Rc::ptr_eq(&first.next.get().unwrap().token, &token));
    assert!(Ref::downgrade(&first).is_alive());
    drop(first);
    assert_eq!(Rc::strong_count(&token), 1, "the last reference drops them, heap or no heap");
}

#[test]
fn a_dropped_heap_collects_what_is_dead() {
    let (heap, token) = (Heap::new(), Rc::new(()));
    let ring = node(&heap, &token);
    ring.next.set(ring.clone());
    heap.freeze().unwrap();
    drop(ring);
    drop(heap);
    assert_eq!(Rc::strong_count(&token), 1, "frozen or not");
}

#[test]
fn a_cycle_that_outlives_its_heap_goes_with_the_next_heap() {
    let (heap, token) = (Heap::new(), Rc::new(()));
    let ring = node(&heap, &token);
    ring.next.set(ring.clone());
    drop(heap);
    drop(ring);
    assert_eq!(Rc::strong_count(&token), 2);
    Heap::new();
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn a_cycle_that_outlives_its_heap_goes_with_the_thread() {
    static GONE: AtomicU64 = AtomicU64::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            GONE.fetch_add(1, Ordering::SeqCst);
        }
    }
    object!(Node<Counted> { next });
    thread::spawn(|| {
        let heap = Heap::new();
        let ring = heap.alloc(Node { next: Slot::empty(), token: Counted });
        ring.next.set(ring.clone());
        drop(heap);
    })
    .join()
    .unwrap();
    assert_eq!(GONE.load(Ordering::SeqCst), 1);
}

#[test]
fn close_says_what_is_left() {
    let (heap, token) = (Heap::new(), Rc::new(()));
    heap.close().unwrap();
    let heap = Heap::new();
    let held = node(&heap, &token);
    let error = heap.close().unwrap_err();
    assert_eq!((error.status(), error.message()), (Status::Busy, "Heap::close: 1 objects are still held"));
    drop(held);
}

#[test]
fn a_heap_may_be_dropped_in_a_finalizer() {
    thread_local!(static HEAP: RefCell<Option<Heap>> = const { RefCell::new(None) });
    struct Last(Rc<()>);
    impl Last {
        fn finalize(this: &Ref<Last>) {
            let error = HEAP.take().unwrap().close().unwrap_err();
            assert_eq!(error.status(), Status::Busy);
            assert_eq!(Ref::count(this), 2, "this, and the library's");
        }
    }
    object!(Last, finalize = Last::finalize);
    let token = Rc::new(());
    HEAP.set(Some(Heap::new()));
    let last = HEAP.with_borrow(|heap| heap.as_ref().unwrap().alloc(Last(token.clone())));
    assert!(Rc::ptr_eq(&last.0, &token));
    drop(last);
    assert!(take_panic().is_none());
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn a_million_handles_leave_nothing_behind() {
    let (heap, token) = (Heap::new(), Rc::new(()));
    let kept = node(&heap, &token);
    let before = heap.stats().live_objects;
    for _ in 0..250_000 {
        let made = node(&heap, &token);
        made.next.set(kept.clone());
        drop((made.next.get(), made.clone(), Ref::downgrade(&kept)));
    }
    assert_eq!(heap.stats().live_objects, before);
    assert_eq!((Ref::count(&kept), Rc::strong_count(&token)), (1, 2));
}

#[test]
fn a_forgotten_reference_is_found_by_the_leak_report() {
    let (heap, token) = (Heap::new(), Rc::new(()));
    let leaked = node(&heap, &token);
    leaked.next.set(node(&heap, &token));
    std::mem::forget(leaked);
    let path = std::env::temp_dir().join(format!("refruntime-rust-leaks-{}.txt", std::process::id()));
    heap.leak_report(Some(&path)).unwrap();
    let report = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(report.contains("Node<Rc<()>>"), "{report}");
    assert!(heap.close().unwrap_err().message().contains("2 objects"));
}

#[test]
fn reports_are_written_where_they_are_wanted() {
    let (heap, token) = (Heap::new(), Rc::new(()));
    let _held = node(&heap, &token);
    let place = std::env::temp_dir().join(format!("refruntime-rust-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    heap.snapshot(&place.join("x.heapsnapshot")).unwrap();
    heap.dot(&place.join("x.dot"), 0).unwrap();
    heap.print_stats(Some(&place.join("x.txt"))).unwrap();
    assert!(std::fs::read_to_string(place.join("x.dot")).unwrap().contains("Node<Rc<()>>"));
    assert_eq!(heap.dot(&place.join("no/x.dot"), 0).unwrap_err().status(), Status::Io);
    assert_eq!(heap.dot("nul\0".as_ref(), 0).unwrap_err().status(), Status::Argument);
    std::fs::remove_dir_all(&place).unwrap();
}

// ---- Shared heaps

struct Account {
    next: Slot<Account, Shared>,
    balance: AtomicU64,
    finalized: Arc<AtomicU64>,
}
object!(shared Account { next }, finalize = Account::finalize);

impl Account {
    fn finalize(this: &Ref<Account, Shared>) {
        assert!(this.next.get().is_none_or(|next| next.balance.load(Ordering::Relaxed) < 1_000_000));
        this.finalized.fetch_add(1, Ordering::SeqCst);
    }
}

fn account(heap: &Heap<Shared>, finalized: &Arc<AtomicU64>) -> Ref<Account, Shared> {
    heap.alloc(Account { next: Slot::empty(), balance: AtomicU64::new(0), finalized: finalized.clone() })
}

/// The other side is in the docs of `Local`: there the compiler has to refuse.
#[test]
fn what_is_shared_is_send_and_sync() {
    fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<(Heap<Shared>, Ref<Account, Shared>, Weak<Account, Shared>, Slot<Account, Shared>)>();
    send_and_sync::<(Ref<Any, Shared>, Ref<List, Shared>, Watch<Account, Shared>, Error)>();
}

#[test]
fn threads_share_a_heap_its_objects_and_its_slots() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 20_000;
    let heap = Arc::new(Options::new().build_shared().unwrap());
    let finalized = Arc::default();
    let root = account(&heap, &finalized);
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (heap, root, start, finalized) = (heap.clone(), root.clone(), start.clone(), finalized.clone());
            thread::spawn(move || {
                start.wait();
                for round in 0..ROUNDS {
                    let new = account(&heap, &finalized);
                    new.next.set(root.next.get());
                    root.next.set(new); // others do the same: chains grow and are cut off
                    if let Some(next) = root.next.take() {
                        next.balance.fetch_add(1, Ordering::Relaxed);
                        next.next.set(next.clone());
                    }
                    if round % 1000 == 0 {
                        heap.collect().unwrap();
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    heap.verify().unwrap();
    root.next.set(None);
    heap.collect().unwrap();
    assert_eq!((heap.stats().live_objects, Ref::count(&root)), (1, 1));
    assert_eq!(finalized.load(Ordering::SeqCst), (THREADS * ROUNDS) as u64);
}

#[test]
fn shared_references_outlive_heap_and_thread() {
    let heap = Heap::new_shared();
    let (held, called) = (account(&heap, &Arc::default()), Arc::new(AtomicU64::new(0)));
    let counter = called.clone();
    let watch = Ref::watch(&held, move || counter.store(1, Ordering::SeqCst)).unwrap();
    let error = heap.close().unwrap_err();
    assert_eq!(error.status(), Status::Busy);
    let weak = Ref::downgrade(&held);
    thread::spawn(move || {
        held.balance.store(7, Ordering::SeqCst);
        drop(held);
    })
    .join()
    .unwrap();
    assert!(weak.upgrade().is_none() && !watch.is_alive());
    assert_eq!(called.load(Ordering::SeqCst), 1);
}

#[test]
fn shared_heaps_keep_to_themselves() {
    let (mine, other) = (Heap::new_shared(), Heap::new_shared());
    let holder = account(&mine, &Arc::default());
    let foreign = account(&other, &Arc::default());
    for error in [
        holder.next.try_set(foreign.clone()).unwrap_err(),
        mine.list().unwrap().push(&foreign).unwrap_err(),
        mine.tuple(1).unwrap().set(0, Some(&foreign)).unwrap_err(),
    ] {
        assert_eq!(error.status(), Status::Argument);
        assert!(error.message().contains("another heap"), "{error}");
    }
    assert_eq!(Ref::count(&foreign), 1);
}
