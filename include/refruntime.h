/*
 * refruntime.h - reference counting with cycle collection, behind a C ABI.
 *
 * This file is the manual. It is generated from the doc comments of src/RefRuntime/Exports and
 * src/RefRuntime.Abi by src/RefRuntime.AbiGen; change it there. C99, C11, C++11 and later.
 *
 * Sections: Conventions, Library, Heaps, Types, Objects and counts, Cycles, Weak references, Lists,
 * Raw memory, Looking, Statistics, Diagnostics, Finding misuse, Layout.
 */
#ifndef REFRUNTIME_H
#define REFRUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifndef RR_API
#if defined(_WIN32)
#define RR_API __declspec(dllimport)
#elif defined(__GNUC__)
#define RR_API __attribute__((visibility("default")))
#else
#define RR_API
#endif
#endif

/* This place in the source, as a string: a tag for rr_incref_tagged() and rr_decref_tagged(). */
#define RR_HERE __FILE__ ":" RR_TEXT_OF(__LINE__)
#define RR_TEXT_OF(value) RR_TEXT_OF_(value)
#define RR_TEXT_OF_(value) #value

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rr_heap rr_heap;
typedef struct rr_heap_options rr_heap_options;
typedef struct rr_type_info rr_type_info;
typedef struct rr_value_format rr_value_format;
typedef struct rr_gc_event rr_gc_event;
typedef struct rr_stats rr_stats;
typedef struct rr_class_usage rr_class_usage;
typedef struct rr_type_usage rr_type_usage;
typedef struct rr_layout_type rr_layout_type;
typedef struct rr_layout_info rr_layout_info;

/* =================================================================================================
 * Conventions
 * =================================================================================================
 *
 * RefRuntime manages memory the way Python does, for everybody else: objects die promptly, when
 * their last reference goes, and cycles of dead objects are found and freed. A first look:
 *
 *     typedef struct node { void *next; int64_t value; } node;
 *
 *     static const uint32_t refs[] = { offsetof(node, next) };
 *     rr_type_info info = { .struct_size = sizeof info, .name = "node", .size = sizeof(node),
 *                           .ref_offsets = refs, .ref_count = 1 };
 *     rr_type node_type = rr_type_new(&info);
 *
 *     node *n = rr_alloc(NULL, node_type);   // in the default heap; count 1
 *     rr_store(&n->next, n);                 // refers to itself now; count 2
 *     rr_decref(n);                          // count 1: out of our hands, but not dead
 *     rr_collect(NULL);                      // returns 1: the cycle is gone
 *
 * It builds with `cc program.c $(pkg-config --cflags --libs refruntime)`.
 *
 * Objects. An object is a `void *` to its payload, which is aligned to 16 bytes, zeroed when
 * allocated, and never moves. The 8 bytes just before it are its header and belong to the library.
 * Each object belongs to one heap and may refer only to objects of that heap.
 *
 * Ownership. A function marked [new] returns a reference that the caller owns and must release. One
 * marked [borrowed] returns a pointer that is good for as long as the caller keeps its own path to
 * the object. An object passed as an argument stays the caller's, unless the function says that it
 * takes it over.
 *
 * Errors. An rr_status is RR_OK or negative. A function that returns a pointer returns NULL on
 * error, one that returns a count a negative rr_status, one that returns 0 or 1 returns 0; an entry
 * without a Returns line returns RR_OK on success. After an error rr_last_error() tells in one
 * sentence what was wrong, naming the function, the argument and its value, and rr_last_status()
 * has the code. A failed call leaves everything as it was, but for a collection it may have run.
 * Some errors can come from almost every function and are not repeated below: RR_E_ARGUMENT when a
 * heap pointer is no live heap, RR_E_WRONG_THREAD when the heap belongs to another thread,
 * RR_E_BUSY when a callback may not do this. An entry without an Errors line has only these.
 *
 * Pointers. A function marked [any] takes any pointer value at all: a freed object, a pointer
 * inside one, a random number. It answers RR_E_NOT_OBJECT, or NULL or 0 according to what it
 * returns, and does not crash, unless another thread gives back the memory that it points into at
 * that very moment. A function without the mark needs a live object, of the kind it speaks of.
 *
 * NULL. As an object, NULL is a no-op for rr_incref(), rr_decref(), rr_newref(), and empties the
 * slot in rr_store() and rr_take(); elsewhere it is an error. As a heap, NULL means the default
 * heap.
 *
 * Slots. A slot is a place in an object that holds a strong reference or NULL. Write it with
 * rr_store() or rr_take(). In an object that was just allocated slots may be written plainly, until
 * the next call that may collect. Tagged values, and storage that only a traverse callback knows,
 * are written plainly with matching rr_incref() and rr_decref(); who moves a reference in there
 * that may be the last from outside calls rr_gc_candidate() on the object. At death the library
 * releases the slots; there is nothing to clear by hand.
 *
 * Callbacks. A callback may call the library, within the limits its type states. Functions marked
 * [any] that only read work on a dying object too. While any callback runs no collection begins, of
 * whichever heap (rr_collect() and rr_collect_step() answer 0), and no heap is freed (RR_E_BUSY).
 * Whoever loses its last reference in a callback dies at once, as everywhere; where 24 callbacks of
 * a heap run within each other, when the innermost has returned. So chains of objects whose
 * callbacks release the next one die on any stack too. No callback may be left by longjmp or by an
 * exception: that ends the process. Nor may its thread end in it. The last parameter of a callback,
 * `void *user`, is what was registered with it.
 *
 * Threads. A heap belongs to the thread that made it, or is shared by threads in one of two ways;
 * see Heaps. Errors are kept per thread.
 *
 * Process. After fork the child's thread goes on owning what its parent's thread owned. A fork
 * waits up to 0.1 s for other threads to leave synchronized heaps; a heap that one of them is still
 * using then is lost to the child, which gets RR_E_WRONG_THREAD. Other heaps that were in use by
 * another thread may be in the middle of a change: the child keeps away from them. What the parent
 * collects or freezes before the fork (rr_collect(), rr_gc_freeze()) stays shared: no collection in
 * the child writes to it. Calls from atexit handlers are fine, and from destructors of
 * thread-specific data in the first two of their rounds. No function is a cancellation point; none
 * may be called from a signal handler. Where callbacks don't nest, a stack of 16 KiB is enough for
 * each, 64 KiB in checked heaps. dlclose leaves the library loaded. To load it takes some memory,
 * and up to 240 MiB of address space: a process that has not so much is ended by the .NET runtime
 * inside. From then on no want of memory ends it.
 *
 * Sized structs. A struct that begins with struct_size may grow at its end in later releases. The
 * caller sets struct_size to the sizeof it was compiled with, and the library reads and writes no
 * byte past it. A size too small for the fields of version 1, and a flag the library does not know,
 * are RR_E_ARGUMENT.
 *
 * Costs. Constant time means independent of the size of the heap. Walking the heap means looking at
 * every object in it.
 */

/* =================================================================================================
 * Library
 * =================================================================================================
 *
 * Versions, status codes, and what went wrong last. These functions work from any thread at any
 * time. A program that loads the library at run time compares rr_abi_version() with RR_ABI_VERSION
 * before anything else.
 */

/** Constants of the library as a whole. */
#define RR_ABI_VERSION    1u         /**< The ABI this header describes; compare with
                                          rr_abi_version(). */
#define RR_VERSION        "1.0.0"    /**< The release this header belongs to; compare with
                                          rr_version(). */
#define RR_IMMORTAL_COUNT INT64_MAX  /**< What rr_getrefcount() answers for an immortal object. */
#define RR_MAX_TYPES      1048576u   /**< How many types a process can have, the built-in ones
                                          and the numbers kept for them included. */

/** The outcome of a call: RR_OK, or a negative error. rr_last_error() says the rest. */
typedef int32_t rr_status;

#define RR_OK             0      /**< Success. */
#define RR_E_ARGUMENT     (-1)   /**< An argument is out of range, or NULL where it may not be. */
#define RR_E_NOT_OBJECT   (-2)   /**< The pointer is no live object of this library: it never
                                      was, was freed already, or points inside one. */
#define RR_E_NO_MEMORY    (-3)   /**< The heap's limit or the system's memory is used up; nothing
                                      changed. */
#define RR_E_WRONG_THREAD (-4)   /**< A thread-owned heap was used from another thread. */
#define RR_E_BUSY         (-5)   /**< Not allowed inside this callback: a destroy callback
                                      allocates, a callback frees its heap. */
#define RR_E_TYPE         (-6)   /**< The type is unknown, or the object is of another type than
                                      the function needs. */
#define RR_E_OVERFLOW     (-7)   /**< A size computation overflowed. */
#define RR_E_IO           (-8)   /**< A file could not be written. */
#define RR_E_ABI          (-9)   /**< The caller's header and the library do not fit together. */
#define RR_E_CORRUPT      (-10)  /**< An invariant of the heap is broken. */

/**
 * The version of the ABI that the loaded library has.
 *
 * Returns:   A number to compare with RR_ABI_VERSION.
 * Cost:      Constant time.
 */
RR_API uint32_t rr_abi_version(void);

/**
 * The release of the loaded library.
 *
 * Returns:   A string such as "1.0.0"; it is never freed.
 * Cost:      Constant time.
 */
RR_API const char *rr_version(void);

/**
 * The name of `status` and what it means.
 *
 * Returns:   A string such as "RR_E_NOT_OBJECT: ..."; it is never freed. For a number that is no
 *            rr_status, a string that says so. Never NULL.
 * Cost:      Constant time.
 */
RR_API const char *rr_status_string(rr_status status);

/**
 * What was wrong in the last call of this thread that failed.
 *
 * A call that succeeds leaves it as it is, so look at it only after a failure.
 *
 * Returns:   One sentence in UTF-8 that names the function, the argument and its value; "" before
 *            the first error, never NULL. It is valid until the next failing call of this thread.
 * Cost:      Constant time.
 */
RR_API const char *rr_last_error(void);

/**
 * The code that belongs to rr_last_error().
 *
 * Returns:   RR_OK before the first error of this thread.
 * Cost:      Constant time.
 */
RR_API rr_status rr_last_status(void);

