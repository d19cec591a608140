// Objects that live by reference counting, outside the JavaScript heap.

/**
 * What the library refuses and JavaScript has no class for. `code` is `RR_RELEASED` (the handle was disposed of), `RR_CLOSED` (its
 * heap was closed), or the name of the library's status: `RR_E_NO_MEMORY`, `RR_E_BUSY`, `RR_E_NOT_OBJECT`, `RR_E_WRONG_THREAD`,
 * `RR_E_IO`, `RR_E_ABI`, `RR_E_CORRUPT`. `RR_E_ARGUMENT` and `RR_E_OVERFLOW` are RangeErrors, `RR_E_TYPE` is a TypeError, each with
 * that code; arguments of the wrong JavaScript type are TypeErrors with the code `ERR_INVALID_ARG_TYPE`.
 */
export class RefRuntimeError extends Error {
    private constructor();
    readonly code: string;
}

/** A class of handles, to ask for objects of one kind. */
export interface Kind<H extends Handle> {
    readonly prototype: H;
}

/**
 * One reference to an object of a heap. Made by the heap. A method that answers with a handle has made a new one.
 *
 * `dispose()` gives the reference back at once, and what has none left dies. A handle that is forgotten gives its own back some time
 * after it became garbage, when the event loop turns.
 */
export class Handle {
    protected constructor();
    /** The heap that the object lives in. */
    readonly heap: Heap;
    /** Whether this handle was disposed of, or its heap closed. */
    readonly disposed: boolean;
    /** Where the object is. Objects never move. */
    readonly address: bigint;
    /** The name of the object's type. */
    readonly typeName: string;
    /** How many references the object has, this handle's included; exact. Infinity for an immortal one. */
    readonly refCount: number;
    /** Whether this handle has the only reference. */
    readonly isUnique: boolean;
    /** Whether the object lives as long as its heap. */
    readonly isImmortal: boolean;
    /** Whether the finalizer has run: after a resurrection it will not run again. */
    readonly isFinalized: boolean;
    /** How many weak references know the object. */
    readonly weakRefCount: number;
    /** Lets the object live as long as its heap. There is no way back. */
    makeImmortal(): void;
    /** Another handle for the same object, with a reference of its own. */
    alias(): this;
    /** Whether both handles name the same object. */
    equals(other: Handle): boolean;
    /** New handles for what this object refers to, one for each reference. */
    referents(): Handle[];
    /** New handles for the objects that refer to this one, each once. Walks the heap. */
    referrers(): Handle[];
    /**
     * New handles for a shortest chain of references that keeps the object alive, from one that is held from outside the heap to the
     * object itself. This handle does not count; empty if nothing else leads to the object. Walks the heap.
     */
    retainingPath(): Handle[];
    /** Gives the reference back. Disposing twice is fine; any other use throws a RefRuntimeError with the code `RR_RELEASED`. */
    dispose(): void;
    /** The same, for `using`. Where Node has no `Symbol.dispose` (before 18.18) there is no such method. */
    [Symbol.dispose](): void;
}

/** A growable sequence of objects, none of them null. Made by `heap.list()`. Iterating makes a handle for each item. */
export class List extends Handle implements Iterable<Handle> {
    private constructor();
    readonly length: number;
    /** A new handle for an item; RangeError if there is none, TypeError if it is of another kind. */
    get(index: number): Handle;
    get<H extends Handle>(index: number, kind: Kind<H>): H;
    /** Replaces an item. The old one loses a reference, and may die. */
    set(index: number, value: Handle): void;
    /** Puts objects at the end; returns the new length. */
    push(...values: Handle[]): number;
    /** Puts an object before the item at an index, or at the end. */
    insert(index: number, value: Handle): void;
    /** Takes an item out. */
    remove(index: number): void;
    /** Takes all items out. */
    clear(): void;
    [Symbol.iterator](): Iterator<Handle>;
}

