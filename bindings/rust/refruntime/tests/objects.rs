//! Objects, references, slots, containers: what they do, and what they refuse.

#![forbid(unsafe_code)]

use refruntime::*;
use std::cell::Cell;
use std::rc::Rc;

#[derive(Default)]
struct Node {
    left: Slot<Node>,
    right: Slot<Any>,
    value: Cell<i64>,
}
object!(Node { left, right });

struct Leaf(u64);
object!(Leaf);

fn node(heap: &Heap) -> Ref<Node> {
    heap.alloc(Node::default())
}

#[test]
fn counts_follow_references() {
    let heap = Heap::new();
    let first = node(&heap);
    assert_eq!((Ref::count(&first), Ref::is_unique(&first)), (1, true));
    let second = first.clone();
    assert_eq!((Ref::count(&first), Ref::is_unique(&first)), (2, false));
    first.left.set(second);
    assert_eq!(Ref::count(&first), 2);
    assert!(Ref::ptr_eq(&first, &first.left.get().unwrap()));
    assert!(Ref::ptr_eq(&first, &first.left.take().unwrap()));
    assert!(first.left.is_empty());
    assert_eq!(Ref::count(&first), 1);
    heap.verify().unwrap();
}

#[test]
fn values_are_moved_in_and_shared() {
    let heap = Heap::new();
    let first = node(&heap);
    let second = first.clone();
    first.value.set(42);
    assert_eq!(second.value.get(), 42);
    assert_eq!(heap.alloc(Leaf(7)).0, 7);
}

#[test]
fn chains_of_a_million_die_without_a_stack() {
    let heap = Heap::new();
    let mut first = node(&heap);
    for _ in 0..1_000_000 {
        let next = node(&heap);
        next.left.set(first);
        first = next;
    }
    drop(first);
    assert_eq!(heap.stats().live_objects, 0);
}

#[test]
fn a_slot_refuses_objects_of_other_heaps() {
    let (mine, other) = (Heap::new(), Heap::new());
    let (holder, kept, foreign) = (node(&mine), node(&mine), node(&other));
    holder.left.set(kept.clone());
    let error = holder.left.try_set(foreign.clone()).unwrap_err();
    assert_eq!(error.status(), Status::Argument);
    assert!(error.message().contains("another heap"), "{error}");
    assert!(Ref::ptr_eq(&holder.left.get().unwrap(), &kept));
    assert_eq!(Ref::count(&foreign), 1);
}

#[test]
fn a_slot_outside_of_objects_refuses_everything() {
    let heap = Heap::new();
    let outside = Slot::<Node>::empty();
    let error = outside.try_set(node(&heap)).unwrap_err();
    assert_eq!(error.status(), Status::Argument);
    assert!(error.message().contains("in no object"), "{error}");
    assert!(outside.get().is_none() && outside.is_empty() && outside.take().is_none());
    assert_eq!(heap.stats().live_objects, 0);
}

#[test]
fn a_slot_that_is_not_declared_refuses_everything() {
    struct Forgetful {
        next: Slot<Forgetful>,
    }
    object!(Forgetful);
    let heap = Heap::new();
    let forgetful = heap.alloc(Forgetful { next: Slot::empty() });
    let error = forgetful.next.try_set(forgetful.clone()).unwrap_err();
    assert!(error.message().contains("object!()"), "{error}");
    assert_eq!(Ref::count(&forgetful), 1);
}

#[test]
#[should_panic(expected = "another heap")]
fn set_panics_with_the_sentence() {
    let (mine, other) = (Heap::new(), Heap::new());
    node(&mine).left.set(node(&other));
}

#[test]
fn a_slot_declared_twice_is_refused_by_name() {
    struct Twice {
        next: Slot<Twice>,
    }
    object!(Twice { next, next });
    let error = Heap::new().try_alloc(Twice { next: Slot::empty() }).unwrap_err();
    assert_eq!(error.status(), Status::Argument);
    assert!(error.message().starts_with("rr_type_new: "), "{error}");
}

#[test]
fn types_are_known_at_run_time() {
    let heap = Heap::new();
    let any = node(&heap).erase();
    assert_eq!(Ref::type_name(&any), "Node");
    assert!(Ref::is::<Node>(&any) && Ref::is::<Any>(&any) && !Ref::is::<Leaf>(&any) && !Ref::is::<List>(&any));
    let error = any.clone().downcast::<Leaf>().map(drop).unwrap_err();
    assert_eq!(error.status(), Status::Type);
    assert!(error.message().contains("is a Node, not a Leaf"), "{error}");
    assert_eq!(Ref::count(&any), 1);
    any.downcast::<Node>().unwrap().value.set(1);
    assert!(Ref::is::<Bytes>(&heap.bytes(b"x").unwrap().erase()));
}

