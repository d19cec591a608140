// The functions that the library calls back, one of each kind for the whole thread; they are never unregistered, since types are
// never freed. The library calls them inside the call that lets an object die. No exception may travel through it: each goes to the
// heap's onError.

'use strict';

const koffi = require('koffi');
const raw = require('./raw');
const { need } = require('./errors');
const { kinds, wrap } = require('./handle');

/** Open heaps by address; what is kept is the core, so that a heap can be forgotten. */
const cores = new Map();

/** Works with the heap of an object, unless only native code knows it; what is thrown is reported. */
function protect(address, work) {
    const heap = cores.get(raw.rr_heap_of(address))?.facade();
    try {
        work(heap);
    } catch (error) {
        report(heap, error);
    }
}

function report(heap, error) {
    if (heap?.onError) {
        try {
            heap.onError(error);
            return;
        } catch (another) {
            error = another;
        }
    }
    // As for a listener of an EventTarget: the process hears of it when the call is over.
    process.nextTick(() => {
        throw error;
    });
}

/** Lets a callback have a handle for a borrowed object, for as long as it runs. */
function lend(heap, address, callback) {
    if (heap === undefined) {
        return;
    }
    const handle = wrap(heap, need(raw.rr_newref(address)));
    try {
        callback(handle);
    } finally {
        handle.dispose();
    }
}

const finalize = koffi.register((address) => protect(address, (heap) => {
    lend(heap, address, kinds.get(raw.rr_type_of(address))._layout.finalizer);
}), raw.rr_finalize_fn);

const destroy = koffi.register((address) => protect(address, () => {
    const { fields, destroy: callback } = kinds.get(raw.rr_type_of(address))._layout;
    callback(Object.fromEntries(Array.from(fields, ([name, read]) => [name, read(address)])));
}), raw.rr_destroy_fn);

const targetDied = koffi.register((address, token) => protect(address, (heap) => {
    const entry = heap?._core.weakCallbacks.get(token);
    heap?._core.weakCallbacks.delete(token);
    lend(heap, address, entry?.callback);
}), raw.rr_weakref_fn);

module.exports = { cores, destroy, finalize, targetDied };
