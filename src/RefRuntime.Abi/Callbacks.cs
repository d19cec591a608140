// The callbacks of the ABI, described as delegates so that they have names, parameter names and docs. They are never
// instantiated: signatures use delegate* unmanaged[Cdecl]<…> with [Callback(typeof(…))], and the generator checks that
// the two agree.

namespace RefRuntime.Abi;

/// <summary>Receives one strong reference, <paramref name="object"/>. The library hands such a function to a traverse
/// callback, which calls it once for each reference, with the <paramref name="arg"/> it was given. NULL is
/// ignored.</summary>
[CName("rr_visit_fn")]
[Section(Section.Types)]
public unsafe delegate void VisitFn(void* @object, void* arg);

/// <summary>Reports the strong references of <paramref name="object"/> that no offset and no item covers: calls
/// <paramref name="visit"/> once for each, with the reference and <paramref name="arg"/>. It reports the same references
/// each time until the object changes, and does nothing else: no allocation, no counting, no writing. Only the functions
/// marked [any] that read may be called; others that concern its heap are refused (RR_E_BUSY), other heaps may be used.
/// <paramref name="user"/> is the type's.</summary>
[CName("rr_traverse_fn")]
[Section(Section.Types)]
public unsafe delegate void TraverseFn(
    void* @object, [Callback(typeof(VisitFn))] delegate* unmanaged[Cdecl]<void*, void*, void> visit, void* arg, void* user);

/// <summary>Runs once in the life of <paramref name="object"/>, before anything of it is taken apart: it and all it refers to are
/// intact. The callback may do what any code may in a callback, also allocate, make weak references to the object, and store it
/// somewhere, which resurrects it. <paramref name="user"/> is the type's.</summary>
[CName("rr_finalize_fn")]
[Section(Section.Types)]
public unsafe delegate void FinalizeFn(void* @object, void* user);

/// <summary>Gives back the foreign resources of <paramref name="object"/>, just before its memory is returned. It may read
/// the object and its slots, look at the heap, and call rr_decref() and rr_mem_free(). It may not allocate in its heap (objects,
/// weak references, raw memory, a longer list), nor take new references to the dying (RR_E_BUSY). Other heaps may be used. The library releases the slots itself afterwards. <paramref name="user"/> is the type's.</summary>
[CName("rr_destroy_fn")]
[Section(Section.Types)]
public unsafe delegate void DestroyFn(void* @object, void* user);

/// <summary>Hears of a collection of <paramref name="heap"/> as it starts and as it stops. <paramref name="event"/> is valid
/// during the call, and has the fields that its struct_size covers. The callback may do what any code may in a callback, also
/// take itself away. <paramref name="user"/> is what rr_gc_set_callback() was given.</summary>
[CName("rr_gc_fn")]
[Section(Section.Cycles)]
public unsafe delegate void GcFn(HeapHandle* heap, [Const] GcEvent* @event, void* user);

/// <summary>Hears that the target of <paramref name="weakref"/> has died. The target is gone already: rr_weakref_get()
/// answers NULL. The weak reference is borrowed. The callback may do what any code may in a callback.
/// <paramref name="user"/> is what rr_weakref_new() was given.</summary>
[CName("rr_weakref_fn")]
[Section(Section.WeakReferences)]
public unsafe delegate void WeakRefFn(void* weakref, void* user);

/// <summary>Hears of each call that fails, on the thread that made it: its <paramref name="status"/>, the sentence that
/// rr_last_error() keeps as <paramref name="message"/>, and the pointer that the message speaks of as <paramref name="object"/>,
/// or NULL. For misuse of a checked heap the message goes on with a report, of several lines. The
/// message is valid during the call. The library may be in the middle of an operation: the handler may read with functions marked [any] and
/// ask for rr_last_error(), rr_status_string() and rr_type_name(), and not change anything. It is not called for its own errors.
/// <paramref name="user"/> is what rr_set_error_handler() was given.</summary>
[CName("rr_error_fn")]
[Section(Section.Misuse)]
public unsafe delegate void ErrorFn(Status status, [Const] byte* message, [Const] void* @object, void* user);
