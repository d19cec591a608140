// are made by heap.make_list
#include "refruntime.hpp"
void wrong(rr::heap &heap) { heap.make<rr::list<int>>(); }