/** A fixed sequence of places, each empty or a reference. Made by `heap.tuple()`. */
export class Tuple extends Handle implements Iterable<Handle | null> {
    private constructor();
    readonly length: number;
    /** A new handle for the object in a place, or null; RangeError if there is no such place. */
    get(index: number): Handle | null;
    get<H extends Handle>(index: number, kind: Kind<H>): H | null;
    [Symbol.iterator](): Iterator<Handle | null>;
}

/** A fixed number of bytes. Made by `heap.bytes()`. They are copied in and out: no view could know when the object dies. */
export class Bytes extends Handle {
    private constructor();
    readonly length: number;
    /** A copy of all bytes, or of some. */
    read(offset?: number, length?: number): Uint8Array;
    /** Overwrites bytes from an offset on. */
    write(content: ArrayBufferView, offset?: number): void;
}

/** Knows an object without keeping it alive. Made by `heap.weak()`. (JavaScript's WeakRef to a handle watches the handle.) */
export class Weak extends Handle {
    private constructor();
    readonly isAlive: boolean;
    /** A new handle for the target, or null when it is dead; TypeError if it is of another kind. */
    deref(): Handle | null;
    deref<H extends Handle>(kind: Kind<H>): H | null;
}

export type FieldKind = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float32' | 'float64';

/** The values of fields: 64-bit integers are BigInts, and safe integers may stand for them in the constructor. */
export type FieldValues<F> = { -readonly [K in keyof F]: F[K] extends 'int64' | 'uint64' ? bigint : number };

/** An object of a declared type: its fields are properties, its slots are reached by `get` and `set`. */
export type Instance<R extends string, F> = Handle & FieldValues<F> & {
    /** A new handle for the object in a slot, or null; TypeError if it is of another kind. */
    get(slot: R): Handle | null;
    get<H extends Handle>(slot: R, kind: Kind<H>): H | null;
    /** Has a slot refer to an object of the same heap, or empties it. What was there loses a reference, and may die. */
    set(slot: R, value: Handle | null): void;
};

/** What the constructor of a declared type sets: fields and slots. */
export type Initial<R extends string, F> =
    { -readonly [K in keyof F]?: F[K] extends 'int64' | 'uint64' ? bigint | number : number } & { [K in R]?: Handle | null };

export interface TypeOptions<R extends string, F> {
    /** The names of the slots. */
    refs?: readonly R[];
    /** The names of the fields, and what they hold. */
    fields?: F;
    /**
     * Called once with each object before it dies, while it and all it refers to are intact. The handle is disposed of afterwards;
     * keep `self.alias()`, or store it in another object, to bring the object back to life.
     */
    finalizer?(self: Instance<R, F>): void;
    /** Called with the fields of each object as its memory goes: the place to give back what they stand for. It can't make objects. */
    destroy?(values: FieldValues<F>): void;
    /** A promise that no object of this type is ever part of a cycle. Collections pass them by. */
    acyclic?: boolean;
}

export interface DefinedType<R extends string, F> {
    /** Makes an object. May collect first, and so run finalizers. */
    new (heap: Heap, values?: Initial<R, F>): Instance<R, F>;
    readonly prototype: Instance<R, F>;
}

/** Declares a type, whose objects are the instances of the class that comes back. Types are never freed: declare them once. */
export function define<R extends string = never, const F extends Record<string, FieldKind> = {}>(
    name: string, options?: TypeOptions<R, F>): DefinedType<R, F>;

export interface HeapOptions {
    /** Collect by `collect()` alone, not even at the limit. */
    manualCollection?: boolean;
    /** Collect in slices of about half a millisecond instead of five. */
    bounded?: boolean;
    /** Find misuse early, at the price of speed. A report of misuse ends the process. */
    checked?: boolean;
    /** Tell on standard error, when the heap is closed, who holds what is left. */
    reportLeaks?: boolean;
    /** The most memory that the heap may use; 0 = no limit. */
    maxBytes?: number;
}

