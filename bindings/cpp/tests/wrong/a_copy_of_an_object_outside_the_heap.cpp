// deleted
#include "refruntime.hpp"
struct node {
    rr::slot<node> next;
};
void wrong(const rr::ref<node> &n) { node copy = *n; }
