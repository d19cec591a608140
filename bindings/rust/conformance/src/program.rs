//! One program: its heaps, its handles, and what each step does through the binding.

use crate::objects::{with_fields, Finalized, Lazarus, Leaf, Node, CALLBACKS, FINALIZED, SAVED};
use refruntime::{Any, Bytes, Error, Heap, List, Options, Ref, Result, Status, Tuple, Watch, WeakRef};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

/// How a step can go wrong: the binding refuses it, or something does not hold.
pub enum Problem {
    Refused(Error),
    Wrong(String),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Refused(error)
    }
}

pub type Outcome = std::result::Result<(), Problem>;

pub enum Handle {
    Object(Ref<Any>),
    Watch(Watch<Any>),
}

pub struct Program {
    heaps: [Option<Heap>; 2],
    current: usize,
    handles: BTreeMap<String, Handle>,
}

/// Why a step can't be written in Rust; None if it can.
pub fn compiler_refuses(words: &[&str]) -> Option<&'static str> {
    match words {
        ["fails", "released", ..] => Some("a handle that was dropped can't be named"),
        ["fails", "closed", ..] => {
            Some("a heap that was closed can't be named, and is not closed while handles are left")
        }
        ["fails", "argument", "append" | "insert" | "put", .., "null"] => Some("a Ref is never null"),
        _ => None,
    }
}

impl Program {
    pub fn new(max_bytes: u64) -> Result<Self> {
        FINALIZED.take();
        CALLBACKS.set(0);
        let options = Options::new().manual_gc();
        let heaps = [Some(options.max_bytes(max_bytes).build()?), Some(options.build()?)];
        Ok(Program { heaps, current: 0, handles: BTreeMap::new() })
    }

    pub fn step(&mut self, words: &[&str]) -> Outcome {
        let outcome = match words {
            ["fails", kind, step @ ..] => match self.step(step) {
                Err(Problem::Refused(error)) if is_of(kind, &error) => Ok(()),
                Err(Problem::Refused(error)) => Err(Problem::Wrong(format!("failed otherwise: {error}"))),
                Err(wrong) => Err(wrong),
                Ok(()) => Err(Problem::Wrong("did not fail".into())),
            },
            _ => self.make_or_change(words).unwrap_or_else(|| self.look(words)),
        };
        if let Some(saved) = SAVED.take() {
            self.keep("saved", saved);
        }
        outcome
    }

    /// Drops the handles, collects until nothing is found, and closes the heaps: nothing may be left.
    pub fn end(mut self) -> Outcome {
        self.release();
        for heap in self.heaps.into_iter().flatten() {
            expect(heap.stats().live_objects, 0)?;
            heap.verify()?;
            heap.close()?;
        }
        Ok(())
    }

    fn release(&mut self) {
        loop {
            self.handles.retain(|_, handle| matches!(handle, Handle::Object(_))); // nobody is told
            self.handles.clear();
            let found: u64 = self.heaps.iter().flatten().map(|heap| heap.collect().unwrap_or(0)).sum();
            match SAVED.take() {
                Some(saved) => self.keep("saved", saved),
                None if found == 0 => return,
                None => {}
            }
        }
    }

