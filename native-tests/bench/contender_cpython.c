/* CPython through its C API: types declared in C, garbage-collected nodes and plain leaves, inline macros, gc.collect() as
 * Python programs call it. Built only where Python's headers and library are. */
#include "bench.h"
#include "contenders.h"

#include <stdio.h>

#ifdef HAVE_CPYTHON

/* A type's slots are void *, also those that hold functions; and Python.h is not written for all the warnings that are
 * errors here. */
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#pragma GCC diagnostic pop

typedef struct python_node {
    PyObject_HEAD
    bench_node node;
} python_node;

typedef struct python_leaf {
    PyObject_HEAD
    uint64_t payload[];
} python_leaf;

static PyTypeObject *type, *kin_type, *leaf_type, *sized_types[BENCH_SIZES];
static PyObject *gc_collect;
static int64_t python_live;

/* ---- Types ------------------------------------------------------------------------------------------------------- */

static PyObject *object_of(bench_node *node) {
    return (PyObject *)(void *)((char *)node - offsetof(python_node, node));
}

static inline int visit_slots(PyObject *self, visitproc visit, void *arg, int slots) {
    bench_node *node = &((python_node *)self)->node;
    Py_VISIT(Py_TYPE(self));
    for (int i = 0; i < slots; i++) {
        if (node->slot[i] != NULL)
            Py_VISIT(object_of(node->slot[i]));
    }
    return 0;
}

static inline int clear_slots(PyObject *self, int slots) {
    bench_node *node = &((python_node *)self)->node;
    for (int i = 0; i < slots; i++) {
        bench_node *held = node->slot[i];
        node->slot[i] = NULL;
        if (held != NULL)
            Py_DECREF(object_of(held));
    }
    return 0;
}

static int traverse_node(PyObject *self, visitproc visit, void *arg) {
    return visit_slots(self, visit, arg, 2);
}

static int traverse_kin(PyObject *self, visitproc visit, void *arg) {
    return visit_slots(self, visit, arg, 3);
}

static int clear_node(PyObject *self) {
    return clear_slots(self, 2);
}

static int clear_kin(PyObject *self) {
    return clear_slots(self, 3);
}

static void dealloc_node(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, dealloc_node)
    clear_slots(self, 2);
    python_live--;
    PyTypeObject *own = Py_TYPE(self);
    PyObject_GC_Del(self);
    Py_DECREF(own);
    Py_TRASHCAN_END
}

static void dealloc_kin(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, dealloc_kin)
    clear_slots(self, 3);
    python_live--;
    PyTypeObject *own = Py_TYPE(self);
    PyObject_GC_Del(self);
    Py_DECREF(own);
    Py_TRASHCAN_END
}

static void dealloc_leaf(PyObject *self) {
    python_live--;
    PyTypeObject *own = Py_TYPE(self);
    PyObject_Free(self);
    Py_DECREF(own);
}

