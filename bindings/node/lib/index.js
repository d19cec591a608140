// Objects that live by reference counting, outside the JavaScript heap. See README.md and index.d.ts.

'use strict';

const { RefRuntimeError } = require('./errors');
const { Handle } = require('./handle');
const { Bytes, List, Tuple, Weak } = require('./containers');
const { Heap } = require('./heap');
const { define } = require('./types');

module.exports = { Bytes, Handle, Heap, List, RefRuntimeError, Tuple, Weak, define };
