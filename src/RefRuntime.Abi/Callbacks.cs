// The callbacks of the ABI, described as delegates so that they have names, parameter names and docs. They are never
// instantiated: signatures use delegate* unmanaged[Cdecl]<…> with [Callback(typeof(…))], and the generator checks that
// the two agree.

namespace RefRuntime.Abi;

/// <summary>Receives one strong reference. The library passes it to a traverse callback, which calls it once for each
/// reference that object holds, with the arg it was given. A NULL object is ignored.</summary>
[CName("rr_visit_fn")]
[Section(Section.Types)]
public unsafe delegate void VisitFn(void* @object, void* arg);

/// <summary>Reports the strong references of object that no offset and no item covers: calls visit(reference, arg)
/// once for each. It must report the same references each time until the object changes, and must do nothing else:
/// no allocation, no counting, no writing. user is the type's.</summary>
[CName("rr_traverse_fn")]
[Section(Section.Types)]
public unsafe delegate void TraverseFn(
    void* @object, [Callback(typeof(VisitFn))] delegate* unmanaged[Cdecl]<void*, void*, void> visit, void* arg, void* user);

/// <summary>Runs once per object, before anything of it is taken apart: object and all it refers to are intact. It may
/// do what any code may, also allocate, collect and store object somewhere, which resurrects it. A resurrected object
/// is not finalized again. user is the type's.</summary>
[CName("rr_finalize_fn")]
[Section(Section.Types)]
public unsafe delegate void FinalizeFn(void* @object, void* user);

/// <summary>Gives back the foreign resources of object, just before its memory is returned. It may read object and its
/// slots, call rr_decref() and rr_mem_free(). It may not allocate nor take new references to the dying (RR_E_BUSY).
/// The runtime releases the slots itself afterwards. user is the type's.</summary>
[CName("rr_destroy_fn")]
[Section(Section.Types)]
public unsafe delegate void DestroyFn(void* @object, void* user);

/// <summary>Hears of a collection of heap as it starts and as it stops. event is valid during the call; a field is
/// there if event-&gt;struct_size covers it. user is what rr_gc_set_callback() was given.</summary>
[CName("rr_gc_fn")]
[Section(Section.Cycles)]
public unsafe delegate void GcFn(HeapHandle* heap, [Const] GcEvent* @event, void* user);

/// <summary>Hears that the target of weakref has died. The target is gone already: rr_weakref_get() answers NULL.
/// weakref is borrowed. user is what rr_weakref_new() was given.</summary>
[CName("rr_weakref_fn")]
[Section(Section.WeakReferences)]
public unsafe delegate void WeakRefFn(void* weakref, void* user);
