// Runs tests/conformance/programs.txt, the file in the environment's PROGRAMS. Each program is a test.
//
// The default build leaves out what it can't refuse, since its inline calls trust their caller: programs that put objects of two heaps
// together, and those that close a heap to whose objects there are handles, which heap.close() refuses. The checked build runs all.
#include "check.hpp"

#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

namespace {

struct left_out {
    std::string why;
};

struct state;
state *running;

struct node {
    rr::slot<void> left, right;
    std::int64_t value = 0;
    using rr_fields = rr::fields<&node::left, &node::right>;
};
struct leaf {
    std::int64_t value = 0;
};
struct finalized : node {
    void rr_finalize();
};
struct lazarus : node {
    void rr_finalize();
};

struct handle {
    rr::watcher watching; // of a `watch`; it goes last
    rr::ref<void> object;
};

struct state {
    std::map<std::string, handle> handles;
    std::size_t finalizers = 0, callbacks = 0;
    std::vector<std::int64_t> order;
    rr::heap heaps[2] = {rr::heap(RR_HEAP_MANUAL_GC), rr::heap(RR_HEAP_MANUAL_GC)}; // last: as they end, finalizers run
    rr::heap *heap = &heaps[0];

    rr::ref<void> &operator[](const std::string &name) {
        const auto found = handles.find(name);
        if (found == handles.end())
            throw check::failure{"no handle " + name};
        return found->second.object;
    }
    /// An object as an argument, which may be null.
    rr::ref<void> argument(const std::string &name) {
        if (name == "null")
            return nullptr;
        rr::ref<void> &object = (*this)[name];
        if (!object)
            throw rr::null_reference();
        return object;
    }
    void add(const std::string &name, rr::ref<void> object, rr::watcher watching = {}) {
        handles[name] = {std::move(watching), std::move(object)};
    }
};

void finalized::rr_finalize() {
    running->finalizers++;
    running->order.push_back(value);
}
void lazarus::rr_finalize() {
    running->finalizers++;
    running->order.push_back(value);
    running->add("saved", rr::self(this));
}

rr::ref<node> node_of(const rr::ref<void> &object) {
    if (rr::ref<finalized> found = rr::try_cast<finalized>(object))
        return found;
    if (rr::ref<lazarus> found = rr::try_cast<lazarus>(object))
        return found;
    return rr::cast<node>(object);
}

std::int64_t &value_of(const rr::ref<void> &object) {
    if (rr::ref<leaf> found = rr::try_cast<leaf>(object))
        return found->value;
    return node_of(object)->value;
}

using words = std::vector<std::string>;

void is(std::int64_t found, const std::string &expected) {
    if (found != std::stoll(expected))
        throw check::failure{"found " + std::to_string(found)};
}
void is(bool found) {
    if (!found)
        throw check::failure{"it is not so"};
}

bool make(state &s, const words &w) {
    const rr::heap &heap = *s.heap;
    if (w[0] == "node")
        s.add(w[1], heap.make<node>());
    else if (w[0] == "leaf")
        s.add(w[1], heap.make<leaf>());
    else if (w[0] == "finalized")
        s.add(w[1], heap.make<finalized>());
    else if (w[0] == "lazarus")
        s.add(w[1], heap.make<lazarus>());
    else if (w[0] == "list")
        s.add(w[1], heap.make_list());
    else if (w[0] == "bytes")
        s.add(w[1], heap.make_bytes(std::stoull(w[2])));
    else if (w[0] == "tuple") {
        rr::ref<rr::tuple<>> made = heap.make_tuple(w.size() - 2);
        for (std::size_t i = 2; i < w.size(); i++)
            made->set(i - 2, s.argument(w[i]));
        s.add(w[1], made);
    } else if (w[0] == "weak")
        s.add(w[1], rr::weak<void>(s.argument(w[2])).object());
    else if (w[0] == "watch") {
        rr::watcher watching(s.argument(w[2]), [] { running->callbacks++; });
        rr::ref<void> object = watching.object();
        s.add(w[1], std::move(object), std::move(watching));
    } else
        return false;
    return true;
}

bool change(state &s, const words &w) {
    if (w[0] == "alias")
        s.add(w[1], s.argument(w[2]));
    else if (w[0] == "drop")
        handle(std::move(s.handles[w[1]]));
    else if (w[0] == "set")
        (w[2] == "left" ? node_of(s[w[1]])->left : node_of(s[w[1]])->right) = s.argument(w[3]);
    else if (w[0] == "get")
        s.add(w[1], w[3] == "left" ? node_of(s[w[2]])->left : node_of(s[w[2]])->right);
    else if (w[0] == "write")
        value_of(s[w[1]]) = std::stoll(w[2]);
    else if (w[0] == "append")
        rr::cast<rr::list<>>(s[w[1]])->push_back(s.argument(w[2]));
    else if (w[0] == "insert")
        rr::cast<rr::list<>>(s[w[1]])->insert(std::stoull(w[2]), s.argument(w[3]));
    else if (w[0] == "put")
        rr::cast<rr::list<>>(s[w[1]])->set(std::stoull(w[2]), s.argument(w[3]));
    else if (w[0] == "remove")
        rr::cast<rr::list<>>(s[w[1]])->erase(std::stoull(w[2]));
    else if (w[0] == "clear")
        rr::cast<rr::list<>>(s[w[1]])->clear();
    else if (w[0] == "item") {
        const std::size_t index = std::stoull(w[3]);
        if (rr::ref<rr::tuple<>> tuple = rr::try_cast<rr::tuple<>>(s.argument(w[2])))
            s.add(w[1], (*tuple)[index]);
        else
            s.add(w[1], (*rr::cast<rr::list<>>(s[w[2]]))[index]);
    } else if (w[0] == "upgrade")
        s.add(w[1], rr::weak<void>::of(s[w[2]]).lock());
    else if (w[0] == "freeze")
        s.heap->freeze();
    else if (w[0] == "unfreeze")
        s.heap->unfreeze();
    else if (w[0] == "other")
        s.heap = &s.heaps[1];
    else if (w[0] == "mine")
        s.heap = &s.heaps[0];
    else if (w[0] == "close") {
        try {
            s.heap->close();
        } catch (const rr::error &refused) {
            if (RR_HAS_INLINE && refused.status() == RR_E_BUSY)
                throw left_out{refused.what()};
            throw;
        }
    } else
        return false;
    return true;
}

std::size_t length(state &s, const std::string &name) {
    const rr::ref<void> object = s.argument(name);
    if (rr::ref<rr::tuple<>> tuple = rr::try_cast<rr::tuple<>>(object))
        return tuple->size();
    if (rr::ref<rr::bytes> bytes = rr::try_cast<rr::bytes>(object))
        return bytes->size();
    return rr::cast<rr::list<>>(object)->size();
}

std::size_t collect_in_steps(const rr::heap &heap) {
    std::size_t found = 0, step;
    do
        found += step = heap.collect_step(std::chrono::nanoseconds(0));
    while (step != 0 || heap.pending());
    return found;
}

bool look(state &s, const words &w) {
    if (w[0] == "empty")
        is(!(w[2] == "left" ? node_of(s[w[1]])->left : node_of(s[w[1]])->right));
    else if (w[0] == "read")
        is(value_of(s[w[1]]), w[2]);
    else if (w[0] == "length")
        is(static_cast<std::int64_t>(length(s, w[1])), w[2]);
    else if (w[0] == "count")
        is(s[w[1]].use_count(), w[2]);
    else if (w[0] == "unique")
        is(s[w[1]].unique() == (w[2] == "yes"));
    else if (w[0] == "same")
        is(s[w[1]] == s[w[2]]);
    else if (w[0] == "differ")
        is(s[w[1]] != s[w[2]]);
    else if (w[0] == "alive")
        is(!rr::weak<void>::of(s[w[1]]).expired());
    else if (w[0] == "dead")
        is(rr::weak<void>::of(s[w[1]]).expired());
    else if (w[0] == "weakrefs")
        is(static_cast<std::int64_t>(rr::weak_count(s[w[1]])), w[2]);
    else if (w[0] == "referents")
        is(static_cast<std::int64_t>(rr::referents(s[w[1]]).size()), w[2]);
    else if (w[0] == "referrers")
        is(static_cast<std::int64_t>(rr::referrers(s[w[1]]).size()), w[2]);
    else if (w[0] == "collect")
        is(static_cast<std::int64_t>(s.heap->collect()), w[1]);
    else if (w[0] == "collect_in_steps")
        is(static_cast<std::int64_t>(collect_in_steps(*s.heap)), w[1]);
    else if (w[0] == "frozen")
        is(static_cast<std::int64_t>(s.heap->freeze_count()), w[1]);
    else if (w[0] == "live")
        is(static_cast<std::int64_t>(s.heap->stats().live_objects), w[1]);
    else if (w[0] == "finalizers")
        is(static_cast<std::int64_t>(s.finalizers), w[1]);
    else if (w[0] == "callbacks")
        is(static_cast<std::int64_t>(s.callbacks), w[1]);
    else if (w[0] == "order") {
        is(s.order.size() == w.size() - 1);
        for (std::size_t i = 1; i < w.size(); i++)
            is(s.order[i - 1], w[i]);
    } else
        return false;
    return true;
}

void step(state &s, const words &w);

/// What kind of error the words are refused with; "" if they are not.
std::string refusal(state &s, const words &w) {
    try {
        step(s, w);
    } catch (const rr::null_reference &) {
        return "released";
    } catch (const rr::closed_heap &) {
        return "closed";
    } catch (const rr::bad_alloc &) {
        return "memory";
    } catch (const rr::error &refused) {
        switch (refused.status()) {
        case RR_E_NOT_OBJECT:
            return "closed"; // a reference that is not empty and leads nowhere: its heap was closed
        case RR_E_TYPE:
            return "type";
        case RR_E_ARGUMENT:
            return "argument";
        default:
            return refused.what();
        }
    }
    return "";
}

void step(state &s, const words &w) {
    if (w[0] == "fails") {
        if (RR_HAS_INLINE && w[1] == "heap")
            throw left_out{"inline calls trust that a heap's objects hold only each other"};
        const std::string found = refusal(s, words(w.begin() + 2, w.end()));
        if (found != (w[1] == "heap" ? "argument" : w[1]))
            throw check::failure{found.empty() ? "is not refused" : "is refused otherwise: " + found};
    } else if (!make(s, w) && !change(s, w) && !look(s, w)) {
        throw check::failure{"no such step"};
    }
}

/// Drops all handles, and those that are made by that.
void end(state &s) {
    for (rr::heap &heap : s.heaps) {
        std::size_t found;
        do {
            std::map<std::string, handle>().swap(s.handles);
            found = heap.is_open() ? heap.collect() : 0;
        } while (found != 0 || !s.handles.empty());
        if (heap.is_open() && heap.stats().live_objects != 0)
            throw check::failure{"at the end " + std::to_string(heap.stats().live_objects) + " objects live"};
    }
}

struct program {
    std::string name;
    std::uint64_t max_bytes = 0;
    std::vector<std::pair<int, words>> steps;
};

std::vector<program> read(const char *path) {
    std::ifstream file(path);
    std::vector<program> programs;
    std::string line;
    for (int number = 1; std::getline(file, line); number++) {
        std::istringstream text(line.substr(0, line.find('#')));
        words w;
        for (std::string word; text >> word;)
            w.push_back(word);
        if (w.empty())
            continue;
        if (w[0] == "program") {
            programs.push_back({w[1], 0, {}});
            if (w.size() > 2)
                programs.back().max_bytes = std::stoull(w[2].substr(w[2].find('=') + 1));
        } else {
            programs.back().steps.emplace_back(number, std::move(w));
        }
    }
    return programs;
}

void run(const program &each) {
    state s;
    running = &s;
    if (each.max_bytes != 0)
        s.heaps[0] = rr::heap(RR_HEAP_MANUAL_GC, each.max_bytes);
    int line = 0;
    try {
        for (const auto &numbered : each.steps) {
            line = numbered.first;
            step(s, numbered.second);
        }
        line = 0;
        end(s);
    } catch (const check::failure &problem) {
        std::map<std::string, handle>().swap(s.handles);
        throw check::failure{"line " + std::to_string(line) + ": " + problem.what};
    } catch (...) {
        std::map<std::string, handle>().swap(s.handles);
        throw;
    }
}

} // namespace

int main() {
    int passed = 0, failed = 0;
    for (const program &each : read(std::getenv("PROGRAMS"))) {
        try {
            run(each);
            passed++;
        } catch (const left_out &reason) {
            std::cout << "left out: " << each.name << ": " << reason.why << "\n";
        } catch (const check::failure &problem) {
            std::cout << "FAILED " << each.name << ": " << problem.what << "\n";
            failed++;
        } catch (const std::exception &problem) {
            std::cout << "FAILED " << each.name << ": " << problem.what() << "\n";
            failed++;
        }
    }
    std::cout << passed << " passed, " << failed << " failed\n";
    return failed != 0 || passed == 0;
}
