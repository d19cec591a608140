// Finalizers, destroy and weak callbacks, and what becomes of what they throw.

'use strict';

const assert = require('node:assert');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { afterEach, beforeEach, test } = require('node:test');
const { Heap, define } = require('refruntime');
const raw = require('refruntime/raw');

const Node = define('node', { refs: ['left', 'right'], fields: { value: 'int64' } });
let heap;
let thrown;

beforeEach(() => {
    heap = new Heap();
    thrown = [];
    heap.onError = (error) => thrown.push(error.message);
});
afterEach(() => {
    heap.verify();
    heap.close();
});

test('a finalizer sees an intact object, and destroy its fields', () => {
    const told = [];
    const Told = define('told', {
        refs: ['next'],
        fields: { id: 'int32', weight: 'float64' },
        finalizer(self) {
            const next = self.get('next');
            told.push(`finalize ${self.id}, next ${next.id}`);
            next.dispose();
        },
        destroy: ({ id, weight }) => told.push(`destroy ${id} of ${weight}`),
    });
    const first = new Told(heap, { id: 1, weight: 1.5 });
    const second = new Told(heap, { id: 2, next: first });
    first.set('next', second);
    first.dispose();
    second.dispose();
    assert.deepStrictEqual(told, []);
    assert.strictEqual(heap.collect(), 2);
    assert.deepStrictEqual(told.slice(0, 2).sort(), ['finalize 1, next 2', 'finalize 2, next 1']);
    assert.deepStrictEqual(told.slice(2).sort(), ['destroy 1 of 1.5', 'destroy 2 of 0']);
    assert.strictEqual(heap.stats().liveObjects, 0);
});

test('who keeps an alias resurrects, and the handle itself ends with the finalizer', () => {
    const kept = [];
    const Lazarus = define('lazarus', { finalizer: (self) => kept.push(self, self.alias()) });
    new Lazarus(heap).dispose();
    assert.deepStrictEqual(kept.map((handle) => handle.disposed), [true, false]);
    assert.ok(kept[1].isFinalized);
    kept[1].dispose();
    assert.strictEqual(kept.length, 2);
    assert.strictEqual(heap.stats().liveObjects, 0);
});

test('a weak callback hears of the end of its target', () => {
    const told = [];
    const node = new Node(heap);
    const weak = heap.weak(node, (self) => told.push(self.isAlive));
    heap.weak(node, () => told.push('gone before')).dispose();
    node.dispose();
    assert.deepStrictEqual(told, [false]);
    assert.strictEqual(weak.deref(), null);
});

test('a weak reference whose target dies while it is made hears of it', () => {
    raw.rr_gc_set_threshold(heap.address, 1);
    const told = [];
    const target = new Node(heap);
    const Hostile = define('hostile', { refs: ['next'], finalizer: () => target.dispose() });
    const ring = new Hostile(heap);
    ring.set('next', ring);
    ring.dispose();
    const weak = heap.weak(target, () => told.push('died'));
    assert.deepStrictEqual([target.disposed, weak.isAlive, told], [true, false, ['died']]);
});

test('callbacks of weak references that are gone are let go', () => {
    const node = new Node(heap);
    for (let i = 0; i < 1000; i++) {
        heap.weak(node, () => {}).dispose();
    }
    assert.ok(heap._core.weakCallbacks.size < 200);
});

test('what a callback throws ends it and nothing else', () => {
    const fail = (what) => () => { throw new Error(what); };
    const Failing = define('failing', { finalizer: fail('finalizer'), destroy: fail('destroy') });
    const target = new Failing(heap);
    heap.weak(target, fail('weak'));
    target.dispose();
    assert.deepStrictEqual(thrown, ['finalizer', 'weak', 'destroy']);
    assert.strictEqual(heap.stats().liveObjects, 1);
});

test('destroy may make nothing', () => {
    const Greedy = define('greedy', { destroy: () => heap.list() });
    new Greedy(heap).dispose();
    assert.strictEqual(thrown.length, 1);
    assert.match(thrown[0], /^rr_list_new: /);
});

test('without onError, or when it throws, the exception is uncaught once the call is over', () => {
    for (const onError of ['', 'heap.onError = () => { throw new Error("in a finalizer"); };']) {
        const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `
            const { Heap, define } = require('refruntime');
            const heap = new Heap();
            ${onError}
            const Failing = define('failing', { finalizer() { throw new Error('in a finalizer'); } });
            new Failing(heap).dispose();
            console.log(heap.stats().liveObjects, 'live');
        `], { encoding: 'utf8', cwd: __dirname });
        assert.strictEqual(stdout, '0 live\n');
        assert.match(stderr, /Error: in a finalizer/);
        assert.strictEqual(status, 1);
    }
});

test('a deep chain of objects with finalizers dies', () => {
    let finalized = 0;
    const Link = define('link', { refs: ['next'], finalizer: () => { finalized++; } });
    let head = new Link(heap);
    for (let i = 1; i < 100_000; i++) {
        const next = new Link(heap, { next: head });
        head.dispose();
        head = next;
    }
    head.dispose();
    assert.strictEqual(finalized, 100_000);
});

test('reports are written', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'refruntime-'));
    const node = new Node(heap);
    node.set('left', node);
    heap.writeSnapshot(path.join(directory, 'ö.heapsnapshot'));
    heap.writeDot(path.join(directory, 'a.dot'), { maxObjects: 5 });
    assert.match(fs.readFileSync(path.join(directory, 'ö.heapsnapshot'), 'utf8'), /^\{"snapshot".*"left"/s);
    assert.match(fs.readFileSync(path.join(directory, 'a.dot'), 'utf8'), /^digraph/);
    fs.rmSync(directory, { recursive: true });
});

test('the collector has settings', () => {
    heap.collectsAutomatically = false;
    assert.strictEqual(heap.collectsAutomatically, false);
    assert.strictEqual(heap.pauseGoalNs, 5_000_000);
    heap.pauseGoalNs = 300_000;
    assert.strictEqual(heap.pauseGoalNs, 300_000);
    heap.reportExternal(1000);
    heap.reportExternal(-400);
    assert.strictEqual(heap.stats().externalBytes, 600);
    heap.trim();
});

test('the package is also an ES module', () => {
    const program = "import { Heap, define } from 'refruntime'; console.log(typeof Heap, typeof define);";
    assert.strictEqual(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', cwd: __dirname }),
        'function function\n');
});
