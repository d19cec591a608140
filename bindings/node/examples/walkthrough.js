// The well-known article on how Python manages memory, line by line, in JavaScript; the project's bindings/python/examples/walkthrough.py
// tells it beside CPython.
//
// Counts are exact: Python's sys.getrefcount() answers one more, since its argument is a reference too while it counts. A handle owns one
// reference, and dispose() gives it back.

'use strict';

const { Heap, define } = require('refruntime');

const Int = define('int', { fields: { value: 'int64' } });
const Node = define('node', { refs: ['next'], fields: { value: 'int64' } });
const heap = new Heap({ manualCollection: true });

// [1, 2, 3]
function numbers() {
    const items = [1, 2, 3].map((value) => new Int(heap, { value }));
    const list = heap.list(items);
    for (const item of items) item.dispose(); // the list has references of its own
    return list;
}

const x = numbers(); // objects never move: the address is the identity
console.log(`Memory address of x: ${x.address}`);
console.log(`Reference count of x: ${x.refCount}`);
x.dispose(); // the list and its numbers die here, so that the collector, which is there for cycles, finds nothing
console.log(`Garbage collector: collected ${heap.collect()} objects`);

const a = numbers();
console.log(`Initial ref count: ${a.refCount}`);
const b = a.alias(); // b = a would be a second name for the handle; this is a second reference to the list
console.log(`Ref count after b = a: ${a.refCount}`);
b.dispose();
console.log(`Ref count after del b: ${a.refCount}`);
a.dispose();

const node = new Node(heap, { value: 1 });
node.set('next', node); // its own successor
console.log(`Garbage collector before deleting node: ${heap.collect()}`);
node.dispose(); // its count is still 1, its own reference: only the collector sees that nobody else is left
console.log(`Garbage collector after deleting node: ${heap.collect()}`);

const cycle = new Node(heap, { value: 2 });
cycle.set('next', cycle);
cycle.dispose();
console.log(`Garbage collector run: ${heap.collect()}`);

const held = heap.list();
held.push(held); // a list that contains itself
console.log(`Garbage collector run: ${heap.collect()}`);
held.dispose();
console.log(`Garbage collector run: ${heap.collect()}`);

const cleared = heap.list();
cleared.push(cleared);
cleared.clear(); // opens the cycle: counting alone frees it
cleared.dispose();
console.log(`Garbage collector run after clearing: ${heap.collect()}`);

const stats = heap.stats();
console.log(`Live objects: ${stats.liveObjects}`);
console.log(`Objects allocated: ${stats.objectsAllocated}`);
console.log(`Objects freed: ${stats.objectsFreed}`);
console.log(`Objects collected: ${stats.objectsCollected}`);
console.log(`Collections: ${stats.collections}`);
heap.close();
