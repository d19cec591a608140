// What a class tells of itself, and the type of the library that is made from it with its first object. All of it is optional:
//
//     using rr_fields = rr::fields<&node::next, &node::parent>;    its slots; those of a base too: base::rr_fields::plus<&node::next>
//     void rr_traverse(rr::visitor visit) const;                   reports what is in containers: visit(children)
//     void rr_finalize();                                          runs once, when the object is found dead and everything is intact;
//                                                                  may resurrect it by keeping rr::self(this)
//     static constexpr const char *rr_name = "node";               instead of the class's own name, in reports and pictures
//     static constexpr bool rr_acyclic = true;                     a promise: never part of a cycle; collections skip such objects
//
// They may be private if the class declares `friend struct rr::access;`. A destructor runs as the type's destroy callback. A class without
// fields and traverse is a leaf.
#ifndef REFRUNTIME_TYPE_HPP
#define REFRUNTIME_TYPE_HPP

#include "ref.hpp"

#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rr {

template <class T> class weak;

namespace detail {

template <class> inline constexpr bool never = false;
template <class T> inline constexpr bool is_ref = false;
template <class T> inline constexpr bool is_ref<ref<T>> = true;
template <class T> inline constexpr bool is_slot = false;
template <class T> inline constexpr bool is_slot<slot<T>> = true;
template <class T> inline constexpr bool is_item = false;
template <class T> inline constexpr bool is_item<item<T>> = true;
template <class T> inline constexpr bool is_weak = false;
template <class T> inline constexpr bool is_weak<weak<T>> = true;

template <class T, class = void> inline constexpr bool is_range = false;
template <class T>
inline constexpr bool is_range<T, std::void_t<decltype(std::begin(std::declval<const T &>())), decltype(std::end(std::declval<const T &>()))>> = true;

template <class T> struct member_pointer {};
template <class C, class M> struct member_pointer<M C::*> {
    using of = C;
    using type = M;
};

/// An object of the library is nothing that C++ constructs: `this` is its address.
class built_in {
public:
    built_in() = delete;
    built_in(const built_in &) = delete;
    built_in &operator=(const built_in &) = delete;

protected:
    ~built_in() = default;
    void *address() const noexcept { return address_of(this); }
};

} // namespace detail

/// Reports references to whom the library sends: copy it, call it, and don't keep it.
class visitor {
public:
    visitor(rr_visit_fn visit, void *argument) noexcept : visit_(visit), argument_(argument) {}

    /// Reports an item, a weak reference, or all that are in a container: a range, an optional, a pair, in any depth. Of pairs, keys and values
    /// that are no references are passed over.
    template <class T> void operator()(const T &what) const {
        static_assert(!detail::is_ref<T>, "an rr::ref<T> holds its object from outside, so that a cycle through it is never freed: "
                                          "a container that stands in an object is one of rr::item<T>");
        static_assert(!detail::is_slot<T>, "an rr::slot<T> is not visited: name the member in rr_fields; in containers use rr::item<T>");
        static_assert(detail::is_ref<T> || detail::is_slot<T> || can_visit<T>(0),
                      "rr::visitor takes an rr::item<T>, an rr::weak<T>, or a range, optional or pair of them");
        if constexpr (can_visit<T>(0))
            report(what);
    }

private:
    template <class T> static constexpr bool can_visit(int) {
        if constexpr (detail::is_item<T> || detail::is_weak<T> || detail::is_ref<T> || detail::is_slot<T>)
            return true;
        else if constexpr (std::is_same_v<T, std::string>)
            return false;
        else if constexpr (detail::is_range<T>)
            return can_visit<std::decay_t<decltype(*std::begin(std::declval<const T &>()))>>(0);
        else
            return parts<T>::visited;
    }

    template <class T> struct parts {
        static constexpr bool visited = false;
    };
    template <class T> struct parts<std::optional<T>> {
        static constexpr bool visited = can_visit<std::decay_t<T>>(0);
        static void report(const visitor &visit, const std::optional<T> &what) {
            if (what)
                visit(*what);
        }
    };
    template <class A, class B> struct parts<std::pair<A, B>> {
        static constexpr bool visited = can_visit<std::decay_t<A>>(0) || can_visit<std::decay_t<B>>(0);
        static void report(const visitor &visit, const std::pair<A, B> &what) {
            if constexpr (can_visit<std::decay_t<A>>(0))
                visit(what.first);
            if constexpr (can_visit<std::decay_t<B>>(0))
                visit(what.second);
        }
    };

    template <class T> void report(const T &what) const {
        if constexpr (detail::is_item<T>) {
            visit_(detail::address_of(what.get()), argument_);
        } else if constexpr (detail::is_weak<T>) {
            visit_(what.object().get(), argument_);
        } else if constexpr (detail::is_range<T>) {
            for (const auto &element : what)
                (*this)(element);
        } else if constexpr (!detail::is_ref<T> && !detail::is_slot<T>) {
            parts<T>::report(*this, what);
        }
    }

