// Heaps, the built-in containers, looking, and wrong use.
#include "check.hpp"

#include <fstream>
#include <sstream>
#include <thread>

namespace {

struct node {
    rr::slot<node> next;
    using rr_fields = rr::fields<&node::next>;
};

std::string place() { return getenv("PLACE"); }

} // namespace

TEST(lists_are_sequences) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<rr::list<node>> list = heap.make_list<node>();
    CHECK(list->empty());
    rr::ref<node> a = heap.make<node>(), b = heap.make<node>();
    list->push_back(a);
    list->insert(0, b);
    list->push_back(a);
    EQUAL(list->size(), 3u);
    EQUAL(a.use_count(), 3);
    CHECK((*list)[0] == b && list->at(2) == a);
    std::size_t seen = 0;
    for (rr::ref<node> each : *list)
        seen += each == a ? 1 : 10;
    EQUAL(seen, 12u);
    list->set(0, a);
    list->erase(1);
    EQUAL(list->size(), 2u);
    for (rr::ref<node> each : *list)
        list->clear(); // the walk ends where the list does
    EQUAL(a.use_count(), 1);
    THROWS(rr::error, "rr_list_get", (*list)[0]);
    THROWS(rr::error, "7", list->set(7, a));
    THROWS(rr::error, "rr_list_append", list->push_back(nullptr));
    rr::ref<rr::list<>> any = heap.make_list();
    any->push_back(list);
    CHECK(rr::cast<rr::list<>>((*any)[0])->empty());
    THROWS(rr::error, "list", rr::cast<node>((*any)[0]));
    any->push_back(any);
    any.reset();
    EQUAL(heap.collect(), 1u);
}

TEST(tuples_hold_references_and_empty_ones) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<node> a = heap.make<node>();
    rr::ref<rr::tuple<node>> pair = heap.make_tuple<node>({a, nullptr});
    EQUAL(pair->size(), 2u);
    EQUAL(a.use_count(), 2);
    CHECK((*pair)[0] == a && !(*pair)[1]);
    pair->set(1, a);
    EQUAL(a.use_count(), 3);
    THROWS(rr::error, "index 2", (*pair)[2]);
    THROWS(rr::error, "index 9", pair->set(9, a));
    std::size_t seen = 0;
    for (const rr::ref<node> &each : *pair)
        seen += each == a;
    EQUAL(seen, 2u);
    EQUAL(heap.make_tuple(0)->size(), 0u);
}

TEST(bytes_are_bytes) {
    rr::heap heap;
    rr::ref<rr::bytes> zeros = heap.make_bytes(100);
    EQUAL(zeros->size(), 100u);
    std::size_t sum = 0;
    for (std::uint8_t byte : *zeros)
        sum += byte;
    EQUAL(sum, 0u);
    (*zeros)[99] = 5;
    EQUAL((*zeros)[99], 5);
    THROWS(rr::error, "index 100", (*zeros)[100]);
    CHECK(heap.make_bytes("text")->view() == "text");
}

TEST(the_heap_shows_what_is_in_it) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<node> a = heap.make<node>(), b = heap.make<node>();
    a->next = b;
    b->next = a;
    EQUAL(rr::referrers(b).size(), 1u);
    CHECK(rr::referrers(b)[0] == a);
    CHECK(rr::referents(a)[0] == b);
    rr::ref<node> only_through_a = heap.make<node>();
    b->next = only_through_a;
    node *const raw = only_through_a.get();
    only_through_a.reset();
    rr::ref<void> last = rr::ref<void>::borrow(raw);
    EQUAL(rr::path(last).size(), 1u);
    last.reset();
    EQUAL(heap.objects().size(), 3u);
    EQUAL(heap.objects<node>().size(), 3u);
    CHECK(rr::heap_of(a) == heap);
    EQUAL(heap.stats().live_objects, 3);
    heap.freeze();
    EQUAL(heap.freeze_count(), 3u);
    heap.unfreeze();
    heap.set_threshold(1234);
    EQUAL(heap.threshold(), 1234u);
    heap.set_pause_goal(std::chrono::milliseconds(2));
    CHECK(heap.pause_goal() == std::chrono::milliseconds(2));
    CHECK(!heap.is_enabled());
    CHECK(rr::heap().is_enabled());
    heap.print_stats(place() + "/stats.txt");
    heap.snapshot(place() + "/heap.heapsnapshot");
    heap.trim();
    heap.report_external(1000);
    EQUAL(heap.stats().external_bytes, 1000u);
    THROWS(rr::error, "/nowhere/", heap.dot("/nowhere/at/all.dot"));
    rr::make_immortal(a);
    CHECK(rr::is_immortal(a) && a.use_count() == RR_IMMORTAL_COUNT);
}

