// void rr_traverse(rr::visitor visit) const
#include "refruntime.hpp"
struct node {
    std::vector<rr::item<node>> children;
    void rr_traverse(rr::visitor visit) { visit(children); }
};
void wrong(rr::heap &heap) { heap.make<node>(); }