/* =================================================================================================
 * Heaps
 * =================================================================================================
 *
 * A heap is an island: its objects refer only to objects of the same heap, and it is collected by
 * itself. A process may have many; parallel work uses one per thread.
 *
 * Who may call is decided when the heap is made:
 *
 *   - By default the heap is owned by the thread that made it; other threads get RR_E_WRONG_THREAD.
 *     rr_heap_attach() hands it over.
 *   - With RR_HEAP_SERIALIZED any thread may call, one at a time: the caller has a lock of its own,
 *     such as Python's GIL.
 *   - With RR_HEAP_SYNCHRONIZED any thread may call at any time: each call takes the heap's
 *     recursive lock, which stays held while callbacks run.
 *
 * Automatic collections begin only inside functions that make an object: rr_alloc(),
 * rr_alloc_items(), rr_list_new(), rr_weakref_new().
 */

/** Flags of rr_heap_options. */
#define RR_HEAP_SERIALIZED   1u   /**< Any thread may call, one at a time: the caller serializes,
                                       as under a GIL. */
#define RR_HEAP_MANUAL_GC    2u   /**< No automatic collection, not even at the limit. */
#define RR_HEAP_CHECKED      4u   /**< Finds misuse and says who did it, at the price of speed
                                       and memory: see Finding misuse. */
#define RR_HEAP_REPORT_LEAKS 8u   /**< rr_heap_free() tells on standard error who holds what is
                                       left, as rr_leak_report() does, if anything but immortal
                                       objects is held from outside. */
#define RR_HEAP_BOUNDED      16u  /**< Automatic collections go in slices of about 500
                                       microseconds instead of 5 ms; see rr_gc_set_pause_goal(). */
#define RR_HEAP_SYNCHRONIZED 32u  /**< Any thread may call at any time: each call takes the
                                       heap's own lock. */

/** A heap. Callers hold pointers to it and never look inside. */
struct rr_heap;

/** How a heap is made. Set struct_size, leave the rest zero for the defaults. */
struct rr_heap_options {
    uint32_t struct_size;  /**< sizeof(rr_heap_options). */
    uint32_t flags;        /**< RR_HEAP_... flags, or'ed. An unknown one is refused. */
    uint64_t max_bytes;    /**< The most memory the heap may use: objects, raw memory and
                                reported external bytes. 0 = no limit. */
};

/**
 * Makes a heap, as `options` says; NULL gives the defaults.
 *
 * Returns:   The heap, to be freed with rr_heap_free(); NULL on error.
 * Errors:    RR_E_ARGUMENT for an unknown flag or a struct_size that is too small; RR_E_NO_MEMORY.
 * Cost:      Constant time; asks the system for memory.
 */
RR_API rr_heap *rr_heap_new(const rr_heap_options *options);

/**
 * Ends `heap`: finalizes and destroys what is left in it and gives all its memory back.
 *
 * What is left dies as one set, immortal objects too: all finalizers run first, then the destroy
 * callbacks. Nothing can be resurrected and no weak callback runs. A heap made with
 * RR_HEAP_REPORT_LEAKS first tells what is still held, see rr_leak_report().
 *
 * Afterwards every pointer into the heap is dead, and `heap` itself is refused.
 *
 * Errors:    RR_E_ARGUMENT for the default heap, which lives as long as the process; RR_E_BUSY
 *            inside any callback.
 * Callbacks: Runs finalizers and destroy callbacks.
 * Cost:      Walks the heap.
 */
RR_API rr_status rr_heap_free(rr_heap *heap);

/**
 * The default heap of the process: serialized, made on first use, never freed.
 *
 * Returns:   The heap that NULL stands for; NULL if it could not be made.
 * Errors:    RR_E_NO_MEMORY on first use.
 * Cost:      Constant time.
 */
RR_API rr_heap *rr_heap_default(void);

/**
 * The heap that `object` lives in. [any]
 *
 * Returns:   The heap, or NULL if there is no such object.
 * Cost:      Constant time.
 */
RR_API rr_heap *rr_heap_of(const void *object);

/**
 * Gives the free pages of `heap` back to the system.
 *
 * By itself the heap gives back half of what it has not needed for a second of its use, each
 * second, down to a MiB and a sixteenth of what is in use; this gives back all of it now. It
 * collects nothing: call rr_collect() first to free as much as possible.
 *
 * Cost:      Proportional to the pages of the heap.
 */
RR_API rr_status rr_heap_trim(rr_heap *heap);

/**
 * Checks every invariant of `heap`. For tests and for the hunt after a stray write.
 *
 * It changes nothing and may be called from a debugger.
 *
 * Errors:    RR_E_CORRUPT; rr_last_error() then names the first invariant that is broken, and
 *            where.
 * Cost:      Walks the heap.
 */
RR_API rr_status rr_heap_verify(rr_heap *heap);

/**
 * Fills in `out` with the statistics of `heap`; see Statistics.
 *
 * Set its struct_size first.
 *
 * Errors:    RR_E_ARGUMENT if `out` is NULL or its struct_size is too small.
 * Cost:      Proportional to the pages of the heap.
 */
RR_API rr_status rr_heap_stats(rr_heap *heap, rr_stats *out);

/**
 * Makes the calling thread the owner of `heap`.
 *
 * For handing a heap from one thread to another. The caller guarantees that the old owner is out of
 * the library and stays out; a heap that every thread may use has no owner and stays as it is.
 *
 * Errors:    RR_E_BUSY while a callback of the heap runs.
 * Cost:      Constant time.
 * Threads:   Called by the new owner; the only function that a thread may call on another thread's
 *            heap.
 */
RR_API rr_status rr_heap_attach(rr_heap *heap);

/* =================================================================================================
 * Types
 * =================================================================================================
 *
 * A type tells the library where an object keeps its strong references and what to call when it
 * dies. Types belong to the process, are shared by all heaps, and are never freed.
 *
 * Most types need no callback at all: offsets name the slots of the fixed part,
 * RR_TYPE_ITEMS_ARE_REFS those of the trailing items, and the library follows, clears and releases
 * them by itself. A type whose slots are tagged values, as in an interpreter, describes them with
 * an rr_value_format. Only references in foreign storage need a traverse callback.
 *
 * An object of a type without any references is a leaf. Leaves are never part of a cycle, so the
 * collector does not look at them.
 */

/** A type: a number that is the same for the whole process and is never reused. */
typedef uint32_t rr_type;

#define RR_TYPE_NONE       0u   /**< No type. */
#define RR_TYPE_BYTES      1u   /**< Raw bytes, as many as rr_alloc_items() is asked for. */
#define RR_TYPE_TUPLE      2u   /**< A fixed number of items, each a strong reference or NULL. */
#define RR_TYPE_LIST       3u   /**< A growable sequence of strong references; see Lists. */
#define RR_TYPE_WEAKREF    4u   /**< A weak reference; see Weak references. */
#define RR_TYPE_FIRST_USER 16u  /**< The first number that rr_type_new() gives out. */

/** Flags of rr_type_info. */
#define RR_TYPE_ITEMS_ARE_REFS 1u  /**< The items are strong references: item_size is the size of
                                        a pointer, or the value size when values is set, and size
                                        is a multiple of 8. */
#define RR_TYPE_ACYCLIC        2u  /**< A promise: no object of this type is ever part of a
                                        cycle. Collections skip them. */
#define RR_TYPE_SELF_RELEASING 4u  /**< destroy itself releases what traverse reports,
                                        iteratively however deep. Without it the runtime asks
                                        traverse before destroy and releases afterwards what it
                                        reported, so that destroy may free the storage. Needs
                                        both callbacks. */
#define RR_TYPE_UNZEROED       8u  /**< The payload is not cleared when allocated. For types
                                        without references only. */

/**
 * Receives one strong reference, `object`. The library hands such a function to a traverse
 * callback, which calls it once for each reference, with the `arg` it was given. NULL is ignored.
 */
typedef void (*rr_visit_fn)(void *object, void *arg);

/**
 * Reports the strong references of `object` that no offset and no item covers: calls `visit` once
 * for each, with the reference and `arg`. It reports the same references each time until the object
 * changes, and does nothing else: no allocation, no counting, no writing. Only the functions marked
 * [any] that read may be called; others that concern its heap are refused (RR_E_BUSY), other heaps
 * may be used. `user` is the type's.
 */
typedef void (*rr_traverse_fn)(void *object, rr_visit_fn visit, void *arg, void *user);

/**
 * Runs once in the life of `object`, before anything of it is taken apart: it and all it refers to
 * are intact. The callback may do what any code may in a callback, also allocate, make weak
 * references to the object, and store it somewhere, which resurrects it. `user` is the type's.
 */
typedef void (*rr_finalize_fn)(void *object, void *user);

/**
 * Gives back the foreign resources of `object`, just before its memory is returned. It may read the
 * object and its slots, look at the heap, and call rr_decref() and rr_mem_free(). It may not
 * allocate in its heap (objects, weak references, raw memory, a longer list), nor take new
 * references to the dying (RR_E_BUSY). Other heaps may be used. The library releases the slots
 * itself afterwards. `user` is the type's.
 */
typedef void (*rr_destroy_fn)(void *object, void *user);

/** A type as given to rr_type_new(). Set struct_size and name, leave zero what does not apply. */
struct rr_type_info {
    uint32_t struct_size;           /**< sizeof(rr_type_info). */
    uint32_t flags;                 /**< RR_TYPE_... flags, or'ed. */
    const char *name;               /**< What rr_type_name() answers and messages show. Required,
                                         UTF-8; copied. */
    uint32_t size;                  /**< Payload bytes of the fixed part. Items begin at exactly
                                         this offset, unpadded. */
    uint32_t item_size;             /**< Payload bytes of each trailing item; 0 = the type has
                                         none. */
    const uint32_t *ref_offsets;    /**< Byte offsets, within the fixed part, of the slots that
                                         hold strong references; each a multiple of 8, no two
                                         overlapping. Copied. */
    uint32_t ref_count;             /**< How many offsets ref_offsets points at. */
    uint32_t reserved;              /**< Must be 0. */
    rr_traverse_fn traverse;        /**< Optional: reports strong references that no offset
                                         covers. */
    rr_finalize_fn finalize;        /**< Optional: runs once per object while it is intact; may
                                         resurrect it. */
    rr_destroy_fn destroy;          /**< Optional: gives back foreign resources; must not
                                         resurrect. */
    void *user;                     /**< Passed to the three callbacks. */
    const rr_value_format *values;  /**< Optional: the slots at ref_offsets and the items are
                                         tagged values, not plain pointers. Copied. */
    const char *const *ref_names;   /**< Optional: what the slots are called, ref_count names in
                                         the order of ref_offsets, UTF-8; NULL for one without a
                                         name. Snapshots and pictures show them. Copied. Not in
                                         descriptions whose struct_size ends before. */
};

