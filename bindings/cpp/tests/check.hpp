// A test is a TEST; main.cpp runs all of them. A check that fails is told with its place, and the test ends.
#ifndef CHECK_HPP
#define CHECK_HPP

#include "refruntime.hpp"

#include <string>
#include <vector>

namespace check {

struct failure {
    std::string what;
};

struct test {
    const char *name;
    void (*run)();
};

inline std::vector<test> &tests() {
    static std::vector<test> all;
    return all;
}

inline bool add(const char *name, void (*run)()) {
    tests().push_back({name, run});
    return true;
}

inline std::string place(const char *file, int line) { return std::string(file) + ":" + std::to_string(line) + ": "; }

template <class A, class B> void equal(const A &a, const B &b, const char *text, const char *file, int line) {
    if (!(a == static_cast<A>(b)))
        throw failure{place(file, line) + text + ": " + std::to_string(a) + " and " + std::to_string(b)};
}

} // namespace check

#define TEST(name)                                                       \
    static void name();                                                  \
    [[maybe_unused]] static const bool name##_is_there = check::add(#name, name); \
    static void name()

#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition))                                                            \
            throw check::failure{check::place(__FILE__, __LINE__) + "not true: " #condition}; \
    } while (false)

#define EQUAL(a, b) check::equal(a, b, #a " is not " #b, __FILE__, __LINE__)

// The expression throws an exception of the kind, which says something that has the words in it.
#define THROWS(kind, words, ...)                                                                                     \
    do {                                                                                                             \
        bool thrown = false;                                                                                         \
        try {                                                                                                        \
            static_cast<void>(__VA_ARGS__);                                                                          \
        } catch (const kind &caught) {                                                                               \
            thrown = true;                                                                                           \
            if (std::string(caught.what()).find(words) == std::string::npos)                                         \
                throw check::failure{check::place(__FILE__, __LINE__) + "threw, but says: " + caught.what()};        \
        }                                                                                                            \
        if (!thrown)                                                                                                 \
            throw check::failure{check::place(__FILE__, __LINE__) + "throws no " #kind ": " #__VA_ARGS__};           \
    } while (false)

#endif
