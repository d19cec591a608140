//! The well-known article on how Python manages memory, line by line, in Rust: `cargo run --example walkthrough`.
//! The project's `bindings/python/examples/walkthrough.py` tells it beside CPython.
//!
//! Counts are exact: Python's `sys.getrefcount()` answers one more, since its argument is a reference too while it counts.

#![forbid(unsafe_code)]

use refruntime::{object, Heap, List, Options, Ref, Result, Slot};

struct Number {
    _value: i64,
}
object!(Number);

struct Node {
    next: Slot<Node>,
}
object!(Node { next });

/// `[1, 2, 3]`
fn numbers(heap: &Heap) -> Result<Ref<List>> {
    let list = heap.list()?;
    for value in 1..=3 {
        list.push(&heap.try_alloc(Number { _value: value })?)?;
    }
    Ok(list)
}

fn node(heap: &Heap) -> Result<Ref<Node>> {
    heap.try_alloc(Node { next: Slot::empty() })
}

fn main() -> Result<()> {
    let heap = Options::new().manual_gc().build()?;

    let x = numbers(&heap)?; // objects never move: the address is the identity
    println!("Memory address of x: {}", x.as_ptr() as usize);
    println!("Reference count of x: {}", Ref::count(&x));
    drop(x); // the list and its numbers die here, so that the collector, which is there for cycles, finds nothing
    println!("Garbage collector: collected {} objects", heap.collect()?);

    let a = numbers(&heap)?;
    println!("Initial ref count: {}", Ref::count(&a));
    let b = a.clone(); // a second name, and so a second reference
    println!("Ref count after b = a: {}", Ref::count(&a));
    drop(b);
    println!("Ref count after del b: {}", Ref::count(&a));
    drop(a);

    let itself = node(&heap)?;
    itself.next.set(itself.clone()); // its own successor
    println!("Garbage collector before deleting node: {}", heap.collect()?);
    drop(itself); // its count is still 1, its own reference: only the collector sees that nobody else is left
    println!("Garbage collector after deleting node: {}", heap.collect()?);

    let cycle = node(&heap)?;
    cycle.next.set(cycle.clone());
    drop(cycle);
    println!("Garbage collector run: {}", heap.collect()?);

    let list = heap.list()?;
    list.push(&list)?; // a list that contains itself
    println!("Garbage collector run: {}", heap.collect()?);
    drop(list);
    println!("Garbage collector run: {}", heap.collect()?);

    let list = heap.list()?;
    list.push(&list)?;
    list.clear()?; // opens the cycle: counting alone frees it
    drop(list);
    println!("Garbage collector run after clearing: {}", heap.collect()?);

    let stats = heap.stats();
    println!("Live objects: {}", stats.live_objects);
    println!("Objects allocated: {}", stats.objects_allocated);
    println!("Objects freed: {}", stats.objects_freed);
    println!("Objects collected: {}", stats.objects_collected);
    println!("Collections: {}", stats.collections);
    heap.close()
}
