// What ref, slot and item count, and when objects die.
#include "check.hpp"

#include <list>
#include <map>
#include <optional>
#include <unordered_set>

#ifndef MILLION // less under sanitizers, where all heaps are checked ones
#define MILLION 1000000
#endif

namespace {

int destroyed = 0;

struct node {
    rr::slot<node> next, parent;
    int value = 0;
    using rr_fields = rr::fields<&node::next, &node::parent>;
};

struct loud : node {
    explicit loud(int number = 0) { value = number; }
    ~loud() { destroyed++; }
    using rr_fields = node::rr_fields;
};

struct branch {
    std::vector<rr::item<branch>> children;
    std::map<std::string, rr::item<node>> named;
    std::optional<rr::item<branch>> spare;
    rr::slot<branch> up;
    ~branch() { destroyed++; }

    using rr_fields = rr::fields<&branch::up>;
    void rr_traverse(rr::visitor visit) const {
        visit(children);
        visit(named);
        visit(spare);
    }
};

rr::heap manual() { return rr::heap(RR_HEAP_MANUAL_GC); }

} // namespace

TEST(copies_and_moves_of_references_count) {
    rr::heap heap = manual();
    rr::ref<node> a = heap.make<node>();
    EQUAL(a.use_count(), 1);
    CHECK(a.unique());
    rr::ref<node> b = a;
    EQUAL(a.use_count(), 2);
    rr::ref<node> c = std::move(b);
    CHECK(!b && c == a);
    EQUAL(a.use_count(), 2);
    b = c;
    b = *&b;
    EQUAL(a.use_count(), 3);
    c = nullptr;
    b.reset();
    EQUAL(a.use_count(), 1);
    rr::ref<void> any = a;
    rr::ref<const node> fixed = a;
    EQUAL(a.use_count(), 3);
    CHECK(any == a && fixed == a);
}

TEST(an_object_dies_with_its_last_reference) {
    rr::heap heap = manual();
    destroyed = 0;
    rr::ref<node> a = heap.make<loud>(3);
    rr::ref<node> other = heap.make<loud>();
    EQUAL(a->value, 3);
    a->next = std::move(other);
    CHECK(!other);
    EQUAL(destroyed, 0);
    a->next = nullptr;
    EQUAL(destroyed, 1);
    a.reset();
    EQUAL(destroyed, 2);
    EQUAL(heap.stats().live_objects, 0);
}

TEST(slots_store_take_and_give_references) {
    rr::heap heap = manual();
    rr::ref<node> a = heap.make<node>(), b = heap.make<node>();
    a->next = b;
    EQUAL(b.use_count(), 2);
    a->parent = a->next;
    EQUAL(b.use_count(), 3);
    rr::ref<node> k = a->next;
    EQUAL(b.use_count(), 4);
    CHECK(k == b && a->next == b && a->next->value == 0);
    a->next = std::move(k);
    EQUAL(b.use_count(), 3);
    a->next.reset();
    a->parent = rr::ref<node>();
    EQUAL(b.use_count(), 1);
    CHECK(!a->next && a->next == nullptr);
}

TEST(cycles_are_found_with_their_destructors_run) {
    rr::heap heap = manual();
    destroyed = 0;
    {
        rr::ref<loud> a = heap.make<loud>(), b = heap.make<loud>();
        a->next = b;
        b->next = std::move(a); // the last from outside
    }
    EQUAL(destroyed, 0);
    EQUAL(heap.collect(), 2u);
    EQUAL(destroyed, 2);
    EQUAL(heap.stats().live_objects, 0);
}

TEST(containers_in_objects_are_followed_and_released) {
    rr::heap heap = manual();
    destroyed = 0;
    rr::ref<branch> root = heap.make<branch>();
    for (int i = 0; i < 100; i++) {
        rr::ref<branch> child = heap.make<branch>();
        child->up = root;
        root->children.push_back(std::move(child));
    }
    root->named["first"] = heap.make<node>();
    root->spare = heap.make<branch>();
    EQUAL(rr::referents(root).size(), 102u);
    EQUAL(heap.collect(), 0u);
    root->children.erase(root->children.begin(), root->children.begin() + 50);
    EQUAL(destroyed, 50);
    root.reset();
    EQUAL(heap.collect(), 53u);
    EQUAL(destroyed, 102);
    EQUAL(heap.stats().live_objects, 0);
}

TEST(a_cycle_that_closes_by_a_move_into_a_container_is_found) {
    rr::heap heap = manual();
    rr::ref<branch> a = heap.make<branch>();
    heap.collect(); // it is no new object any more
    branch *const raw = a.get();
    raw->children.push_back(std::move(a));
    EQUAL(heap.collect(), 1u);
}

TEST(a_deep_tree_of_containers_dies_on_a_small_stack) {
    rr::heap heap = manual();
    rr::ref<branch> top;
    for (int i = 0; i < MILLION / 5; i++) {
        rr::ref<branch> above = heap.make<branch>();
        above->children.push_back(std::move(top));
        top = std::move(above);
    }
    destroyed = 0;
    top.reset();
    EQUAL(destroyed, MILLION / 5);
}

TEST(references_work_in_containers_of_code) {
    rr::heap heap = manual();
    std::unordered_set<rr::ref<node>> set;
    std::list<rr::ref<node>> list;
    for (int i = 0; i < 10; i++) {
        list.push_back(heap.make<node>());
        set.insert(list.back());
    }
    EQUAL(set.count(list.front()), 1u);
    list.clear();
    EQUAL(heap.stats().live_objects, 10);
    set.clear();
    EQUAL(heap.stats().live_objects, 0);
}

TEST(adopt_borrow_and_detach_are_the_way_to_c_and_back) {
    rr::heap heap = manual();
    rr::ref<node> a = heap.make<node>();
    node *const raw = a.detach();
    CHECK(!a);
    EQUAL(rr_getrefcount(raw), 1);
    a = rr::ref<node>::borrow(raw);
    EQUAL(a.use_count(), 2);
    rr_decref(raw);
    rr::ref<void> from_c = rr::ref<void>::adopt(rr_alloc(heap.get(), rr_type_of(raw)));
    CHECK(rr::cast<node>(from_c)->next == nullptr);
    CHECK(rr::self(a.get()) == a);
}

TEST(a_million_references_leave_nothing_behind) {
    rr::heap heap = manual();
    rr::ref<node> kept = heap.make<node>();
    const auto before = heap.stats().live_objects;
    for (int i = 0; i < MILLION; i++) {
        rr::ref<node> fresh = heap.make<node>();
        fresh->next = kept;
        rr::ref<node> copy = fresh;
        rr::ref<node> moved = std::move(copy);
    }
    EQUAL(heap.stats().live_objects, before);
    EQUAL(kept.use_count(), 1);
    heap.verify();
}
