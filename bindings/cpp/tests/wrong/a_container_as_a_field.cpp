// report it in rr_traverse, and make it one of rr::item<T>
#include "refruntime.hpp"
struct node {
    std::vector<rr::ref<node>> children;
    using rr_fields = rr::fields<&node::children>;
};
void wrong(rr::heap &heap) { heap.make<node>(); }
