// takes pointers to data members, as in rr::fields<&node::next>
#include "refruntime.hpp"
struct node {
    using rr_fields = rr::fields<3>;
};
void wrong(rr::heap &heap) { heap.make<node>(); }
