// what comes back is an rr::ref<T> anyway
#include "refruntime.hpp"
void wrong(rr::heap &heap) { heap.make<rr::ref<int>>(); }