    rr_visit_fn visit_;
    void *argument_;
};

namespace detail {

template <auto Member> constexpr void check_field() {
    if constexpr (!std::is_member_object_pointer_v<decltype(Member)>) {
        static_assert(never<decltype(Member)>, "rr::fields takes pointers to data members, as in rr::fields<&node::next>");
    } else {
        using type = typename member_pointer<decltype(Member)>::type;
        static_assert(!is_ref<type>, "this member is an rr::ref<T>, which holds its object from outside, so that a cycle through it is never "
                                     "freed: declare it as rr::slot<T>");
        static_assert(!is_item<type>, "this member is an rr::item<T>: declare it as rr::slot<T>, or report it in rr_traverse");
        static_assert(!is_range<type>, "this member is a container: report it in rr_traverse, and make it one of rr::item<T>");
        static_assert(!std::is_pointer_v<type>, "this member is a plain pointer, which counts nothing: declare it as rr::slot<T>");
        static_assert(is_slot<type> || is_ref<type> || is_item<type> || is_range<type> || std::is_pointer_v<type>,
                      "this member is no reference: rr::fields names the members of type rr::slot<T>, and no others");
    }
}

/// The offset of a member is what a pointer to it consists of (Itanium C++ ABI, 2.3.1).
template <class T, auto Member> std::uint32_t offset_of() {
    using of = typename member_pointer<decltype(Member)>::of;
    static_assert(std::is_base_of_v<of, T>, "rr_fields names a member of another class, which is no base of this one");
    typename member_pointer<decltype(Member)>::type T::*const member = Member;
    static_assert(sizeof member == sizeof(std::ptrdiff_t));
    std::ptrdiff_t offset;
    std::memcpy(&offset, &member, sizeof offset);
    return static_cast<std::uint32_t>(offset);
}

/// The template argument in a function's name: GCC and Clang write it behind the first '='.
inline std::string argument_in(std::string_view function) {
    const std::size_t begin = function.find("= ") + 2;
    return std::string(function.substr(begin, function.rfind(']') - begin));
}
template <class T> constexpr const char *class_text() { return __PRETTY_FUNCTION__; }
template <auto Member> constexpr const char *member_text() { return __PRETTY_FUNCTION__; }
template <class T> std::string name_of_class() { return argument_in(class_text<T>()); }
template <auto Member> std::string name_of_member() {
    const std::string name = argument_in(member_text<Member>());
    const std::size_t begin = name.rfind(':') + 1;
    return name.substr(begin, name.find_last_not_of(')') + 1 - begin);
}

} // namespace detail

/// The slots of a class: rr::fields<&node::next, &node::parent>.
template <auto... Members> struct fields {
    template <auto... More> using plus = fields<Members..., More...>;

    template <class T> static std::vector<std::uint32_t> offsets() { return {detail::offset_of<T, Members>()...}; }
    static std::vector<std::string> names() { return {detail::name_of_member<Members>()...}; }
    static constexpr bool check() {
        (detail::check_field<Members>(), ...);
        return (std::is_member_object_pointer_v<decltype(Members)> && ...);
    }
};

/// A friend of classes that keep their rr_... members private.
struct access {
    template <class T, class = void> struct fields_of {
        using type = fields<>;
    };
    template <class T> struct fields_of<T, std::void_t<typename T::rr_fields>> {
        using type = typename T::rr_fields;
    };

    template <class T> static auto traverse(const T &object, visitor visit) -> decltype(object.rr_traverse(visit)) {
        return object.rr_traverse(visit);
    }
    template <class T> static auto finalize(T &object) -> decltype(object.rr_finalize()) { return object.rr_finalize(); }
    template <class T> static constexpr auto name(int) -> decltype(T::rr_name) { return T::rr_name; }
    template <class T> static constexpr const char *name(long) { return nullptr; }
    template <class T> static constexpr auto is_acyclic(int) -> decltype(T::rr_acyclic) { return T::rr_acyclic; }
    template <class T> static constexpr bool is_acyclic(long) { return false; }

    template <class T, class = void> struct traverses : std::false_type {};
    template <class T> struct traverses<T, std::void_t<decltype(traverse(std::declval<const T &>(), std::declval<visitor>()))>> : std::true_type {};
    template <class T, class = void> struct finalizes : std::false_type {};
    template <class T> struct finalizes<T, std::void_t<decltype(finalize(std::declval<T &>()))>> : std::true_type {};

