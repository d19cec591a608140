// declare it as rr::slot<T>, or report it in rr_traverse
#include "refruntime.hpp"
struct node {
    rr::item<node> child;
    using rr_fields = rr::fields<&node::child>;
};
void wrong(rr::heap &heap) { heap.make<node>(); }
