// Types from classes: bases, names, destructors that are not needed, constructors that throw, casts.
#include "check.hpp"

#include <fstream>
#include <sstream>

namespace {

struct shape {
    virtual ~shape() = default;
    virtual int corners() const = 0;
    rr::slot<shape> beside;
    using rr_fields = rr::fields<&shape::beside>;
};

struct square : shape {
    int corners() const override { return 4; }
    rr::slot<square> twin;
    using rr_fields = shape::rr_fields::plus<&square::twin>;
};

struct circle final : shape {
    int corners() const override { return 0; }
};

struct second_base {
    int padding = 0;
};
struct with_second_base : square, second_base {};

struct plain {
    rr::slot<plain> next;
    int number;
    using rr_fields = rr::fields<&plain::next>;
};

struct named {
    static constexpr const char *rr_name = "a name of its own";
};

class secretive {
    friend struct rr::access;
    rr::slot<secretive> hidden_;
    std::vector<rr::item<secretive>> more_;
    using rr_fields = rr::fields<&secretive::hidden_>;
    void rr_traverse(rr::visitor visit) const { visit(more_); }
    void rr_finalize() { finalized++; }

public:
    static int finalized;
    void hide(const rr::ref<secretive> &other) {
        hidden_ = other;
        more_.push_back(other);
    }
};
int secretive::finalized = 0;

struct throwing {
    rr::slot<plain> held;
    std::vector<rr::item<plain>> more;
    std::string text = "some text that is too long to stand in the string itself";
    using rr_fields = rr::fields<&throwing::held>;
    void rr_traverse(rr::visitor visit) const { visit(more); }
    void rr_finalize() { CHECK(false); }
    explicit throwing(const rr::ref<plain> &value) : held(value), more{rr::item<plain>(value)} {
        rr::heap_of(value).collect(); // looks at an object that is not finished
        throw std::runtime_error("no such luck");
    }
};

struct promised {
    rr::slot<plain> held;
    using rr_fields = rr::fields<&promised::held>;
    static constexpr bool rr_acyclic = true;
};

struct resetting {
    rr::slot<plain> held;
    using rr_fields = rr::fields<&resetting::held>;
    ~resetting() { held = nullptr; }
};

} // namespace

TEST(a_derived_class_has_the_slots_of_its_base_too) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<square> a = heap.make<square>();
    rr::ref<shape> b = heap.make<circle>();
    a->beside = b;
    a->twin = a;
    EQUAL(rr::referents(a).size(), 2u);
    EQUAL(a->beside->corners(), 0);
    rr::ref<shape> as_base = a;
    EQUAL(as_base->corners(), 4);
    CHECK(rr::cast<square>(as_base) == a);
    CHECK(!rr::try_cast<square>(b));
    THROWS(rr::error, "circle", rr::cast<square>(b));
    as_base.reset();
    a.reset();
    EQUAL(heap.collect(), 1u);
}

TEST(a_base_that_does_not_come_first_is_refused) {
    rr::heap heap;
    rr::ref<with_second_base> both = heap.make<with_second_base>();
    CHECK(rr::ref<square>(both)->corners() == 4);
    THROWS(rr::error, "first", rr::ref<second_base>(both));
    EQUAL(both.use_count(), 1);
}

TEST(a_class_of_slots_and_numbers_needs_no_destructor) {
    CHECK(std::is_trivially_destructible_v<plain>);
    CHECK(!rr::detail::described<plain>::has_callbacks);
    rr::heap heap;
    EQUAL(rr_size(heap.make<plain>().get()), sizeof(plain));
    EQUAL(heap.make<plain>(nullptr, 7)->number, 7); // an aggregate
}

TEST(types_have_the_names_of_their_classes_and_slots_those_of_their_members) {
    rr::heap heap;
    rr::ref<plain> a = heap.make<plain>();
    a->next = a;
    CHECK(std::string(rr::type_name(a)).find("plain") != std::string::npos);
    EQUAL(std::string(rr::type_name(heap.make<named>())).compare("a name of its own"), 0);
    EQUAL(std::string(rr::type_name(heap.make<std::string>())).find("basic_string") != std::string::npos ||
              std::string(rr::type_name(heap.make<std::string>())).find("std::string") != std::string::npos,
          true);
    const std::string path = std::string(getenv("PLACE")) + "/names.dot";
    heap.dot(path);
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    CHECK(text.str().find("\"next\"") != std::string::npos);
    a->next = nullptr;
}

TEST(private_members_are_found_by_a_friend) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<secretive> a = heap.make<secretive>();
    a->hide(a);
    EQUAL(a.use_count(), 3);
    a.reset();
    EQUAL(heap.collect(), 1u);
    EQUAL(secretive::finalized, 1);
}

TEST(a_constructor_that_throws_leaves_nothing) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<plain> value = heap.make<plain>();
    THROWS(std::runtime_error, "luck", heap.make<throwing>(value));
    EQUAL(value.use_count(), 1);
    EQUAL(heap.stats().live_objects, 1);
    EQUAL(heap.stats().finalizers_run, 1); // of nothing: rr_finalize was not called
    heap.verify();
}

TEST(an_acyclic_class_is_passed_over) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<promised> a = heap.make<promised>();
    a->held = heap.make<plain>();
    EQUAL(heap.collect(), 0u);
    a.reset();
    EQUAL(heap.stats().live_objects, 0);
}

TEST(a_destructor_that_empties_its_slots_releases_them_once) {
    rr::heap heap(RR_HEAP_MANUAL_GC);
    rr::ref<plain> value = heap.make<plain>();
    for (int i = 0; i < 3; i++) {
        rr::ref<resetting> a = heap.make<resetting>();
        a->held = value;
    }
    EQUAL(value.use_count(), 1);
    heap.verify();
}

TEST(strings_and_numbers_are_leaves) {
    rr::heap heap;
    rr::ref<std::string> text = heap.make<std::string>(100, 'x');
    EQUAL(text->size(), 100u);
    EQUAL(*heap.make<int>(7), 7);
    EQUAL(*heap.make<int>(), 0);
    THROWS(rr::error, "basic_string", rr::cast<int>(rr::ref<void>(text)));
}