static PyTypeObject *node_type(const char *name, destructor dealloc, traverseproc traverse, inquiry clear) {
    PyType_Slot slots[] = {
        {Py_tp_dealloc, (void *)dealloc}, {Py_tp_traverse, (void *)traverse}, {Py_tp_clear, (void *)clear}, {0, NULL}};
    PyType_Spec spec = {name, sizeof(python_node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    return (PyTypeObject *)PyType_FromSpec(&spec);
}

static PyTypeObject *leaf_of(const char *name, size_t size) {
    PyType_Slot slots[] = {{Py_tp_dealloc, (void *)dealloc_leaf}, {0, NULL}};
    PyType_Spec spec = {name, (int)(sizeof(python_leaf) + size), 0, Py_TPFLAGS_DEFAULT, slots};
    return (PyTypeObject *)PyType_FromSpec(&spec);
}

/* ---- Beginning and end ------------------------------------------------------------------------------------------- */

static int64_t collect(void) {
    PyObject *answer = PyObject_CallNoArgs(gc_collect);
    CHECK(answer != NULL);
    int64_t count = PyLong_AsLongLong(answer);
    Py_DECREF(answer);
    return count;
}

static bool begin(char *why, size_t why_size, bool automatic) {
    Py_InitializeEx(0); /* no signal handlers */
    type = node_type("bench.node", dealloc_node, traverse_node, clear_node);
    kin_type = node_type("bench.kin", dealloc_kin, traverse_kin, clear_kin);
    leaf_type = leaf_of("bench.leaf", sizeof(bench_node));
    bool typed = type != NULL && kin_type != NULL && leaf_type != NULL;
    for (int i = 0; i < BENCH_SIZES && typed; i++)
        typed = (sized_types[i] = leaf_of("bench.sized", bench_sizes[i])) != NULL;
    PyObject *gc = PyImport_ImportModule("gc");
    gc_collect = gc == NULL ? NULL : PyObject_GetAttrString(gc, "collect");
    PyObject *set = gc == NULL ? NULL : PyObject_CallMethod(gc, automatic ? "enable" : "disable", NULL);
    if (!typed || gc_collect == NULL || set == NULL) {
        snprintf(why, why_size, "the interpreter does not start");
        return false;
    }
    Py_DECREF(set);
    Py_DECREF(gc);
    collect(); /* what the interpreter's start has left */
    return true;
}

static void end(void) {
    CHECK(python_live == 0);
    Py_DECREF(gc_collect);
    Py_DECREF(type);
    Py_DECREF(kin_type);
    Py_DECREF(leaf_type);
    for (int i = 0; i < BENCH_SIZES; i++)
        Py_DECREF(sized_types[i]);
    CHECK(Py_FinalizeEx() == 0);
}

/* ---- For the hot loops ------------------------------------------------------------------------------------------- */

static inline bench_node *new_of(PyTypeObject *of, uint64_t id) {
    python_node *fresh = PyObject_GC_New(python_node, of);
    CHECK(fresh != NULL);
    fresh->node = (bench_node){.id = id};
    python_live++;
    PyObject_GC_Track((PyObject *)fresh);
    return &fresh->node;
}

static inline bench_node *new_node(uint64_t id) {
    return new_of(type, id);
}

static inline void release_node(bench_node *node) {
    Py_DECREF(object_of(node));
}

static inline void retain_node(bench_node *node) {
    Py_INCREF(object_of(node));
}

static inline void store_slot(bench_node *from, int i, bench_node *to) {
    Py_INCREF(object_of(to));
    from->slot[i] = to;
}

static inline void move_slot(bench_node *from, int i, bench_node *to) {
    from->slot[i] = to;
}

static inline void *new_leaf(void) {
    python_node *fresh = PyObject_New(python_node, leaf_type);
    CHECK(fresh != NULL);
    fresh->node = (bench_node){.id = 0};
    python_live++;
    return fresh;
}

static inline void release_leaf(void *leaf) {
    Py_DECREF((PyObject *)leaf);
}

static inline uint64_t *new_sized(unsigned size_index) {
    python_leaf *fresh = PyObject_New(python_leaf, sized_types[size_index]);
    CHECK(fresh != NULL);
    python_live++;
    return fresh->payload;
}

static inline void release_sized(uint64_t *payload) {
    Py_DECREF((PyObject *)(void *)((char *)payload - offsetof(python_leaf, payload)));
}

#include "hot_loops.h"

/* ---- The interface ----------------------------------------------------------------------------------------------- */

static bench_node *node_new(uint64_t id) {
    return new_node(id);
}

static bench_node *kin_new(uint64_t id) {
    return new_of(kin_type, id);
}

static void release(bench_node *node) {
    release_node(node);
}

static void retain(bench_node *node) {
    retain_node(node);
}

static void set_slot(bench_node *from, int i, bench_node *to) {
    store_slot(from, i, to);
}

static void clear_slot(bench_node *from, int i) {
    bench_node *held = from->slot[i];
    from->slot[i] = NULL;
    if (held != NULL)
        release_node(held);
}

/* A bytes object: what Python has for this. */
static void *bytes_new(size_t size) {
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    CHECK(bytes != NULL);
    python_live++;
    return PyBytes_AS_STRING(bytes);
}

static void bytes_release(void *bytes) {
    python_live--;
    Py_DECREF((PyObject *)(void *)((char *)bytes - offsetof(PyBytesObject, ob_sval)));
}

static int64_t live(void) {
    return python_live;
}

const bench_contender contender_cpython = {
    .name = "CPython",
    .what = "CPython " PY_VERSION ", types in C, macros of its C API, gc.collect()",
    .begin = begin,
    .end = end,
    .node_new = node_new,
    .kin_new = kin_new,
    .release = release,
    .retain = retain,
    .set_slot = set_slot,
    .clear_slot = clear_slot,
    .bytes_new = bytes_new,
    .bytes_release = bytes_release,
    .collect = collect,
    .live = live,
    .ring_drop = release,
    HOT_LOOPS,
    HOT_COUNTS,
};

#else

static bool begin(char *why, size_t why_size, bool automatic) {
    (void)automatic;
    snprintf(why, why_size, "built without Python's headers (Debian: libpython3-dev)");
    return false;
}

const bench_contender contender_cpython = {.name = "CPython", .what = "CPython, C API, gc.collect()", .begin = begin};

#endif