/** What a heap holds and has done: `rr_stats` of refruntime.h says what each number means. */
export interface Stats {
    liveObjects: number;
    liveBytes: number;
    reservedBytes: number;
    committedBytes: number;
    peakBytes: number;
    rawBytes: number;
    externalBytes: number;
    objectsAllocated: number;
    objectsFreed: number;
    collections: number;
    objectsCollected: number;
    objectsResurrected: number;
    objectsVisited: number;
    finalizersRun: number;
    weakrefsLive: number;
    candidates: number;
    gcNsTotal: number;
    gcNsMax: number;
}

/** A heap: its objects refer to each other only. It belongs to the thread that makes it, the main one or a worker. */
export class Heap {
    constructor(options?: HeapOptions);
    /** The heap that this process shares with native code; it is never closed. One thread of JavaScript may use it. */
    static readonly default: Heap;
    /** Whether the heap was closed. */
    readonly closed: boolean;
    /** The `rr_heap *`, for `refruntime/raw` and native code. */
    readonly address: bigint;
    /**
     * Hears of each error that a finalizer, destroy or weak callback throws. The callback is over then; the call during which it ran
     * goes on. Without it, or when it throws itself, the error is thrown anew when the call is over, as an uncaught exception.
     */
    onError: ((error: unknown) => void) | undefined;
    /** Finalizes and destroys what is left and gives all memory back. Not allowed inside a callback (`RR_E_BUSY`). */
    close(): void;
    /** The same, for `using`. */
    [Symbol.dispose](): void;
    /** Makes a list of these objects. */
    list(items?: Iterable<Handle>): List;
    /** Makes a tuple of these objects; null leaves a place empty. */
    tuple(items: Iterable<Handle | null>): Tuple;
    /** Makes bytes with this content, or so many zero bytes. */
    bytes(content: ArrayBufferView | number): Bytes;
    /**
     * Makes a weak reference. Once its target is dead, the callback is called with it, if it still lives itself. Without callback all
     * weak references to one target are the same object. What the callback captures stays until it has run or the weak reference is
     * gone: handles among it hold their objects.
     */
    weak(target: Handle, callback?: (weak: Weak) => void): Weak;
    /** A handle for an object that native code speaks of, with a reference of its own. */
    fromAddress(address: bigint): Handle;
    /** Collects completely; returns how many containers died (0 from inside a callback). */
    collect(): number;
    /** One slice of a collection of about so many nanoseconds; returns how many containers were freed. */
    collectStep(budgetNs?: number): number;
    /** Whether a step would have work. */
    readonly isCollectionPending: boolean;
    /** Whether collections begin by themselves, when objects are made. */
    collectsAutomatically: boolean;
    /** How many nanoseconds an automatic collection aims to take at a time; 0 = as long as it needs. */
    pauseGoalNs: number;
    /** Has collections leave alone all objects that are there now. */
    freeze(): void;
    /** Gives all frozen objects back to the collector. */
    unfreeze(): void;
    /** How many objects are frozen. */
    readonly frozenCount: number;
    /** Says that the objects keep so much more, or less, other memory alive. */
    reportExternal(deltaBytes: number): void;
    /** Statistics; cheap enough for every frame. */
    stats(): Stats;
    /** New handles for all objects, or for those of one declared type. Walks the heap. */
    objects(): Handle[];
    objects<R extends string, F>(type: DefinedType<R, F>): Instance<R, F>[];
    /** Checks every invariant; a RefRuntimeError with the code `RR_E_CORRUPT` names the first that is broken. */
    verify(): void;
    /** Gives free memory back to the system. */
    trim(): void;
    /** Who holds what is left, and what each holder keeps alive: as refruntime.h describes it at `rr_leak_report`, or as text to read. */
    leakReport(options?: { text?: false }): any;
    leakReport(options: { text: true }): string;
    /** Writes the whole heap for the Memory panel of DevTools; call the file something.heapsnapshot. */
    writeSnapshot(file: string): void;
    /** Draws at most so many objects as a graph for Graphviz. */
    writeDot(file: string, options?: { maxObjects?: number }): void;
}
