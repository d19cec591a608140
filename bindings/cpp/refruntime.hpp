// refruntime.hpp - RefRuntime for C++17 and later, header-only, over the inline calls of refruntime_inline.h.
//
//     struct node {
//         rr::slot<node> next;                          // a reference that stands in an object
//         std::vector<rr::item<node>> children;         // any number of them
//         std::string name;
//         using rr_fields = rr::fields<&node::next>;    // where the collector finds the slots ...
//         void rr_traverse(rr::visitor visit) const { visit(children); }    // ... and what is in containers
//     };
//
//     rr::heap heap;
//     rr::ref<node> n = heap.make<node>();              // a reference that code holds
//     n->next = n;
//     n = nullptr;
//     heap.collect();                                   // 1: the cycle is gone, ~node() has run
//
// One file, one concept: error, ref (ref, slot, item), type (what a class tells of itself), containers (list, tuple, bytes),
// heap, weak.
//
// Errors are exceptions: rr::error, and rr::bad_alloc, a std::bad_alloc, for memory; see refruntime/error.hpp, which also says what becomes
// of exceptions in callbacks.
//
// Two kinds of build. By default copies of references are the inline calls, which trust their caller as refruntime_inline.h says: one heap
// is used by one thread at a time, and its objects hold only each other. With RR_CHECK_INLINE defined (in the whole program, for instance
// with the debug build) every call is checked: the wrong thread, an object of another heap, a reference whose heap was closed are exceptions.
#ifndef REFRUNTIME_HPP
#define REFRUNTIME_HPP

#include "refruntime/containers.hpp"
#include "refruntime/error.hpp"
#include "refruntime/heap.hpp"
#include "refruntime/ref.hpp"
#include "refruntime/type.hpp"
#include "refruntime/weak.hpp"

#endif
