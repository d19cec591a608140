/* Every act of the table, from inside every kind of callback, in every kind of heap: it has to answer what the table says, which is
 * what refruntime.h says, and leave a heap that verifies and dies without a rest.
 *
 * A test is a kind of callback; it runs all acts, each on a stage of its own, in deaths by counting and by collection.
 */
#include "acts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The act in hand, on which stage, and what it answered. A callback may come more than once: the first one acts. */
static struct {
    const act *act;
    stage *stage;
    bool is_due;
    int64_t answer;
} now;

static void act_now(void *self) {
    if (!now.is_due)
        return;
    now.is_due = false;
    now.stage->self = self;
    now.answer = now.act->run(now.stage);
}

/* ---- The callbacks ----------------------------------------------------------------------------------------------- */

static void finalize(void *object, void *user) {
    (void)user;
    act_now(object);
}

static void destroy(void *object, void *user) {
    (void)user;
    act_now(object);
}

static void traverse(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)user;
    (void)visit;
    (void)arg;
    act_now(object);
}

static void hear_weak(void *weakref, void *user) {
    (void)user;
    act_now(weakref);
}

static void hear_gc(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)heap;
    (void)event;
    (void)user;
    act_now(NULL);
}

/* Also hears of what the acts are refused, and of misuse of checked heaps: with a handler nobody aborts. */
static void hear_error(rr_status status, const char *message, const void *object, void *user) {
    (void)object;
    if (status >= 0 || message == NULL)
        abort();
    if (user != NULL)
        act_now(NULL);
}

static rr_type type_for(int kind) {
    static rr_type types[KINDS];
    if (types[kind] == 0) {
        static const uint32_t offsets[] = {offsetof(thing, next), offsetof(thing, other)};
        rr_type_info info = {.struct_size = sizeof info, .name = "thing", .size = sizeof(thing), .ref_offsets = offsets, .ref_count = 2};
        info.finalize = kind == FINALIZER ? finalize : NULL;
        info.destroy = kind == DESTROY ? destroy : NULL;
        info.traverse = kind == TRAVERSE ? traverse : NULL;
        types[kind] = rr_type_new(&info);
        assert_int_not_equal(types[kind], 0);
    }
    return types[kind];
}

/* ---- The stage --------------------------------------------------------------------------------------------------- */

static rr_heap *heap_for(uint32_t flags) {
    rr_heap_options options = {.struct_size = sizeof options, .flags = flags};
    rr_heap *heap = rr_heap_new(&options);
    assert_non_null(heap);
    return heap;
}

static void *plain(rr_heap *heap) {
    void *object = rr_alloc(heap, type_for(GC_EVENT));
    assert_non_null(object);
    return object;
}

static void set_up(stage *s, uint32_t flags) {
    memset(s, 0, sizeof *s);
    s->heap_flags = flags;
    s->heap = heap_for(flags);
    s->elsewhere = heap_for(0);
    s->living = plain(s->heap);
    s->living->other = plain(s->heap);
    s->there = plain(s->elsewhere);
    s->list = rr_list_new(s->heap);
    assert_int_equal(rr_list_append(s->list, s->living), RR_OK);
    s->raw = rr_mem_alloc(s->heap, 100);
    s->weak = rr_weakref_new(s->living, NULL, NULL);
    assert_true(s->raw != NULL && s->weak != NULL);
    snprintf(s->path, sizeof s->path, "acts-%ld.txt", (long)getpid());
}

static const char *what;

static void must(bool condition, const char *sentence) {
    if (!condition)
        fail_msg("%s: %s; last error: %s", what, sentence, rr_last_error());
}

/* All is given back; nothing may be left but what was made immortal. */
static void tear_down(stage *s, bool has_immortal) {
    must(rr_heap_verify(s->heap) == RR_OK, "the heap is broken");
    while (s->kept_count > 0)
        must(rr_decref(s->kept[--s->kept_count]) == RR_OK, "what the act got can't be released");
    must(rr_decref(s->living) == RR_OK && rr_decref(s->list) == RR_OK && rr_decref(s->weak) == RR_OK, "the stage can't be released");
    must(rr_decref(s->there) == RR_OK, "the other heap's object can't be released");
    must(s->raw == NULL || rr_mem_free(s->heap, s->raw) == RR_OK, "the raw memory can't be released");
    do
        must(rr_collect(s->heap) >= 0, "the heap can't be collected");
    while (rr_gc_pending(s->heap) == 1);
    must(rr_heap_verify(s->heap) == RR_OK, "the heap is broken in the end");
    rr_stats stats = {.struct_size = sizeof stats};
    must(rr_heap_stats(s->heap, &stats) == RR_OK && stats.raw_bytes == 0 && stats.external_bytes == 0, "there are bytes left");
    must(has_immortal || stats.live_objects == 0, "there are objects left");
    must(rr_heap_free(s->heap) == RR_OK && rr_heap_free(s->elsewhere) == RR_OK, "a heap can't be freed");
    must(s->made == NULL || rr_heap_free(s->made) == RR_OK, "the heap that was made can't be freed");
    must(access(s->path, F_OK) != 0, "a file is left");
}