TEST(collecting_in_steps_finds_what_collecting_does) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    for (int i = 0; i < 1000; i++) {
        rr::ref<node> a = heap.make<node>();
        a->next = a;
    }
    std::size_t found = 0;
    do
        found += heap.collect_step(std::chrono::nanoseconds(0));
    while (heap.pending());
    EQUAL(found, 1000u);
}

TEST(memory_that_is_used_up_is_a_bad_alloc) {
    rr::heap heap(RR_HEAP_MANUAL_GC, 4 << 20);
    rr::ref<rr::bytes> some = heap.make_bytes(1000000);
    THROWS(std::bad_alloc, "rr_alloc_items", heap.make_bytes(8000000));
    THROWS(rr::bad_alloc, "limit is 4194304", heap.make_bytes(8000000));
    EQUAL(heap.stats().live_objects, 1);
}

TEST(an_empty_reference_is_refused) {
    rr::heap heap;
    rr::ref<node> none, a = heap.make<node>();
    THROWS(rr::null_reference, "empty", none->next);
    THROWS(rr::null_reference, "empty", (*none).next);
    THROWS(rr::null_reference, "empty", none.use_count());
    THROWS(rr::null_reference, "empty", rr::weak<node>(none));
    THROWS(rr::null_reference, "empty", rr::watcher(none, [] {}));
    THROWS(rr::null_reference, "empty", rr::referrers(none));
    THROWS(rr::null_reference, "empty", rr::cast<node>(rr::ref<void>()));
    THROWS(rr::null_reference, "empty", a->next->next);
    CHECK(!rr::try_cast<node>(rr::ref<void>()));
}

TEST(a_closed_heap_is_refused) {
    rr::heap heap;
    heap.close();
    CHECK(!heap.is_open());
    THROWS(rr::closed_heap, "closed", heap.make<node>());
    THROWS(rr::closed_heap, "closed", heap.make_list());
    THROWS(rr::closed_heap, "closed", heap.collect());
    THROWS(rr::closed_heap, "closed", heap.stats());
    THROWS(rr::closed_heap, "closed", heap.close());
    rr::heap moved_from, target = std::move(moved_from);
    THROWS(rr::closed_heap, "closed", moved_from.collect());
    target.collect();
}

TEST(a_cycle_is_no_reason_not_to_close) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<node> a = heap.make<node>();
    a->next = a;
    rr::make_immortal(heap.make<node>());
    a.reset();
    heap.close();
}

TEST(a_heap_cannot_be_closed_in_a_callback) {
    struct closing {
        rr::heap *heap;
        int *refused;
        ~closing() {
            try {
                heap->close();
            } catch (const rr::error &problem) {
                *refused = problem.status();
            }
        }
    };
    rr::heap heap;
    int refused = 0;
    heap.make<closing>(&heap, &refused);
    EQUAL(refused, RR_E_BUSY);
    CHECK(heap.is_open());
}

TEST(a_forgotten_reference_is_found_by_the_leak_report) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    node *const forgotten = heap.make<node>().detach();
    const std::string path = place() + "/leaks.txt";
    heap.leak_report(path);
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    CHECK(text.str().find("node") != std::string::npos);
    rr_decref(forgotten);
}

