// The library's own kinds of objects: lists, tuples and bytes. They are made by a heap, and used through references as other objects are:
//
//     rr::ref<rr::list<node>> nodes = heap.make_list<node>();
//     nodes->push_back(n);
//     for (rr::ref<node> each : *nodes) ...
//
// T says what stands in them; rr::list<> holds any objects. An index that is out of range throws rr::error.
#ifndef REFRUNTIME_CONTAINERS_HPP
#define REFRUNTIME_CONTAINERS_HPP

#include "type.hpp"

#include <cstdint>
#include <iterator>

namespace rr {

namespace detail {

[[noreturn, gnu::cold, gnu::noinline]] inline void raise_index(const char *what, std::size_t index, std::size_t count) {
    throw error(RR_E_ARGUMENT, std::string(what) + ": there is no item at index " + std::to_string(index) + ": there are " + std::to_string(count));
}

/// Walks by index, so that the sequence may change meanwhile. What it points at is a new reference.
template <class Sequence, class T> class index_iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = ref<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = ref<T>;

    index_iterator() = default;
    index_iterator(const Sequence *sequence, std::size_t index) noexcept : sequence_(sequence), index_(index) {}
    ref<T> operator*() const { return (*sequence_)[index_]; }
    index_iterator &operator++() noexcept {
        ++index_;
        return *this;
    }
    index_iterator operator++(int) noexcept { return {sequence_, index_++}; }
    friend bool operator==(const index_iterator &a, const index_iterator &b) { return a.at() == b.at(); }
    friend bool operator!=(const index_iterator &a, const index_iterator &b) { return a.at() != b.at(); }

private:
    /// The end is wherever the sequence ends now.
    std::size_t at() const {
        const std::size_t count = sequence_ != nullptr ? sequence_->size() : 0;
        return index_ < count ? index_ : count;
    }

    const Sequence *sequence_ = nullptr;
    std::size_t index_ = 0;
};

} // namespace detail

/// A growable sequence of references, never empty ones.
template <class T = void> class list : public detail::built_in {
public:
    using value_type = ref<T>;
    using const_iterator = detail::index_iterator<list, T>;
    using iterator = const_iterator;

    std::size_t size() const { return detail::counted(rr_list_count(this->address())); }
    bool empty() const { return size() == 0; }
    ref<T> operator[](std::size_t index) const {
        return ref<T>::borrow(static_cast<T *>(detail::needed(rr_list_get(this->address(), index))));
    }
    ref<T> at(std::size_t index) const { return (*this)[index]; }
    iterator begin() const noexcept { return {this, 0}; }
    iterator end() const noexcept { return {this, SIZE_MAX}; }

    void push_back(const ref<T> &item) { detail::check(rr_list_append(this->address(), detail::address_of(item.get()))); }
    /// Before the item at index; at size() it appends. Proportional to what is behind it.
    void insert(std::size_t index, const ref<T> &item) {
        detail::check(rr_list_insert(this->address(), index, detail::address_of(item.get())));
    }
    /// Replaces the item at index. What was there may die in here, as in erase() and clear().
    void set(std::size_t index, const ref<T> &item) { detail::check(rr_list_set(this->address(), index, detail::address_of(item.get()))); }
    void erase(std::size_t index) { detail::check(rr_list_remove(this->address(), index)); }
    void clear() { detail::check(rr_list_clear(this->address())); }
};

/// A fixed number of references, some of which may be empty.
template <class T = void> class tuple : public detail::built_in {
public:
    using value_type = ref<T>;
    using const_iterator = detail::index_iterator<tuple, T>;
    using iterator = const_iterator;

    std::size_t size() const noexcept { return rr_item_count(this->address()); }
    bool empty() const noexcept { return size() == 0; }
    ref<T> operator[](std::size_t index) const { return ref<T>::borrow(static_cast<T *>(*at_index(index))); }
    ref<T> at(std::size_t index) const { return (*this)[index]; }
    /// What was there may die in here.
    void set(std::size_t index, const ref<T> &item) { detail::check(rr_store(at_index(index), detail::address_of(item.get()))); }
    iterator begin() const noexcept { return {this, 0}; }
    iterator end() const noexcept { return {this, SIZE_MAX}; }

private:
    void **at_index(std::size_t index) const {
        if (index >= size())
            detail::raise_index("rr::tuple", index, size());
        return static_cast<void **>(this->address()) + index;
    }
};

/// A fixed number of bytes.
class bytes : public detail::built_in {
public:
    using value_type = std::uint8_t;
    using iterator = std::uint8_t *;
    using const_iterator = const std::uint8_t *;

    std::size_t size() const noexcept { return rr_item_count(address()); }
    bool empty() const noexcept { return size() == 0; }
    std::uint8_t *data() noexcept { return static_cast<std::uint8_t *>(address()); }
    const std::uint8_t *data() const noexcept { return static_cast<const std::uint8_t *>(address()); }
    std::uint8_t &operator[](std::size_t index) { return data()[checked(index)]; }
    std::uint8_t operator[](std::size_t index) const { return data()[checked(index)]; }
    iterator begin() noexcept { return data(); }
    iterator end() noexcept { return data() + size(); }
    const_iterator begin() const noexcept { return data(); }
    const_iterator end() const noexcept { return data() + size(); }
    std::string_view view() const noexcept { return {reinterpret_cast<const char *>(data()), size()}; }

private:
    std::size_t checked(std::size_t index) const {
        if (index >= size())
            detail::raise_index("rr::bytes", index, size());
        return index;
    }
};

namespace detail {
template <> struct described<list<>> {
    static rr_type type() { return RR_TYPE_LIST; }
};
template <> struct described<tuple<>> {
    static rr_type type() { return RR_TYPE_TUPLE; }
};
template <> struct described<bytes> {
    static rr_type type() { return RR_TYPE_BYTES; }
};
} // namespace detail

/// The name of an object's type.
template <class T> const char *type_name(const ref<T> &object) {
    return rr_type_name(rr_type_of(detail::used(detail::address_of(object.get()))));
}

/// The same object as a T, which it is exactly (or, between classes with virtual functions, by dynamic_cast); or an empty reference.
template <class T, class U> ref<T> try_cast(const ref<U> &object) {
    if (!object)
        return {};
    if constexpr (!std::is_void_v<U> && std::is_polymorphic_v<U> && std::is_polymorphic_v<T>) {
        T *const found = dynamic_cast<T *>(object.get());
        return detail::address_of(found) == detail::address_of(object.get()) ? ref<T>::borrow(found) : ref<T>();
    } else {
        const rr_type type = rr_type_of(detail::used(detail::address_of(object.get())));
        return type == detail::described<T>::type() ? ref<T>::borrow(static_cast<T *>(object.get())) : ref<T>();
    }
}

/// The same, but throws null_reference if there is no object, and rr::error if it is of another type.
template <class T, class U> ref<T> cast(const ref<U> &object) {
    static_cast<void>(detail::used(detail::address_of(object.get())));
    ref<T> found = try_cast<T>(object);
    if (!found)
        throw error(RR_E_TYPE, std::string("rr::cast: the object is of type ") + type_name(object) + ", which is not the one asked for, " +
                                   rr_type_name(detail::described<T>::type()));
    return found;
}

} // namespace rr

#endif