/* ---- How callbacks come about ------------------------------------------------------------------------------------ */

enum { BY_COUNTING, BY_COLLECTION, IN_STEPS, WAYS };
static const char *const way_names[] = {"by counting", "by collection", "in steps"};

/* Something dies, or a collection runs, or a call fails: the callback comes. Returns what is to be released afterwards, or NULL. */
static void *provoke(stage *s, int kind, int way) {
    thing *victim = rr_alloc(s->heap, type_for(kind));
    must(victim != NULL, "there is no victim");
    void *weak = kind == WEAK_CALLBACK ? rr_weakref_new(victim, hear_weak, NULL) : NULL;
    if (way != BY_COUNTING)
        must(rr_store(&victim->next, victim) == RR_OK, "the victim can't refer to itself");
    if (kind == GC_EVENT)
        must(rr_gc_set_callback(s->heap, hear_gc, NULL) == RR_OK, "the callback can't be set");
    now.is_due = true;
    if (kind == ERROR_HANDLER)
        must(rr_list_get(s->list, 77) == NULL, "there is an item that is none");
    must(rr_decref(victim) == RR_OK, "the victim can't be released");
    if (way == BY_COLLECTION)
        must(rr_collect(s->heap) >= 0, "the heap can't be collected");
    for (int i = 0; way == IN_STEPS && rr_gc_pending(s->heap) == 1 && i < 100000; i++)
        must(rr_collect_step(s->heap, 0) >= 0, "a step fails");
    return weak;
}

static bool makes_sense(int kind, int way) {
    return kind == GC_EVENT ? way != BY_COUNTING : kind == ERROR_HANDLER ? way == BY_COUNTING : true;
}

/* False if the answer is not that of the table. */
static bool is_as_expected(const act *tried, int kind, int way, uint32_t flags, const char *heap_name) {
    static char sentence[200];
    static const char *const kind_names[] = {"a finalizer", "a weak callback", "destroy", "traverse", "a gc event", "the error handler"};
    snprintf(sentence, sizeof sentence, "%s in %s, %s, in a %s heap", tried->name, kind_names[kind], way_names[way], heap_name);
    what = sentence;
    stage s;
    now.act = tried;
    now.stage = &s;
    now.is_due = false;
    rr_set_error_handler(hear_error, kind == ERROR_HANDLER ? &now : NULL);
    set_up(&s, flags);
    void *weak = provoke(&s, kind, way);
    must(!now.is_due, "the callback never came");
    must(rr_decref(weak) == RR_OK, "the weak reference can't be released");
    rr_set_error_handler(hear_error, NULL);
    tear_down(&s, strcmp(tried->name, "make_self_immortal") == 0 && now.answer == RR_OK);
    rr_set_error_handler(NULL, NULL);
    if (now.answer == tried->expected[kind])
        return true;
    print_error("%s: answers %d, not %d: %s\n", what, (int)now.answer, (int)tried->expected[kind], rr_last_error());
    return false;
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void try_all(int kind) {
    static const struct {
        const char *name;
        uint32_t flags;
    } heaps[] = {{"plain", 0},
                 {"serialized", RR_HEAP_SERIALIZED},
                 {"synchronized", RR_HEAP_SYNCHRONIZED},
                 {"checked", RR_HEAP_CHECKED},
                 {"checked synchronized", RR_HEAP_CHECKED | RR_HEAP_SYNCHRONIZED}};
    int wrong = 0, tried = 0;
    for (size_t i = 0; i < act_count; i++) {
        for (size_t h = 0; h < sizeof heaps / sizeof heaps[0]; h++) {
            for (int way = 0; way < WAYS; way++) {
                if (acts[i].expected[kind] == NA || acts[i].expected[kind] == NO || !makes_sense(kind, way))
                    continue;
                tried++;
                wrong += !is_as_expected(&acts[i], kind, way, heaps[h].flags, heaps[h].name);
            }
        }
    }
    assert_int_not_equal(tried, 0);
    assert_int_equal(wrong, 0);
}

static void finalizers_may_do_what_any_code_may(void **state) {
    (void)state;
    try_all(FINALIZER);
}

static void weak_callbacks_may_do_what_any_code_may(void **state) {
    (void)state;
    try_all(WEAK_CALLBACK);
}

static void destroy_callbacks_may_release_and_look(void **state) {
    (void)state;
    try_all(DESTROY);
}

static void traverse_callbacks_may_look_and_nothing_else(void **state) {
    (void)state;
    try_all(TRAVERSE);
}

static void gc_events_may_do_what_any_code_may(void **state) {
    (void)state;
    try_all(GC_EVENT);
}

static void error_handlers_may_look(void **state) {
    (void)state;
    try_all(ERROR_HANDLER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finalizers_may_do_what_any_code_may),   cmocka_unit_test(weak_callbacks_may_do_what_any_code_may),
        cmocka_unit_test(destroy_callbacks_may_release_and_look), cmocka_unit_test(traverse_callbacks_may_look_and_nothing_else),
        cmocka_unit_test(gc_events_may_do_what_any_code_may),    cmocka_unit_test(error_handlers_may_look),
    };
    return cmocka_run_group_tests_name("acts", tests, NULL, NULL);
}