/**
 * How to tell a reference from other tagged values: it is one iff low <= (word at tag_offset &
 * mask) <= high, and then the pointer is the word at pointer_offset & pointer_mask, unless that is
 * NULL. Fits NaN boxing (one word) and a tag beside a union (two words).
 */
struct rr_value_format {
    uint32_t struct_size;     /**< sizeof(rr_value_format). */
    uint32_t value_size;      /**< Bytes of a value, 8 or 16; also the item size. */
    uint32_t tag_offset;      /**< Where in the value the 64-bit word with the tag is: 0 or 8. */
    uint32_t pointer_offset;  /**< Where in the value the 64-bit word with the pointer is: 0 or
                                   8. */
    uint64_t mask;            /**< Which bits of the tag word are compared. */
    uint64_t low;             /**< The lowest tag that marks a reference. */
    uint64_t high;            /**< The highest tag that marks a reference. */
    uint64_t pointer_mask;    /**< Which bits of the pointer word are the pointer; not 0. */
};

/**
 * Makes a type from `info`, of which everything is copied.
 *
 * Calling it twice with the same `info` makes two types. Make types once, at start-up.
 *
 * Returns:   The type, good for every heap; RR_TYPE_NONE on error.
 * Errors:    RR_E_ARGUMENT if name is missing, an offset lies outside the fixed part, is misaligned
 *            or stands there twice, a flag is unknown, or fields contradict each other;
 *            RR_E_OVERFLOW if the sizes are too large; RR_E_NO_MEMORY when RR_MAX_TYPES are in use.
 * Cost:      Proportional to ref_count.
 * Threads:   Any thread, at any time.
 */
RR_API rr_type rr_type_new(const rr_type_info *info);

/**
 * The type of `object`. [any]
 *
 * Returns:   The type, or RR_TYPE_NONE if there is no such object.
 * Cost:      Constant time.
 */
RR_API rr_type rr_type_of(const void *object);

/**
 * The name that `type` was made with.
 *
 * Returns:   The name, which is never freed; NULL if there is no such type.
 * Errors:    RR_E_TYPE if `type` is unknown.
 * Cost:      Constant time.
 * Threads:   Any thread, at any time.
 */
RR_API const char *rr_type_name(rr_type type);

/* =================================================================================================
 * Objects and counts
 * =================================================================================================
 *
 * An object begins with count 1, which belongs to the caller. Each strong reference is one count.
 * When the count reaches 0 the object dies at once, and with it whatever only it held, iteratively
 * however deep.
 *
 * A count is exact at any moment, also during a collection. One that overflows makes its object
 * immortal; it never wraps.
 */

/**
 * Allocates an object of `type` in `heap`, without trailing items. [new]
 *
 * The payload is zeroed, unless the type is RR_TYPE_UNZEROED. RR_TYPE_LIST gives an empty list.
 * Weak references are made by rr_weakref_new().
 *
 * Returns:   The object, referenced once; NULL on error.
 * Errors:    RR_E_TYPE if `type` is unknown or RR_TYPE_WEAKREF; RR_E_NO_MEMORY when a collection
 *            did not help; RR_E_BUSY inside a destroy callback.
 * Callbacks: May collect first, so may run finalizers and weak callbacks.
 * Cost:      Constant time, apart from clearing the payload and from a collection that is due.
 */
RR_API void *rr_alloc(rr_heap *heap, rr_type type);

/**
 * Allocates an object of `type` in `heap` with `count` trailing items. [new]
 *
 * Items begin right behind the fixed part and are zeroed with it. The number of items never
 * changes; for a sequence that grows see Lists.
 *
 * Returns:   The object, referenced once; NULL on error.
 * Errors:    As rr_alloc(); also RR_E_ARGUMENT if `count` is not 0 and the type has no items,
 *            RR_E_OVERFLOW if the size is not representable.
 * Callbacks: May collect first, so may run finalizers and weak callbacks.
 * Cost:      Constant time, apart from clearing the payload and from a collection that is due.
 */
RR_API void *rr_alloc_items(rr_heap *heap, rr_type type, size_t count);

/**
 * The payload bytes of `object`: the fixed part and all items. [any]
 *
 * Returns:   The size as the type states it, not rounded up; 0 on error.
 * Cost:      Constant time.
 */
RR_API size_t rr_size(const void *object);

/**
 * How many trailing items `object` was allocated with. [any]
 *
 * Returns:   The number of items; 0 on error. For the length of a list see rr_list_count().
 * Cost:      Constant time.
 */
RR_API size_t rr_item_count(const void *object);

/**
 * Whether `object` points to a live object of this library. [any]
 *
 * Returns:   1 or 0; a 0 is an answer, not an error.
 * Cost:      Constant time.
 */
RR_API int32_t rr_is_object(const void *object);

/**
 * Allocates `count` objects of `type` in `heap`, as rr_alloc() does, into `out`.
 *
 * The batches are for callers to whom a call is dear, as through an FFI. They handle one element
 * after the other and stop at the first that fails: what they answer is how many are done, and when
 * that is less than `count`, rr_last_error() says why, in the words of the single call. What is
 * done stays done.
 *
 * Returns:   How many objects were made. They are the caller's and stand at the beginning of `out`;
 *            the rest of it is left as it was.
 * Errors:    As rr_alloc(); RR_E_ARGUMENT if `out` is NULL and `count` is not 0.
 * Callbacks: May collect, so may run finalizers and weak callbacks.
 * Cost:      Proportional to `count`, apart from collections that are due.
 */
RR_API size_t rr_alloc_many(rr_heap *heap, rr_type type, size_t count, void **out);

/**
 * Adds a reference to each of `count` `objects`, as rr_incref() does.
 *
 * NULL among them is a no-op and counts as done. An object that stands there twice gets two
 * references.
 *
 * Returns:   How many are done: objects[n] is the first that was refused.
 * Errors:    As rr_incref(); RR_E_ARGUMENT if `objects` is NULL and `count` is not 0.
 * Cost:      Proportional to `count`.
 */
RR_API size_t rr_incref_many(void **objects, size_t count);

/**
 * Releases a reference to each of `count` `objects`, as rr_decref() does.
 *
 * NULL among them is a no-op and counts as done. The array is not changed; callbacks that run
 * meanwhile may not change it either.
 *
 * Returns:   How many are done: objects[n] is the first that was refused, and the references to it
 *            and to those behind it are still the caller's.
 * Errors:    As rr_decref(); RR_E_ARGUMENT if `objects` is NULL and `count` is not 0.
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      Proportional to `count` and to what dies.
 */
RR_API size_t rr_decref_many(void **objects, size_t count);

/**
 * Makes the slot at `offset` in each of `count` `objects` refer to the value at the same place in
 * `values`, as rr_store() does.
 *
 * A value may be NULL. The caller keeps its references to objects and values.
 *
 * Returns:   How many are done: objects[n] or values[n] is the first that was refused.
 * Errors:    As rr_store(); RR_E_ARGUMENT if the `offset` is no slot of the object, declared by its
 *            type's ref_offsets or among its items, or if an array is NULL and `count` is not 0;
 *            RR_E_NOT_OBJECT if an element of `objects` is no live object, NULL included.
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      Proportional to `count`, times the offsets that the type has, and to what dies.
 */
RR_API size_t rr_store_many(void **objects, size_t offset, void **values, size_t count);

/**
 * Adds a reference to `object`. NULL is a no-op. [any]
 *
 * Errors:    RR_E_BUSY if the object is dying and no longer to be saved.
 * Cost:      Constant time.
 */
RR_API rr_status rr_incref(void *object);

/**
 * Releases a reference to `object`. NULL is a no-op. [any]
 *
 * The last one destroys the object before the call returns, and everything that only it held; for
 * callbacks that are nested deep see Conventions. A reference that is not the last may have left a
 * dead cycle behind; the object is noted as a candidate. It never collects.
 *
 * Errors:    RR_E_BUSY if the object is dying; RR_E_ARGUMENT if, while its finalizer runs, nobody
 *            but the library holds a reference to it.
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      Constant time, or proportional to what dies.
 */
RR_API rr_status rr_decref(void *object);

/**
 * Adds a reference to `object` and returns it, for use within an expression. NULL gives NULL. [new]
 * [any]
 *
 * Returns:   `object`; NULL on error.
 * Errors:    As rr_incref().
 * Cost:      Constant time.
 */
RR_API void *rr_newref(void *object);

/**
 * How many strong references `object` has. [any]
 *
 * Returns:   The exact count; RR_IMMORTAL_COUNT for an immortal object; a negative rr_status on
 *            error.
 * Cost:      Constant time.
 */
RR_API int64_t rr_getrefcount(const void *object);

/**
 * Whether the count of `object` is exactly 1: its only holder may change it in place. [any]
 *
 * Returns:   1 or 0; 0 for an immortal object.
 * Cost:      Constant time.
 */
RR_API int32_t rr_is_unique(const void *object);

/**
 * Adds a reference to `object` if it is alive. [any]
 *
 * For caches that know a pointer but hold no reference. The memory of a dead object may have become
 * another object since: a weak reference is the sure way.
 *
 * Returns:   1 if the object was alive and now has one reference more, 0 otherwise. A 0 is an
 *            answer, not an error.
 * Cost:      Constant time.
 */
RR_API int32_t rr_try_incref(void *object);

