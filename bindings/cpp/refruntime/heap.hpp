// Heaps: where objects are made, what collects them, and looking at what is there.
#ifndef REFRUNTIME_HEAP_HPP
#define REFRUNTIME_HEAP_HPP

#include "containers.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>

namespace rr {

/// A heap that somebody else owns; good as long as that one is open. Which threads may use it, see Heaps in refruntime.h.
class heap_view {
public:
    explicit heap_view(rr_heap *heap) noexcept : heap_(heap) {}

    /// The library's heap, for its C functions. Throws closed_heap.
    rr_heap *get() const {
        if (heap_ == nullptr)
            detail::raise_closed();
        return heap_;
    }
    bool is_open() const noexcept { return heap_ != nullptr; }
    friend bool operator==(const heap_view &a, const heap_view &b) noexcept { return a.heap_ == b.heap_; }
    friend bool operator!=(const heap_view &a, const heap_view &b) noexcept { return a.heap_ != b.heap_; }

    // ---- Making objects. Each may collect first, so may run finalizers, destructors and weak callbacks. Throws rr::bad_alloc.

    /// A T made of the arguments, as new T(arguments...) or T{arguments...} would. What its constructor throws comes out of here, and
    /// nothing is left behind.
    template <class T, class... Arguments> ref<T> make(Arguments &&...arguments) const {
        using type = detail::described<T>;
        void *const payload = detail::needed(rr_alloc(get(), type::type()));
        if constexpr (std::is_nothrow_constructible_v<T, Arguments...>) {
            ::new (payload) T(std::forward<Arguments>(arguments)...);
        } else {
            ref<void> unfinished = ref<void>::adopt(payload);
            if constexpr (std::is_constructible_v<T, Arguments...>)
                ::new (payload) T(std::forward<Arguments>(arguments)...);
            else
                ::new (payload) T{std::forward<Arguments>(arguments)...};
            static_cast<void>(unfinished.detach());
        }
        if constexpr (type::has_callbacks)
            __atomic_store_n(type::ready(payload), 1, __ATOMIC_RELEASE);
        return ref<T>::adopt(static_cast<T *>(payload));
    }

    template <class T = void> ref<list<T>> make_list() const {
        return ref<list<T>>::adopt(static_cast<list<T> *>(detail::needed(rr_list_new(get()))));
    }
    /// A tuple of so many empty references.
    template <class T = void> ref<tuple<T>> make_tuple(std::size_t count) const {
        return ref<tuple<T>>::adopt(static_cast<tuple<T> *>(detail::needed(rr_alloc_items(get(), RR_TYPE_TUPLE, count))));
    }
    template <class T = void> ref<tuple<T>> make_tuple(std::initializer_list<ref<T>> items) const {
        ref<tuple<T>> made = make_tuple<T>(items.size());
        std::size_t index = 0;
        for (const ref<T> &item : items)
            made->set(index++, item);
        return made;
    }
    /// So many bytes, all 0.
    ref<bytes> make_bytes(std::size_t count) const {
        return ref<bytes>::adopt(static_cast<bytes *>(detail::needed(rr_alloc_items(get(), RR_TYPE_BYTES, count))));
    }
    ref<bytes> make_bytes(std::string_view content) const {
        ref<bytes> made = make_bytes(content.size());
        std::memcpy(made->data(), content.data(), content.size());
        return made;
    }

    // ---- Collecting

    /// Collects completely; returns how many containers were dead, as rr_collect() counts.
    std::size_t collect() const { return detail::counted(rr_collect(get())); }
    /// One slice of about so long; when it returns 0 and pending() is false, nothing is left to do.
    std::size_t collect_step(std::chrono::nanoseconds budget) const {
        return detail::counted(rr_collect_step(get(), budget.count() > 0 ? static_cast<std::uint64_t>(budget.count()) : 0));
    }
    bool pending() const { return rr_gc_pending(get()) != 0; }
    void enable() const { detail::check(rr_gc_enable(get())); }
    void disable() const { detail::check(rr_gc_disable(get())); }
    bool is_enabled() const { return rr_gc_is_enabled(get()) != 0; }
    std::uint64_t threshold() const { return rr_gc_get_threshold(get()); }
    void set_threshold(std::uint64_t candidates) const { detail::check(rr_gc_set_threshold(get(), candidates)); }
    std::chrono::nanoseconds pause_goal() const { return std::chrono::nanoseconds(rr_gc_get_pause_goal(get())); }
    void set_pause_goal(std::chrono::nanoseconds goal) const {
        detail::check(rr_gc_set_pause_goal(get(), static_cast<std::uint64_t>(goal.count())));
    }
    std::uint64_t candidates() const { return rr_gc_get_candidates(get()); }
    void freeze() const { detail::check(rr_gc_freeze(get())); }
    void unfreeze() const { detail::check(rr_gc_unfreeze(get())); }
    std::size_t freeze_count() const { return detail::counted(rr_gc_freeze_count(get())); }
    void report_external(std::int64_t delta_bytes) const { detail::check(rr_report_external(get(), delta_bytes)); }
    void trim() const { detail::check(rr_heap_trim(get())); }
    /// The calling thread becomes the owner.
    void attach() const { detail::check(rr_heap_attach(get())); }

