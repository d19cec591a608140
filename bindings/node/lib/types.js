// Types that a program declares. The payload has the reference slots first, then the fields, aligned as in C. Types belong to the
// process (here: to the thread that declares them) and are never freed.

'use strict';

const koffi = require('koffi');
const raw = require('./raw');
const callbacks = require('./callbacks');
const { check, checkNamed, need, outOfRange, wrongArgument } = require('./errors');
const { Handle, SECRET, addressOf, addressOrNull, borrow, kinds } = require('./handle');
const { POINTER_SIZE } = require('./containers');

const integer = (type, size, low, high) => ({
    type,
    size,
    read: (address, offset) => koffi.decode(address, offset, type),
    check: (value, what) => {
        if (typeof value !== 'number') {
            throw wrongArgument(what, 'a number', value);
        }
        if (!Number.isInteger(value) || value < low || value > high) {
            throw outOfRange(what, `a whole number from ${low} to ${high}`, value);
        }
        return value;
    },
});

const big = (type, fit) => ({
    type,
    size: 8,
    read: (address, offset) => BigInt(koffi.decode(address, offset, type)),
    check: (value, what) => {
        if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
            throw wrongArgument(what, 'a BigInt or a safe integer', value);
        }
        if (fit(64, BigInt(value)) !== BigInt(value)) {
            throw outOfRange(what, `in the range of ${type}`, value);
        }
        return BigInt(value);
    },
});

const real = (type, size) => ({
    type,
    size,
    read: (address, offset) => koffi.decode(address, offset, type),
    check: (value, what) => {
        if (typeof value !== 'number') {
            throw wrongArgument(what, 'a number', value);
        }
        return value;
    },
});

const FIELDS = {
    int8: integer('int8_t', 1, -128, 127),
    uint8: integer('uint8_t', 1, 0, 255),
    int16: integer('int16_t', 2, -32768, 32767),
    uint16: integer('uint16_t', 2, 0, 65535),
    int32: integer('int32_t', 4, -2147483648, 2147483647),
    uint32: integer('uint32_t', 4, 0, 4294967295),
    int64: big('int64_t', BigInt.asIntN),
    uint64: big('uint64_t', BigInt.asUintN),
    float32: real('float', 4),
    float64: real('double', 8),
};

/** An object of a declared type. */
class Instance extends Handle {
    constructor(heap, values = {}, address = undefined) {
        if (heap === SECRET) {
            super(SECRET, values, address);
            return;
        }
        if (!new.target._layout) {
            throw new TypeError('types are declared with define()');
        }
        if (!heap?._core) {
            throw wrongArgument('heap', 'a Heap', heap);
        }
        checkNamed(values, 'values');
        super(SECRET, heap, need(raw.rr_alloc(heap._pointer(), new.target._layout.id)));
        try {
            for (const [name, value] of Object.entries(values)) {
                this._assign(name, value);
            }
        } catch (error) {
            this.dispose();
            throw error;
        }
    }

    get(slot, Kind) {
        return borrow(this.heap, koffi.decode(addressOf(this), this._slot(slot), 'void *'), Kind);
    }

    set(slot, value) {
        check(raw.rr_store(addressOf(this) + BigInt(this._slot(slot)), addressOrNull(value, slot)));
    }

    _assign(name, value) {
        const { slots, fields } = this.constructor._layout;
        if (slots.has(name)) {
            this.set(name, value);
        } else if (fields.has(name)) {
            this[name] = value;
        } else {
            throw new TypeError(`objects of type ${this.constructor.name} have neither a slot nor a field '${name}'`);
        }
    }

    _slot(name) {
        const offset = this.constructor._layout.slots.get(name);
        if (offset === undefined) {
            throw new TypeError(`objects of type ${this.constructor.name} have no slot '${String(name)}'`);
        }
        return offset;
    }
}

/** Declares a type: the class whose instances are its objects. */
function define(name, options = {}) {
    const { refs = [], fields = {}, finalizer, destroy, acyclic = false, ...unknown } = checkNamed(options, 'options');
    for (const option of Object.keys(unknown)) {
        throw new TypeError(`there is no option '${option}'`);
    }
    if (typeof refs === 'string') {
        throw wrongArgument('refs', 'a list of names', refs); // its letters would be the names
    }
    if (typeof name !== 'string') {
        throw wrongArgument('name', 'a string', name);
    }
    if (name === '' || name.includes('\0')) {
        throw outOfRange('name', 'a text without NUL characters that is not empty', JSON.stringify(name));
    }
    const Class = { [name]: class extends Instance {} }[name];
    const layout = { id: 0, slots: new Map(), fields: new Map(), finalizer, destroy };
    let end = 0;
    for (const ref of refs) {
        checkName(ref, layout);
        layout.slots.set(ref, end);
        end += POINTER_SIZE;
    }
    for (const [field, kindName] of Object.entries(checkNamed(fields, 'fields'))) {
        checkName(field, layout);
        const kind = Object.hasOwn(FIELDS, kindName) ? FIELDS[kindName] : undefined;
        if (kind === undefined) {
            throw wrongArgument(`the kind of field '${field}'`, `one of ${Object.keys(FIELDS).join(', ')}`, kindName);
        }
        const offset = Math.ceil(end / kind.size) * kind.size;
        // Getters and setters can be called on anything, as by Reflect.get(prototype, name, object).
        const payload = (object) => {
            if (!(object instanceof Class)) {
                throw wrongArgument(`the object of field '${field}'`, `of type ${name}`, object);
            }
            return addressOf(object);
        };
        layout.fields.set(field, (address) => kind.read(address, offset));
        Object.defineProperty(Class.prototype, field, {
            enumerable: true,
            get() {
                return kind.read(payload(this), offset);
            },
            set(value) {
                const checked = kind.check(value, field);
                koffi.encode(payload(this), offset, kind.type, checked);
            },
        });
        end = offset + kind.size;
    }
    layout.id = register(name, layout, end, acyclic);
    Object.defineProperty(Class, '_layout', { value: layout });
    kinds.set(layout.id, Class);
    return Class;
}

function checkName(name, { slots, fields }) {
    if (typeof name !== 'string' || name in Instance.prototype) {
        throw new TypeError(`a slot or field can't be called '${String(name)}'`);
    }
    if (slots.has(name) || fields.has(name)) {
        throw new TypeError(`'${name}' is there twice`);
    }
}

function register(name, { slots, finalizer, destroy }, size, acyclic) {
    for (const [callback, what] of [[finalizer, 'finalizer'], [destroy, 'destroy']]) {
        if (callback !== undefined && typeof callback !== 'function') {
            throw wrongArgument(what, 'a function', callback);
        }
    }
    const id = raw.rr_type_new({
        struct_size: koffi.sizeof(raw.rr_type_info),
        flags: acyclic ? raw.RR_TYPE_ACYCLIC : 0,
        name,
        size,
        item_size: 0,
        ref_offsets: new Uint32Array(slots.values()),
        ref_count: slots.size,
        reserved: 0,
        traverse: null,
        finalize: finalizer ? callbacks.finalize : null,
        destroy: destroy ? callbacks.destroy : null,
        user: null,
        values: null,
        ref_names: [...slots.keys()],
    });
    if (id === raw.RR_TYPE_NONE) {
        check(raw.rr_last_status());
    }
    return id;
}

module.exports = { Instance, define };