#[test]
fn instances_of_a_generic_type_are_types_of_their_own() {
    struct Pair<T: 'static> {
        first: T,
        next: Slot<Any>,
    }
    object!(Pair<i32> { next });
    object!(Pair<String> { next });
    let heap = Heap::new();
    let number = heap.alloc(Pair { first: 5, next: Slot::empty() });
    let text = heap.alloc(Pair { first: "five".to_string(), next: Slot::empty() });
    number.next.set(text.erase());
    let held = number.next.get().unwrap();
    assert!(!Ref::is::<Pair<i32>>(&held));
    assert_eq!(held.downcast::<Pair<String>>().unwrap().first, "five");
    assert_eq!(number.first, 5);
}

#[test]
fn values_of_all_sizes_and_alignments_fit() {
    struct Nothing;
    object!(Nothing);
    #[repr(align(16))]
    struct Wide(u8);
    object!(Wide);
    struct Large([u8; 300_000]);
    object!(Large);
    #[repr(C)]
    struct Late {
        before: [u8; 100_000],
        slot: Slot<Nothing>,
    }
    object!(Late { slot });

    let heap = Heap::new();
    let nothing: Vec<_> = (0..100).map(|_| heap.alloc(Nothing)).collect();
    assert!(!Ref::ptr_eq(&nothing[0], &nothing[1]));
    for byte in 0..100 {
        let wide = heap.alloc(Wide(byte));
        assert_eq!((wide.as_ptr() as usize % 16, wide.0), (0, byte));
    }
    let large = heap.alloc(Large([9; 300_000]));
    assert!(large.0.iter().all(|&byte| byte == 9));
    let late = heap.alloc(Late { before: [3; 100_000], slot: Slot::empty() });
    late.slot.set(nothing[0].clone());
    assert_eq!(Ref::referents(&late).unwrap().len(), 1);
    assert!(late.before.iter().all(|&byte| byte == 3));
    heap.verify().unwrap();
}

#[test]
fn lists_grow_and_shrink() -> Result<()> {
    let heap = Heap::new();
    let list = heap.list()?;
    let (a, b) = (heap.alloc(Leaf(1)), node(&heap));
    list.push(&a)?;
    list.insert(0, &b)?;
    list.push(&list)?;
    assert_eq!((list.len(), Ref::count(&a), Ref::count(&list)), (3, 2, 2));
    assert_eq!(list.get(1)?.downcast::<Leaf>()?.0, 1);
    assert_eq!(list.iter().map(|item| Ref::type_name(&item)).collect::<Vec<_>>(), ["Node", "Leaf", "list"]);
    list.set(1, &b)?;
    list.remove(0)?;
    assert_eq!((list.len(), Ref::count(&a), Ref::count(&b)), (2, 1, 2));
    for error in [
        list.get(2).map(drop).unwrap_err(),
        list.set(2, &a).unwrap_err(),
        list.remove(usize::MAX).unwrap_err(),
        list.insert(3, &a).unwrap_err(),
        list.push(&Heap::new().alloc(Leaf(0))).unwrap_err(),
    ] {
        assert_eq!(error.status(), Status::Argument, "{error}");
        assert!(error.message().starts_with("rr_list_"), "{error}");
    }
    list.clear()?;
    assert!(list.is_empty() && list.iter().next().is_none());
    assert_eq!((Ref::count(&a), Ref::count(&b), Ref::count(&list)), (1, 1, 1));
    Ok(())
}

#[test]
fn tuples_have_places() -> Result<()> {
    let heap = Heap::new();
    let tuple = heap.tuple(2)?;
    let leaf = heap.alloc(Leaf(3));
    assert!(tuple.len() == 2 && tuple.get(0)?.is_none());
    tuple.set(1, Some(&leaf))?;
    assert_eq!((Ref::count(&leaf), Ref::referrers(&leaf)?.len()), (2, 1));
    tuple.set::<Leaf>(1, None)?;
    assert_eq!(Ref::count(&leaf), 1);
    assert_eq!(tuple.get(2).map(drop).unwrap_err().message(), "Tuple: index: 2 is out of range, there are 2 places");
    assert_eq!(tuple.set(2, Some(&leaf)).unwrap_err().status(), Status::Argument);
    assert_eq!(tuple.set(0, Some(&Heap::new().alloc(Leaf(0)))).unwrap_err().status(), Status::Argument);
    assert_eq!(heap.tuple(usize::MAX).map(drop).unwrap_err().status(), Status::Overflow);
    Ok(())
}

