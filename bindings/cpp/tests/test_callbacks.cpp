// Finalizers, weak references and their callbacks, and exceptions in all of them.
#include "check.hpp"

namespace {

struct record {
    std::string callback, sentence;
};
std::vector<record> heard;

void listen(std::exception_ptr exception, const char *callback) noexcept {
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception &caught) {
        heard.push_back({callback, caught.what()});
    }
}

struct listening {
    rr::exception_handler before = rr::set_exception_handler(listen);
    listening() { heard.clear(); }
    ~listening() { rr::set_exception_handler(before); }
};

struct lazarus {
    rr::slot<lazarus> other;
    std::string text = "a text that is long enough to stand outside of the string";
    using rr_fields = rr::fields<&lazarus::other>;
    static std::vector<rr::ref<lazarus>> saved;
    static int finalized, destroyed;
    void rr_finalize() {
        finalized++;
        saved.push_back(rr::self(this));
    }
    ~lazarus() { destroyed++; }
};
std::vector<rr::ref<lazarus>> lazarus::saved;
int lazarus::finalized = 0, lazarus::destroyed = 0;

struct failing {
    std::vector<rr::item<failing>> held;
    void rr_traverse(rr::visitor visit) const { visit(held); }
    void rr_finalize() { throw std::runtime_error("in the finalizer"); }
    ~failing() noexcept(false) { throw std::runtime_error("in the destructor"); }
};

struct with_weak {
    rr::weak<with_weak> parent;
    rr::slot<with_weak> child;
    using rr_fields = rr::fields<&with_weak::child>;
};

} // namespace

TEST(a_finalizer_may_save_its_object_once) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<lazarus> a = heap.make<lazarus>();
    a->other = a;
    rr::weak<lazarus> w = a;
    a.reset();
    EQUAL(heap.collect(), 0u);
    EQUAL(lazarus::finalized, 1);
    EQUAL(lazarus::destroyed, 0);
    CHECK(rr::is_finalized(lazarus::saved[0]));
    EQUAL(lazarus::saved[0]->text.size(), 57u);
    CHECK(w.lock() == lazarus::saved[0]);
    lazarus::saved.clear();
    EQUAL(heap.collect(), 1u);
    EQUAL(lazarus::finalized, 1);
    EQUAL(lazarus::destroyed, 1);
    CHECK(w.expired());
}

TEST(who_saves_itself_as_its_heap_closes_keeps_the_heap) {
    rr_heap *left;
    {
        rr::heap heap(RR_HEAP_MANUAL_GC);
        rr::ref<lazarus> a = heap.make<lazarus>();
        a->other = a;
        left = heap.get();
    }
#if RR_HAS_INLINE
    CHECK(lazarus::saved.at(0)->other == lazarus::saved[0]);
    lazarus::saved.clear();
    EQUAL(rr_heap_free(left), RR_OK);
#else
    THROWS(rr::error, "rr_heap_of", lazarus::saved.at(0)->other);
    lazarus::saved.clear();
    EQUAL(rr_heap_free(left), RR_E_ARGUMENT);
#endif
}

TEST(weak_references_do_not_hold) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::weak<with_weak> w;
    CHECK(w.expired() && !w.lock());
    rr::ref<with_weak> a = heap.make<with_weak>();
    w = a;
    rr::weak v = a;
    CHECK(w == v);
    EQUAL(rr::weak_count(a), 1u);
    EQUAL(a.use_count(), 1);
    CHECK(w.lock() == a);
    rr::ref<with_weak> child = heap.make<with_weak>();
    child->parent = a;
    a->child = child;
    a.reset(); // a weak reference up, a strong one down: no cycle
    CHECK(child->parent.expired());
    EQUAL(heap.collect(), 0u);
    child.reset();
    v.reset();
    EQUAL(heap.stats().live_objects, 1); // w
    heap.verify();
}

TEST(a_watcher_calls_once_unless_it_goes_first) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    int calls = 0;
    rr::ref<with_weak> a = heap.make<with_weak>();
    rr::watcher one(a, [&] { calls++; });
    rr::watcher moved = std::move(one);
    { rr::watcher gone(a, [&] { calls += 100; }); }
    rr::watcher in_heap(a, [&] { calls += 1000; });
    rr::ref<rr::list<>> list = heap.make_list();
    list->push_back(in_heap.object());
    in_heap = rr::watcher();
    CHECK(moved.lock() == a);
    a.reset();
    EQUAL(calls, 1001);
    calls = 1;
    CHECK(rr::weak<void>::of((*list)[0]).expired());
    THROWS(rr::error, "list", rr::weak<void>::of(list));
    CHECK(moved.expired());
    rr::watcher itself;
    a = heap.make<with_weak>();
    itself = rr::watcher(a, [&] {
        itself = rr::watcher();
        calls++;
    });
    a.reset();
    EQUAL(calls, 2);
}

TEST(functions_of_watchers_are_kept_no_longer_than_they_can_be_called) {
    struct counted {
        static int &alive() {
            static int count = 0;
            return count;
        }
        counted() { alive()++; }
        counted(const counted &) { alive()++; }
        ~counted() { alive()--; }
    };
    rr::heap heap(RR_HEAP_MANUAL_GC);
    for (int i = 0; i < 10000; i++) {
        rr::ref<with_weak> target = heap.make<with_weak>();
        rr::ref<rr::list<>> list = heap.make_list();
        rr::watcher watching(target, [with = counted()] {});
        list->push_back(watching.object());
        watching = rr::watcher();
        list.reset(); // the weak reference dies here: it will not call
    }
    CHECK(counted::alive() < 200);
    EQUAL(heap.stats().live_objects, 0);
}

TEST(exceptions_stay_in_their_callback_and_are_told) {
    listening here;
    {
        rr::heap heap(RR_HEAP_MANUAL_GC);
        heap.set_collection_callback([](const rr_gc_event &event) {
            if (event.phase == RR_GC_PHASE_STOP)
                throw std::runtime_error("in the collection callback");
        });
        rr::ref<failing> a = heap.make<failing>();
        a->held.push_back(a);
        rr::watcher watching(a, [] { throw std::runtime_error("in the weak callback"); });
        a.reset();
        EQUAL(heap.collect(), 1u);
        EQUAL(heap.stats().live_objects, 1);
        heap.verify();
        heap.set_collection_callback({});
    }
    EQUAL(heard.size(), 4u);
    const char *const callbacks[] = {"finalizer", "weak callback", "destructor", "collection callback"};
    for (std::size_t i = 0; i < 4; i++) {
        CHECK(heard[i].callback == callbacks[i]);
        CHECK(heard[i].sentence == "in the " + heard[i].callback);
    }
}

TEST(a_collection_callback_hears_of_start_and_stop) {
    std::vector<std::uint32_t> phases;
    rr::heap heap(RR_HEAP_MANUAL_GC);
    heap.set_collection_callback([&](const rr_gc_event &event) { phases.push_back(event.phase); });
    rr::heap moved = std::move(heap);
    moved.collect();
    EQUAL(phases.size(), 2u);
    moved.set_collection_callback({});
    moved.collect();
    EQUAL(phases.size(), 2u);
}