/**
 * Makes `slot` refer to `value`, which may be NULL.
 *
 * Adds a reference to the value, writes the slot, then releases what was there, in this order:
 * whoever runs as a consequence sees the new value. The caller keeps its own reference.
 *
 * The slot is in an object, or anywhere else: a variable that holds a root is written in the same
 * way.
 *
 * Errors:    RR_E_ARGUMENT if `slot` is NULL or not aligned, or if `value` belongs to another heap;
 *            RR_E_NOT_OBJECT if `value`, or what the slot holds, is neither NULL nor a live object;
 *            RR_E_BUSY if `value` is dying.
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      Constant time, or proportional to what dies.
 */
RR_API rr_status rr_store(void **slot, void *value);

/**
 * Makes `slot` refer to `value` and takes over the caller's reference to it.
 *
 * As rr_store() followed by rr_decref(`value`), but in one step. On failure the reference remains
 * the caller's. Since this may be how a cycle closes, `value` is noted as a candidate.
 *
 * Errors:    As rr_store().
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      Constant time, or proportional to what dies.
 */
RR_API rr_status rr_take(void **slot, void *value);

/**
 * Makes `object` live as long as its heap. There is no way back. [any]
 *
 * Its count stops, and collections skip it; what it refers to stays alive with it.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_make_immortal(void *object);

/**
 * Whether `object` is immortal. [any]
 *
 * Returns:   1 or 0.
 * Cost:      Constant time.
 */
RR_API int32_t rr_is_immortal(const void *object);

/* =================================================================================================
 * Cycles
 * =================================================================================================
 *
 * Counting alone never frees objects that refer to each other in a circle. The collector does. It
 * starts from candidates, objects that lost a reference and lived on, so that its work follows what
 * changed and not the size of the heap.
 *
 * When. An automatic collection begins when an object is made and there are many candidates, the
 * heap has grown, or its limit is reached. rr_decref() never collects, and collections never nest.
 *
 * What. With many candidates these are looked at with what lies near them, some thousand objects at
 * a time: that finds small dead cycles, also those that point into a large live graph. When the
 * heap has doubled since the last complete collection, from 8 MiB on, a complete one begins that
 * also finds large dead structures. It goes in slices, one for every so many bytes allocated, each
 * about as long as the heap's pause goal (rr_gc_set_pause_goal()), and ends before the heap has
 * grown by about half. At the limit a complete one runs in one go.
 *
 * Pauses. The goal is an aim: a slice can be longer by the time for one object's slots, for one
 * page of 64 KiB, for the callbacks of some thousand objects that die together, for what dies by
 * counting since a dead set held it, or for what dead structures of over 8000 objects that hang
 * together there are, which are looked at once more in one go before they die (some 20 nanoseconds
 * for each object). On a machine that gives the slices no time, the rest of a collection is done in
 * one go when the heap has grown to three times its size.
 *
 * Order at death, the same for one object that dies by counting and for everything that one
 * rr_collect() found dead, independent cycles together (automatic collections and steps may take
 * independent cycles one after the other):
 *
 *   1. All finalizers run, on intact objects, each once in the life of its object.
 *   2. Whoever was resurrected leaves the set, with all it reaches.
 *   3. Weak references to the dead are cleared.
 *   4. Weak callbacks run, the newest of each object first; those of weak references that are dead
 *      themselves are dropped.
 *   5. Destroy callbacks run.
 *   6. What the dead referred to is released.
 *   7. The memory is returned.
 *
 * A set of dead objects may be taken apart in several slices. Members that still wait look dead to
 * weak references, and other functions refuse them as they refuse dying objects.
 *
 * What is counted. The number that a collection reports is that of dead containers that it found:
 * objects whose type has slots, reference items or a traverse callback, also when they hold
 * nothing, tails of a cycle included, and those too that died because a finalizer cut their cycle.
 * It leaves out the resurrected, leaves such as bytes and weak references, and objects of
 * RR_TYPE_ACYCLIC types.
 *
 * Mistakes. A counted reference that stands in no slot counts as held from outside: forgetting to
 * declare one leaks, it does not crash.
 */

/** When in a collection an rr_gc_fn is called: the phase of rr_gc_event. */
#define RR_GC_PHASE_START 0u  /**< Before anything happens; the counters are 0. */
#define RR_GC_PHASE_STOP  1u  /**< After everything has happened. */

/** Why a collection runs: the reason of rr_gc_event. */
#define RR_GC_REASON_REQUESTED  0u  /**< rr_collect() was called. */
#define RR_GC_REASON_STEP       1u  /**< rr_collect_step() was called. */
#define RR_GC_REASON_CANDIDATES 2u  /**< The candidates passed the threshold. */
#define RR_GC_REASON_GROWTH     3u  /**< The heap has grown, or as much was handed out as was in
                                         use: objects, raw memory, external bytes. Often a slice. */
#define RR_GC_REASON_LIMIT      4u  /**< The heap is at its limit. */

/**
 * Hears of a collection of `heap` as it starts and as it stops. `event` is valid during the call,
 * and has the fields that its struct_size covers. The callback may do what any code may in a
 * callback, also take itself away. `user` is what rr_gc_set_callback() was given.
 */
typedef void (*rr_gc_fn)(rr_heap *heap, const rr_gc_event *event, void *user);

/** What an rr_gc_fn hears about a collection. The library sets struct_size. */
struct rr_gc_event {
    uint32_t struct_size;  /**< How many bytes of this struct the library has filled in. */
    uint32_t phase;        /**< RR_GC_PHASE_START or RR_GC_PHASE_STOP. */
    uint32_t reason;       /**< RR_GC_REASON_...: why the collection runs. */
    uint32_t reserved;     /**< 0. */
    uint64_t collected;    /**< Containers found dead, as rr_collect() counts them; in a slice,
                                those freed in it. */
    uint64_t resurrected;  /**< Objects that a finalizer brought back, with all they reach. */
    uint64_t visited;      /**< Objects the collection, or the slice, has decided on. */
    uint64_t duration_ns;  /**< How long the collection, or the slice, took, in nanoseconds,
                                callbacks included. */
};

/**
 * Collects `heap` completely: every unreachable object in it dies.
 *
 * It also finds a cycle that was closed by plain writes into new objects, without any decref.
 * Automatic collections start from candidates alone and may leave such a cycle to the next complete
 * collection, which comes by itself at the latest when the heap has doubled, from 8 MiB on. A
 * collection in slices that is under way is finished or dropped first. What becomes unreachable
 * only while the dead are taken apart (a cycle that an acyclic or untracked object among them was
 * holding, or that a callback cut loose) is logged then and goes with the next collection:
 * rr_gc_pending() says so.
 *
 * Returns:   How many containers died; 0 from inside a callback, where nothing is done; a negative
 *            rr_status on error.
 * Errors:    RR_E_NO_MEMORY when the system has no memory for the collection itself.
 * Callbacks: May run finalizers, weak callbacks, destroy callbacks and the heap's rr_gc_fn.
 * Cost:      Proportional to what the candidates, and the objects allocated since the last complete
 *            collection, can reach; constant time when nothing changed since.
 */
RR_API int64_t rr_collect(rr_heap *heap);

/**
 * Does one slice of collecting `heap`, aiming at `budget_ns` nanoseconds.
 *
 * For callers with a frame to meet. A slice looks at the candidates first, then it goes on with a
 * complete collection; between two slices the program may do what it likes. Nothing is left to do
 * when it returns 0 and rr_gc_pending() is 0. The budget is an aim, as the pause goal of automatic
 * slices is; 0 = the least that makes progress.
 *
 * Returns:   How many containers were freed in this slice; 0 from inside a callback, where nothing
 *            is done; a negative rr_status on error.
 * Errors:    RR_E_NO_MEMORY when the system has no memory for the collection itself: it starts anew
 *            with the next step.
 * Callbacks: May run finalizers, weak callbacks, destroy callbacks and the heap's rr_gc_fn.
 * Cost:      About `budget_ns`; constant time when nothing is pending.
 */
RR_API int64_t rr_collect_step(rr_heap *heap, uint64_t budget_ns);

/**
 * Whether a step would have work in `heap`.
 *
 * Returns:   1 or 0.
 * Cost:      Constant time.
 */
RR_API int32_t rr_gc_pending(rr_heap *heap);

/**
 * Switches automatic collection of `heap` on again. A heap made with RR_HEAP_MANUAL_GC has none,
 * and stays so.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_gc_enable(rr_heap *heap);

/**
 * Switches automatic collection of `heap` off. rr_collect() works all the same.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_gc_disable(rr_heap *heap);

/**
 * Whether `heap` is collected automatically.
 *
 * Returns:   1 or 0; always 0 for a heap made with RR_HEAP_MANUAL_GC.
 * Cost:      Constant time.
 */
RR_API int32_t rr_gc_is_enabled(rr_heap *heap);

/**
 * Sets with how many `candidates` an automatic collection of `heap` is due; 0 = their number never
 * matters.
 *
 * The number is a minimum: while next to none of the candidates turn out to be dead, the library
 * waits for more, up to 16384, and leaves them to the next complete collection after a look at a
 * sample.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_gc_set_threshold(rr_heap *heap, uint64_t candidates);

/**
 * The threshold of `heap`, as it was set.
 *
 * Returns:   A number of candidates; 0 on error too.
 * Cost:      Constant time.
 */
RR_API uint64_t rr_gc_get_threshold(rr_heap *heap);

/**
 * Sets how long an automatic collection of `heap` may take at a time: `nanoseconds`, as an aim; 0 =
 * as long as it needs.
 *
 * A heap begins with 5 ms, one made with RR_HEAP_BOUNDED with 500 microseconds. Shorter slices cost
 * more in all, and garbage waits longer. 5 ms are the default since most programs have no frames to
 * meet, and whole collections of a large heap would be felt in all of them.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_gc_set_pause_goal(rr_heap *heap, uint64_t nanoseconds);

/**
 * The pause goal of `heap`.
 *
 * Returns:   Nanoseconds; 0 = none, and on error.
 * Cost:      Constant time.
 */
RR_API uint64_t rr_gc_get_pause_goal(rr_heap *heap);

/**
 * How many possible cycle roots `heap` has logged since the last collection.
 *
 * Returns:   A number of candidates; 0 on error too.
 * Cost:      Constant time.
 */
RR_API uint64_t rr_gc_get_candidates(rr_heap *heap);