    /// The steps that make handles or change objects; None if it is another.
    fn make_or_change(&mut self, words: &[&str]) -> Option<Outcome> {
        Some(match *words {
            ["other"] => self.turn_to(1),
            ["mine"] => self.turn_to(0),
            ["close"] => self.close(),
            ["node", name] => self.make(name, |heap| Ok(heap.try_alloc(Node::default())?.erase())),
            ["leaf", name] => self.make(name, |heap| Ok(heap.try_alloc(Leaf::default())?.erase())),
            ["finalized", name] => self.make(name, |heap| Ok(heap.try_alloc(Finalized::default())?.erase())),
            ["lazarus", name] => self.make(name, |heap| Ok(heap.try_alloc(Lazarus::default())?.erase())),
            ["list", name] => self.make(name, |heap| Ok(heap.list()?.erase())),
            ["bytes", name, count] => self.make(name, |heap| Ok(heap.bytes(&vec![0; number(count)])?.erase())),
            ["tuple", name, ref items @ ..] => {
                let items: Vec<_> = items.iter().map(|item| self.object_or_null(item)).collect();
                self.make(name, |heap| {
                    let tuple = heap.tuple(items.len())?;
                    items.iter().enumerate().try_for_each(|(index, item)| tuple.set(index, item.as_ref()))?;
                    Ok(tuple.erase())
                })
            }
            ["alias", name, of] => {
                let object = self.object(of);
                self.keep_made(name, Ok(object))
            }
            ["drop", name] => self.drop_handle(name),
            ["set", of, slot, to] => {
                let value = self.object_or_null(to);
                self.fields(of, |fields| fields.slot(slot).try_set(value)).and_then(|set| Ok(set?))
            }
            ["write", of, value] => {
                self.fields(of, |fields| fields.value().set(value.parse().expect("a number of 64 bits")))
            }
            ["append", list, item] => self.list(list).and_then(|list| Ok(list.push(&self.object(item))?)),
            ["insert", list, index, item] => {
                self.list(list).and_then(|list| Ok(list.insert(number(index), &self.object(item))?))
            }
            ["put", list, index, item] => {
                self.list(list).and_then(|list| Ok(list.set(number(index), &self.object(item))?))
            }
            ["remove", list, index] => self.list(list).and_then(|list| Ok(list.remove(number(index))?)),
            ["clear", list] => self.list(list).and_then(|list| Ok(list.clear()?)),
            ["get", name, of, slot] => {
                let found = self.fields(of, |fields| fields.slot(slot).get());
                found.and_then(|found| self.keep_found(name, found))
            }
            ["item", name, of, index] => {
                let item = self.item(of, number(index));
                item.and_then(|found| self.keep_found(name, found))
            }
            ["weak", name, of] => {
                let weak = Ref::try_downgrade(&self.object(of));
                self.keep_made(name, weak.map(|weak| weak.to_object().erase()))
            }
            ["watch", name, of] => {
                let watch = Ref::watch(&self.object(of), || CALLBACKS.set(CALLBACKS.get() + 1));
                watch.map_err(Problem::from).map(|watch| drop(self.handles.insert(name.into(), Handle::Watch(watch))))
            }
            ["upgrade", name, weak] => {
                let found = self.weak(weak).map(|weak| weak.upgrade());
                found.and_then(|found| self.keep_found(name, found))
            }
            ["freeze"] => self.heap().freeze().map_err(Problem::from),
            ["unfreeze"] => self.heap().unfreeze().map_err(Problem::from),
            _ => return None,
        })
    }

    /// The steps that say what holds.
    fn look(&self, words: &[&str]) -> Outcome {
        match *words {
            ["empty", of, slot] => expect(self.fields(of, |fields| fields.slot(slot).is_empty())?, true),
            ["read", of, value] => expect(self.fields(of, |fields| fields.value().get())?.to_string().as_str(), value),
            ["length", of, count] => expect(self.length(of)?, number(count)),
            ["count", of, count] => match &self.handles[of] {
                Handle::Object(object) => expect(Ref::count(object), count.parse().expect("a count")),
                Handle::Watch(watch) => expect(Ref::count(&watch.to_object()) - 1, count.parse().expect("a count")),
            },
            ["unique", of, answer] => match &self.handles[of] {
                Handle::Object(object) => expect(Ref::is_unique(object), answer == "yes"),
                Handle::Watch(_) => panic!("no program asks this of a weak reference with a callback"),
            },
            ["same", one, two] => expect(Ref::ptr_eq(&self.object(one), &self.object(two)), true),
            ["differ", one, two] => expect(Ref::ptr_eq(&self.object(one), &self.object(two)), false),
            ["alive", weak] => expect(self.weak(weak)?.upgrade().is_some(), true),
            ["dead", weak] => expect(self.weak(weak)?.upgrade().is_some(), false),
            ["weakrefs", of, count] => expect(Ref::weak_count(&self.object(of))?, number(count) as u64),
            ["referents", of, count] => expect(Ref::referents(&self.object(of))?.len(), number(count)),
            ["referrers", of, count] => expect(Ref::referrers(&self.object(of))?.len(), number(count)),
            ["collect", count] => expect(self.heap().collect()?, number(count) as u64),
            ["collect_in_steps", count] => expect(self.collect_in_steps()?, number(count) as u64),
            ["frozen", count] => expect(self.heap().frozen()?, number(count) as u64),
            ["live", count] => expect(self.heap().stats().live_objects, number(count) as u64),
            ["finalizers", count] => expect(FINALIZED.with_borrow(Vec::len), number(count)),
            ["callbacks", count] => expect(CALLBACKS.get(), number(count) as u64),
            ["order", ref values @ ..] => {
                expect(FINALIZED.with_borrow(|log| log.iter().map(i64::to_string).collect::<Vec<_>>()), values.to_vec())
            }
            _ => Err(Problem::Wrong("there is no such step".into())),
        }
    }

    fn turn_to(&mut self, heap: usize) -> Outcome {
        self.current = heap;
        Ok(())
    }

