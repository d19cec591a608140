// Handles: what they own, when they give it back, and what of their objects can be reached through them.

'use strict';

const assert = require('node:assert');
const util = require('node:util');
const v8 = require('node:v8');
const vm = require('node:vm');
const { setImmediate: turn } = require('node:timers/promises');
const { afterEach, beforeEach, test } = require('node:test');
const { Handle, Heap, List, define } = require('refruntime');

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');

const MANY = 1_000_000;
const Node = define('node', { refs: ['left', 'right'], fields: { value: 'int64' } });
let heap;

beforeEach(() => { heap = new Heap(); });
afterEach(() => {
    if (!heap.closed) {
        heap.verify();
        heap.close();
    }
});

/** Lets JavaScript find what was forgotten. */
async function forget(isDone) {
    for (let i = 0; i < 50 && !isDone(); i++) {
        gc();
        await turn();
    }
}

test('fields of all kinds come back as they went in', () => {
    const values = {
        a: -128, b: 255, c: -32768, d: 65535, e: -2147483648, f: 4294967295, g: -(2n ** 63n), h: 2n ** 64n - 1n, i: 0.5, j: Math.PI,
    };
    const All = define('all', {
        refs: ['next'],
        fields: {
            a: 'int8', b: 'uint8', c: 'int16', d: 'uint16', e: 'int32', f: 'uint32', g: 'int64', h: 'uint64', i: 'float32', j: 'float64',
        },
    });
    const object = new All(heap, values);
    for (const [name, value] of Object.entries(values)) {
        assert.strictEqual(object[name], value, name);
    }
    assert.strictEqual(object.get('next'), null);
    assert.strictEqual(object.address % 16n, 0n);
    assert.strictEqual(object.typeName, 'all');
    object.dispose();
});

test('bytes are copied in and out', () => {
    const bytes = heap.bytes(Buffer.from('hello'));
    const copy = bytes.read();
    bytes.write(new Uint8Array([0x79]), 4);
    assert.strictEqual(Buffer.from(copy).toString(), 'hello');
    assert.strictEqual(Buffer.from(bytes.read(3)).toString(), 'ly');
    assert.strictEqual(heap.bytes(0).read().length, 0);
    assert.deepStrictEqual(heap.bytes(3).read(), new Uint8Array(3));
    bytes.dispose();
});

test('lists and tuples can be gone through', () => {
    const nodes = [1, 2, 3].map((value) => new Node(heap, { value }));
    const list = heap.list(nodes);
    assert.deepStrictEqual([...list].map((node) => node.value), [1n, 2n, 3n]);
    const tuple = heap.tuple([nodes[0], null]);
    assert.deepStrictEqual([...tuple].map((node) => node?.value), [1n, undefined]);
    assert.strictEqual(list.get(1, Node).value, 2n);
    assert.strictEqual(list.push(...nodes), 6);
});

test('an object comes back as what it is', () => {
    const node = new Node(heap);
    node.set('left', heap.list());
    assert.ok(node.get('left') instanceof List);
    assert.ok(heap.fromAddress(node.address) instanceof Node);
    assert.ok(node.alias() instanceof Node);
    assert.match(util.inspect(node), /^node \{ 0x[0-9a-f]+ \}$/);
});

test('disposing twice is fine', () => {
    const node = new Node(heap);
    const alias = node.alias();
    alias.dispose();
    alias.dispose();
    assert.strictEqual(node.refCount, 1);
    assert.strictEqual(alias.disposed, true);
    assert.match(util.inspect(alias), /disposed/);
});

test('handles and heaps are disposable where Node knows that', { skip: !Symbol.dispose }, () => {
    const node = new Node(heap);
    node[Symbol.dispose]();
    assert.strictEqual(heap.stats().liveObjects, 0);
    heap[Symbol.dispose]();
    assert.ok(heap.closed);
});

test('a million handles leave nothing', () => {
    for (let i = 0; i < MANY; i++) {
        new Node(heap).dispose();
    }
    assert.strictEqual(heap.stats().liveObjects, 0);
    assert.strictEqual(heap.stats().objectsAllocated, MANY);
});

test('a million handles that are forgotten leave nothing', async () => {
    for (let i = 0; i < MANY; i++) {
        new Node(heap);
        if (i % 10_000 === 0) {
            await turn();
        }
    }
    await forget(() => heap.stats().liveObjects === 0);
    assert.strictEqual(heap.stats().liveObjects, 0);
    assert.strictEqual(heap.stats().objectsAllocated, MANY);
});

test('a heap that is forgotten is closed', async () => {
    let destroyed = 0;
    const Told = define('in a forgotten heap', { finalizer: (self) => self.alias(), destroy: () => { destroyed++; } });
    (() => { new Told(new Heap()); })();
    await forget(() => destroyed > 0);
    assert.strictEqual(destroyed, 1);
});

test('the leak report finds a forgotten handle', () => {
    const holder = new Node(heap);
    holder.set('left', heap.bytes(1000));
    const [held] = heap.leakReport().held.filter((entry) => entry.type === 'node');
    assert.strictEqual(held.objects, 1);
    assert.match(heap.leakReport({ text: true }), /node/);
    holder.dispose();
    assert.ok(!heap.leakReport().held.some((entry) => entry.type === 'node'));
});

test('who refers to whom is told', () => {
    const first = new Node(heap);
    const second = new Node(heap);
    first.set('left', second);
    first.set('right', second);
    const are = (handles, ...expected) => {
        assert.deepStrictEqual(handles.map((handle) => handle.address), expected.map((handle) => handle.address));
        handles.forEach((handle) => handle.dispose());
    };
    are(first.referents(), second, second);
    are(second.referrers(), first);
    are(second.retainingPath(), first, second);
    are(first.retainingPath());
    are(heap.objects(Node), first, second);
    assert.strictEqual(heap.objects().length, 2);
});

test('more objects are told than fit at first', () => {
    const list = heap.list();
    for (let i = 0; i < 100; i++) {
        list.push(list);
    }
    assert.strictEqual(list.referents().length, 100);
    list.clear();
});

test('an immortal object counts no more', () => {
    const node = new Node(heap);
    node.makeImmortal();
    assert.ok(node.isImmortal && node instanceof Handle);
    assert.strictEqual(node.refCount, Infinity);
});