/**
 * Has `callback` called, with `user`, when a collection of `heap`, or a slice of one, starts and
 * when it stops.
 *
 * A heap has one such callback; NULL takes it away.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_gc_set_callback(rr_heap *heap, rr_gc_fn callback, void *user);

/**
 * Tells `heap` that its objects keep `delta_bytes` more foreign memory alive, or less when
 * negative.
 *
 * Reported memory makes collections come sooner and counts towards max_bytes, as if it were the
 * heap's own. The sum stops at 0.
 *
 * Errors:    RR_E_OVERFLOW if the sum is not representable.
 * Cost:      Constant time; never collects by itself.
 */
RR_API rr_status rr_report_external(rr_heap *heap, int64_t delta_bytes);

/**
 * Freezes all objects that `heap` has now: collections leave them out.
 *
 * For what a program sets up once and keeps, and before a fork: no collection in the child then
 * writes to a frozen object. Frozen objects still die by counting; what they refer to counts as
 * held.
 *
 * Cost:      Walks the heap.
 */
RR_API rr_status rr_gc_freeze(rr_heap *heap);

/**
 * Gives all frozen objects of `heap` back to the collector.
 *
 * Cost:      Walks the heap.
 */
RR_API rr_status rr_gc_unfreeze(rr_heap *heap);

/**
 * How many objects of `heap` are frozen, leaves included.
 *
 * Returns:   The number; a negative rr_status on error.
 * Cost:      Constant time.
 */
RR_API int64_t rr_gc_freeze_count(rr_heap *heap);

/**
 * Logs `object` as a possible cycle root, to be examined by the next collection.
 *
 * Call it after a plain write has moved a reference, perhaps the last one from outside, into
 * storage that only a traverse callback or a tagged value shows. rr_decref() and rr_take() do it by
 * themselves.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_gc_candidate(void *object);

/**
 * Gives `object` to the collector, which is how every container begins.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_gc_track(void *object);

/**
 * Takes `object` away from the collector, until rr_gc_track().
 *
 * It still dies by counting. What it refers to counts as held from outside, so a cycle through it
 * is not found.
 *
 * Cost:      Constant time.
 */
RR_API rr_status rr_gc_untrack(void *object);

/**
 * Whether the collector looks at `object`.
 *
 * Returns:   1 or 0; always 0 for leaves.
 * Cost:      Constant time.
 */
RR_API int32_t rr_gc_is_tracked(const void *object);

/**
 * Whether the finalizer of `object` has run.
 *
 * 1 is what a resurrected object answers: it will not be finalized again.
 *
 * Returns:   1 or 0.
 * Cost:      Constant time.
 */
RR_API int32_t rr_is_finalized(const void *object);

/* =================================================================================================
 * Weak references
 * =================================================================================================
 *
 * A weak reference knows an object, its target, without keeping it alive. It is an object itself,
 * of type RR_TYPE_WEAKREF, counted like any other.
 *
 * When the target dies, all its weak references are cleared before the first callback runs. So a
 * callback can't bring the target back. A weak reference that dies before its target is never
 * called.
 */

/**
 * Hears that the target of `weakref` has died. The target is gone already: rr_weakref_get() answers
 * NULL. The weak reference is borrowed. The callback may do what any code may in a callback. `user`
 * is what rr_weakref_new() was given.
 */
typedef void (*rr_weakref_fn)(void *weakref, void *user);

/**
 * Makes a weak reference to `object`, whose `callback`, unless NULL, is called with `user` when the
 * object dies. [new]
 *
 * Without `callback` an object has one weak reference, which is shared: asking again gives the same
 * one, with one reference more.
 *
 * Returns:   The weak reference, in the heap of the object; NULL on error.
 * Errors:    RR_E_BUSY if the object is dying, or inside a destroy callback; RR_E_NO_MEMORY.
 * Callbacks: May collect first, so may run finalizers and weak callbacks.
 * Cost:      Constant time, apart from a collection that is due.
 */
RR_API void *rr_weakref_new(void *object, rr_weakref_fn callback, void *user);

/**
 * The target of `weakref`, if it is alive. [new] [any]
 *
 * Returns:   A strong reference to the target, to be released; NULL when it is dead, which is no
 *            error, and on error.
 * Errors:    RR_E_TYPE if `weakref` is an object of another type.
 * Cost:      Constant time.
 */
RR_API void *rr_weakref_get(void *weakref);

/**
 * How many weak references `object` is the target of. [any]
 *
 * Returns:   The number; a negative rr_status on error.
 * Cost:      Proportional to the number.
 */
RR_API int64_t rr_weakref_count(const void *object);

/* =================================================================================================
 * Lists
 * =================================================================================================
 *
 * A list is an object of type RR_TYPE_LIST: a sequence of strong references that grows and shrinks.
 * Its items are never NULL. Indices begin at 0.
 *
 * A change is made first and then what was there is released, in the order of rr_store(): callbacks
 * that run as a consequence see the list as it is now, and may change it. All functions here answer
 * RR_E_TYPE when the list is an object of another type. Those that put in an object answer
 * RR_E_ARGUMENT when it is NULL or belongs to another heap, and RR_E_NOT_OBJECT when it is no live
 * object.
 */

/**
 * Makes an empty list in `heap`. The same as rr_alloc() with RR_TYPE_LIST. [new]
 *
 * Returns:   The list; NULL on error.
 * Errors:    As rr_alloc().
 * Callbacks: May collect first, so may run finalizers and weak callbacks.
 * Cost:      Constant time, apart from a collection that is due.
 */
RR_API void *rr_list_new(rr_heap *heap);

/**
 * Puts `object` behind the last item of `list`, which takes a reference of its own.
 *
 * Errors:    RR_E_NO_MEMORY.
 * Cost:      Amortized constant time.
 */
RR_API rr_status rr_list_append(void *list, void *object);

/**
 * Puts `object` before the item at `index` of `list`, which takes a reference of its own.
 *
 * An index equal to the number of items appends.
 *
 * Errors:    RR_E_ARGUMENT if `index` is greater than the number of items; RR_E_NO_MEMORY.
 * Cost:      Proportional to the items behind `index`.
 */
RR_API rr_status rr_list_insert(void *list, size_t index, void *object);

/**
 * Replaces the item at `index` of `list` by `object` and releases the old one.
 *
 * Errors:    RR_E_ARGUMENT if there is no item at `index`.
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      Constant time, or proportional to what dies.
 */
RR_API rr_status rr_list_set(void *list, size_t index, void *object);

/**
 * Takes the item at `index` out of `list` and releases it; the items behind it move up.
 *
 * Errors:    RR_E_ARGUMENT if there is no item at `index`.
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      Proportional to the items behind `index`, and to what dies.
 */
RR_API rr_status rr_list_remove(void *list, size_t index);

/**
 * Takes all items out of `list` and releases them.
 *
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      Proportional to the items, and to what dies.
 */
RR_API rr_status rr_list_clear(void *list);

/**
 * The item at `index` of `list`. [borrowed]
 *
 * Returns:   The item, which stays the list's: rr_newref() it before the list may change. NULL on
 *            error.
 * Errors:    RR_E_ARGUMENT if there is no item at `index`.
 * Cost:      Constant time.
 */
RR_API void *rr_list_get(const void *list, size_t index);

/**
 * How many items `list` has.
 *
 * Returns:   The number; a negative rr_status on error.
 * Cost:      Constant time.
 */
RR_API int64_t rr_list_count(const void *list);

/* =================================================================================================
 * Raw memory
 * =================================================================================================
 *
 * Memory that is no object: buffers and tables that objects point to and give back in their destroy
 * callback. It counts in the statistics of its heap and towards max_bytes, and rr_heap_free() gives
 * back what is left of it.
 *
 * The rules are malloc's. Blocks are aligned to 16 bytes. A size of 0 gives a pointer of its own,
 * which must be freed.
 */

/**
 * Allocates `size` bytes in `heap`, not cleared.
 *
 * Returns:   The block; NULL on error.
 * Errors:    RR_E_NO_MEMORY; RR_E_OVERFLOW if `size` is not representable.
 * Cost:      Constant time; never collects.
 */
RR_API void *rr_mem_alloc(rr_heap *heap, size_t size);

/**
 * Changes the size of `memory`, a block of `heap`, to `size` bytes, moving it if need be.
 *
 * The contents stay, up to the smaller of both sizes. NULL as memory allocates. On error the old
 * block stays as it was and remains the caller's. A large block that grows by little gets room for
 * an eighth more when it moves, if there is so much: many small steps move it seldom.
 *
 * Returns:   The block, perhaps at a new place; NULL on error.
 * Errors:    As rr_mem_alloc(); RR_E_ARGUMENT if `memory` is no block of this heap, or was freed
 *            already.
 * Cost:      Constant time, or proportional to `size` when it moves; never collects.
 */
RR_API void *rr_mem_realloc(rr_heap *heap, void *memory, size_t size);

/**
 * Gives `memory`, a block of `heap`, back. NULL is a no-op.
 *
 * Errors:    RR_E_ARGUMENT if `memory` is no block of this heap, or was freed already.
 * Cost:      Constant time.
 */
RR_API rr_status rr_mem_free(rr_heap *heap, void *memory);

/* =================================================================================================
 * Looking
 * =================================================================================================
 *
 * Who refers to whom. Each function writes up to capacity objects to out and returns how many there
 * are, which may be more.
 *
 * To learn the number first, pass NULL and 0. The objects are borrowed: they are good until the
 * graph changes. Weak references are no edges of the graph.
 */

/**
 * The objects that `object` refers to, into `out`, at most `capacity` of them.
 *
 * One for each slot that is not NULL, so an object that two slots hold comes twice. None for a
 * member of a dead cycle that is being taken apart.
 *
 * Returns:   How many there are; a negative rr_status on error.
 * Errors:    RR_E_ARGUMENT if `out` is NULL and `capacity` is not 0.
 * Callbacks: Calls the traverse callback of the type.
 * Cost:      Proportional to the slots of the object.
 */
RR_API int64_t rr_get_referents(const void *object, void **out, size_t capacity);

/**
 * The objects that refer to `object` directly, into `out`, at most `capacity` of them.
 *
 * Each holder comes once. References from outside the heap are in rr_getrefcount() but not here.
 *
 * Returns:   How many there are; a negative rr_status on error.
 * Errors:    RR_E_ARGUMENT if `out` is NULL and `capacity` is not 0.
 * Callbacks: Calls traverse callbacks.
 * Cost:      Walks the heap.
 */
