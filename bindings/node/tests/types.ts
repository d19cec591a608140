// What users write, as TypeScript sees it. tsc compiles it without an error; each line below @ts-expect-error must be one.

import { Bytes, Handle, Heap, List, RefRuntimeError, Weak, define } from 'refruntime';
import * as raw from 'refruntime/raw';

const Node = define('node', {
    refs: ['left', 'right'],
    fields: { value: 'int64', weight: 'float64' },
    finalizer(self) {
        const value: bigint = self.value;
        const saved = self.alias();
        saved.weight = Number(value);
    },
    destroy: ({ value, weight }) => `${value + 1n} ${weight + 1}`,
});

export function walk(heap: Heap): number {
    using node = new Node(heap, { value: 1, left: null });
    using list = heap.list([node]);
    using weak: Weak = heap.weak(node, (self) => self.isAlive);
    using item = list.get(0, Node);
    using left = item.get('left', List);
    const bytes: Bytes = heap.bytes(new Uint8Array(3));
    const found: Handle[] = node.referrers();
    item.set('right', found[0] ?? null);
    weak.deref(Node)?.dispose();
    // @ts-expect-error there is no such slot
    node.get('middle');
    // @ts-expect-error 64 bits are a BigInt
    node.value = 1;
    // @ts-expect-error bytes are no slot
    bytes.set('left', node);
    // @ts-expect-error handles are made by a heap
    new List();
    // @ts-expect-error there is no such kind of field
    define('wrong', { fields: { value: 'int65' } });
    // @ts-expect-error there is no such option
    new Heap({ maxByte: 3 });
    return (left?.length ?? 0) + bytes.read().length + heap.stats().liveObjects;
}

export function untyped(heap: Heap): raw.rr_status {
    const object: raw.Pointer = raw.rr_alloc(heap.address, raw.RR_TYPE_LIST);
    if (object === null) {
        throw new Error(raw.rr_last_error() ?? '', { cause: RefRuntimeError });
    }
    // @ts-expect-error a number is no type of the library's text
    raw.rr_trace_start(3);
    return raw.rr_decref(object);
}
