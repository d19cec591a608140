// What a refused call throws: JavaScript's own errors where users expect them, with a `code` as Node's have; the rest is a
// RefRuntimeError. The message is the library's own sentence.

'use strict';

const raw = require('./raw');

const CODES = new Map(
    Object.entries(raw).filter(([name]) => /^RR_E_/.test(name)).map(([name, status]) => [status, name]));

/** An error that JavaScript has no class for. */
class RefRuntimeError extends Error {
    constructor(code, message) {
        super(message);
        this.code = code;
    }
}

RefRuntimeError.prototype.name = 'RefRuntimeError';

function withCode(Class, code, message) {
    return Object.assign(new Class(message), { code });
}

/** The error for the last call that failed. */
function lastError() {
    const code = CODES.get(raw.rr_last_status());
    const message = raw.rr_last_error();
    switch (code) {
        case 'RR_E_ARGUMENT':
        case 'RR_E_OVERFLOW':
            return withCode(RangeError, code, message);
        case 'RR_E_TYPE':
            return withCode(TypeError, code, message);
        default:
            return new RefRuntimeError(code, message);
    }
}

/** A status or a count that is no error. */
function check(result) {
    if (result < 0) {
        throw lastError();
    }
    return result;
}

/** An address that is not NULL. */
function need(address) {
    if (address === null) {
        throw lastError();
    }
    return address;
}

/** Whoever passed something else than `expected`. */
function wrongArgument(what, expected, value) {
    const found = value === null ? 'null' : typeof value === 'object' ? value.constructor?.name ?? 'an object' : typeof value;
    return withCode(TypeError, 'ERR_INVALID_ARG_TYPE', `${what} must be ${expected}, not ${found}`);
}

/** A number that no C integer of the kind can be. */
function outOfRange(what, expected, value) {
    return withCode(RangeError, 'ERR_OUT_OF_RANGE', `${what} must be ${expected}, not ${value}`);
}

/** A size, index or count: a whole number, not negative. The library sees whether it is too large. */
function checkCount(value, what) {
    if (typeof value !== 'number') {
        throw wrongArgument(what, 'a number', value);
    }
    if (!Number.isSafeInteger(value) || value < 0) {
        throw outOfRange(what, 'a whole number that is not negative', value);
    }
    return value;
}

/** What has names in it: options, values. Anything else would be taken for one without any. */
function checkNamed(value, what) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw wrongArgument(what, 'an object', value);
    }
    return value;
}

module.exports = { RefRuntimeError, check, checkCount, checkNamed, need, outOfRange, wrongArgument };
