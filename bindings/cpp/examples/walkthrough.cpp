// The well-known article on how Python manages memory, line by line, in C++; bindings/python/examples/walkthrough.py tells it beside CPython.
//
// Counts are exact: Python's sys.getrefcount() answers one more, since its argument is a reference too while it counts.
#include <refruntime.hpp>

#include <cstdint>
#include <exception>
#include <iostream>

struct number {
    std::int64_t value;
};

struct node {
    rr::slot<node> next; // a reference in an object
    using rr_fields = rr::fields<&node::next>;
};

// [1, 2, 3]
static rr::ref<rr::list<number>> numbers(const rr::heap &heap) {
    rr::ref<rr::list<number>> list = heap.make_list<number>();
    for (std::int64_t value : {1, 2, 3})
        list->push_back(heap.make<number>(value));
    return list;
}

static void walk(const rr::heap &heap) {
    {
        const rr::ref<rr::list<number>> x = numbers(heap); // objects never move: the address is the identity
        std::cout << "Memory address of x: " << reinterpret_cast<std::uintptr_t>(x.get()) << '\n';
        std::cout << "Reference count of x: " << x.use_count() << '\n';
    } // the list and its numbers die here, so that the collector, which is there for cycles, finds nothing
    std::cout << "Garbage collector: collected " << heap.collect() << " objects\n";

    rr::ref<rr::list<number>> a = numbers(heap);
    std::cout << "Initial ref count: " << a.use_count() << '\n';
    rr::ref<rr::list<number>> b = a; // a second name, and so a second reference
    std::cout << "Ref count after b = a: " << a.use_count() << '\n';
    b = nullptr;
    std::cout << "Ref count after del b: " << a.use_count() << '\n';
    a = nullptr;

    rr::ref<node> self = heap.make<node>();
    self->next = self; // its own successor
    std::cout << "Garbage collector before deleting node: " << heap.collect() << '\n';
    self = nullptr; // its count is still 1, its own reference: only the collector sees that nobody else is left
    std::cout << "Garbage collector after deleting node: " << heap.collect() << '\n';

    {
        const rr::ref<node> cycle = heap.make<node>();
        cycle->next = cycle;
    }
    std::cout << "Garbage collector run: " << heap.collect() << '\n';

    rr::ref<rr::list<>> list = heap.make_list();
    list->push_back(list); // a list that contains itself
    std::cout << "Garbage collector run: " << heap.collect() << '\n';
    list = nullptr;
    std::cout << "Garbage collector run: " << heap.collect() << '\n';

    list = heap.make_list();
    list->push_back(list);
    list->clear(); // opens the cycle: counting alone frees it
    list = nullptr;
    std::cout << "Garbage collector run after clearing: " << heap.collect() << '\n';

    const rr_stats stats = heap.stats();
    std::cout << "Live objects: " << stats.live_objects << '\n';
    std::cout << "Objects allocated: " << stats.objects_allocated << '\n';
    std::cout << "Objects freed: " << stats.objects_freed << '\n';
    std::cout << "Objects collected: " << stats.objects_collected << '\n';
    std::cout << "Collections: " << stats.collections << '\n';
}

int main() {
    try {
        rr::heap heap(RR_HEAP_MANUAL_GC);
        walk(heap);
        heap.close();
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
