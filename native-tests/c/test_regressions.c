/* Bugs that a review of the library found, each named by what went wrong. They sit between the sections of the contract: several
 * threads under one lock, callbacks of two threads that overlap, objects that come back to life while they wait to die. */
#define _GNU_SOURCE
#include "support.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint32_t first_slot[] = {0};

static rr_type type_with(const char *name, rr_traverse_fn traverse, rr_finalize_fn finalize, rr_destroy_fn destroy) {
    rr_type_info info = type_info(name);
    info.size = 16;
    if (traverse == NULL) {
        info.ref_offsets = first_slot;
        info.ref_count = 1;
    }
    info.traverse = traverse;
    info.finalize = finalize;
    info.destroy = destroy;
    return rr_type_new(&info);
}

static atomic_bool stop;

/* ---- Synchronized heaps ------------------------------------------------------------------------------------------ */

static void traverse_slowly(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)user;
    for (volatile int i = 0; i < 2000; i++) {
    }
    if (*(void **)object != NULL)
        visit(*(void **)object, arg);
}

static void *shared;
static int64_t refused, granted;

static void *take_references(void *unused) {
    (void)unused;
    while (!stop) {
        if (rr_incref(shared) == RR_OK)
            granted++;
        else
            refused++;
    }
    return NULL;
}

static void a_traverse_callback_of_one_thread_refused_the_calls_of_others(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED, 0);
    rr_type type = type_with("slow", traverse_slowly, NULL, NULL);
    shared = rr_alloc(heap, RR_TYPE_BYTES);
    void *kept[500];
    for (size_t i = 0; i < LENGTH(kept); i++)
        kept[i] = rr_alloc(heap, type);
    stop = false;
    refused = granted = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_references, NULL), 0);
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < LENGTH(kept); i++) {
            rr_incref(kept[i]);
            rr_decref(kept[i]);
        }
        rr_collect(heap);
    }
    stop = true;
    pthread_join(thread, NULL);
    assert_int_equal(refused, 0);
    assert_int_equal(rr_getrefcount(shared), granted + 1);
    for (size_t i = 0; i < LENGTH(kept); i++)
        rr_decref(kept[i]);
    while (rr_getrefcount(shared) > 1)
        rr_decref(shared);
    rr_decref(shared);
    heap_end(heap);
}

static void *clear_the_slot(void *slot) {
    while (!stop)
        if (rr_store(slot, NULL) != RR_OK)
            refused++;
    return NULL;
}

static void a_slot_that_another_thread_was_changing_could_not_be_cleared(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED, 0);
    node *holder = node_new(heap, 0, 1);
    stop = false;
    refused = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, clear_the_slot, &holder->next), 0);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(rr_take(&holder->next, rr_alloc(heap, RR_TYPE_BYTES)), RR_OK);
    stop = true;
    pthread_join(thread, NULL);
    assert_int_equal(refused, 0);
    rr_decref(holder);
    heap_end(heap);
}

/* ---- Serialized heaps: callbacks of two threads that overlap, as under a GIL ---------------------------------------- */

static sem_t here, there;
static rr_status freed;

static void let_the_other_thread_run(void *object, void *user) {
    (void)object;
    (void)user;
    sem_post(&there);
    sem_wait(&here);
}

static void *free_the_heap(void *heap) {
    sem_wait(&there);
    freed = rr_heap_free(heap);
    sem_post(&here);
    return NULL;
}

static void a_foreign_object_in_a_slot_to_be_cleared_was_said_to_differ_from_a_new_one(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED, 0), *elsewhere = heap_with(0, 0);
    node *holder = node_new(heap, 0, 0), *foreign = node_new(elsewhere, 0, 1);
    holder->next = foreign;
    assert_refused(rr_store(&holder->next, NULL), RR_E_ARGUMENT, "old value of slot", foreign);
    assert_non_null(strstr(rr_last_error(), "belongs to another heap than the slot"));
    void *outside = foreign;
    assert_refused(rr_store(&outside, holder), RR_E_ARGUMENT, "old value of slot", foreign);
    assert_non_null(strstr(rr_last_error(), "belongs to another heap than the new one"));
    holder->next = NULL;
    rr_decref(holder);
    rr_decref(foreign);
    heap_end(heap);
    heap_end(elsewhere);
}