RR_API int64_t rr_get_referrers(const void *object, void **out, size_t capacity);

/**
 * The live objects of `heap` that are of `type`, into `out`, at most `capacity` of them.
 *
 * RR_TYPE_NONE as type stands for all types. The order is that of memory. Objects that are dying,
 * whose count is 0, are not among them.
 *
 * Returns:   How many there are; a negative rr_status on error.
 * Errors:    RR_E_TYPE if `type` is unknown; RR_E_ARGUMENT if `out` is NULL and `capacity` is not
 *            0.
 * Cost:      Walks the heap.
 */
RR_API int64_t rr_get_objects(rr_heap *heap, rr_type type, void **out, size_t capacity);

/**
 * A shortest chain of references that keeps `object` alive, into `out`, at most `capacity` objects
 * of it.
 *
 * The chain begins with an object that is held from outside the heap, has one reference after the
 * other, and ends with `object`. This answers the question why something is still there.
 *
 * Returns:   The length of the chain, both ends included; 0 if nothing outside holds the object, so
 *            that it is garbage; a negative rr_status on error.
 * Errors:    RR_E_ARGUMENT if `out` is NULL and `capacity` is not 0; RR_E_NO_MEMORY.
 * Callbacks: Calls traverse callbacks.
 * Cost:      Walks the heap.
 */
RR_API int64_t rr_get_path(const void *object, void **out, size_t capacity);

/* =================================================================================================
 * Statistics
 * =================================================================================================
 *
 * What a heap holds, where its memory is and how long it has paused. rr_heap_stats() has the
 * totals, cheap enough for every frame; rr_heap_print_stats() tells all of it to a person:
 *
 *     rr_heap_print_stats(heap, NULL);       // to standard error
 *
 * The functions that return a number write up to capacity elements to out and return how many there
 * are, which may be more; to learn the number first, pass NULL and 0. Where elements are sized
 * structs, set struct_size in the first one: it tells how far they lie apart.
 */

/** The state of a heap and what happened in it since it was made; filled in by rr_heap_stats(). */
struct rr_stats {
    uint32_t struct_size;          /**< sizeof(rr_stats), set by the caller; nothing past it is
                                        written. */
    uint32_t reserved;             /**< Set to 0. */
    uint64_t live_objects;         /**< Objects that are alive now. */
    uint64_t live_bytes;           /**< Bytes of the blocks these objects occupy, headers and
                                        rounding included. */
    uint64_t reserved_bytes;       /**< Address space reserved from the system. */
    uint64_t committed_bytes;      /**< Memory obtained from the system, used or not. */
    uint64_t peak_bytes;           /**< The highest committed_bytes so far. */
    uint64_t raw_bytes;            /**< Bytes held through rr_mem_alloc() and rr_mem_realloc(). */
    uint64_t external_bytes;       /**< The sum of rr_report_external(); it stops at 0. */
    uint64_t objects_allocated;    /**< Objects allocated so far. */
    uint64_t objects_freed;        /**< Objects whose memory was returned so far. */
    uint64_t collections;          /**< Collections finished so far, automatic ones included; one
                                        in slices counts when it is over. */
    uint64_t objects_collected;    /**< The sum of what these collections found dead, as
                                        rr_collect() counts it. */
    uint64_t objects_resurrected;  /**< Objects that finalizers brought back, in deaths by
                                        counting and by collection. */
    uint64_t objects_visited;      /**< Objects that collections looked at. */
    uint64_t finalizers_run;       /**< Finalizers run so far. */
    uint64_t weakrefs_live;        /**< Weak references whose target is alive now. */
    uint64_t candidates;           /**< Possible cycle roots logged now; the same as
                                        rr_gc_get_candidates(). */
    uint64_t gc_ns_total;          /**< Time spent in collections so far, in nanoseconds. */
    uint64_t gc_ns_max;            /**< The longest single pause by a collection or a slice of
                                        one, in nanoseconds. */
};

/**
 * What the blocks of one size take up; see rr_get_class_usage().
 *
 * page_bytes is what these blocks cost; live_bytes of it are in use. The difference is
 * fragmentation, and room for blocks to come.
 */
struct rr_class_usage {
    uint32_t struct_size;   /**< sizeof(rr_class_usage), set by the caller in the first element
                                 for all of them. */
    uint32_t is_raw;        /**< 1 for raw memory, 0 for objects. */
    uint64_t block_bytes;   /**< Bytes of a block, header and rounding included; 0 stands for all
                                 blocks that are too large to share a page. */
    uint64_t page_bytes;    /**< Bytes of the pages that hold such blocks. */
    uint64_t live_blocks;   /**< Blocks in use. */
    uint64_t live_bytes;    /**< Their bytes. */
    uint64_t free_blocks;   /**< Blocks that were used before, or are ready to be, and are free. */
    uint64_t fresh_blocks;  /**< Blocks that were never used: their memory may not have been
                                 touched yet. */
};

/** What the objects of one type take up; see rr_get_type_usage(). */
struct rr_type_usage {
    uint32_t struct_size;  /**< sizeof(rr_type_usage), set by the caller in the first element for
                                all of them. */
    rr_type type;          /**< The type. */
    uint64_t objects;      /**< Objects that are alive, or dying at this moment. */
    uint64_t bytes;        /**< Bytes of the blocks they occupy. */
};

/**
 * What the blocks of each size take up in `heap`, into `out`, at most `capacity` elements.
 *
 * Sizes that have no page are left out. Objects come before raw memory, smaller blocks before
 * larger ones, and those too large to share a page come last.
 *
 * Returns:   How many there are; a negative rr_status on error.
 * Errors:    RR_E_ARGUMENT if `out` is NULL and `capacity` is not 0, or its struct_size is too
 *            small.
 * Cost:      Proportional to the pages of the heap.
 */
RR_API int64_t rr_get_class_usage(rr_heap *heap, rr_class_usage *out, size_t capacity);

/**
 * What the objects of each type take up in `heap`, into `out`, at most `capacity` elements.
 *
 * Types without objects are left out. The type with the most bytes comes first.
 *
 * Returns:   How many there are; a negative rr_status on error.
 * Errors:    RR_E_ARGUMENT if `out` is NULL and `capacity` is not 0, or its struct_size is too
 *            small; RR_E_NO_MEMORY.
 * Cost:      Walks the heap.
 */
RR_API int64_t rr_get_type_usage(rr_heap *heap, rr_type_usage *out, size_t capacity);

/**
 * How often collections of `heap` paused the program for how long, into `out`, at most `capacity`
 * numbers.
 *
 * Number i counts the pauses of 2^i nanoseconds and more, and less than twice that; the last one
 * has all longer ones too. A slice is a pause, and so is a whole collection in one go, callbacks
 * included.
 *
 * Returns:   How many numbers there are, always as many; a negative rr_status on error.
 * Errors:    RR_E_ARGUMENT if `out` is NULL and `capacity` is not 0.
 * Cost:      Constant time.
 */
RR_API int64_t rr_get_pauses(rr_heap *heap, uint64_t *out, size_t capacity);

/**
 * Writes the statistics of `heap` as a page of text to the file `path`; NULL is standard error.
 *
 * Totals, memory by size of block with the part of it in use, the types with the most bytes, and
 * the pauses. The text is for people: it may change with each release. The file is whole or not
 * there.
 *
 * Errors:    RR_E_IO if the file can't be written; RR_E_NO_MEMORY.
 * Cost:      Walks the heap.
 */
RR_API rr_status rr_heap_print_stats(rr_heap *heap, const char *path);

/* =================================================================================================
 * Diagnostics
 * =================================================================================================
 *
 * Tools for those who look for something: what all this memory is, who holds it, and what went
 * wrong. A heap that does not use them pays nothing for them.
 */

/**
 * [any] Prints on standard error what `pointer` leads to: an object with its type, count, state and
 * references, a place inside one, freed memory, raw memory, a heap, or nothing of this library's.
 * Of objects of a checked heap, living or not, it also says where they were allocated and released.
 *
 * Made to be called from a debugger, as in GDB's "call rr_debug_print(p)", or from a program that
 * is puzzled. It takes no lock, may be called from any thread and in any callback, calls nothing of
 * the host's, and changes nothing, not even rr_last_error(). Only where the program stands inside
 * the library's own code, as after a crash there, must a debugger not call it, nor any other
 * function: the process would end. There, and with a core file, use GDB's command "rr info p" of
 * librefruntime.so-gdb.py, which calls nothing.
 *
 * While another thread changes the heap, what is printed may be torn. At most 24 references are
 * shown.
 *
 * Returns:   RR_OK if it is a live object; otherwise RR_E_NOT_OBJECT, which is an answer here and
 *            no error: rr_last_error() stays as it was.
 * Cost:      Some microseconds, most of them for writing.
 */
RR_API rr_status rr_debug_print(const void *pointer);

