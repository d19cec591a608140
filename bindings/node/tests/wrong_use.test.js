// Wrong use is refused with JavaScript's own errors, in words that name what was wrong, and nothing is changed.

'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const { afterEach, beforeEach, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { Handle, Heap, List, RefRuntimeError, define } = require('refruntime');
const raw = require('refruntime/raw');

const Node = define('node', { refs: ['left', 'right'], fields: { value: 'int64', small: 'int8' } });
let heap;

beforeEach(() => { heap = new Heap(); });
afterEach(() => {
    heap.verify();
    heap.close();
});

test('a handle that was disposed of is refused', () => {
    const list = heap.list();
    const node = new Node(heap);
    node.dispose();
    const released = { name: 'RefRuntimeError', code: 'RR_RELEASED', message: 'this node handle was disposed of' };
    for (const use of [
        () => node.value, () => { node.value = 1; }, () => node.get('left'), () => node.set('left', list), () => node.alias(),
        () => node.equals(list), () => list.equals(node), () => list.push(node), () => heap.tuple([list, node]), () => heap.weak(node),
        () => node.refCount, () => node.address, () => new Node(heap, { left: node }),
    ]) {
        assert.throws(use, released);
    }
    assert.strictEqual(list.refCount, 1);
    assert.strictEqual(heap.stats().liveObjects, 1);
});

test('a heap that was closed is refused, and so are its handles', () => {
    const other = new Heap();
    const node = new Node(other);
    other.close();
    other.close();
    for (const use of [
        () => node.value, () => new Node(other), () => other.list(), () => other.collect(), () => other.leakReport(),
        () => heap.list([node]), () => other.address, () => other.stats(),
    ]) {
        assert.throws(use, { name: 'RefRuntimeError', code: 'RR_CLOSED' });
    }
    node.dispose();
});

test('an index out of range is named', () => {
    const list = heap.list();
    list.push(list);
    assert.throws(() => list.get(3), { name: 'RangeError', code: 'RR_E_ARGUMENT', message: /^rr_list_get: .*3/ });
    for (const index of [-1, 0.5, NaN, Infinity, 2 ** 60]) {
        assert.throws(() => list.get(index), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
        assert.throws(() => list.remove(index), RangeError);
    }
    assert.throws(() => list.insert(2, list), RangeError);
    assert.throws(() => list.get('0'), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => heap.tuple([list]).get(1), RangeError);
    assert.throws(() => heap.bytes(3).read(2, 2), RangeError);
    assert.throws(() => heap.bytes(3).write(new Uint8Array(4)), RangeError);
    list.clear();
});

test('what is no handle is refused', () => {
    const node = new Node(heap);
    for (const value of [undefined, 5, 5n, 'node', {}, Object.create(Node.prototype)]) {
        assert.throws(() => node.set('left', value), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    }
    assert.throws(() => heap.list([null]), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: 'an item must be a handle, not null' });
    assert.throws(() => new Handle(), { name: 'TypeError', message: 'handles are made by a heap' });
    assert.throws(() => new List(), TypeError);
    assert.throws(() => new Node({}), TypeError);
    assert.throws(() => heap.weak(node, 'callback'), TypeError);
    assert.throws(() => heap.bytes('text'), TypeError);
    assert.strictEqual(heap.stats().liveObjects, 1);
});

test('values that do not fit are refused and never cut off', () => {
    const node = new Node(heap, { value: 7, small: 7 });
    for (const value of [2n ** 63n, -(2n ** 63n) - 1n]) {
        assert.throws(() => { node.value = value; }, RangeError);
    }
    for (const value of [128, -129, 0.5, NaN]) {
        assert.throws(() => { node.small = value; }, RangeError);
    }
    for (const value of [0.5, 2 ** 53, '1', null]) {
        assert.throws(() => { node.value = value; }, TypeError);
    }
    assert.deepStrictEqual([node.value, node.small], [7n, 7]);
    assert.throws(() => new Node(heap, { small: 1000 }), RangeError);
    assert.throws(() => new Node(heap, { unknown: 1 }), { name: 'TypeError', message: /'unknown'/ });
    assert.strictEqual(heap.stats().liveObjects, 1);
});

test('an object of another kind is refused and released', () => {
    const node = new Node(heap);
    node.set('left', node);
    assert.throws(() => node.get('left', List), { name: 'TypeError', code: 'RR_E_TYPE', message: /of type node, which is no List/ });
    assert.throws(() => heap.weak(node).deref(List), TypeError);
    assert.strictEqual(node.refCount, 2);
    assert.throws(() => node.get('middle'), { name: 'TypeError', message: /'middle'/ });
    node.set('left', null);
});

test('a field of another type is refused', () => {
    const Other = define('other', { fields: { value: 'int64' } });
    const { get, set } = Object.getOwnPropertyDescriptor(Node.prototype, 'small');
    const node = new (class Derived extends Node {})(heap, { small: 7 });
    assert.strictEqual(get.call(node), 7);
    for (const object of [new Other(heap), heap.list(), heap.bytes(1), {}, null, undefined, 5, Node.prototype]) {
        const refused = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: /^the object of field 'small' must be of type node, not / };
        assert.throws(() => get.call(object), refused);
        assert.throws(() => set.call(object, 1), refused);
        assert.throws(() => Reflect.get(Node.prototype, 'small', object), refused);
    }
});