static void a_heap_was_freed_under_the_callback_of_another_thread(void **state) {
    (void)state;
    sem_init(&here, 0, 0);
    sem_init(&there, 0, 0);
    rr_heap *heap = heap_with(RR_HEAP_SERIALIZED, 0);
    void *object = rr_alloc(heap, type_with("waits", NULL, let_the_other_thread_run, NULL));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_the_heap, heap), 0);
    rr_decref(object);
    pthread_join(thread, NULL);
    assert_int_equal(freed, RR_E_BUSY);
    heap_end(heap);
}

static void wake_the_other_thread(void *object, void *user) {
    (void)object;
    (void)user;
    sem_post(&here);
    sem_wait(&there);
}

static void *release(void *object) {
    sem_wait(&there);
    rr_decref(object);
    return NULL;
}

static void callbacks_that_overlapped_left_a_heap_in_which_nothing_could_be_made(void **state) {
    (void)state;
    sem_init(&here, 0, 0);
    sem_init(&there, 0, 0);
    rr_heap *heap = heap_with(RR_HEAP_SERIALIZED, 0);
    void *destroyed = rr_alloc(heap, type_with("destroyed", NULL, NULL, let_the_other_thread_run));
    void *finalized = rr_alloc(heap, type_with("finalized", NULL, wake_the_other_thread, NULL));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, release, finalized), 0);
    rr_decref(destroyed); /* enters destroy; the other thread enters its finalizer; destroy ends */
    sem_post(&there);     /* the finalizer ends */
    pthread_join(thread, NULL);
    void *object = rr_alloc(heap, RR_TYPE_LIST);
    assert_non_null(object);
    rr_decref(object);
    heap_end(heap);
}

/* ---- Waiting to die ---------------------------------------------------------------------------------------------- */

enum { MANY = 5000 };
static void *saved[MANY];
static size_t saved_count;

static void save(void *object, void *user) {
    (void)user;
    rr_incref(object);
    saved[saved_count++] = object;
}

static void what_came_back_from_a_full_queue_was_never_collected(void **state) {
    rr_heap *heap = *state;
    rr_type type = type_with("saved", NULL, save, NULL);
    saved_count = 0;
    void **tuple = rr_alloc_items(heap, RR_TYPE_TUPLE, MANY);
    for (size_t i = 0; i < MANY; i++) {
        tuple[i] = rr_alloc(heap, type);
        rr_incref(tuple[i]);
        rr_decref(tuple[i]); /* a candidate now */
    }
    rr_decref(tuple);
    assert_int_equal(saved_count, MANY);
    assert_int_equal(rr_collect(heap), 0);
    for (size_t i = 0; i < MANY; i++) {
        rr_store(saved[i], saved[i]);
        rr_decref(saved[i]);
    }
    assert_int_equal(rr_collect(heap), MANY);
}

static rr_heap *unfrozen;

static void unfreeze(void *object, void *user) {
    (void)object;
    (void)user;
    rr_gc_unfreeze(unfrozen);
}

static void what_was_unfrozen_while_it_waited_to_die_was_never_collected(void **state) {
    rr_heap *heap = unfrozen = *state;
    saved_count = 0;
    void **tuple = rr_alloc_items(heap, RR_TYPE_TUPLE, 2);
    tuple[0] = rr_alloc(heap, type_with("unfreezes", NULL, unfreeze, NULL));
    tuple[1] = rr_alloc(heap, type_with("comes back", NULL, save, NULL));
    rr_gc_freeze(heap);
    rr_decref(tuple);
    assert_int_equal(saved_count, 1);
    assert_int_equal(rr_gc_is_tracked(saved[0]), 1);
    rr_store(saved[0], saved[0]);
    rr_decref(saved[0]);
    assert_int_equal(rr_collect(heap), 1);
}

static void release_itself(void *weakref, void *user) {
    (void)user;
    rr_decref(weakref);
}

