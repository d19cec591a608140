// Heaps.
//
// A Heap that is forgotten is closed by a FinalizationRegistry. So what must be reachable without it is apart: the core, which handles'
// registry entries and callbacks know, and which makes a new face when callbacks run while a forgotten heap is closed.

'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const koffi = require('koffi');
const raw = require('./raw');
const { cores, targetDied } = require('./callbacks');
const { RefRuntimeError, check, checkCount, checkNamed, need, wrongArgument } = require('./errors');
const { addressOf, addressOrNull, lookAll, wrap } = require('./handle');
const { POINTER_SIZE } = require('./containers');

const FLAGS = {
    manualCollection: raw.RR_HEAP_MANUAL_GC,
    bounded: raw.RR_HEAP_BOUNDED,
    checked: raw.RR_HEAP_CHECKED,
    reportLeaks: raw.RR_HEAP_REPORT_LEAKS,
};

const forgotten = new FinalizationRegistry((core) => {
    if (core.pointer !== null) {
        core.facade().close();
    }
});

class Core {
    weakCallbacks = new Map();
    sweepAt = 64;
    lastToken = 0n;
    #face;

    constructor(pointer, face) {
        this.pointer = pointer;
        this.#face = new WeakRef(face);
        cores.set(pointer, this);
    }

    /** The Heap, or a new one when nobody has it any more. */
    facade() {
        let heap = this.#face.deref();
        if (heap === undefined) {
            heap = Object.assign(Object.create(Heap.prototype), { _core: this, onError: undefined });
            this.#face = new WeakRef(heap);
        }
        return heap;
    }

    /** Remembers a weak callback and gives it a number. Those whose weak reference went before its target are swept now and then. */
    expect(callback) {
        if (this.weakCallbacks.size >= this.sweepAt) {
            for (const [token, { address }] of this.weakCallbacks) {
                if (address !== null && raw.rr_type_of(address) !== raw.RR_TYPE_WEAKREF) {
                    this.weakCallbacks.delete(token);
                }
            }
            this.sweepAt = 64 + 2 * this.weakCallbacks.size;
        }
        this.weakCallbacks.set(++this.lastToken, { callback, address: null });
        return this.lastToken;
    }
}

let defaultHeap;

/** The error for an object of another heap that the library does not refuse itself. */
function elsewhere(address) {
    return Object.assign(new RangeError(`the object at 0x${address.toString(16)} is in another heap`), { code: 'RR_E_ARGUMENT' });
}

class Heap {
    onError = undefined;

    constructor(wanted = {}) {
        checkAbi();
        const { maxBytes = 0, ...flags } = checkNamed(wanted, 'options');
        let bits = 0;
        for (const [name, isWanted] of Object.entries(flags)) {
            if (!Object.hasOwn(FLAGS, name)) {
                throw new TypeError(`there is no option '${name}'`);
            }
            bits |= isWanted ? FLAGS[name] : 0;
        }
        const options = { struct_size: koffi.sizeof(raw.rr_heap_options), flags: bits, max_bytes: checkCount(maxBytes, 'maxBytes') };
        this._open(need(raw.rr_heap_new(options)));
        forgotten.register(this, this._core, this._core);
    }

    static get default() {
        if (defaultHeap === undefined) {
            checkAbi();
            defaultHeap = Object.create(Heap.prototype);
            defaultHeap.onError = undefined;
            defaultHeap._open(need(raw.rr_heap_default()));
        }
        return defaultHeap;
    }

    _open(pointer) {
        Object.defineProperty(this, '_core', { value: new Core(pointer, this) });
    }

    /** The address, for a call. */
    _pointer() {
        if (this._core.pointer === null) {
            throw new RefRuntimeError('RR_CLOSED', 'the heap is closed');
        }
        return this._core.pointer;
    }

    get closed() {
        return this._core.pointer === null;
    }

    get address() {
        return this._pointer();
    }

    close() {
        if (this.closed) {
            return;
        }
        check(raw.rr_heap_free(this._core.pointer));
        cores.delete(this._core.pointer);
        this._core.pointer = null;
        this._core.weakCallbacks.clear();
        forgotten.unregister(this._core);
    }

    // Making objects. (Those of declared types: new Type(heap).)

    list(items = []) {
        return this._fill(need(raw.rr_list_new(this._pointer())), [...items], (list, item) =>
            raw.rr_list_append(list, addressOf(item, 'an item')));
    }

    tuple(items) {
        const all = [...items];
        return this._fill(need(raw.rr_alloc_items(this._pointer(), raw.RR_TYPE_TUPLE, all.length)), all, (tuple, item, index) =>
            raw.rr_store(tuple + BigInt(index * POINTER_SIZE), addressOrNull(item, 'an item')));
    }

    bytes(content) {
        const isCount = typeof content === 'number';
        if (!isCount && !ArrayBuffer.isView(content)) {
            throw wrongArgument('content', 'a number of bytes, a Buffer, a typed array or a DataView', content);
        }
        const count = isCount ? checkCount(content, 'content') : content.byteLength;
        const made = wrap(this, need(raw.rr_alloc_items(this._pointer(), raw.RR_TYPE_BYTES, count)));
        if (!isCount) {
            made.write(content);
        }
        return made;
    }

