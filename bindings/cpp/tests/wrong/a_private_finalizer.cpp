// void rr_finalize(), public or with `friend struct rr::access;`
#include "refruntime.hpp"
class node {
    void rr_finalize() {}
};
void wrong(rr::heap &heap) { heap.make<node>(); }