static void *weak_references_to_weak_references(void *unused) {
    (void)unused;
    rr_heap *heap = rr_heap_new(NULL);
    void *first = rr_alloc(heap, RR_TYPE_BYTES), *last = first;
    for (int i = 0; i < 200000; i++)
        last = rr_weakref_new(last, release_itself, NULL);
    rr_decref(first);
    uint64_t left = live(heap);
    rr_heap_free(heap);
    return (void *)(uintptr_t)left;
}

static void a_chain_of_weak_references_overflowed_the_stack(void **state) {
    (void)state;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    pthread_t thread;
    void *left = NULL;
    assert_int_equal(pthread_create(&thread, &attributes, weak_references_to_weak_references, NULL), 0);
    pthread_join(thread, &left);
    assert_null(left);
}

/* ---- Limits, other heaps, fork ----------------------------------------------------------------------------------- */

static void an_empty_heap_at_its_limit_could_make_nothing(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 1 << 20);
    for (size_t size = 8; size < 4000; size += size < 500 ? 16 : 128) {
        void *object = rr_alloc_items(heap, RR_TYPE_BYTES, size);
        assert_non_null(object);
        rr_decref(object);
    }
    assert_int_equal(rr_heap_trim(heap), RR_OK);
    assert_int_equal(stats_of(heap).committed_bytes, 65536);
    heap_end(heap);
}

static void at_the_limit_the_message_blamed_the_system(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC, 200000);
    void *list = rr_list_new(heap), *last;
    while ((last = rr_alloc(heap, RR_TYPE_TUPLE)) != NULL && rr_list_append(list, last) == RR_OK)
        rr_decref(last);
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_non_null(strstr(rr_last_error(), "the heap's limit is 200000"));
    rr_decref(last);
    rr_decref(list);
    heap_end(heap);
}

static rr_heap *other;
static int64_t collected;

static void use_another_heap(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)object;
    (void)visit;
    (void)arg;
    (void)user;
    collected = rr_collect(other);
    freed = rr_heap_free(other);
}

static void from_a_traverse_callback_another_heap_could_be_collected_and_freed(void **state) {
    rr_heap *heap = *state;
    other = heap_with(0, 0);
    void *list = rr_list_new(other);
    rr_list_append(list, list);
    rr_decref(list);
    void *object = rr_alloc(heap, type_with("curious", use_another_heap, NULL, NULL));
    collected = -1;
    freed = RR_OK;
    rr_get_referents(object, NULL, 0);
    assert_int_equal(collected, 0);
    assert_int_equal(freed, RR_E_BUSY);
    assert_int_equal(rr_collect(other), 1);
    rr_decref(object);
    heap_end(other);
}

static void *make_types_badly(void *unused) {
    (void)unused;
    while (!stop)
        rr_type_new(NULL);
    return NULL;
}

static void a_child_forked_beside_rr_type_new_hung(void **state) {
    (void)state;
    stop = false;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, make_types_badly, NULL), 0);
    int hung = 0;
    for (int i = 0; i < 50 && hung == 0; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            rr_type_new(NULL);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        hung += WIFSIGNALED(status);
    }
    stop = true;
    pthread_join(thread, NULL);
    assert_int_equal(hung, 0);
}

/* ---- Files: the error handler ran in the middle of them, and the program's own output was replaced ------------------------------- */

static void *stop_no_trace(void *unused) {
    (void)unused;
    assert_int_equal(rr_trace_stop(), RR_E_ARGUMENT);
    return NULL;
}

