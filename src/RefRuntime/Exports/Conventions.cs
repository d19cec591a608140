// The opening chapter of include/refruntime.h: what holds for every export. It has docs and no code.
// What docs must hold to become the manual is told in src/RefRuntime.AbiGen/Docs.

using RefRuntime.Abi;

namespace RefRuntime.Exports;

/// <summary>
/// RefRuntime manages memory the way Python does, for everybody else: objects die promptly, when their last reference
/// goes, and cycles of dead objects are found and freed. A first look:
/// </summary>
/// <remarks>
/// <code>
/// typedef struct node { void *next; int64_t value; } node;
///
/// static const uint32_t refs[] = { offsetof(node, next) };
/// rr_type_info info = { .struct_size = sizeof info, .name = "node", .size = sizeof(node),
///                       .ref_offsets = refs, .ref_count = 1 };
/// rr_type node_type = rr_type_new(&amp;info);
///
/// node *n = rr_alloc(NULL, node_type);   // in the default heap; count 1
/// rr_store(&amp;n->next, n);                 // refers to itself now; count 2
/// rr_decref(n);                          // count 1: out of our hands, but not dead
/// rr_collect(NULL);                      // returns 1: the cycle is gone
/// </code>
/// <para>It builds with <c>cc program.c $(pkg-config --cflags --libs refruntime)</c>.</para>
/// <para><b>Objects.</b> An object is a <c>void *</c> to its payload, which is aligned to 16 bytes, zeroed when allocated, and
/// never moves. The 8 bytes just before it are its header and belong to the library. Each object belongs to one heap and
/// may refer only to objects of that heap.</para>
/// <para><b>Ownership.</b> A function marked [new] returns a reference that the caller owns and must release. One marked
/// [borrowed] returns a pointer that is good for as long as the caller keeps its own path to the object. An object passed
/// as an argument stays the caller's, unless the function says that it takes it over.</para>
/// <para><b>Errors.</b> An rr_status is RR_OK or negative. A function that returns a pointer returns NULL on error, one
/// that returns a count a negative rr_status, one that returns 0 or 1 returns 0; an entry without a Returns line
/// returns RR_OK on success. After an error rr_last_error() tells in one sentence what was wrong, naming the function,
/// the argument and its value, and rr_last_status() has the code. A failed call leaves everything as it was, but for a
/// collection it may have run. Some errors can come from almost every function and are not repeated below:
/// RR_E_ARGUMENT when a heap pointer is no live heap, RR_E_WRONG_THREAD when the heap belongs to another thread,
/// RR_E_BUSY when a callback may not do this. An entry without an Errors line has only these.</para>
/// <para><b>Pointers.</b> A function marked [any] takes any pointer value at all: a freed object, a pointer inside one, a
/// random number. It answers RR_E_NOT_OBJECT, or NULL or 0 according to what it returns, and does not crash, unless
/// another thread gives back the memory that it points into at that very moment. A function without the mark needs a live
/// object, of the kind it speaks of.</para>
/// <para><b>NULL.</b> As an object, NULL is a no-op for rr_incref(), rr_decref(), rr_newref(), and empties the slot in
/// rr_store() and rr_take(); elsewhere it is an error. As a heap, NULL means the default heap.</para>
/// <para><b>Slots.</b> A slot is a place in an object that holds a strong reference or NULL. Write it with rr_store() or
/// rr_take(). In an object that was just allocated slots may be written plainly, until the next call that may collect.
/// Tagged values, and storage that only a traverse callback knows, are written plainly with matching rr_incref() and
/// rr_decref(); who moves a reference in there that may be the last from outside calls rr_gc_candidate() on the object.
/// At death the library releases the slots; there is nothing to clear by hand.</para>
/// <para><b>Callbacks.</b> A callback may call the library, within the limits its type states. Functions marked [any]
/// that only read work on a dying object too. While any callback runs no collection begins, of whichever heap (rr_collect()
/// and rr_collect_step() answer 0), and no heap is freed (RR_E_BUSY). Whoever loses its last reference in a callback dies at
/// once, as everywhere; where 24 callbacks of a heap run within each other, when the innermost has returned. So chains of
/// objects whose callbacks release the next one die on any stack too. No callback may be left by longjmp or by an exception:
/// that ends the process. Nor may its thread end in it. The last parameter of a callback, <c>void *user</c>, is what was
/// registered with it.</para>
/// <para><b>Threads.</b> A heap belongs to the thread that made it, or is shared by threads in one of two ways; see
/// Heaps. Errors are kept per thread.</para>
/// <para><b>Process.</b> After fork the child's thread goes on owning what its parent's thread owned. A fork
/// waits up to 0.1 s for other threads to leave synchronized heaps; a heap that one of them is still using then is lost to
/// the child, which gets RR_E_WRONG_THREAD. Other heaps that were in use by another thread may be in the middle of a change:
/// the child keeps away from them. What the parent collects or freezes before the fork (rr_collect(), rr_gc_freeze()) stays
/// shared: no collection in the child writes to it. Calls from atexit handlers are fine, and from destructors of thread-specific
/// data in the first two of their rounds. No function is a cancellation point; none may be called from a signal handler. Where
/// callbacks don't nest, a stack of 16 KiB is enough for each, 64 KiB in checked heaps. dlclose leaves the library loaded. To load it takes some memory, and
/// up to 240 MiB of address space: a process that has not so much is ended by the .NET runtime inside. From then on no want of
/// memory ends it.</para>
/// <para><b>Sized structs.</b> A struct that begins with struct_size may grow at its end in later releases. The caller sets
/// struct_size to the sizeof it was compiled with, and the library reads and writes no byte past it. A size too small for the
/// fields of version 1, and a flag the library does not know, are RR_E_ARGUMENT.</para>
/// <para><b>Costs.</b> Constant time means independent of the size of the heap. Walking the heap means looking at every
/// object in it.</para>
/// </remarks>
[Section(Section.Conventions)]
internal static class Conventions;
