// Weak references, and callbacks that hear of an object's end.
#ifndef REFRUNTIME_WEAK_HPP
#define REFRUNTIME_WEAK_HPP

#include "containers.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>

namespace rr {

namespace detail {

/// A new reference to the target of a weak reference; nullptr when it is dead, or there is none.
inline void *target_of(void *weakref) {
    if (weakref == nullptr)
        return nullptr;
    void *const target = rr_weakref_get(weakref);
    if (target == nullptr) { // dead; or the call was refused, and so is this one
        check((rr_incref)(weakref));
        check((rr_decref)(weakref));
    }
    return target;
}

/// What a watcher calls.
struct watch {
    std::function<void()> function;
    std::atomic<bool> done{false}; // or about to be: nothing looks at it any more
};

/// Keeps a call whose watcher has gone, while its weak reference lives on in an object. Those that are over are swept as others come.
inline void keep_watch(void *weakref, std::unique_ptr<watch> call) {
    using watches = std::vector<std::pair<void *, std::unique_ptr<watch>>>;
    static std::mutex lock;
    static watches &kept = *new watches; // objects may die after static destructors have run
    static std::size_t sweep_at = 64;
    watches all, over; // whose functions are destroyed, and whose heaps asked, without the lock
    {
        const std::lock_guard<std::mutex> locked(lock);
        kept.emplace_back(weakref, std::move(call));
        if (kept.size() < sweep_at)
            return;
        all.swap(kept);
    }
    const auto ended = std::partition(all.begin(), all.end(), [](const auto &each) {
        return !each.second->done.load(std::memory_order_acquire) && rr_is_object(each.first) != 0 &&
               rr_type_of(each.first) == RR_TYPE_WEAKREF;
    });
    over.assign(std::move_iterator(ended), std::move_iterator(all.end()));
    const std::lock_guard<std::mutex> locked(lock);
    kept.insert(kept.end(), std::move_iterator(all.begin()), std::move_iterator(ended));
    sweep_at = 2 * kept.size() + 64;
}

inline void require_weakref(const ref<void> &object) {
    if (rr_type_of(used(object.get())) != RR_TYPE_WEAKREF)
        throw error(RR_E_TYPE, std::string("rr::weak: the object is of type ") + type_name(object) + " and no weak reference");
}

} // namespace detail

/// Knows an object without keeping it alive; or is empty. All weak references to an object share one object of the library, so that a copy
/// costs what a copy of a ref does. As a member of an object it needs no report; visit() may be given it for those who look.
template <class T> class weak {
public:
    weak() noexcept = default;
    weak(std::nullptr_t) noexcept {}
    /// Throws null_reference for an empty reference, rr::error (RR_E_BUSY) for an object that is dying.
    template <class U, detail::if_converts<U, T> = 0> weak(const ref<U> &target)
        : weakref_(ref<void>::adopt(detail::needed(
              rr_weakref_new(detail::used(detail::address_of(detail::upcast<T>(target.get()))), nullptr, nullptr)))) {}

    /// A reference to the object, or an empty one when it is dead.
    ref<T> lock() const { return ref<T>::adopt(static_cast<T *>(detail::target_of(weakref_.get()))); }
    /// Whether the object is dead, or there never was one.
    bool expired() const { return !lock(); }
    void reset() noexcept { weakref_.reset(); }

    /// The library's weak reference, an object itself that can be put into lists and slots; and back. Throws rr::error (RR_E_TYPE) if the
    /// object is no weak reference; that its target is a T nobody checks.
    const ref<void> &object() const noexcept { return weakref_; }
    static weak of(ref<void> weakref) {
        detail::require_weakref(weakref);
        weak made;
        made.weakref_ = std::move(weakref);
        return made;
    }

    friend bool operator==(const weak &a, const weak &b) noexcept { return a.weakref_ == b.weakref_; }
    friend bool operator!=(const weak &a, const weak &b) noexcept { return a.weakref_ != b.weakref_; }

private:
    ref<void> weakref_;
};

template <class T> weak(const ref<T> &) -> weak<T>;

/// How many weak references an object has; those without callback count as one.
template <class T> std::size_t weak_count(const ref<T> &object) {
    return detail::counted(rr_weakref_count(detail::used(detail::address_of(object.get()))));
}

/// Calls a function when an object has died, once, unless the watcher goes first; or if its object() was put into another object and is
/// still there. An exception that the function throws goes to the handler of set_exception_handler.
class watcher {
public:
    watcher() noexcept = default;
    template <class T> watcher(const ref<T> &target, std::function<void()> function) : call_(std::make_unique<detail::watch>()) {
        call_->function = std::move(function);
        weakref_ = ref<void>::adopt(detail::needed(rr_weakref_new(detail::used(detail::address_of(target.get())), &died, call_.get())));
    }
    watcher(watcher &&other) noexcept = default;
    watcher &operator=(watcher &&other) noexcept {
        std::swap(call_, other.call_);
        std::swap(weakref_, other.weakref_);
        return *this;
    }
    ~watcher() {
        if (weakref_ && !call_->done && rr_getrefcount(weakref_.get()) > 1)
            detail::keep_watch(weakref_.get(), std::move(call_));
    }

    /// Whether the object is dead, or there never was one.
    bool expired() const { return !lock(); }
    /// A reference to the object, or an empty one when it is dead.
    ref<void> lock() const { return ref<void>::adopt(detail::target_of(weakref_.get())); }
    /// The library's weak reference, as weak<T>::object().
    const ref<void> &object() const noexcept { return weakref_; }

private:
    static void died(void *, void *user) noexcept {
        auto *const call = static_cast<detail::watch *>(user);
        const std::function<void()> function = std::move(call->function); // which may end the watcher, and the call with it
        call->done.store(true, std::memory_order_release);
        detail::contain("weak callback", function);
    }

    std::unique_ptr<detail::watch> call_;
    ref<void> weakref_; // goes first: from then on nothing is called
};

} // namespace rr

#endif