static void wait_for_a_thread_at_the_trace(rr_status status, const char *message, const void *object, void *user) {
    (void)message;
    (void)object;
    (void)user;
    if (status != RR_E_IO)
        return; /* the other thread's own error */
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_no_trace, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void the_error_handler_was_called_with_the_lock_of_the_trace(void **state) {
    (void)state;
    rr_set_error_handler(wait_for_a_thread_at_the_trace, NULL);
    assert_int_equal(rr_trace_start("/dev/full"), RR_OK);
    assert_int_equal(rr_trace_stop(), RR_E_IO);
    assert_int_equal(rr_trace_start("/no/such/folder/trace.json"), RR_E_IO);
    set_usual_error_handler();
}

static void verify_the_heap(rr_status status, const char *message, const void *object, void *user) {
    (void)status;
    (void)message;
    (void)object;
    assert_int_equal(rr_heap_verify(user), RR_OK);
}

static void the_error_handler_saw_a_heap_that_a_snapshot_had_numbered(void **state) {
    rr_heap *heap = *state;
    node *first = rr_alloc(heap, node_type(0));
    for (int i = 0; i < 1000; i++) {
        node *next = first;
        first = rr_alloc(heap, node_type(0));
        rr_take(&first->next, next);
    }
    rr_set_error_handler(verify_the_heap, heap);
    assert_int_equal(rr_heap_snapshot(heap, "/dev/full"), RR_E_IO);
    assert_int_equal(rr_heap_dot(heap, "/dev/full", 0), RR_E_IO);
    set_usual_error_handler();
    rr_decref(first);
}

static void a_file_by_the_name_of_standard_output_replaced_what_stood_there(void **state) {
    rr_heap *heap = *state;
    char name[] = "/tmp/rr-stdout-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    assert_int_equal(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
    bool before = write(STDOUT_FILENO, "before\n", 7) == 7;
    rr_status status = rr_heap_print_stats(heap, "/dev/stdout");
    bool after = write(STDOUT_FILENO, "after\n", 6) == 6;
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(file);
    assert_int_equal(status, RR_OK);
    assert_true(before && after);

    static char text[65536];
    FILE *stream = fopen(name, "r");
    assert_non_null(stream);
    size_t length = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    unlink(name);
    text[length] = '\0';
    assert_true(length > 20);
    assert_int_equal(strncmp(text, "before\n", 7), 0);
    assert_string_equal(text + length - 6, "after\n");
}

/* ---- A node that dies inline took a huge child with it, and was read once more when its child's segment was gone ---------------- */

static void the_segment_of_a_huge_child_was_read_after_it_was_gone(void **state) {
    rr_heap *heap = *state;
    node *holder = rr_alloc(heap, node_type(0));
    rr_take(&holder->next, rr_alloc_items(heap, RR_TYPE_TUPLE, 1000000));
    assert_int_equal(rr_decref(holder), RR_OK);
    assert_int_equal(live(heap), 0);
}

/* ---- An object whose header was overwritten was counted as a candidate for ever, and its weak references were reported again and again */

static int reports;

static void count_reports(rr_status status, const char *message, const void *object, void *user) {
    (void)message;
    (void)object;
    (void)user;
    reports += status == RR_E_CORRUPT;
}

static void what_had_its_header_overwritten_was_pending_for_ever(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_CHECKED | RR_HEAP_MANUAL_GC, 0);
    rr_set_error_handler(count_reports, NULL);
    reports = 0;
    node *object = node_new(heap, 0, 0);
    void *weak = rr_weakref_new(object, NULL, NULL);
    rr_incref(object);
    rr_decref(object);
    assert_int_equal(rr_gc_get_candidates(heap), 1);
    ((volatile uint64_t *)(void *)object)[-1] = 77;
    assert_int_equal(rr_heap_verify(heap), RR_E_CORRUPT);
    assert_int_equal(reports, 1);
    assert_int_equal(rr_heap_verify(heap), RR_OK); /* it is mended: told once */
    assert_int_equal(rr_is_immortal(object), 1);
    assert_int_equal(rr_weakref_count(object), 1);
    for (int steps = 0; rr_gc_pending(heap) == 1; steps++) {
        assert_true(steps < 1000);
        assert_int_equal(rr_collect_step(heap, 0), 0);
    }
    assert_int_equal(rr_gc_get_candidates(heap), 0);
    assert_int_equal(rr_decref(weak), RR_OK);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    assert_int_equal(reports, 1);
    assert_int_equal(rr_heap_free(heap), RR_OK);
    set_usual_error_handler();
}

