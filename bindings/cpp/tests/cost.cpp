// What references cost beside the inline calls of C that they stand for. It prints nanoseconds; test.sh compares the instructions of the
// functions here.
#include "refruntime.hpp"

#include <chrono>
#include <cstdio>

struct node {
    rr::slot<node> next;
    std::int64_t value = 0;
    using rr_fields = rr::fields<&node::next>;
};

// Apart, so that they can be compared as they are compiled, too.
extern "C" {
[[gnu::noinline]] void copy_c(void **to, void *const *from) { *to = rr_newref(*from); }
[[gnu::noinline]] void copy_cpp(rr::ref<node> *to, const rr::ref<node> *from) { ::new (to) rr::ref<node>(*from); }
[[gnu::noinline]] void drop_c(void **object) { rr_decref(*object); }
[[gnu::noinline]] void drop_cpp(rr::ref<node> *object) { object->~ref(); }
[[gnu::noinline]] void store_c(void **slot, void *const *value) { rr_store(slot, *value); }
[[gnu::noinline]] void store_cpp(rr::slot<node> *slot, const rr::ref<node> *value) { *slot = *value; }
[[gnu::noinline]] void *make_c(rr_heap *heap, rr_type type) { return rr_alloc(heap, type); }
[[gnu::noinline]] void *make_cpp(const rr::heap *heap) { return heap->make<node>().detach(); }
}

namespace {

constexpr int rounds = 20000000;

template <class Work> double nanoseconds(Work work) {
    double best = 1e9;
    for (int attempt = 0; attempt < 7; attempt++) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < rounds; i++)
            work();
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
        best = std::min(best, took.count() / rounds);
    }
    return best;
}

void compare(const char *what, double c, double cpp) { std::printf("%-24s %6.2f ns in C  %6.2f ns in C++\n", what, c, cpp); }

} // namespace

int main() {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<node> a = heap.make<node>(), b = heap.make<node>(), holder = heap.make<node>();
    const rr_type type = rr_type_of(a.get());
    void *raw = a.get(), *raw_b = b.get(), *copied = nullptr;
    alignas(rr::ref<node>) unsigned char place[sizeof(rr::ref<node>)];
    auto *const copy = reinterpret_cast<rr::ref<node> *>(place);
    void **const slot = reinterpret_cast<void **>(&holder->next);

    compare("copy and drop", nanoseconds([&] { copy_c(&copied, &raw); drop_c(&copied); }), nanoseconds([&] { copy_cpp(copy, &a); drop_cpp(copy); }));
    compare("store in a slot, twice", nanoseconds([&] { store_c(slot, &raw); store_c(slot, &raw_b); }),
            nanoseconds([&] { store_cpp(&holder->next, &a); store_cpp(&holder->next, &b); }));
    compare("make and drop", nanoseconds([&] { copied = make_c(heap.get(), type); drop_c(&copied); }),
            nanoseconds([&] { *reinterpret_cast<void **>(place) = make_cpp(&heap); drop_cpp(copy); }));
    holder->next = nullptr;
    return 0;
}