test('an object of another heap is refused in the words of the library', () => {
    const other = new Heap();
    const foreign = new Node(other);
    const node = new Node(heap);
    assert.throws(() => node.set('left', foreign), { name: 'RangeError', code: 'RR_E_ARGUMENT', message: /^rr_store: / });
    assert.throws(() => heap.fromAddress(foreign.address), RangeError);
    for (const callback of [undefined, () => {}]) {
        assert.throws(() => heap.weak(foreign, callback), { name: 'RangeError', code: 'RR_E_ARGUMENT', message: /another heap/ });
    }
    assert.throws(() => heap.fromAddress(node.address + 8n), { code: 'RR_E_NOT_OBJECT' });
    other.close();
});

test('another thread is refused', async () => {
    const worker = new Worker(`
        const { parentPort, workerData } = require('node:worker_threads');
        const { Heap, define } = require('refruntime');
        const raw = require('refruntime/raw');
        let finalized = 0;
        const Own = define('own', { finalizer: () => finalized++ });
        const heap = new Heap();
        new Own(heap).dispose();
        heap.close();
        const object = raw.rr_alloc(workerData, raw.RR_TYPE_LIST);
        parentPort.postMessage({ finalized, object, status: raw.rr_last_status(), sentence: raw.rr_last_error() });
    `, { eval: true, workerData: heap.address });
    const ended = once(worker, 'exit'); // it may come before whoever waits for the message goes on
    const [told] = await once(worker, 'message');
    assert.deepStrictEqual([told.finalized, told.object, told.status], [1, null, raw.RR_E_WRONG_THREAD]);
    assert.match(told.sentence, /^rr_alloc: .*thread/);
    await ended;
});

test('a heap is not closed in a callback', () => {
    let error;
    const Closer = define('closer', {
        finalizer(self) {
            try {
                self.heap.close();
            } catch (thrown) {
                error = thrown;
            }
        },
    });
    new Closer(heap).dispose();
    assert.ok(error instanceof RefRuntimeError && error.code === 'RR_E_BUSY');
    assert.match(error.message, /^rr_heap_free: /);
    assert.ok(!heap.closed);
});

test('the default heap stays', () => {
    assert.strictEqual(Heap.default, Heap.default);
    assert.throws(() => Heap.default.close(), { code: 'RR_E_ARGUMENT' });
    assert.strictEqual(Heap.default.list().length, 0);
});

test('a heap at its limit is short of memory', () => {
    const small = new Heap({ maxBytes: 2 ** 20 });
    const list = small.list();
    assert.throws(() => small.bytes(2 ** 23), { name: 'RefRuntimeError', code: 'RR_E_NO_MEMORY', message: /^rr_alloc_items: / });
    assert.strictEqual(list.length, 0);
    small.close();
});

test('declarations are checked', () => {
    assert.throws(() => define(''), RangeError);
    assert.throws(() => define('a\0b'), RangeError);
    assert.throws(() => define(5), TypeError);
    assert.throws(() => define('a', { refs: ['x', 'x'] }), TypeError);
    assert.throws(() => define('a', { refs: ['x'], fields: { x: 'int8' } }), TypeError);
    assert.throws(() => define('a', { refs: 'xy' }), { name: 'TypeError', message: /^refs/ });
    assert.throws(() => define('a', { finaliser() {} }), { name: 'TypeError', message: /'finaliser'/ });
    assert.throws(() => define('a', { refs: ['address'] }), { name: 'TypeError', message: /'address'/ });
    assert.throws(() => define('a', { fields: { x: 'toString' } }), TypeError);
    assert.throws(() => define('a', { finalizer: 5 }), TypeError);
    assert.throws(() => new Heap({ unknown: true }), TypeError);
    for (const value of [5, 'text', true, null, [], () => {}]) {
        const refused = (what) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message: new RegExp(`^${what} must be an object, not `) });
        assert.throws(() => new Heap(value), refused('options'));
        assert.throws(() => define('a', value), refused('options'));
        assert.throws(() => define('a', { fields: value }), refused('fields'));
        assert.throws(() => new Node(heap, value), refused('values'));
        assert.throws(() => heap.leakReport(value), refused('options'));
        assert.throws(() => heap.writeDot('/dev/null', value), refused('options'));
    }
    assert.strictEqual(heap.stats().liveObjects, 0);
    assert.throws(() => new Heap({ maxBytes: -1 }), RangeError);
    assert.throws(() => heap.collectStep(-1), RangeError);
    assert.throws(() => heap.writeSnapshot('/nowhere/a.heapsnapshot'), { code: 'RR_E_IO', message: /\/nowhere/ });
    assert.throws(() => heap.writeDot('a\0b'), TypeError);
});
