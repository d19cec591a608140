// What can go wrong, as exceptions; and what becomes of exceptions that leave a callback.
#ifndef REFRUNTIME_ERROR_HPP
#define REFRUNTIME_ERROR_HPP

#include "refruntime_inline.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

namespace rr {

/// What the library refused: its status, and as what() its sentence, which names the function, the argument and its value.
class error : public std::runtime_error {
public:
    error(rr_status status, const std::string &sentence) : std::runtime_error(sentence), status_(status) {}
    rr_status status() const noexcept { return status_; }

private:
    rr_status status_;
};

/// An empty reference was used as if it referred to an object.
class null_reference : public error {
public:
    null_reference() : error(RR_E_ARGUMENT, "the reference is empty: it was not set, moved from, or reset") {}
};

/// The heap is closed.
class closed_heap : public error {
public:
    closed_heap() : error(RR_E_ARGUMENT, "the heap is closed") {}
};

/// The heap's limit or the system's memory is used up; nothing changed.
class bad_alloc : public std::bad_alloc {
public:
    explicit bad_alloc(const char *sentence) noexcept { std::strncpy(sentence_, sentence, sizeof sentence_ - 1); }
    const char *what() const noexcept override { return sentence_; }
    rr_status status() const noexcept { return RR_E_NO_MEMORY; }

private:
    char sentence_[240] = {};
};

namespace detail {

/// Throws the error of this thread's last call of the library, which failed.
[[noreturn, gnu::cold, gnu::noinline]] inline void raise_last() {
    if (rr_last_status() == RR_E_NO_MEMORY)
        throw bad_alloc(rr_last_error());
    throw error(rr_last_status(), rr_last_error());
}

[[noreturn, gnu::cold, gnu::noinline]] inline void raise_null() { throw null_reference(); }
[[noreturn, gnu::cold, gnu::noinline]] inline void raise_closed() { throw closed_heap(); }

/// A status, a count or an address as the library gave it, if it is no error.
inline void check(rr_status status) {
    if (status < 0)
        raise_last();
}

inline std::size_t counted(std::int64_t count) {
    if (count < 0)
        raise_last();
    return static_cast<std::size_t>(count);
}

inline void *needed(void *address) {
    if (address == nullptr)
        raise_last();
    return address;
}

} // namespace detail

/// Hears of an exception that left a callback; callback is "finalizer", "destructor", "traverse", "weak callback" or "collection callback".
using exception_handler = void (*)(std::exception_ptr exception, const char *callback) noexcept;

/// Writes one line to standard error. The program goes on: this is the default.
inline void print_exception(std::exception_ptr exception, const char *callback) noexcept {
    try {
        std::rethrow_exception(std::move(exception));
    } catch (const std::exception &caught) {
        std::fprintf(stderr, "refruntime: a %s threw: %s\n", callback, caught.what());
    } catch (...) {
        std::fprintf(stderr, "refruntime: a %s threw what is no std::exception\n", callback);
    }
}

/// Ends the program by std::terminate, as for an exception that leaves a noexcept function.
[[noreturn]] inline void terminate_on_exception(std::exception_ptr, const char *) noexcept { std::terminate(); }

namespace detail {

inline std::atomic<exception_handler> current_handler{print_exception};

/// Runs the code of a callback. No exception gets past: the library in between is not C++.
template <class Code> void contain(const char *callback, Code &&code) noexcept {
    try {
        code();
    } catch (...) {
        current_handler.load(std::memory_order_acquire)(std::current_exception(), callback);
    }
}

} // namespace detail

/// Has the handler called, on the thread of the callback, for each exception that leaves a callback; returns the one before. The callback
/// counts as done then: a finalizer is not run again. nullptr restores print_exception. Any thread, any time.
inline exception_handler set_exception_handler(exception_handler handler) noexcept {
    return detail::current_handler.exchange(handler != nullptr ? handler : print_exception, std::memory_order_acq_rel);
}

} // namespace rr

#endif
