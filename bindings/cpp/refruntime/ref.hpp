// References. Each owns one count of its object; which class it is says where it stands:
//
//     ref<T>    in code: a local variable, a parameter, a global, a container outside the heap. It holds its object from outside.
//     slot<T>   in an object, as a member that rr_fields names. The library releases it; it has no destructor of its own, so that a
//               class of slots and numbers dies inline, with nothing called.
//     item<T>   in an object, in a container that rr_traverse reports.
//
// They convert into each other. Two kinds inside an object are needed beside the one outside since a cycle may close when a reference moves
// into an object: slots and items tell the library (rr_take), while to move a ref costs nothing.
#ifndef REFRUNTIME_REF_HPP
#define REFRUNTIME_REF_HPP

#include "error.hpp"

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace rr {

template <class T> class ref;
template <class T> class slot;
template <class T> class item;

namespace detail {

inline void *address_of(const volatile void *object) { return const_cast<void *>(object); }

[[noreturn, gnu::cold, gnu::noinline]] inline void raise_not_first_base() {
    throw error(RR_E_TYPE, "conversion of a reference: the base is not the first one, so that it begins at another address than its object");
}

/// An object as one of its bases: its first one, since that begins where the object does.
template <class Base, class T> Base *upcast(T *object) {
    Base *base = object;
    if (address_of(base) != address_of(object))
        raise_not_first_base();
    return base;
}

template <class From, class To> using if_converts = std::enable_if_t<std::is_convertible_v<From *, To *>, int>;
template <class From, class To> using unless_converts = std::enable_if_t<!std::is_convertible_v<From *, To *>, int>;

/// The object of a reference that is to be used. Checked builds also ask whether it lives.
inline void *used(void *object) {
    if (__builtin_expect(object == nullptr, 0))
        raise_null();
#if !RR_HAS_INLINE
    if (rr_heap_of(object) == nullptr)
        raise_last();
#endif
    return object;
}

inline void *retained(void *object) {
    if (__builtin_expect(rr_incref(object) != RR_OK, 0))
        raise_last();
    return object;
}

/// For destructors: the test for an empty reference stands where the compiler sees that it was moved from, and leaves out the rest.
[[gnu::always_inline]] inline void release(void *object) noexcept {
    if (object != nullptr)
        static_cast<void>(rr_decref(object));
}

/// What ref, slot and item have in common: how to look at the object.
template <class T> class pointing {
public:
    using element_type = T;

    /// The object, or nullptr. Borrowed: good while this reference stays as it is.
    T *get() const noexcept { return static_cast<T *>(object_); }
    /// Throws null_reference if there is no object.
    T *operator->() const { return static_cast<T *>(used(object_)); }
    template <class U = T> std::enable_if_t<!std::is_void_v<U>, U &> operator*() const { return *static_cast<U *>(used(object_)); }
    explicit operator bool() const noexcept { return object_ != nullptr; }

    /// The exact number of references; RR_IMMORTAL_COUNT for an immortal object. Throws null_reference if there is no object.
    std::int64_t use_count() const {
        const std::int64_t count = rr_getrefcount(used(object_));
        if (count < 0)
            raise_last();
        return count;
    }
    /// Whether this is the only reference: its holder may change the object in place.
    bool unique() const { return rr_is_unique(used(object_)) != 0; }

protected:
    constexpr pointing() noexcept = default;
    constexpr explicit pointing(void *object) noexcept : object_(object) {}

    void *object_ = nullptr;
};

template <class T, class U> bool operator==(const pointing<T> &a, const pointing<U> &b) noexcept { return a.get() == b.get(); }
template <class T, class U> bool operator!=(const pointing<T> &a, const pointing<U> &b) noexcept { return a.get() != b.get(); }
template <class T> bool operator==(const pointing<T> &a, std::nullptr_t) noexcept { return !a; }
template <class T> bool operator!=(const pointing<T> &a, std::nullptr_t) noexcept { return static_cast<bool>(a); }
#if __cplusplus < 202002L
template <class T> bool operator==(std::nullptr_t, const pointing<T> &a) noexcept { return !a; }
template <class T> bool operator!=(std::nullptr_t, const pointing<T> &a) noexcept { return static_cast<bool>(a); }
#endif

} // namespace detail

/// A counted reference held by code, or empty. A copy is one inline incref, a move none. ref<void> refers to any object.
template <class T> class ref : public detail::pointing<T> {
public:
    constexpr ref() noexcept = default;
    constexpr ref(std::nullptr_t) noexcept {}
    ref(const ref &other) : detail::pointing<T>(detail::retained(other.object_)) {}
    ref(ref &&other) noexcept : detail::pointing<T>(std::exchange(other.object_, nullptr)) {}
    template <class U, detail::if_converts<U, T> = 0> ref(const ref<U> &other) : ref(borrow(detail::upcast<T>(other.get()))) {}
    template <class U, detail::if_converts<U, T> = 0> ref(ref<U> &&other) : ref(adopt(detail::upcast<T>(other.get()))) {
        static_cast<void>(other.detach());
    }
    template <class U, detail::if_converts<U, T> = 0> ref(const slot<U> &other) : ref(borrow(detail::upcast<T>(other.get()))) {}
    template <class U, detail::if_converts<U, T> = 0> ref(const item<U> &other) : ref(borrow(detail::upcast<T>(other.get()))) {}
    /// The last one destroys the object: its finalizer, weak callbacks and destructor run in here.
    [[gnu::always_inline]] ~ref() { detail::release(this->object_); }

    ref &operator=(ref other) noexcept {
        std::swap(this->object_, other.object_);
        return *this;
    }
    void reset() noexcept { *this = ref(); }

    /// Takes over a reference that the caller owns, as a C function marked [new] gives it; nullptr makes an empty one.
    static ref adopt(T *object) noexcept {
        ref taken;
        taken.object_ = detail::address_of(object);
        return taken;
    }
    /// A new reference to an object that somebody else keeps alive meanwhile.
    static ref borrow(T *object) { return adopt(static_cast<T *>(detail::retained(detail::address_of(object)))); }
    /// Gives the reference to the caller, who has to release it.
    [[nodiscard]] T *detach() noexcept { return static_cast<T *>(std::exchange(this->object_, nullptr)); }
};

/// A new reference to the object that the code of a member function runs in: rr::self(this).
template <class T> ref<T> self(T *object) { return ref<T>::borrow(object); }

/// A reference that stands in an object, in a member that rr_fields names, or empty. Assigning stores (rr_store), or takes over a ref that
/// is moved in (rr_take); what was there is released, and may die in here. When the object dies the library releases its slots, after the
/// destructor: in a destructor they may refer to objects that were destroyed already, and nothing may be stored in them.
template <class T> class slot : public detail::pointing<T> {
public:
    constexpr slot() noexcept = default;
    constexpr slot(std::nullptr_t) noexcept {}
    template <class U, detail::if_converts<U, T> = 0> slot(const ref<U> &value) { store(detail::upcast<T>(value.get())); }
    template <class U, detail::if_converts<U, T> = 0> slot(ref<U> &&value) { take(std::move(value)); }
    /// A copy of an object may end outside the heap, where nobody would release its slots. Copy them one by one: slot(ref<T>(other)).
    slot(const slot &) = delete;

    slot &operator=(const slot &value) { return store(value.get()); }
    slot &operator=(std::nullptr_t) { return store(nullptr); }
    template <class U, detail::if_converts<U, T> = 0> slot &operator=(const ref<U> &value) { return store(detail::upcast<T>(value.get())); }
    template <class U, detail::if_converts<U, T> = 0> slot &operator=(ref<U> &&value) { return take(std::move(value)); }
    template <class U, detail::if_converts<U, T> = 0> slot &operator=(const slot<U> &value) { return store(detail::upcast<T>(value.get())); }
    template <class U, detail::if_converts<U, T> = 0> slot &operator=(const item<U> &value) { return store(detail::upcast<T>(value.get())); }
    template <class U, detail::unless_converts<U, T> = 0> slot &operator=(const ref<U> &) {
        static_assert(std::is_convertible_v<U *, T *>, "this slot refers to objects of another class, from which this one is not derived: "
                                                       "rr::cast tells what an object is");
        return *this;
    }
    void reset() { store(nullptr); }

private:
    slot &store(T *value) {
        detail::check(rr_store(&this->object_, detail::address_of(value)));
        return written();
    }
    template <class U> slot &take(ref<U> &&value) {
        detail::check(rr_take(&this->object_, detail::address_of(detail::upcast<T>(value.get()))));
        static_cast<void>(value.detach());
        return written();
    }
    /// The library reads slots after the destructor, when a compiler thinks that nobody does: nothing written may be left out for that.
    slot &written() {
#if defined(__GNUC__)
        __asm__ volatile("" : : "r"(&this->object_) : "memory");
#endif
        return *this;
    }
};

/// A reference in a container that stands in an object and that rr_traverse reports: std::vector<rr::item<T>>, for instance. It moves
/// for nothing within its container. (To another object it is moved as ref(std::move(item)), so that the library hears of it.)
template <class T> class item : public detail::pointing<T> {
public:
    constexpr item() noexcept = default;
    constexpr item(std::nullptr_t) noexcept {}
    item(const item &other) : detail::pointing<T>(detail::retained(other.object_)) {}
    item(item &&other) noexcept : detail::pointing<T>(std::exchange(other.object_, nullptr)) {}
    template <class U, detail::if_converts<U, T> = 0> item(const ref<U> &value)
        : detail::pointing<T>(detail::retained(detail::address_of(detail::upcast<T>(value.get())))) {}
    template <class U, detail::if_converts<U, T> = 0> item(ref<U> &&value) {
        detail::check(rr_take(&this->object_, detail::address_of(detail::upcast<T>(value.get()))));
        static_cast<void>(value.detach());
    }
    template <class U, detail::if_converts<U, T> = 0> item(const slot<U> &value) : item(ref<T>(value)) {}
    ~item() { detail::release(this->object_); }

    item &operator=(item other) noexcept {
        std::swap(this->object_, other.object_);
        return *this;
    }
    void reset() noexcept { *this = item(); }
};

} // namespace rr

template <class T> struct std::hash<rr::ref<T>> {
    std::size_t operator()(const rr::ref<T> &reference) const noexcept { return std::hash<T *>()(reference.get()); }
};
template <class T> struct std::hash<rr::item<T>> {
    std::size_t operator()(const rr::item<T> &reference) const noexcept { return std::hash<T *>()(reference.get()); }
};

#endif