    // ---- Looking. References are new ones; what dies meanwhile on another thread is left out.

    rr_stats stats() const {
        rr_stats stats{};
        stats.struct_size = sizeof stats;
        detail::check(rr_heap_stats(get(), &stats));
        return stats;
    }
    /// All objects, also those that nothing holds and that no collection has found yet. Walks the heap.
    std::vector<ref<void>> objects() const { return objects_of<void>(RR_TYPE_NONE); }
    /// Those that were made as a T.
    template <class T> std::vector<ref<T>> objects() const { return objects_of<T>(detail::described<T>::type()); }
    /// Throws rr::error (RR_E_CORRUPT) naming the first invariant that is broken.
    void verify() const { detail::check(rr_heap_verify(get())); }

    // Files; the library's function of the same name says what is in them. An empty path is standard error, where that is allowed.
    void leak_report(const std::string &path = {}) const { detail::check(rr_leak_report(get(), path.empty() ? nullptr : path.c_str())); }
    void print_stats(const std::string &path = {}) const { detail::check(rr_heap_print_stats(get(), path.empty() ? nullptr : path.c_str())); }
    void snapshot(const std::string &path) const { detail::check(rr_heap_snapshot(get(), path.c_str())); }
    void dot(const std::string &path, std::uint32_t max_objects = 0) const { detail::check(rr_heap_dot(get(), path.c_str(), max_objects)); }

protected:
    rr_heap *heap_;

private:
    template <class T> std::vector<ref<T>> objects_of(rr_type type) const;
};

namespace detail {

/// All that a looking function answers with, as new references.
template <class T, class Ask> std::vector<ref<T>> ask_all(Ask ask) {
    std::vector<void *> found(16);
    std::size_t count;
    while ((count = counted(ask(found.data(), found.size()))) > found.size())
        found.resize(count);
    std::vector<ref<T>> references;
    references.reserve(count);
    for (std::size_t i = 0; i < count; i++) {
        if (rr_try_incref(found[i]) != 0)
            references.push_back(ref<T>::adopt(static_cast<T *>(found[i])));
    }
    return references;
}

/// How many references to objects of the heap are held from outside: all of them, less those that stand in objects.
inline std::int64_t count_outside(rr_heap *heap) {
    std::vector<void *> objects(counted(rr_get_objects(heap, RR_TYPE_NONE, nullptr, 0)));
    objects.resize(std::min(objects.size(), counted(rr_get_objects(heap, RR_TYPE_NONE, objects.data(), objects.size()))));
    std::vector<void *> held;
    std::int64_t outside = 0;
    for (void *object : objects) {
        const std::int64_t count = rr_getrefcount(object);
        outside += count != RR_IMMORTAL_COUNT ? count : 0;
        held.resize(counted(rr_get_referents(object, nullptr, 0)));
        held.resize(std::min(held.size(), counted(rr_get_referents(object, held.data(), held.size()))));
        for (void *child : held)
            outside -= rr_is_immortal(child) == 0;
    }
    return outside;
}

} // namespace detail

template <class T> std::vector<ref<T>> heap_view::objects_of(rr_type type) const {
    rr_heap *const heap = get();
    return detail::ask_all<T>([=](void **out, std::size_t capacity) { return rr_get_objects(heap, type, out, capacity); });
}

/// The heap of the process, made on first use and never closed; any thread may use it, one at a time.
inline heap_view default_heap() {
    rr_heap *const heap = rr_heap_default();
    if (heap == nullptr)
        detail::raise_last();
    return heap_view(heap);
}

/// The heap that an object lives in.
template <class T> heap_view heap_of(const ref<T> &object) {
    rr_heap *const heap = rr_heap_of(detail::used(detail::address_of(object.get())));
    if (heap == nullptr)
        detail::raise_last();
    return heap_view(heap);
}

/// What an object refers to, one for each slot and item.
template <class T> std::vector<ref<void>> referents(const ref<T> &object) {
    void *const address = detail::used(detail::address_of(object.get()));
    return detail::ask_all<void>([=](void **out, std::size_t capacity) { return rr_get_referents(address, out, capacity); });
}
/// Who refers to an object, each once. Walks the heap.
template <class T> std::vector<ref<void>> referrers(const ref<T> &object) {
    void *const address = detail::used(detail::address_of(object.get()));
    return detail::ask_all<void>([=](void **out, std::size_t capacity) { return rr_get_referrers(address, out, capacity); });
}
/// The shortest chain, from what is held from outside, that keeps an object alive; itself is the last. Walks the heap.
template <class T> std::vector<ref<void>> path(const ref<T> &object) {
    void *const address = detail::used(detail::address_of(object.get()));
    return detail::ask_all<void>([=](void **out, std::size_t capacity) { return rr_get_path(address, out, capacity); });
}
template <class T> void make_immortal(const ref<T> &object) {
    detail::check(rr_make_immortal(detail::used(detail::address_of(object.get()))));
}
template <class T> bool is_immortal(const ref<T> &object) { return rr_is_immortal(detail::used(detail::address_of(object.get()))) != 0; }
template <class T> bool is_finalized(const ref<T> &object) { return rr_is_finalized(detail::used(detail::address_of(object.get()))) != 0; }

/// A heap, owned.
class heap : public heap_view {
public:
    /// With RR_HEAP_... flags, and a limit in bytes; 0 = none.
    explicit heap(std::uint32_t flags = 0, std::uint64_t max_bytes = 0) : heap_view(open(flags, max_bytes)), flags_(flags) {}
    heap(heap &&other) noexcept
        : heap_view(std::exchange(other.heap_, nullptr)), flags_(other.flags_), on_collection_(std::move(other.on_collection_)) {}
    heap &operator=(heap &&other) noexcept {
        std::swap(heap_, other.heap_);
        std::swap(flags_, other.flags_);
        std::swap(on_collection_, other.on_collection_);
        return *this;
    }

