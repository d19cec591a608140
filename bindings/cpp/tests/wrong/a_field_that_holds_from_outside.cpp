// declare it as rr::slot<T>
#include "refruntime.hpp"
struct node {
    rr::ref<node> next;
    using rr_fields = rr::fields<&node::next>;
};
void wrong(rr::heap &heap) { heap.make<node>(); }
