//! Finalizers, `Drop`, weak callbacks, and panics in them.

#![forbid(unsafe_code)]

use refruntime::*;
use std::cell::{Cell, RefCell};
use std::mem;
use std::rc::Rc;

type Act<A> = RefCell<Option<Box<dyn FnOnce(A)>>>;

/// An object that does what a test wants it to do.
#[derive(Default)]
struct Actor {
    next: Slot<Actor>,
    other: Slot<Actor>,
    last_words: Act<Ref<Actor>>,
    at_drop: Act<Parts>,
}
object!(Actor { next, other }, finalize = Actor::finalize);

/// What `Drop` has of its object.
struct Parts {
    next: Slot<Actor>,
    other: Slot<Actor>,
}

impl Actor {
    fn finalize(this: &Ref<Actor>) {
        if let Some(act) = this.last_words.take() {
            act(this.clone());
        }
    }

    fn finalizing(heap: &Heap, act: impl FnOnce(Ref<Actor>) + 'static) -> Ref<Actor> {
        let actor = heap.alloc(Actor::default());
        actor.last_words.replace(Some(Box::new(act)));
        actor
    }

    fn dropping(heap: &Heap, act: impl FnOnce(Parts) + 'static) -> Ref<Actor> {
        let actor = heap.alloc(Actor::default());
        actor.at_drop.replace(Some(Box::new(act)));
        actor
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        if let Some(act) = self.at_drop.take() {
            act(Parts { next: mem::take(&mut self.next), other: mem::take(&mut self.other) });
        }
    }
}

/// Two that refer to each other, and to nothing else.
fn tie(first: Ref<Actor>, second: Ref<Actor>) {
    first.next.set(second.clone());
    second.next.set(first);
}

type Log = Rc<RefCell<Vec<&'static str>>>;

