// this slot refers to objects of another class
#include "refruntime.hpp"
struct leaf {};
struct node {
    rr::slot<node> next;
};
void wrong(const rr::ref<node> &n, const rr::ref<leaf> &l) { n->next = l; }