/**
 * Tells who holds what is left in `heap`: into the file `path`, or on standard error if that is
 * NULL.
 *
 * For the question which release is missing, at a moment when nothing or little should be left.
 * First come the objects that have references from outside the heap, more than what is in slots:
 * how many references, and the number and bytes of the objects that these keep alive, which die
 * when all of them are released. Holders of one type that were allocated in one place are told
 * together, and of each of them what it keeps: all that is reached through it alone. The heaviest
 * come first. Then comes what is kept by several of these, then dead cycles, which are nobody's and
 * which a collection frees, then everything by type. Bytes are those of blocks, as in the
 * statistics, and add up. In a checked heap the report says where the holders were allocated, and
 * which tags of rr_incref_tagged() are still open.
 *
 * An object that is in more slots than it has references (a borrowed pointer was stored plainly) is
 * told among the holders, with a negative number. Weak references are no references, but their
 * objects may have holders.
 *
 * If `path` ends in ".json" the report is JSON, in this form; n are numbers, addresses are strings:
 *
 *     {"heap": "0x...", "objects": n, "bytes": n,
 *      "held": [{"type": "...", "objects": n, "immortal": n, "references": n,
 *                "objects_kept": n, "bytes_kept": n,
 *                "allocated_by": [{"function": "..." or null, "module": "...", "offset": "0x..."},
 *                                 ...],
 *                "largest": [{"object": "0x...", "references": n (null: immortal),
 *                             "objects_kept": n, "bytes_kept": n,
 *                             "tags": [{"tag": "...", "references": n}, ...]}, ...]}, ...],
 *      "shared": {"objects": n, "bytes": n}, "garbage": {"objects": n, "bytes": n},
 *      "types": [{"type": "...", "objects": n, "bytes": n,
 *                 "garbage_objects": n, "garbage_bytes": n}, ...]}
 *
 * The text shows 40 kinds of holders and the three largest of each, the JSON all kinds and a
 * hundred of each. The file is written beside its place and renamed when it is whole. What is no
 * regular file is written as it is.
 *
 * The report releases nothing; if the last slices of a collection are under way, it lets them end.
 *
 * Errors:    RR_E_IO if the file can't be written; rr_last_error() then has the system's reason.
 *            RR_E_NO_MEMORY. RR_E_BUSY inside any callback of the heap.
 * Callbacks: Calls traverse callbacks. At the end of a collection finalizers, weak callbacks and
 *            destroy callbacks.
 * Cost:      Walks the heap several times: 0.3 to 1 s for a million objects. Needs some 60 bytes of
 *            memory for each object that has two references, 64 more for each holder, and no stack.
 */
RR_API rr_status rr_leak_report(rr_heap *heap, const char *path);

/**
 * From now on samples the objects that are allocated in `heap`, one in `sample_bytes` bytes on
 * average, with the stack that allocates them; 0 stands for 512 KiB.
 *
 * When to use it: to see which code allocates, and which code's objects stay, in a program as it
 * runs. It is cheap enough to leave on.
 *
 * Each object of n bytes (of block) is sampled with probability 1 - exp(-n / sample_bytes),
 * independently of all others, and stands for the inverse of that, so that sums are right on
 * average; those of k samples are off by about their k-th root. Raw memory is not sampled.
 *
 * A new profile takes the place of the last one. An object that was sampled dies out of line, and a
 * collection that finds one dead takes its dead apart object by object, instead of page by page.
 *
 * Errors:    RR_E_BUSY if the heap is being profiled already; RR_E_NO_MEMORY.
 * Cost:      Constant time; the first time loads the system's unwinder, which may call malloc. Then
 *            some microseconds for each sample. Without a profile nothing but a test each time that
 *            blocks are put into service.
 */
RR_API rr_status rr_profile_start(rr_heap *heap, uint64_t sample_bytes);

/**
 * Takes no more samples of `heap`. What is known stays, and still hears of the ends of sampled
 * objects, until the next profile begins or the heap is freed.
 *
 * Errors:    RR_E_ARGUMENT if the heap is not being profiled.
 * Cost:      Constant time.
 */
RR_API rr_status rr_profile_stop(rr_heap *heap);

/**
 * Writes the profile of `heap`, which may be stopped or going on, to the file `path`: in pprof's
 * format (profile.proto, not compressed).
 *
 * Look at it with `pprof -http=: program heap.pb`, with `go tool pprof`, or at speedscope.app. It
 * has alloc_objects and alloc_space since the profile began, inuse_objects and inuse_space now, and
 * labels for the type and the size of blocks. Functions are named from the symbol tables of the
 * modules, as far as there is memory to read these; there are no line numbers.
 *
 * The file is written beside its place and renamed when it is whole. What is no regular file is
 * written as it is.
 *
 * Errors:    RR_E_ARGUMENT if `path` is NULL or the heap has no profile; RR_E_IO, with the system's
 *            reason, if the file can't be written; RR_E_NO_MEMORY.
 * Cost:      Reads the symbol table of a module for each of its functions that does not export it:
 *            up to a millisecond for each place in the code.
 */
RR_API rr_status rr_profile_write(rr_heap *heap, const char *path);

/**
 * Writes all of `heap` to the file `path`, for a viewer of heap snapshots: V8's format, which the
 * Memory panel of Chrome's DevTools opens (Load), and memlab.
 *
 * When to use it: to browse what is there, what keeps it, and how much each object keeps alive; or
 * to compare two moments. Call the file something.heapsnapshot, or DevTools won't offer it.
 *
 * In the viewer each type is a constructor; references have the names of slots (ref_names of
 * rr_type_info, else the offset, as in +8) or the index of the item. The root's edges lead to what
 * is held from outside and say by how many references. What nothing outside holds hangs under
 * "(garbage that a collection finds)". References to what is no live object of the heap are left
 * out.
 *
 * Sizes are those of blocks: those of all objects add up to live_bytes of rr_stats; raw memory, the
 * storage of lists and what rr_report_external() was told, up to 4 TiB of it, are nodes of their
 * own. A size of 4 GiB or more is shown as just below, since viewers can't keep it. The number
 * behind the @ is the lower half of the object's address / 16, so an object has the same one in
 * each snapshot, and so may another one that was made in its place.
 *
 * The file is written beside its place and renamed when it is whole. What is no regular file is
 * written as it is.
 *
 * Errors:    RR_E_ARGUMENT if `path` is NULL; RR_E_IO, with the system's reason, if the file can't
 *            be written; RR_E_BUSY inside a callback of the heap; RR_E_NO_MEMORY; RR_E_CORRUPT if a
 *            traverse callback contradicts itself. After an error there is no file, or the one that
 *            was there before.
 * Callbacks: Calls traverse callbacks.
 * Cost:      Walks the heap some ten times; a million objects take about a second. Needs five bytes
 *            of memory for each object.
 */
RR_API rr_status rr_heap_snapshot(rr_heap *heap, const char *path);

/**
 * Draws `heap` as a graph for Graphviz, into the file `path`, at most `max_objects` of its objects;
 * 0 stands for 200.
 *
 * When to use it: to see a structure, or why a cycle is garbage. `dot -Tsvg heap.dot -o heap.svg`
 * makes a picture of it.
 *
 * Objects are boxes with type, address and count; arrows have the names of slots or the index of
 * the item; ellipses say by how many references an object is held from outside; weak references are
 * dashed. Red is what nothing outside leads to: collections free it, unless a finalizer brings it
 * back. Nothing is freed for the picture. Frozen and untracked containers count as held, since
 * collections pass them by.
 *
 * When there are more objects, garbage comes first, up to half of the picture, then what is held
 * and what that leads to. The title then says so, and so does each object with references to what
 * is not drawn. Of one object a hundred references are drawn.
 *
 * The file is written as that of rr_heap_snapshot().
 *
 * Errors:    Those of rr_heap_snapshot(), but for RR_E_CORRUPT.
 * Callbacks: Calls traverse callbacks.
 * Cost:      Walks the heap some five times.
 */
RR_API rr_status rr_heap_dot(rr_heap *heap, const char *path, uint32_t max_objects);

/**
 * Draws what lies around `object` into the file `path`, at most `max_objects` objects, as
 * rr_heap_dot() does: the object with a thick frame, those who lead to it, and what it leads to.
 *
 * Those who lead to it take at most half of the picture and are at most eight references away.
 *
 * Errors:    Those of rr_heap_dot(); RR_E_NOT_OBJECT.
 * Callbacks: Calls traverse callbacks.
 * Cost:      Walks the heap some ten times.
 */
RR_API rr_status rr_object_dot(const void *object, const char *path, uint32_t max_objects);

/**
 * From now on writes what collections of all heaps do, and when, to the file `path`: a trace that
 * Perfetto (ui.perfetto.dev) and chrome://tracing open.
 *
 * When to use it: to see which pauses a program has, why, and what they were good for. The same
 * without a line of code: run the program with the environment variable REFRUNTIME_TRACE=path,
 * which is read once, when the library is loaded.
 *
 * Each heap has a track. A pause is what the program waits at a time; in it lie collections (in one
 * go), trials (near candidates) and slices (of a complete collection), each with its reason, the
 * candidates before it, and the objects visited, collected and resurrected. Counters show
 * candidates, and bytes live and committed. Times are those of CLOCK_MONOTONIC.
 *
 * %p in the path stands for the number of the process. The trace ends with rr_trace_stop() or at
 * normal exit; until then the file has a name of its own beside its place, ending in .part, and
 * what a crash leaves of it can be opened too. A forked child leaves its parent's trace alone and
 * writes none unless it starts one.
 *
 * Errors:    RR_E_ARGUMENT if `path` is NULL or too long; RR_E_BUSY while another trace is written;
 *            RR_E_IO, with the system's reason, if the file can't be written. REFRUNTIME_TRACE
 *            tells these on standard error.
 * Cost:      Constant time. Each collection or slice then takes some microseconds longer, after its
 *            time was taken, and in each three hundred one writes 64 KiB. Without a trace each
 *            makes one test.
 * Threads:   Any thread.
 */
RR_API rr_status rr_trace_start(const char *path);

/**
 * Ends the trace that is being written: the file is whole and has its name.
 *
 * Errors:    RR_E_ARGUMENT if no trace is being written; RR_E_IO, with the system's reason, if some
 *            of it could not be written: then there is no file, or the one that was there before.
 * Cost:      Writes what is left, 64 KiB at most, and waits until the system has it on disk.
 * Threads:   Any thread.
 */
RR_API rr_status rr_trace_stop(void);