/// A log, and what makes acts that write to it.
fn log() -> (Log, impl Fn(&'static str) -> Box<dyn FnOnce()>) {
    let log = Log::default();
    let writer = log.clone();
    (log, move |text| {
        let log = writer.clone();
        Box::new(move || log.borrow_mut().push(text))
    })
}

#[test]
fn the_order_at_death_is_finalizer_callback_drop() {
    let heap = Heap::new();
    let (log, says) = log();
    let (finalizer, callback, newer, at_drop) = (says("finalizer"), says("callback"), says("newer"), says("drop"));
    let actor = Actor::finalizing(&heap, |_| finalizer());
    actor.at_drop.replace(Some(Box::new(|_| at_drop())));
    let _watch = Ref::watch(&actor, callback).unwrap();
    let _newer = Ref::watch(&actor, newer).unwrap();
    drop(actor);
    assert_eq!(*log.borrow(), ["finalizer", "newer", "callback", "drop"]);
}

#[test]
fn a_dead_cycle_is_finalized_as_a_whole_before_any_of_it_is_dropped() {
    let heap = Heap::new();
    let (log, says) = log();
    let (one, two, gone_one, gone_two) = (says("last words"), says("last words"), says("drop"), says("drop"));
    let first = Actor::finalizing(&heap, |this| {
        assert!(this.next.get().unwrap().next.get().is_some(), "all are intact");
        one();
    });
    first.at_drop.replace(Some(Box::new(|_| gone_one())));
    let second = Actor::finalizing(&heap, |_| two());
    second.at_drop.replace(Some(Box::new(|_| gone_two())));
    tie(first, second);
    assert_eq!(heap.collect().unwrap(), 2);
    assert_eq!(*log.borrow(), ["last words", "last words", "drop", "drop"]);
}

#[test]
fn a_finalizer_may_bring_its_object_back_once() {
    let heap = Heap::new();
    let saved: Rc<Cell<Option<Ref<Actor>>>> = Rc::default();
    let shelf = saved.clone();
    let first = Actor::finalizing(&heap, move |this| shelf.set(Some(this)));
    let (weak, second) = (Ref::downgrade(&first), heap.alloc(Actor::default()));
    tie(first, second);
    assert_eq!(heap.collect().unwrap(), 0);
    let back = saved.take().expect("it was saved");
    assert!(Ref::is_finalized(&back) && weak.is_alive());
    assert_eq!(Ref::count(&back.next.get().unwrap()), 2);
    drop(back);
    assert_eq!((heap.collect().unwrap(), weak.is_alive()), (2, false));
}

#[test]
fn a_finalizer_may_do_what_any_code_may() {
    let heap = Rc::new(Heap::new());
    let inner = heap.clone();
    let made: Rc<Cell<Option<Ref<Actor>>>> = Rc::default();
    let shelf = made.clone();
    let actor = Actor::finalizing(&heap, move |this| {
        let new = inner.alloc(Actor::default());
        new.next.set(this.next.take());
        assert_eq!(inner.collect().unwrap(), 0, "not in a callback");
        shelf.set(Some(new));
    });
    let held = heap.alloc(Actor::default());
    actor.next.set(held.clone());
    drop(actor);
    assert!(Ref::ptr_eq(&made.take().unwrap().next.get().unwrap(), &held));
    assert_eq!(heap.stats().live_objects, 1);
}

#[test]
fn drop_sees_no_slots_and_can_smuggle_none_out() {
    let heap = Rc::new(Heap::new());
    let smuggled: Rc<RefCell<Vec<Slot<Actor>>>> = Rc::default();
    let (shelf, inner) = (smuggled.clone(), heap.clone());
    let first = Actor::dropping(&heap, move |parts| {
        assert!(parts.next.get().is_none(), "its neighbour may be dropped already");
        assert!(inner.objects::<Actor>().unwrap().is_empty(), "nor can it be found");
        shelf.borrow_mut().extend([parts.next, parts.other]);
    });
    first.other.set(first.clone());
    let second = heap.alloc(Actor::default());
    let kept = heap.alloc(Actor::default());
    second.other.set(kept.clone());
    tie(first, second);
    drop(kept);
    assert_eq!(heap.collect().unwrap(), 3);
    assert_eq!(heap.stats().live_objects, 0);
    heap.verify().unwrap();
    assert!(smuggled.borrow().iter().all(Slot::is_empty));
    let [next, other]: [Slot<Actor>; 2] = smuggled.take().try_into().unwrap();
    let error = heap
        .try_alloc(Actor { next, other, last_words: Act::default(), at_drop: Act::default() })
        .map(drop)
        .unwrap_err();
    assert_eq!(error.status(), Status::Argument);
    assert!(error.message().contains("has been in another object"), "{error}");
}

#[test]
fn what_drop_puts_into_its_slots_is_released() {
    let heap = Heap::new();
    let kept = heap.alloc(Plant::default());
    let plant = heap.alloc(Plant { next: Slot::empty(), at_drop: Some(kept.clone()) });
    plant.next.set(kept.clone());
    drop(plant);
    assert_eq!(Ref::count(&kept), 1);
    heap.verify().unwrap();
}

#[derive(Default)]
struct Plant {
    next: Slot<Plant>,
    at_drop: Option<Ref<Plant>>,
}
object!(Plant { next });

impl Drop for Plant {
    fn drop(&mut self) {
        if let Some(kept) = self.at_drop.take() {
            self.next.set(kept);
        }
    }
}

#[test]
fn drop_can_make_nothing_and_may_release_all() {
    let heap = Rc::new(Heap::new());
    let inner = heap.clone();
    let other_heap = Heap::new();
    let victim = heap.alloc(Actor::default());
    let weak = Ref::downgrade(&victim);
    let survivor = heap.alloc(Actor::default());
    let also = survivor.clone();
    let actor = Actor::dropping(&heap, move |_| {
        assert_eq!(inner.try_alloc(Actor::default()).map(drop).unwrap_err().status(), Status::Busy);
        assert_eq!(Ref::try_downgrade(&also).map(drop).unwrap_err().status(), Status::Busy);
        other_heap.alloc(Actor::default());
        also.next.set(also.clone());
        also.next.set(None);
        drop(victim);
    });
    drop(actor);
    assert!(!weak.is_alive());
    assert!(take_panic().is_none());
    assert_eq!(Ref::count(&survivor), 1);
}

#[test]
fn references_in_plain_fields_die_however_deep() {
    struct Link(#[allow(dead_code)] Option<Ref<Link>>);
    object!(Link);
    let heap = Heap::new();
    let mut chain = None;
    for _ in 0..200_000 {
        chain = Some(heap.alloc(Link(chain)));
    }
    drop(chain);
    assert_eq!(heap.stats().live_objects, 0);
}

#[test]
fn weak_references_know_when() {
    let heap = Heap::new();
    let actor = heap.alloc(Actor::default());
    let weak = Ref::downgrade(&actor);
    let again = weak.clone();
    assert_eq!(Ref::weak_count(&actor).unwrap(), 1, "they share one");
    assert!(Ref::ptr_eq(&weak.upgrade().unwrap(), &actor));
    assert_eq!(Ref::count(&actor), 1);
    drop(actor);
    assert!(weak.upgrade().is_none() && again.upgrade().is_none());
}

#[test]
fn a_watch_that_goes_first_is_never_called() {
    let heap = Heap::new();
    let (actor, token) = (heap.alloc(Actor::default()), Rc::new(()));
    let inner = token.clone();
    let watch = Ref::watch(&actor, move || panic!("called, with {inner:?}")).unwrap();
    assert!(watch.is_alive() && Rc::strong_count(&token) == 2);
    drop(watch);
    assert_eq!(Rc::strong_count(&token), 1, "what the callback captured is dropped with it");
    drop(actor);
    assert!(take_panic().is_none());
}

#[test]
fn a_callback_may_drop_its_watch_and_those_that_wait() {
    let heap = Heap::new();
    let actor = heap.alloc(Actor::default());
    let watches: Rc<RefCell<Vec<Watch<Actor>>>> = Rc::default();
    let calls = Rc::new(Cell::new(0));
    for _ in 0..10 {
        let (shelf, calls) = (watches.clone(), calls.clone());
        let watch = Ref::watch(&actor, move || {
            calls.set(calls.get() + 1);
            shelf.take();
        });
        watches.borrow_mut().push(watch.unwrap());
    }
    drop(actor);
    assert_eq!(calls.get(), 1);
    assert_eq!(heap.stats().live_objects, 0);
}

fn quietly<R>(run: impl FnOnce() -> R) -> R {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = run();
    std::panic::set_hook(hook);
    result
}

fn message(panic: Box<dyn std::any::Any + Send>) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("?")
}

#[test]
fn panics_end_their_callback_alone() {
    quietly(|| {
        let heap = Heap::new();
        let first = Actor::finalizing(&heap, |_| panic!("in a finalizer"));
        let second = Actor::dropping(&heap, |_| panic!("in Drop"));
        let watch = Ref::watch(&second, || panic!("in a callback")).unwrap();
        tie(first, second);
        assert_eq!(heap.collect().unwrap(), 2, "all of it went");
        assert!(!watch.is_alive());
        assert_eq!(message(take_panic().unwrap()), "in a finalizer");
        assert!(take_panic().is_none(), "the first is kept");
        drop(Actor::dropping(&heap, |_| panic!("again")));
        assert_eq!(message(take_panic().unwrap()), "again");
        drop(watch);
        assert_eq!(heap.stats().live_objects, 0);
        heap.verify().unwrap();
    });
}

#[test]
fn a_panic_whose_payload_panics_does_no_harm() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    quietly(|| {
        let heap = Heap::new();
        drop(Actor::dropping(&heap, |_| panic!("first")));
        drop(Actor::dropping(&heap, |_| std::panic::panic_any(Bomb)));
        assert_eq!(message(take_panic().unwrap()), "first");
    });
}

#[test]
fn a_borrow_held_while_dropping_is_a_panic_and_no_more() {
    quietly(|| {
        let heap = Heap::new();
        let shared = Rc::new(RefCell::new(0));
        let inner = shared.clone();
        let actor = Actor::dropping(&heap, move |_| *inner.borrow_mut() += 1);
        let held = shared.borrow_mut();
        drop(actor);
        drop(held);
        assert!(take_panic().is_some());
        assert_eq!(*shared.borrow(), 0);
    });
}
