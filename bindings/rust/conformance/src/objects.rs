//! The types of the conformance programs, and what their finalizers leave behind.

use refruntime::{object, Any, Ref, Result, Slot, Status};
use std::cell::{Cell, RefCell};

/// What nodes and leaves have in common.
pub trait Fields {
    fn slot(&self, name: &str) -> &Slot<Any>;
    fn value(&self) -> &Cell<i64>;
}

macro_rules! node {
    ($name:ident $(, finalize = $finalize:path)?) => {
        #[derive(Default)]
        pub struct $name {
            left: Slot<Any>,
            right: Slot<Any>,
            value: Cell<i64>,
        }
        object!($name { left, right } $(, finalize = $finalize)?);

        impl Fields for $name {
            fn slot(&self, name: &str) -> &Slot<Any> {
                match name {
                    "left" => &self.left,
                    "right" => &self.right,
                    _ => panic!("a node has no slot {name}"),
                }
            }

            fn value(&self) -> &Cell<i64> {
                &self.value
            }
        }
    };
}

node!(Node);
node!(Finalized, finalize = Finalized::finalize);
node!(Lazarus, finalize = Lazarus::finalize);

#[derive(Default)]
pub struct Leaf {
    value: Cell<i64>,
}
object!(Leaf);

impl Fields for Leaf {
    fn slot(&self, name: &str) -> &Slot<Any> {
        panic!("a leaf has no slot {name}")
    }

    fn value(&self) -> &Cell<i64> {
        &self.value
    }
}

thread_local! {
    /// The values of the finalized, in order.
    pub static FINALIZED: RefCell<Vec<i64>> = const { RefCell::new(Vec::new()) };
    pub static SAVED: Cell<Option<Ref<Any>>> = const { Cell::new(None) };
    pub static CALLBACKS: Cell<u64> = const { Cell::new(0) };
}

impl Finalized {
    fn finalize(this: &Ref<Finalized>) {
        FINALIZED.with_borrow_mut(|values| values.push(this.value.get()));
    }
}

impl Lazarus {
    fn finalize(this: &Ref<Lazarus>) {
        FINALIZED.with_borrow_mut(|values| values.push(this.value.get()));
        SAVED.set(Some(this.clone().erase()));
    }
}

/// Calls with the fields of a node or leaf.
pub fn with_fields<R>(object: &Ref<Any>, use_them: impl FnOnce(&dyn Fields) -> R) -> Result<R> {
    match object.clone().downcast::<Node>() {
        Ok(node) => return Ok(use_them(&*node)),
        Err(error) => assert_eq!(error.status(), Status::Type),
    }
    if Ref::is::<Finalized>(object) {
        return Ok(use_them(&*object.clone().downcast::<Finalized>()?));
    }
    if Ref::is::<Lazarus>(object) {
        return Ok(use_them(&*object.clone().downcast::<Lazarus>()?));
    }
    Ok(use_them(&*object.clone().downcast::<Leaf>()?))
}