/* =================================================================================================
 * Finding misuse
 * =================================================================================================
 *
 * A checked heap finds a release too much, a use after the end, a write past the end, an uncounted
 * reference, and says which object it was, where it was allocated, who released it last and who is
 * calling. Make one with RR_HEAP_CHECKED; or set REFRUNTIME_CHECK=1 in the environment of a program
 * that is not to be recompiled: then all its heaps are checked, and the calls that were compiled
 * inline as well.
 *
 * Misuse of a checked heap, in whichever function it shows: a pointer to a freed object, or one
 * that leads into an object and not to its beginning (RR_E_NOT_OBJECT; only rr_is_object() and
 * rr_try_incref(), which exist to ask, just answer 0); a new reference to an object that is being
 * destroyed, an allocation in a destroy callback, a change in a traverse callback (RR_E_BUSY); a
 * value of another heap, the release of a reference that is the library's, a tag that is not open
 * (RR_E_ARGUMENT); a call from a thread that may not make it (RR_E_WRONG_THREAD); and RR_E_CORRUPT:
 * bytes written behind the end of an object, over its header, or into one that was freed, a slot
 * that refers to a freed object, more references in slots than were counted. Where REFRUNTIME_CHECK
 * is set, a pointer that leads into no heap at all is misuse too. Ordinary errors are all others:
 * memory that is used up, an index out of range, a wrong type, NULL.
 *
 * When it is found. A wrong pointer at the call it is given to. A write past the end at the next
 * call with that object, when it is freed, and by rr_collect(), rr_heap_verify() and
 * rr_heap_free(). A write into a freed object when its memory is to be used again, and by the same
 * three; so are references that were not counted, at the latest when their holder dies.
 *
 * What happens. Misuse is reported to the handler of rr_set_error_handler(); the call then fails
 * with its status, or goes on where it did nothing wrong itself. Without a handler the report goes
 * to standard error and the process ends by abort(). A report has stacks with function names where
 * the modules have symbols, static functions too; for source lines give module and offset to
 * addr2line.
 *
 * Under AddressSanitizer and Valgrind all heaps are checked ones, unless the environment has
 * REFRUNTIME_CHECK=0, and the tool is told of every block: freed objects and raw memory, and the
 * guards behind them, which raw memory has then too, are nobody's. So a program built with
 * -fsanitize=address stops at the line that touches them, in inline calls too; memcheck (on x86-64)
 * also says where they were allocated and freed, and which objects of heaps that are left nobody
 * points to. LeakSanitizer does not know of them. Neither sees what is wrong after a freed object
 * has left the 8 MiB that wait.
 *
 * What it costs. Each call that counts, makes or frees takes its stack, about two microseconds;
 * each object takes at least 16 guard bytes and a record of 32, and up to 8 MiB of freed objects
 * per heap wait before their memory is used again. rr_collect() and rr_heap_free() also look at
 * every object in the heap. The limit of a heap does not count the records. Raw memory of
 * rr_mem_alloc() has no guards that the heap itself looks at. Heaps that are not checked pay
 * nothing.
 */

/**
 * Hears of each call that fails, on the thread that made it: its `status`, the sentence that
 * rr_last_error() keeps as `message`, and the pointer that the message speaks of as `object`, or
 * NULL. For misuse of a checked heap the message goes on with a report, of several lines. The
 * message is valid during the call. The library may be in the middle of an operation: the handler
 * may read with functions marked [any] and ask for rr_last_error(), rr_status_string() and
 * rr_type_name(), and not change anything. It is not called for its own errors. `user` is what
 * rr_set_error_handler() was given.
 */
typedef void (*rr_error_fn)(rr_status status, const char *message, const void *object, void *user);

/**
 * Has `handler` called, with `user`, for each call in the process that fails; NULL restores the
 * default.
 *
 * The default is silence for ordinary errors, and a report and abort() for misuse of a checked
 * heap. With a handler nothing is printed and nobody aborts but the handler itself. The statuses
 * are what the calls answer all the same. Answers that are no errors, as the 0 of rr_is_object(),
 * are not told. A call that is running on another thread may still use the handler that was there
 * before.
 *
 * Cost:      Constant time.
 * Threads:   Any thread, at any time.
 */
RR_API rr_status rr_set_error_handler(rr_error_fn handler, void *user);

/**
 * Adds a reference to `object` under a `tag`, which says who takes it. NULL as object is a no-op.
 * [any]
 *
 * In a checked heap the ledger keeps the tag with the stack of the call until rr_decref_tagged()
 * gives it back; reports name the tags that are open. In other heaps it is rr_incref(). RR_HERE is
 * a tag that names the place in the source.
 *
 * Errors:    As rr_incref(); RR_E_ARGUMENT if `tag` is NULL; RR_E_NO_MEMORY if there is none for
 *            the ledger.
 * Cost:      Constant time, and proportional to the tags that are open on the object.
 */
RR_API rr_status rr_incref_tagged(void *object, const char *tag);

/**
 * Releases a reference to `object` that was taken under the `tag`. NULL as object is a no-op. [any]
 *
 * Tags are compared as strings. A reference that was taken under a tag may also be given back by
 * rr_decref(): the tag then stays open.
 *
 * Errors:    As rr_decref(); RR_E_ARGUMENT if `tag` is NULL or, in a checked heap, not open on the
 *            object, which is misuse: nothing is released then.
 * Callbacks: May run finalizers, weak callbacks and destroy callbacks.
 * Cost:      As rr_decref(), and proportional to the tags that are open on the object.
 */
RR_API rr_status rr_decref_tagged(void *object, const char *tag);

/* =================================================================================================
 * Layout
 * =================================================================================================
 *
 * refruntime_inline.h has the frequent calls as inline functions. They know a little of how objects
 * and heaps are laid out, and so does whoever generates code; the rest of a program needs nothing
 * of this section.
 *
 * The layout may change with each release. Code that was compiled with another one asks
 * rr_layout_check() before it relies on it. What a compiler emits follows from rr_layout(), with
 * header = the 64-bit word before the payload and count = its low half, signed:
 *
 *     incref   0 < count < INT32_MAX: header + 1.
 *     decref   count > 1 and header & header_quiet: header - 1.
 *              header & release_mask == release_value: entry = segment + page_table
 *              + (((object & segment_mask) >> page_shift) << page_entry_shift); if the page's
 *              state allows it, and free_count + 1 is not carved: header = 0, the block's first
 *              word = the page's free, free = object, free_count + 1.
 *              header & node_mask == node_value, and slots of the type is not 0: decref what is in
 *              the slots, as long as one of the above does it, and empty each; then as before.
 *     alloc    entry = types[type]; bin = *(heap + heap_bins) + entry.bin_offset. If *bin is not
 *              NULL and the entry's header is not 0: object = *bin, *bin = the first word of the
 *              object, clear clear_bytes from there, the object's header = the entry's.
 *
 * In all other cases: the extern function. That is how the library gets to hear what it has to: it
 * empties bins, and counts below 1, as it needs. A heap may be used so by whom it belongs to.
 */

/** What inline calls need to know of a type. All 0: such calls can do nothing with it. */
struct rr_layout_type {
    uint64_t header;       /**< The header of a new object. */
    uint64_t release;      /**< An object with this header, or this and header_quiet, dies with
                                its last reference by releasing its slots. 0, or another number
                                that is no header: none does. */
    uint32_t clear_bytes;  /**< Bytes of the payload to clear: a word, and any number of 16
                                bytes; 0 with no bin. */
    uint32_t bin_offset;   /**< Offset of the bin, from the heap's bins. There is none at offset
                                0: it never has a block. */
    uint32_t first_slot;   /**< Offset of the first slot. */
    uint32_t slots_end;    /**< Offset of what is behind the last slot. If all words from the
                                first to here are 0, no slot holds anything. */
    uint32_t slots;        /**< Bit i: the word i words behind the first slot is a slot. */
    uint32_t reserved;     /**< 0. */
};

/**
 * The layout that inline calls touch; filled in by rr_layout(). It holds while the library is
 * loaded.
 */
struct rr_layout_info {
    uint32_t struct_size;         /**< sizeof(rr_layout_info), set by the caller; nothing past it
                                       is written. */
    uint32_t type_count;          /**< Entries of types. A type past them is allocated by
                                       rr_alloc(). */
    uint64_t fingerprint;         /**< Stands for the whole layout, as in rr_layout_check(). */
    const rr_layout_type *types;  /**< One entry for each type, indexed by rr_type. Types that
                                       are made later fill in theirs. */
    uint64_t header_quiet;        /**< Bit of the header: a decrement that leaves a positive
                                       count has nothing else to do. Without it the object has to
                                       be logged. */
    uint64_t leaf_value;          /**< The last reference goes, and only the block with it, iff
                                       the bits of the header below type_shift are these. An
                                       object with slots: see rr_layout_type.release. */
    uint64_t segment_mask;        /**< Segment = address & ~segment_mask. */
    uint32_t type_shift;          /**< rr_type = header >> type_shift. */
    uint32_t segment_heap;        /**< Offset in a segment: its heap. */
    uint32_t segment_bitmaps;     /**< Offset in a segment: the bitmaps of candidates, one for
                                       each page. */
    uint32_t bitmap_shift;        /**< log2 of the bytes of a bitmap. */
    uint32_t segment_pages;       /**< Offset in a segment: the page table. */
    uint32_t page_entry_shift;    /**< log2 of the bytes of an entry in the page table. */
    uint32_t page_shift;          /**< Index of an address's page = (address & segment_mask) >>
                                       page_shift. */
    uint32_t page_start;          /**< Offset in a page's entry: where its first block begins. */
    uint32_t page_reciprocal;     /**< Offset in a page's entry: 32 bits; a block's bit in the
                                       bitmap is (its offset from the start * this) >> 32. */
    uint32_t page_free;           /**< Offset in a page's entry: payload of the first free block,
                                       or NULL. */
    uint32_t page_countdown;      /**< Offset in a page's entry: 16 bits that each freed block
                                       counts down; the library has to see it reach 0. */
    uint32_t page_candidates;     /**< Offset in a page's entry: 16 bits, how many candidates it
                                       has; the library has to see the first come and the last
                                       go. */
    uint32_t heap_bins;           /**< Offset in an rr_heap: the address of its bins. */
    uint32_t heap_candidates;     /**< Offset in an rr_heap: 64 bits, how many candidates it has. */
    uint32_t heap_trap;           /**< Offset in an rr_heap: 64 bits; the library has to see the
                                       candidates become as many. */
    uint32_t revision;            /**< Counts up when something here changes its meaning and
                                       keeps its value. */
};

/**
 * Whether code that was compiled with the layout `fingerprint` fits this library.
 *
 * Errors:    RR_E_ABI if it does not.
 * Cost:      Constant time.
 */
RR_API rr_status rr_layout_check(uint64_t fingerprint);

/**
 * Tells the layout of this library, into `out`.
 *
 * Errors:    RR_E_ARGUMENT if `out` is NULL or its struct_size too small; RR_E_NO_MEMORY.
 * Cost:      Constant time.
 */
RR_API rr_status rr_layout(rr_layout_info *out);

#ifdef __cplusplus
}
#endif

#endif
