// objects are aligned to 16 bytes, and T wants more
#include "refruntime.hpp"
struct alignas(64) line {
    char bytes[64];
};
void wrong(rr::heap &heap) { heap.make<line>(); }
