//! What the frequent operations cost, in nanoseconds: `cargo run --release --example cost`.

use refruntime::*;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

#[derive(Default)]
struct Node {
    left: Slot<Node>,
    right: Slot<Node>,
}
object!(Node { left, right });

struct Leaf([u64; 3]);
object!(Leaf);
object!(shared Leaf);

/// The best of five: what else the machine does only adds.
fn measure(what: &str, mut operation: impl FnMut()) {
    const TIMES: u32 = 2_000_000;
    let best = (0..5)
        .map(|_| {
            let start = Instant::now();
            (0..TIMES).for_each(|_| operation());
            start.elapsed()
        })
        .min()
        .expect("five");
    println!("{:7.1}  {what}", best.as_nanos() as f64 / f64::from(TIMES));
}

fn main() {
    let heap = Heap::new();
    let shared = Heap::new_shared();
    let leaf = heap.alloc(Leaf([0; 3]));
    let shared_leaf = shared.alloc(Leaf([0; 3]));
    let (node, other) = (heap.alloc(Node::default()), heap.alloc(Node::default()));
    node.left.set(other.clone());
    node.right.set(other.clone());
    let (rc, arc) = (Rc::new(0), Arc::new(0));

    measure("Rc: clone and drop", || drop(black_box(black_box(&rc).clone())));
    measure("Arc: clone and drop", || drop(black_box(black_box(&arc).clone())));
    measure("Ref: clone and drop", || drop(black_box(black_box(&leaf).clone())));
    measure("Ref: clone and drop, a node", || drop(black_box(black_box(&other).clone())));
    measure("Ref, shared heap: clone and drop", || drop(black_box(black_box(&shared_leaf).clone())));
    measure("rr_incref and rr_decref", || unsafe {
        refruntime_sys::rr_incref(leaf.as_ptr());
        refruntime_sys::rr_decref(leaf.as_ptr());
    });
    measure("Slot: get and drop", || drop(black_box(node.left.get())));
    measure("Slot: set to a clone", || node.left.set(other.clone()));
    measure("Box: make and drop", || drop(black_box(Box::new([0u64; 3]))));
    measure("leaf: make and drop", || drop(black_box(heap.alloc(Leaf([0; 3])))));
    measure("leaf, shared heap: make and drop", || drop(black_box(shared.alloc(Leaf([0; 3])))));
    measure("node with two slots: make and drop", || drop(black_box(heap.alloc(Node::default()))));
    assert_eq!(leaf.0, shared_leaf.0);
}
