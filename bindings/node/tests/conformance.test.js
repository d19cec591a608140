// The programs that every binding runs: tests/conformance. Each is a test.

'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { Handle, Heap, List, define } = require('refruntime');

let running;
const node = { refs: ['left', 'right'], fields: { value: 'int64' } };
const TYPES = {
    node: define('node', node),
    leaf: define('leaf', { fields: { value: 'int64' } }),
    finalized: define('finalized', { ...node, finalizer: (self) => running.finalized.push(self.value) }),
    lazarus: define('lazarus', {
        ...node,
        finalizer(self) {
            running.finalized.push(self.value);
            running.handles.set('saved', self.alias());
        },
    }),
};

/** What a refusal of each kind looks like. */
const KINDS = {
    argument: (error) => error instanceof RangeError || (error instanceof TypeError && error.code === 'ERR_INVALID_ARG_TYPE'),
    heap: (error) => error instanceof RangeError && error.code === 'RR_E_ARGUMENT',
    type: (error) => error instanceof TypeError,
    memory: (error) => error.code === 'RR_E_NO_MEMORY',
    released: (error) => error.code === 'RR_RELEASED',
    closed: (error) => error.code === 'RR_CLOSED',
};

class Program {
    handles = new Map();
    finalized = [];
    callbacks = 0;
    thrown = [];

    constructor(options) {
        const maxBytes = Number(options.find((option) => option.startsWith('max_bytes='))?.split('=')[1] ?? 0);
        this.heaps = [0, 1].map(() => new Heap({ manualCollection: true, maxBytes }));
        this.heaps.forEach((heap) => { heap.onError = (error) => this.thrown.push(error); });
        [this.heap] = this.heaps;
    }

    step(verb, ...words) {
        if (verb === 'fails') {
            const [kind, refused, ...rest] = words;
            const handle = this.handles.get(rest[0]);
            if (kind === 'type' && refused === 'length' && !(handle instanceof List)) {
                // Reading a property that is not there is no error in JavaScript.
                assert.strictEqual(handle.length, undefined);
                return;
            }
            assert.throws(() => this.step(refused, ...rest), KINDS[kind]);
        } else if (verb in TYPES) {
            this.handles.set(words[0], new TYPES[verb](this.heap));
        } else {
            assert.ok(verb in this, `there is no step ${verb}`);
            this[verb](...words);
        }
    }

    /** Drops what is left and collects: nothing may live. */
    end() {
        assert.deepStrictEqual(this.thrown, []);
        for (const heap of this.heaps.filter((one) => !one.closed)) {
            do {
                const left = [...this.handles.values()];
                this.handles.clear();
                left.forEach((handle) => handle.dispose());
            } while (heap.collect() > 0 || this.handles.size > 0);
            heap.verify();
            assert.strictEqual(heap.stats().liveObjects, 0);
            heap.close();
        }
    }

    at(name) {
        return this.handles.get(name);
    }

    orNull(name) {
        return name === 'null' ? null : this.at(name);
    }

    make(name, handle) {
        assert.ok(handle instanceof Handle);
        this.handles.set(name, handle);
    }

    list(h) { this.make(h, this.heap.list()); }
    tuple(h, ...items) { this.make(h, this.heap.tuple(items.map((item) => this.orNull(item)))); }
    bytes(h, n) { this.make(h, this.heap.bytes(Number(n))); }
    alias(k, h) { this.make(k, this.at(h).alias()); }
    drop(h) { this.at(h).dispose(); }
    set(h, slot, k) { this.at(h).set(slot, this.orNull(k)); }
    get(k, h, slot) { this.make(k, this.at(h).get(slot)); }
    empty(h, slot) { assert.strictEqual(this.at(h).get(slot), null); }
    write(h, n) { this.at(h).value = BigInt(n); }
    read(h, n) { assert.strictEqual(this.at(h).value, BigInt(n)); }
    append(l, k) { this.at(l).push(this.orNull(k)); }
    insert(l, i, k) { this.at(l).insert(Number(i), this.orNull(k)); }
    put(x, i, k) { this.at(x).set(Number(i), this.orNull(k)); }
    remove(l, i) { this.at(l).remove(Number(i)); }
    clear(l) { this.at(l).clear(); }
    item(k, x, i) { this.make(k, this.at(x).get(Number(i))); }
    length(x, n) { assert.strictEqual(this.at(x).length, Number(n)); }
    count(h, n) { assert.strictEqual(this.at(h).refCount, Number(n)); }
    unique(h, answer) { assert.strictEqual(this.at(h).isUnique, answer === 'yes'); }
    same(h, k) { assert.ok(this.at(h).equals(this.at(k))); }
    differ(h, k) { assert.ok(!this.at(h).equals(this.at(k))); }
    weak(w, h) { this.make(w, this.heap.weak(this.at(h))); }
    watch(w, h) { this.make(w, this.heap.weak(this.at(h), () => { this.callbacks++; })); }
    alive(w) { assert.ok(this.at(w).isAlive); }
    dead(w) { assert.ok(!this.at(w).isAlive); }
    upgrade(k, w) { this.make(k, this.at(w).deref()); }
    weakrefs(h, n) { assert.strictEqual(this.at(h).weakRefCount, Number(n)); }
    referents(h, n) { this.told(this.at(h).referents(), n); }
    referrers(h, n) { this.told(this.at(h).referrers(), n); }
    collect(n) { assert.strictEqual(this.heap.collect(), Number(n)); }
    freeze() { this.heap.freeze(); }
    unfreeze() { this.heap.unfreeze(); }
    frozen(n) { assert.strictEqual(this.heap.frozenCount, Number(n)); }
    live(n) { assert.strictEqual(this.heap.stats().liveObjects, Number(n)); }
    finalizers(n) { assert.strictEqual(this.finalized.length, Number(n)); }
    order(...values) { assert.deepStrictEqual(this.finalized, values.map(BigInt)); }
    close() { this.heap.close(); }
    other() { [, this.heap] = this.heaps; }
    mine() { [this.heap] = this.heaps; }

    collect_in_steps(n) {
        let found = 0;
        do {
            found += this.heap.collectStep(0);
        } while (this.heap.isCollectionPending);
        assert.strictEqual(found, Number(n));
    }

    told(handles, n) {
        handles.forEach((handle) => handle.dispose());
        assert.strictEqual(handles.length, Number(n));
    }
}

// `callbacks N` is a counter and a step.
const programs = [];
for (const line of fs.readFileSync(path.join(__dirname, 'programs.txt'), 'utf8').split('\n')) {
    const words = line.replace(/#.*/, '').split(' ').filter(Boolean);
    if (words[0] === 'program') {
        programs.push({ name: words[1], options: words.slice(2), steps: [] });
    } else if (words.length > 0) {
        programs.at(-1).steps.push(words);
    }
}

assert.ok(programs.length > 0);
for (const { name, options, steps } of programs) {
    test(`program ${name}`, () => {
        running = new Program(options);
        for (const step of steps) {
            try {
                if (step[0] === 'callbacks') {
                    assert.strictEqual(running.callbacks, Number(step[1]));
                } else {
                    running.step(...step);
                }
            } catch (error) {
                throw new Error(`${step.join(' ')}: ${error.message}`, { cause: error });
            }
        }
        running.end();
    });
}
