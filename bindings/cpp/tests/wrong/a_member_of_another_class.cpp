// rr_fields names a member of another class
#include "refruntime.hpp"
struct other {
    rr::slot<other> next;
};
struct node {
    using rr_fields = rr::fields<&other::next>;
};
void wrong(rr::heap &heap) { heap.make<node>(); }