    /// Rust has no handles into a heap that is gone: they are given up before it.
    fn close(&mut self) -> Outcome {
        let heap = self.heaps[self.current].take().expect("it is not closed twice");
        let mine = heap.objects::<Any>()?;
        let is_mine = |handle: &Handle| mine.iter().any(|object| Ref::ptr_eq(object, &object_of(handle)));
        let (gone, stay) = std::mem::take(&mut self.handles).into_iter().partition(|(_, handle)| is_mine(handle));
        self.handles = stay;
        let gone: BTreeMap<String, Handle> = gone;
        let (watches, objects): (Vec<_>, Vec<_>) =
            gone.into_values().partition(|handle| matches!(handle, Handle::Watch(_)));
        drop((watches, mine, objects)); // in this order: nobody is told
        drop(SAVED.take());
        Ok(heap.close()?)
    }

    fn drop_handle(&mut self, name: &str) -> Outcome {
        match self.handles.remove(name).expect("a handle") {
            Handle::Watch(watch) if Ref::count(&watch.to_object()) > 2 => watch.detach(), // an object refers to it
            handle => drop(handle),
        }
        Ok(())
    }

    fn collect_in_steps(&self) -> Result<u64> {
        let mut found = 0;
        loop {
            let step = self.heap().collect_step(Duration::ZERO)?;
            found += step;
            if step == 0 && !self.heap().is_pending() {
                return Ok(found);
            }
        }
    }

    fn item(&self, of: &str, index: usize) -> std::result::Result<Option<Ref<Any>>, Problem> {
        let object = self.object(of);
        if Ref::is::<Tuple>(&object) {
            return Ok(object.downcast::<Tuple>()?.get(index)?);
        }
        Ok(Some(object.downcast::<List>()?.get(index)?))
    }

    fn length(&self, of: &str) -> Result<usize> {
        let object = self.object(of);
        if Ref::is::<Tuple>(&object) {
            return Ok(object.downcast::<Tuple>()?.len());
        }
        if Ref::is::<Bytes>(&object) {
            return Ok(object.downcast::<Bytes>()?.len());
        }
        Ok(object.downcast::<List>()?.len())
    }

    fn list(&self, name: &str) -> std::result::Result<Ref<List>, Problem> {
        Ok(self.object(name).downcast()?)
    }

    fn weak(&self, name: &str) -> std::result::Result<Ref<WeakRef>, Problem> {
        Ok(self.object(name).downcast()?)
    }

    fn fields<R>(
        &self,
        name: &str,
        use_them: impl FnOnce(&dyn crate::objects::Fields) -> R,
    ) -> std::result::Result<R, Problem> {
        Ok(with_fields(&self.object(name), use_them)?)
    }

    fn heap(&self) -> &Heap {
        self.heaps[self.current].as_ref().expect("the heap is not closed")
    }

    fn object(&self, name: &str) -> Ref<Any> {
        object_of(&self.handles[name])
    }

    fn object_or_null(&self, name: &str) -> Option<Ref<Any>> {
        (name != "null").then(|| self.object(name))
    }

    fn make(&mut self, name: &str, make: impl FnOnce(&Heap) -> Result<Ref<Any>>) -> Outcome {
        let made = make(self.heap());
        self.keep_made(name, made)
    }

    fn keep_made(&mut self, name: &str, made: Result<Ref<Any>>) -> Outcome {
        self.keep(name, made?);
        Ok(())
    }

    fn keep_found(&mut self, name: &str, found: Option<Ref<Any>>) -> Outcome {
        self.keep(name, found.ok_or_else(|| Problem::Wrong("there is none".into()))?);
        Ok(())
    }

    fn keep(&mut self, name: &str, object: Ref<Any>) {
        self.handles.insert(name.into(), Handle::Object(object));
    }
}

fn object_of(handle: &Handle) -> Ref<Any> {
    match handle {
        Handle::Object(object) => object.clone(),
        Handle::Watch(watch) => watch.to_object().erase(),
    }
}

fn is_of(kind: &str, error: &Error) -> bool {
    match kind {
        "argument" => error.status() == Status::Argument,
        "heap" => error.status() == Status::Argument && error.message().contains("another heap"),
        "type" => error.status() == Status::Type,
        "memory" => error.status() == Status::NoMemory,
        _ => false,
    }
}

fn number(word: &str) -> usize {
    word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
}

fn expect<T: PartialEq<U> + Debug, U: Debug>(found: T, wanted: U) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(Problem::Wrong(format!("is {found:?}, not {wanted:?}")))
    }
}
