// a container that stands in an object is one of rr::item<T>
#include "refruntime.hpp"
struct node {
    std::vector<rr::ref<node>> children;
    void rr_traverse(rr::visitor visit) const { visit(children); }
};
void wrong(rr::heap &heap) { heap.make<node>(); }