#if RR_HAS_INLINE

TEST(a_heap_is_not_closed_under_those_who_refer_to_it) {
    rr::ref<node> outlives;
    {
        rr::heap heap(RR_HEAP_MANUAL_GC);
        outlives = heap.make<node>();
        outlives->next = heap.make<node>();
        THROWS(rr::error, "1 references", heap.close());
        CHECK(heap.is_open());
        outlives->next->next = outlives;
        THROWS(rr::error, "1 references", heap.close());
        rr::weak<node> also = outlives;
        THROWS(rr::error, "2 references", heap.close());
    }
    CHECK(outlives->next->next == outlives); // left to the process
    rr_heap *const left = rr::heap_of(outlives).get();
    outlives.reset();
    EQUAL(rr_heap_free(left), RR_OK);
}

#else

TEST(checked_builds_refuse_what_is_left_of_a_closed_heap) {
    rr::ref<node> outlives;
    rr::ref<rr::list<node>> list;
    rr::weak<node> weak;
    {
        rr::heap heap(RR_HEAP_MANUAL_GC);
        outlives = heap.make<node>();
        list = heap.make_list<node>();
        list->push_back(outlives);
        weak = outlives;
    }
    THROWS(rr::error, "rr_heap_of", outlives->next);
    THROWS(rr::error, "", outlives.use_count());
    THROWS(rr::error, "", rr::ref<node>(outlives));
    THROWS(rr::error, "", list->size());
    THROWS(rr::error, "", weak.lock());
    THROWS(rr::error, "", weak.expired());
}

TEST(checked_builds_keep_heaps_apart) {
    rr::heap here, there;
    rr::ref<node> a = here.make<node>(), b = there.make<node>();
    THROWS(rr::error, "heap", a->next = b);
    THROWS(rr::error, "heap", a->next = rr::ref<node>(b));
    CHECK(!a->next);
    EQUAL(b.use_count(), 1);
}

TEST(checked_builds_refuse_other_threads) {
    rr::heap heap;
    rr::ref<node> a = heap.make<node>();
    std::vector<rr_status> refused;
    std::thread([&] {
        auto status = [&](auto call) {
            try {
                call();
                refused.push_back(RR_OK);
            } catch (const rr::error &problem) {
                refused.push_back(problem.status());
            }
        };
        status([&] { heap.make<node>(); });
        status([&] { rr::ref<node> copy = a; });
        status([&] { a->next = a; });
        status([&] { heap.collect(); });
        status([&] { heap.close(); });
        status([&] { rr::weak<node> w = a; });
    }).join();
    EQUAL(refused.size(), 6u);
    for (rr_status each : refused)
        EQUAL(each, RR_E_WRONG_THREAD);
    EQUAL(a.use_count(), 1);
}

#endif

TEST(another_thread_may_take_over_a_heap) {
    rr::heap heap;
    rr::ref<node> a = heap.make<node>();
    std::thread([&] {
        heap.attach();
        a->next = heap.make<node>();
        a.reset();
    }).join();
    heap.attach();
    EQUAL(heap.stats().live_objects, 0);
}

TEST(threads_share_a_synchronized_heap) {
    rr::heap heap(RR_HEAP_SYNCHRONIZED);
    rr::ref<node> shared = heap.make<node>();
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; t++) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20000; i++) {
                rr::ref<node> copy = shared;
                rr::ref<node> own = heap.make<node>();
                own->next = copy;
            }
        });
    }
    for (std::thread &each : threads)
        each.join();
    EQUAL(shared.use_count(), 1);
    EQUAL(heap.stats().live_objects, 1);
}

TEST(the_default_heap_is_there) {
    rr::ref<node> a = rr::default_heap().make<node>();
    CHECK(rr::heap_of(a) == rr::default_heap());
}