/* ---- Error messages ---------------------------------------------------------------------------------------------- */

static bool is_utf8(const char *text) {
    for (const unsigned char *at = (const unsigned char *)text; *at != 0;) {
        int more = *at < 0x80 ? 0 : *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : *at >= 0xc2 ? 1 : -1;
        if (more < 0)
            return false;
        for (at++; more > 0; more--, at++)
            if ((*at & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static void ignore_error(rr_status status, const char *message, const void *object, void *user) {
    (void)status, (void)message, (void)object, (void)user;
}

/* Of a long path or tag half a character was left at the end, and bytes of a path that are no UTF-8 stood in the message as they were. */
static void a_message_was_not_utf_8(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 0), *checked = heap_with(RR_HEAP_CHECKED, 0);
    char long_name[4001];
    for (size_t i = 0; i < 4000; i += 2)
        memcpy(long_name + i, "\xc3\xa9", 3);
    for (size_t length = 0; length < 4; length++) {
        char path[5000];
        snprintf(path, sizeof path, "/nowhere/%.*s%s", (int)length, "aaaa", long_name);
        assert_int_equal(rr_heap_print_stats(heap, path), RR_E_IO);
        assert_true(is_utf8(rr_last_error()));
        assert_non_null(strstr(rr_last_error(), "\xc3\xa9 can't be written"));
    }
    assert_int_equal(rr_heap_print_stats(heap, "/nowhere/\xff" "a\xc3/"), RR_E_IO);
    assert_non_null(strstr(rr_last_error(), "/nowhere/\xef\xbf\xbd" "a\xef\xbf\xbd/ can't be written"));

    void *object = rr_alloc(checked, RR_TYPE_TUPLE);
    rr_set_error_handler(ignore_error, NULL);
    for (size_t skipped = 0; skipped < 4; skipped++) {
        char tag[4010];
        snprintf(tag, sizeof tag, "%.*s%s", (int)skipped, "aaaa", long_name);
        assert_int_equal(rr_decref_tagged(object, tag), RR_E_ARGUMENT);
        assert_true(strlen(rr_last_error()) > 900);
        assert_true(is_utf8(rr_last_error()));
    }
    set_usual_error_handler();
    rr_decref(object);
    heap_end(checked);
    heap_end(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_traverse_callback_of_one_thread_refused_the_calls_of_others),
        cmocka_unit_test(a_slot_that_another_thread_was_changing_could_not_be_cleared),
        cmocka_unit_test(a_foreign_object_in_a_slot_to_be_cleared_was_said_to_differ_from_a_new_one),
        cmocka_unit_test(a_heap_was_freed_under_the_callback_of_another_thread),
        cmocka_unit_test(callbacks_that_overlapped_left_a_heap_in_which_nothing_could_be_made),
        WITH_MANUAL_HEAP(what_came_back_from_a_full_queue_was_never_collected),
        WITH_MANUAL_HEAP(what_was_unfrozen_while_it_waited_to_die_was_never_collected),
        cmocka_unit_test(a_chain_of_weak_references_overflowed_the_stack),
        cmocka_unit_test(an_empty_heap_at_its_limit_could_make_nothing),
        cmocka_unit_test(at_the_limit_the_message_blamed_the_system),
        WITH_MANUAL_HEAP(from_a_traverse_callback_another_heap_could_be_collected_and_freed),
        cmocka_unit_test(a_child_forked_beside_rr_type_new_hung),
        cmocka_unit_test(the_error_handler_was_called_with_the_lock_of_the_trace),
        cmocka_unit_test(a_message_was_not_utf_8),
        WITH_MANUAL_HEAP(the_error_handler_saw_a_heap_that_a_snapshot_had_numbered),
        WITH_MANUAL_HEAP(a_file_by_the_name_of_standard_output_replaced_what_stood_there),
        WITH_MANUAL_HEAP(the_segment_of_a_huge_child_was_read_after_it_was_gone),
        cmocka_unit_test(what_had_its_header_overwritten_was_pending_for_ever),
    };
    return cmocka_run_group_tests_name("regressions", tests, NULL, NULL);
}