#[test]
fn bytes_are_copied_in_and_out() -> Result<()> {
    let heap = Heap::new();
    let bytes = heap.bytes(b"hello world")?;
    bytes.write(6, b"there")?;
    assert_eq!(bytes.to_vec(), b"hello there");
    let mut part = [0; 2];
    bytes.read(9, &mut part)?;
    assert_eq!(&part, b"re");
    assert!(bytes.read(10, &mut part).is_err() && bytes.write(usize::MAX, b"xx").is_err());
    assert!(heap.bytes(b"")?.is_empty());
    Ok(())
}

#[test]
fn at_its_limit_a_heap_collects_and_then_refuses() {
    let heap = Options::new().max_bytes(1 << 20).build().unwrap();
    for _ in 0..100_000 {
        let (a, b) = (node(&heap), node(&heap)); // garbage, collected at the limit
        a.left.set(b.clone());
        b.left.set(a);
    }
    let mut kept = Vec::new();
    let error = loop {
        match heap.try_alloc(Node::default()) {
            Ok(node) => kept.push(node),
            Err(error) => break error,
        }
    };
    assert_eq!(error.status(), Status::NoMemory);
    assert!(error.message().starts_with("rr_alloc: "), "{error}");
    heap.verify().unwrap();
    kept.truncate(kept.len() / 2);
    heap.alloc(Node::default());
}

#[test]
fn what_a_refused_allocation_was_given_is_dropped() {
    struct Counted(Rc<()>);
    object!(Counted);
    let handed_out = Rc::new(());
    let heap = Options::new().max_bytes(300_000).manual_gc().build().unwrap();
    let mut kept = Vec::new();
    while let Ok(object) = heap.try_alloc(Counted(handed_out.clone())) {
        kept.push(object);
    }
    assert!(kept.iter().all(|object| Rc::ptr_eq(&object.0, &handed_out)));
    assert_eq!(Rc::strong_count(&handed_out), kept.len() + 1);
}

#[test]
fn the_collector_can_be_looked_at_and_set() -> Result<()> {
    let heap = Heap::new();
    assert!(heap.is_automatic());
    heap.set_automatic(false);
    assert!(!heap.is_automatic());
    heap.set_threshold(77);
    assert_eq!(heap.threshold(), 77);
    heap.set_pause_goal(std::time::Duration::from_millis(2));
    assert_eq!(heap.pause_goal().as_micros(), 2000);
    for _ in 0..10 {
        let (a, b) = (node(&heap), node(&heap));
        a.left.set(b.clone());
        b.left.set(a);
    }
    assert!(heap.candidates() > 0 && heap.is_pending());
    let mut found = 0;
    while heap.is_pending() {
        found += heap.collect_step(std::time::Duration::ZERO)?;
    }
    assert_eq!((found, heap.collect()?), (20, 0));
    heap.report_external(1000)?;
    assert_eq!(heap.stats().external_bytes, 1000);
    assert_eq!(
        heap.report_external(i64::MAX).and(heap.report_external(i64::MAX)).unwrap_err().status(),
        Status::Overflow
    );
    heap.trim()
}

#[test]
fn the_frozen_are_left_alone() -> Result<()> {
    let heap = Heap::new();
    let ring = node(&heap);
    ring.left.set(ring.clone());
    heap.freeze()?;
    drop(ring);
    assert_eq!((heap.frozen()?, heap.collect()?), (1, 0));
    heap.unfreeze()?;
    assert_eq!((heap.frozen()?, heap.collect()?), (0, 1));
    Ok(())
}

#[test]
fn who_refers_to_whom() -> Result<()> {
    let heap = Heap::new();
    let (root, middle, end) = (node(&heap), node(&heap), heap.alloc(Leaf(1)));
    root.left.set(middle.clone());
    middle.right.set(end.clone().erase());
    let middle = Ref::downgrade(&middle);
    let held = Ref::referrers(&end)?;
    assert!(held.len() == 1 && Ref::ptr_eq(&held[0], &middle.upgrade().unwrap()));
    assert_eq!(Ref::referents(&root)?.len(), 1);
    drop(held);
    assert_eq!(heap.objects::<Node>()?.len(), 2);
    assert_eq!(heap.objects::<Leaf>()?[0].0, 1);
    assert_eq!(heap.objects::<Any>()?.len(), 4, "with the weak reference");
    let weak_end = Ref::downgrade(&end);
    drop(end);
    let path = Ref::path(&weak_end.upgrade().unwrap())?;
    assert!(Ref::ptr_eq(path.last().unwrap(), &weak_end.upgrade().unwrap()));
    Ok(())
}