    weak(target, callback = undefined) {
        this._pointer();
        const address = addressOf(target, 'target');
        if (target.heap !== this) {
            throw elsewhere(address); // the new handle would outlive its object's heap
        }
        if (callback === undefined) {
            return wrap(this, need(raw.rr_weakref_new(address, null, null)));
        }
        if (typeof callback !== 'function') {
            throw wrongArgument('callback', 'a function', callback);
        }
        const { weakCallbacks } = this._core;
        const token = this._core.expect(callback);
        const weak = raw.rr_weakref_new(address, targetDied, token);
        // It may have been called already: the call may collect, and a finalizer may dispose of the target.
        const entry = weakCallbacks.get(token);
        if (weak === null) {
            weakCallbacks.delete(token);
        } else if (entry !== undefined) {
            entry.address = weak;
        }
        return wrap(this, need(weak));
    }

    fromAddress(address) {
        const heap = raw.rr_heap_of(address);
        if (heap !== null && heap !== this._pointer()) {
            throw elsewhere(address);
        }
        return wrap(this, need(raw.rr_newref(address)));
    }

    _fill(address, items, put) {
        const made = wrap(this, address);
        try {
            items.forEach((item, index) => check(put(address, item, index)));
        } catch (error) {
            made.dispose();
            throw error;
        }
        return made;
    }

    // Collecting

    collect() {
        return check(raw.rr_collect(this._pointer()));
    }

    collectStep(budgetNs = 500000) {
        return check(raw.rr_collect_step(this._pointer(), checkCount(budgetNs, 'budgetNs')));
    }

    get isCollectionPending() {
        return raw.rr_gc_pending(this._pointer()) !== 0;
    }

    get collectsAutomatically() {
        return raw.rr_gc_is_enabled(this._pointer()) !== 0;
    }

    set collectsAutomatically(wanted) {
        check(wanted ? raw.rr_gc_enable(this._pointer()) : raw.rr_gc_disable(this._pointer()));
    }

    get pauseGoalNs() {
        return raw.rr_gc_get_pause_goal(this._pointer());
    }

    set pauseGoalNs(nanoseconds) {
        check(raw.rr_gc_set_pause_goal(this._pointer(), checkCount(nanoseconds, 'pauseGoalNs')));
    }

    freeze() {
        check(raw.rr_gc_freeze(this._pointer()));
    }

    unfreeze() {
        check(raw.rr_gc_unfreeze(this._pointer()));
    }

    get frozenCount() {
        return check(raw.rr_gc_freeze_count(this._pointer()));
    }

    reportExternal(deltaBytes) {
        if (!Number.isSafeInteger(deltaBytes)) {
            throw wrongArgument('deltaBytes', 'a safe integer', deltaBytes);
        }
        check(raw.rr_report_external(this._pointer(), deltaBytes));
    }

    // Looking

    stats() {
        const stats = Object.fromEntries(Object.keys(raw.rr_stats.members).map((name) => [name, 0]));
        stats.struct_size = koffi.sizeof(raw.rr_stats);
        check(raw.rr_heap_stats(this._pointer(), stats));
        return Object.fromEntries(Object.entries(stats)
            .filter(([name]) => name !== 'struct_size' && name !== 'reserved')
            .map(([name, value]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value]));
    }

    objects(Type = undefined) {
        if (Type !== undefined && !Type?._layout) {
            throw wrongArgument('Type', 'a class that define() made', Type);
        }
        const pointer = this._pointer();
        return lookAll(this, raw.rr_get_objects, pointer, Type?._layout.id ?? raw.RR_TYPE_NONE);
    }

    verify() {
        check(raw.rr_heap_verify(this._pointer()));
    }

    trim() {
        check(raw.rr_heap_trim(this._pointer()));
    }

    leakReport(options = {}) {
        const { text = false } = checkNamed(options, 'options');
        const pointer = this._pointer();
        const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'refruntime-'));
        const file = path.join(directory, text ? 'leaks.txt' : 'leaks.json');
        try {
            check(raw.rr_leak_report(pointer, file));
            const content = fs.readFileSync(file, 'utf8');
            return text ? content : JSON.parse(content);
        } finally {
            fs.rmSync(directory, { recursive: true });
        }
    }

    writeSnapshot(file) {
        check(raw.rr_heap_snapshot(this._pointer(), checkPath(file)));
    }

    writeDot(file, options = {}) {
        const { maxObjects = 200 } = checkNamed(options, 'options');
        check(raw.rr_heap_dot(this._pointer(), checkPath(file), checkCount(maxObjects, 'maxObjects')));
    }
}

if (Symbol.dispose) {
    Object.defineProperty(Heap.prototype, Symbol.dispose, { value: Heap.prototype.close, writable: true, configurable: true });
}

function checkAbi() {
    const abi = raw.rr_abi_version();
    if (abi !== raw.RR_ABI_VERSION) {
        throw new RefRuntimeError('RR_E_ABI', `the library has ABI ${abi}; this package needs ${raw.RR_ABI_VERSION}`);
    }
}

function checkPath(file) {
    if (typeof file !== 'string' || file === '' || file.includes('\0')) {
        throw wrongArgument('file', 'a path without NUL characters', file);
    }
    return file;
}

module.exports = { Heap };
