// rr::fields names the members of type rr::slot<T>, and no others
#include "refruntime.hpp"
struct node {
    int number;
    using rr_fields = rr::fields<&node::number>;
};
void wrong(rr::heap &heap) { heap.make<node>(); }
