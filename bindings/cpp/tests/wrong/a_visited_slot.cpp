// name the member in rr_fields
#include "refruntime.hpp"
struct node {
    rr::slot<node> next;
    void rr_traverse(rr::visitor visit) const { visit(next); }
};
void wrong(rr::heap &heap) { heap.make<node>(); }
