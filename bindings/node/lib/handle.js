// Handles: how JavaScript holds objects of a heap.
//
// Invariants
//   An open handle owns exactly one reference. dispose() gives it back; if that is forgotten, a FinalizationRegistry does, some time
//   after the handle has become garbage. Its callbacks run on the thread of the heap, between turns of the event loop.
//   Each handle is one reference: a method that answers with a handle has made a new one.
//   What the registry keeps for a handle must not lead back to it: the core of its heap and an address.

'use strict';

const raw = require('./raw');
const { RefRuntimeError, check, need, wrongArgument } = require('./errors');

const SECRET = Symbol('made by a heap');

/** Classes of handles by the number of the type they stand for. */
const kinds = new Map();

const forgotten = new FinalizationRegistry(({ core, address }) => {
    if (core.pointer !== null) {
        raw.rr_decref(address);
    }
});

let addressOf;

class Handle {
    #address;
    #heap;

    constructor(secret, heap, address) {
        if (secret !== SECRET) {
            throw new TypeError('handles are made by a heap');
        }
        this.#heap = heap;
        this.#address = address;
        forgotten.register(this, { core: heap._core, address }, this);
    }

    static {
        addressOf = (handle, what) => {
            if (!(typeof handle === 'object' && handle !== null && #address in handle)) {
                throw wrongArgument(what, 'a handle', handle);
            }
            if (handle.#address === null) {
                throw new RefRuntimeError('RR_RELEASED', `this ${handle.constructor.name} handle was disposed of`);
            }
            if (handle.#heap.closed) {
                throw new RefRuntimeError('RR_CLOSED', `the heap of this ${handle.constructor.name} handle is closed`);
            }
            return handle.#address;
        };
    }

    get heap() {
        return this.#heap;
    }

    get disposed() {
        return this.#address === null || this.#heap.closed;
    }

    get address() {
        return addressOf(this);
    }

    get typeName() {
        return raw.rr_type_name(raw.rr_type_of(addressOf(this)));
    }

    get refCount() {
        const count = check(raw.rr_getrefcount(addressOf(this)));
        return count === raw.RR_IMMORTAL_COUNT ? Infinity : count;
    }

    get isUnique() {
        return raw.rr_is_unique(addressOf(this)) !== 0;
    }

    get isImmortal() {
        return raw.rr_is_immortal(addressOf(this)) !== 0;
    }

    get isFinalized() {
        return raw.rr_is_finalized(addressOf(this)) !== 0;
    }

    get weakRefCount() {
        return check(raw.rr_weakref_count(addressOf(this)));
    }

    makeImmortal() {
        check(raw.rr_make_immortal(addressOf(this)));
    }

    alias() {
        return wrap(this.#heap, need(raw.rr_newref(addressOf(this))));
    }

    equals(other) {
        return addressOf(this) === addressOf(other, 'other');
    }

    referents() {
        return lookAll(this.#heap, raw.rr_get_referents, addressOf(this));
    }

    referrers() {
        return lookAll(this.#heap, raw.rr_get_referrers, addressOf(this));
    }

    retainingPath() {
        const address = addressOf(this);
        if (raw.rr_is_unique(address)) {
            return [];
        }
        // Another reference keeps the object meanwhile; this handle's would be the whole answer.
        check(raw.rr_decref(address));
        try {
            return lookAll(this.#heap, raw.rr_get_path, address);
        } finally {
            raw.rr_incref(address);
        }
    }

    dispose() {
        const address = this.#address;
        if (address === null) {
            return;
        }
        this.#address = null;
        forgotten.unregister(this);
        if (!this.#heap.closed) {
            check(raw.rr_decref(address));
        }
    }

    [Symbol.for('nodejs.util.inspect.custom')]() {
        return `${this.constructor.name} { ${this.disposed ? 'disposed' : `0x${this.#address.toString(16)}`} }`;
    }
}

// Node 18.0 to 18.17 have no Symbol.dispose, and no `using` that would ask for it.
if (Symbol.dispose) {
    Object.defineProperty(Handle.prototype, Symbol.dispose, { value: Handle.prototype.dispose, writable: true, configurable: true });
}

/** The address behind a handle, for a place that may be empty. */
function addressOrNull(handle, what) {
    return handle === null ? null : addressOf(handle, what);
}

/** The handle of the fitting class for a reference, which it takes over. */
function wrap(heap, address) {
    const Kind = kinds.get(raw.rr_type_of(address)) ?? Handle;
    return new Kind(SECRET, heap, address);
}

/** A new handle for a borrowed address; null for NULL. With a class, of no other one. */
function borrow(heap, address, Kind) {
    if (address === null) {
        return null;
    }
    const handle = wrap(heap, need(raw.rr_newref(address)));
    if (Kind !== undefined && !(handle instanceof Kind)) {
        const message = `the object is of type ${handle.typeName}, which is no ${Kind.name}`;
        handle.dispose();
        throw Object.assign(new TypeError(message), { code: 'RR_E_TYPE' });
    }
    return handle;
}

/** New handles for all objects that a function of the library tells of. */
function lookAll(heap, look, ...target) {
    for (let capacity = 16; ;) {
        const room = new BigUint64Array(capacity);
        const count = check(look(...target, room, capacity));
        if (count <= capacity) {
            return Array.from(room.subarray(0, count), (address) => borrow(heap, address));
        }
        capacity = count;
    }
}

module.exports = { Handle, SECRET, addressOf, addressOrNull, borrow, kinds, lookAll, wrap };
