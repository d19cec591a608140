// The built-in kinds of objects: lists, tuples, bytes and weak references.

'use strict';

const koffi = require('koffi');
const raw = require('./raw');
const { check, checkCount, outOfRange, wrongArgument } = require('./errors');
const { Handle, addressOf, borrow, kinds, wrap } = require('./handle');

const POINTER_SIZE = 8;

/** A growable sequence of objects, none of them null. */
class List extends Handle {
    get length() {
        return check(raw.rr_list_count(addressOf(this)));
    }

    get(index, Kind) {
        const item = raw.rr_list_get(addressOf(this), checkCount(index, 'index'));
        if (item === null) {
            check(raw.rr_last_status());
        }
        return borrow(this.heap, item, Kind);
    }

    set(index, value) {
        check(raw.rr_list_set(addressOf(this), checkCount(index, 'index'), addressOf(value, 'value')));
    }

    push(...values) {
        const list = addressOf(this);
        for (const address of values.map((value) => addressOf(value, 'value'))) {
            check(raw.rr_list_append(list, address));
        }
        return this.length;
    }

    insert(index, value) {
        check(raw.rr_list_insert(addressOf(this), checkCount(index, 'index'), addressOf(value, 'value')));
    }

    remove(index) {
        check(raw.rr_list_remove(addressOf(this), checkCount(index, 'index')));
    }

    clear() {
        check(raw.rr_list_clear(addressOf(this)));
    }

    *[Symbol.iterator]() {
        for (let index = 0; index < this.length; index++) {
            yield this.get(index);
        }
    }
}

/** A fixed sequence of places, each empty or a reference. */
class Tuple extends Handle {
    get length() {
        return raw.rr_item_count(addressOf(this));
    }

    get(index, Kind) {
        const { length } = this;
        if (checkCount(index, 'index') >= length) {
            throw outOfRange('index', `less than ${length}`, index);
        }
        return borrow(this.heap, koffi.decode(addressOf(this), index * POINTER_SIZE, 'void *'), Kind);
    }

    *[Symbol.iterator]() {
        for (let index = 0; index < this.length; index++) {
            yield this.get(index);
        }
    }
}

/** A fixed number of bytes. */
class Bytes extends Handle {
    get length() {
        return raw.rr_item_count(addressOf(this));
    }

    read(offset = 0, length = this.length - offset) {
        return new Uint8Array(memory(this, offset, length));
    }

    write(content, offset = 0) {
        if (!ArrayBuffer.isView(content)) {
            throw wrongArgument('content', 'a Buffer, a typed array or a DataView', content);
        }
        const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
        memory(this, offset, bytes.length).set(bytes);
    }
}

/** The memory of some bytes, to be copied at once: it must not be seen by anybody who might keep it. */
function memory(bytes, offset, length) {
    const address = addressOf(bytes);
    const end = checkCount(offset, 'offset') + checkCount(length, 'length');
    if (end > bytes.length) {
        throw outOfRange('the end', `at most ${bytes.length}`, end);
    }
    return length === 0 ? new Uint8Array(0) : new Uint8Array(koffi.view(address + BigInt(offset), length));
}

/** Knows an object without keeping it alive. */
class Weak extends Handle {
    get isAlive() {
        const target = this.deref();
        target?.dispose();
        return target !== null;
    }

    deref(Kind) {
        const address = raw.rr_weakref_get(addressOf(this));
        if (address === null) {
            return null;
        }
        if (Kind === undefined) {
            return wrap(this.heap, address);
        }
        try {
            return borrow(this.heap, address, Kind);
        } finally {
            check(raw.rr_decref(address));
        }
    }
}

kinds.set(raw.RR_TYPE_LIST, List);
kinds.set(raw.RR_TYPE_TUPLE, Tuple);
kinds.set(raw.RR_TYPE_BYTES, Bytes);
kinds.set(raw.RR_TYPE_WEAKREF, Weak);

module.exports = { Bytes, List, POINTER_SIZE, Tuple, Weak };