    /// As close(), but never fails: a heap to whose objects there are still references, from elsewhere than its own objects, is left to the
    /// process, so that they stay good. One made with RR_HEAP_REPORT_LEAKS says so on standard error.
    ~heap() {
        if (heap_ == nullptr)
            return;
        try {
            close();
        } catch (...) {
            static_cast<void>(rr_gc_set_callback(heap_, nullptr, nullptr));
            if ((flags_ & RR_HEAP_REPORT_LEAKS) != 0)
                static_cast<void>(rr_leak_report(heap_, nullptr));
        }
    }

    /// Finalizes and destroys what is left and gives all memory back. What is used afterwards throws closed_heap. It collects first, so that
    /// a finalizer that saves its object is heard of in time.
    ///
    /// Throws rr::error (RR_E_BUSY) inside a callback, and while there are references to its objects from elsewhere than its own objects.
    /// Only checked builds (RR_CHECK_INLINE) close all the same, and at once, since they notice when such a reference is used. Walks the heap.
    void close() {
        rr_heap *const closing = get();
#if RR_HAS_INLINE
        detail::counted(rr_collect(closing));
        const std::int64_t outside = detail::count_outside(closing);
        if (outside > 0)
            throw error(RR_E_BUSY, "rr::heap::close: there are still " + std::to_string(outside) + " references to its objects: let go of them first");
#endif
        detail::check(rr_heap_free(closing));
        heap_ = nullptr;
        on_collection_.reset();
    }

    /// Has the function called as a collection, or a slice of one, starts and stops; an empty function: none.
    void set_collection_callback(std::function<void(const rr_gc_event &)> function) {
        auto kept = function ? std::make_unique<collection_callback>(std::move(function)) : nullptr;
        detail::check(rr_gc_set_callback(get(), kept ? &collecting : nullptr, kept.get()));
        on_collection_ = std::move(kept);
    }

private:
    using collection_callback = std::function<void(const rr_gc_event &)>;

    static rr_heap *open(std::uint32_t flags, std::uint64_t max_bytes) {
        rr_heap_options options{};
        options.struct_size = sizeof options;
        options.flags = flags;
        options.max_bytes = max_bytes;
        rr_heap *const made = rr_heap_new(&options);
        if (made == nullptr)
            detail::raise_last();
        return made;
    }
    static void collecting(rr_heap *, const rr_gc_event *event, void *user) noexcept {
        detail::contain("collection callback", [&] { (*static_cast<collection_callback *>(user))(*event); });
    }

    std::uint32_t flags_;
    std::unique_ptr<collection_callback> on_collection_;
};

} // namespace rr

#endif
