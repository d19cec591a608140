/* CPython through its C API: a garbage-collected type declared in C, gc.collect() as Python programs call it.
 * Automatic collection is off, as in the other contenders. Built only where Python's headers and library are. */
#include "bench.h"

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

static PyTypeObject *type;
static PyObject *gc_collect;
static int64_t python_live;

static PyObject *object_of(bench_node *node) {
    return (PyObject *)(void *)((char *)node - offsetof(python_node, node));
}

/* Slots hold pointers to payloads; NULL stays NULL. */
static PyObject *object_in(void *slot) {
    return slot == NULL ? NULL : object_of(slot);
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    bench_node *node = &((python_node *)self)->node;
    Py_VISIT(Py_TYPE(self));
    for (int i = 0; i < 2; i++) {
        if (node->slot[i] != NULL)
            Py_VISIT(object_of(node->slot[i]));
    }
    return 0;
}

static int clear(PyObject *self) {
    bench_node *node = &((python_node *)self)->node;
    for (int i = 0; i < 2; i++) {
        PyObject *held = object_in(node->slot[i]);
        node->slot[i] = NULL;
        Py_XDECREF(held);
    }
    return 0;
}

static void dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, dealloc)
    clear(self);
    python_live--;
    PyTypeObject *own = Py_TYPE(self);
    PyObject_GC_Del(self);
    Py_DECREF(own);
    Py_TRASHCAN_END
}

static int64_t collect(void) {
    PyObject *answer = PyObject_CallNoArgs(gc_collect);
    CHECK(answer != NULL);
    int64_t count = PyLong_AsLongLong(answer);
    Py_DECREF(answer);
    return count;
}

static bool begin(char *why, size_t why_size) {
    static PyType_Slot slots[] = {
        {Py_tp_dealloc, (void *)dealloc}, {Py_tp_traverse, (void *)traverse}, {Py_tp_clear, (void *)clear}, {0, NULL}};
    static PyType_Spec spec = {"bench.node", sizeof(python_node), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    Py_InitializeEx(0); /* no signal handlers */
    type = (PyTypeObject *)PyType_FromSpec(&spec);
    PyObject *gc = PyImport_ImportModule("gc");
    gc_collect = gc == NULL ? NULL : PyObject_GetAttrString(gc, "collect");
    PyObject *disabled = gc == NULL ? NULL : PyObject_CallMethod(gc, "disable", NULL);
    if (type == NULL || gc_collect == NULL || disabled == NULL) {
        snprintf(why, why_size, "the interpreter does not start");
        return false;
    }
    Py_DECREF(disabled);
    Py_DECREF(gc);
    collect(); /* what the interpreter's start has left */
    return true;
}

static void end(void) {
    CHECK(python_live == 0);
    Py_DECREF(gc_collect);
    Py_DECREF(type);
    CHECK(Py_FinalizeEx() == 0);
}

static inline bench_node *new_node(uint64_t id) {
    python_node *fresh = PyObject_GC_New(python_node, type);
    CHECK(fresh != NULL);
    fresh->node = (bench_node){.id = id};
    python_live++;
    PyObject_GC_Track((PyObject *)fresh);
    return &fresh->node;
}

static inline void release_node(bench_node *node) {
    Py_DECREF(object_of(node));
}

static inline void retain_node(bench_node *node) {
    Py_INCREF(object_of(node));
}

#include "hot_loops.h"

static bench_node *node_new(uint64_t id) {
    return new_node(id);
}

static void release(bench_node *node) {
    Py_DECREF(object_of(node));
}

static void retain(bench_node *node) {
    Py_INCREF(object_of(node));
}

static void set_slot(bench_node *from, int i, bench_node *to) {
    Py_INCREF(object_of(to));
    from->slot[i] = to;
}

static int64_t live(void) {
    return python_live;
}

const bench_contender contender_cpython = {
    .name = "cpython",
    .what = "CPython " PY_VERSION ", C API, gc.collect()",
    .begin = begin,
    .end = end,
    .node_new = node_new,
    .release = release,
    .retain = retain,
    .set_slot = set_slot,
    .collect = collect,
    .live = live,
    HOT_LOOPS,
};

#else

static bool begin(char *why, size_t why_size) {
    snprintf(why, why_size, "built without Python's headers (Debian: python3-dev)");
    return false;
}

const bench_contender contender_cpython = {.name = "cpython", .what = "CPython, C API, gc.collect()", .begin = begin};

#endif
