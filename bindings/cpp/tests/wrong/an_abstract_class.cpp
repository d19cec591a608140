// T is abstract; make a class derived from it
#include "refruntime.hpp"
struct shape {
    virtual ~shape() = default;
    virtual int corners() const = 0;
};
void wrong(rr::heap &heap) { heap.make<shape>(); }
