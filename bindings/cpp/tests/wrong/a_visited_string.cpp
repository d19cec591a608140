// rr::visitor takes an rr::item<T>, an rr::weak<T>, or a range
#include "refruntime.hpp"
struct node {
    std::vector<std::string> names;
    void rr_traverse(rr::visitor visit) const { visit(names); }
};
void wrong(rr::heap &heap) { heap.make<node>(); }
