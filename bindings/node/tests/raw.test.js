// The generated layer against the header and against what C compilers have asserted.

'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const koffi = require('koffi');
const raw = require('refruntime/raw');

const read = (file) => fs.readFileSync(path.join(__dirname, file), 'utf8');

test('each function of the header is there', () => {
    const names = [...read('refruntime.h').matchAll(/^RR_API .*?\b(rr_\w+)\(/gm)].map(([, name]) => name);
    assert.ok(names.length > 80);
    assert.deepStrictEqual(names.filter((name) => typeof raw[name] !== 'function'), []);
});

test('structs have the layout that C has', () => {
    const asserts = read('layout_asserts.c');
    const sizes = [...asserts.matchAll(/sizeof\((rr_\w+)\) == (\d+), "size of/g)];
    const offsets = [...asserts.matchAll(/offsetof\((rr_\w+), (\w+)\) == (\d+)/g)];
    assert.ok(sizes.length > 8 && offsets.length > 50);
    for (const [text, struct, size] of sizes) {
        assert.strictEqual(koffi.sizeof(raw[struct]), Number(size), text);
    }
    for (const [text, struct, field, offset] of offsets) {
        assert.strictEqual(koffi.offsetof(raw[struct], field), Number(offset), text);
    }
});

test('package, header and library are of one version', () => {
    assert.strictEqual(require('refruntime/package.json').version, raw.RR_VERSION);
    assert.strictEqual(raw.rr_version(), raw.RR_VERSION);
});

test('structs are filled in', () => {
    const layout = Object.fromEntries(Object.keys(raw.rr_layout_info.members).map((name) => [name, name === 'types' ? null : 0]));
    layout.struct_size = koffi.sizeof(raw.rr_layout_info);
    assert.strictEqual(raw.rr_layout(layout), raw.RR_OK);
    assert.ok(layout.type_count > raw.RR_TYPE_FIRST_USER);
    assert.strictEqual(raw.rr_layout_check(layout.fingerprint), raw.RR_OK);
});