    // Is there a member of that name at all? Each name is there twice in `both` if it is, and taking its address ambiguous.
    struct named {
        void rr_traverse();
        void rr_finalize();
    };
    template <class T> struct both : T, named {};
    template <class T, class = void> struct has_traverse : std::true_type {};
    template <class T> struct has_traverse<T, std::void_t<decltype(&both<T>::rr_traverse)>> : std::false_type {};
    template <class T, class = void> struct has_finalize : std::true_type {};
    template <class T> struct has_finalize<T, std::void_t<decltype(&both<T>::rr_finalize)>> : std::false_type {};
};

namespace detail {

template <class T> constexpr bool may_derive = std::is_class_v<T> && !std::is_final_v<T>;

/// A class as the library sees it. Objects with callbacks have a byte behind them: whether their constructor has returned. Until then,
/// and for good when it throws, the callbacks leave them alone.
template <class T> struct described {
    using fields = typename access::fields_of<T>::type;
    static constexpr bool traverses = access::traverses<T>::value;
    static constexpr bool finalizes = access::finalizes<T>::value;
    static constexpr bool destroys = !std::is_trivially_destructible_v<T> || traverses;
    static constexpr bool has_callbacks = traverses || finalizes || destroys;

    static constexpr bool check() {
        static_assert(std::is_object_v<T> && !std::is_array_v<T>, "heap.make<T>: T is a class or another object type, not a reference or an array");
        static_assert(!std::is_base_of_v<built_in, T>, "lists, tuples and bytes are made by heap.make_list, make_tuple and make_bytes; "
                                                       "as what they are cast to, they are rr::list<>, rr::tuple<> and rr::bytes");
        static_assert(!is_ref<T> && !is_slot<T> && !is_item<T>, "heap.make<T>: T is the class of the object; what comes back is an rr::ref<T> anyway");
        static_assert(!std::is_abstract_v<T>, "heap.make<T>: T is abstract; make a class derived from it, and keep it as an rr::ref<base>");
        static_assert(alignof(T) <= 16, "heap.make<T>: objects are aligned to 16 bytes, and T wants more");
        static_assert(std::is_destructible_v<T>, "heap.make<T>: T has no destructor that may be called");
        if constexpr (may_derive<T>) {
            static_assert(traverses || !access::has_traverse<T>::value,
                          "rr_traverse is not as it should be: void rr_traverse(rr::visitor visit) const, public or with `friend struct rr::access;`");
            static_assert(finalizes || !access::has_finalize<T>::value,
                          "rr_finalize is not as it should be: void rr_finalize(), public or with `friend struct rr::access;`");
        }
        return true;
    }

    static unsigned char *ready(void *object) { return static_cast<unsigned char *>(object) + sizeof(T); }
    static bool is_ready(void *object) { return __atomic_load_n(ready(object), __ATOMIC_ACQUIRE) != 0; }

    static void traverse(void *object, rr_visit_fn visit, void *argument, void *) noexcept {
        if (is_ready(object))
            contain("traverse", [&] { access::traverse(*static_cast<const T *>(object), visitor(visit, argument)); });
    }
    static void finalize(void *object, void *) noexcept {
        if (is_ready(object))
            contain("finalizer", [&] { access::finalize(*static_cast<T *>(object)); });
    }
    static void destroy(void *object, void *) noexcept {
        if (is_ready(object))
            contain("destructor", [&] { static_cast<T *>(object)->~T(); });
    }

    static rr_type make() {
        const std::vector<std::uint32_t> offsets = fields::template offsets<T>();
        const std::vector<std::string> names = fields::names();
        std::vector<const char *> name_pointers;
        for (const std::string &name : names)
            name_pointers.push_back(name.c_str());
        const std::string own_name = name_of_class<T>();

        rr_type_info info{};
        info.struct_size = sizeof info;
        info.name = access::name<T>(0) != nullptr ? access::name<T>(0) : own_name.c_str();
        info.size = static_cast<std::uint32_t>(sizeof(T) + (has_callbacks ? 1 : 0));
        info.ref_offsets = offsets.data();
        info.ref_names = name_pointers.data();
        info.ref_count = static_cast<std::uint32_t>(offsets.size());
        info.flags = access::is_acyclic<T>(0) ? RR_TYPE_ACYCLIC : 0u;
        if constexpr (traverses) {
            info.flags |= RR_TYPE_SELF_RELEASING; // ~item() releases what is in containers
            info.traverse = &traverse;
        } else if constexpr (std::is_same_v<fields, rr::fields<>> && !has_callbacks) {
            info.flags |= RR_TYPE_UNZEROED; // a leaf: its constructor fills it in
        }
        if constexpr (finalizes)
            info.finalize = &finalize;
        if constexpr (destroys)
            info.destroy = &destroy;
        const rr_type type = rr_type_new(&info);
        if (type == RR_TYPE_NONE)
            raise_last();
        return type;
    }

    static rr_type type() {
        if constexpr (check() && fields::check()) {
            static const rr_type made = make();
            return made;
        } else {
            return RR_TYPE_NONE;
        }
    }
};

} // namespace detail
} // namespace rr

#endif
