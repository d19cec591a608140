/* The heap as a whole: collections, their triggers, what they leave out, threads. */
#include "fuzz.h"

#include <pthread.h>
#include <string.h>

/* ---- Collections ------------------------------------------------------------------------------------------------------------ */

static void collect(void)
{
    if (now->depth == 0)
        collect_and_check();
    else
        require(rr_collect(now->heap) == 0, "rr_collect in a callback is not 0");
}

static void step(uint64_t budget)
{
    now->may_collect |= now->depth == 0;
    int64_t collected = rr_collect_step(now->heap, budget);
    require(collected >= 0, "rr_collect_step: %s", rr_last_error());
    require(now->depth == 0 || collected == 0, "rr_collect_step in a callback is not 0");
}

/* Steps come to their end, and then nothing is left that nobody holds. */
static void step_to_the_end(void)
{
    if (now->depth != 0)
        return;
    for (int steps = 0;; steps++) {
        now->may_collect = 1;
        int64_t collected = rr_collect_step(now->heap, 0);
        require(collected >= 0, "rr_collect_step: %s", rr_last_error());
        settle();
        if (collected == 0 && !rr_gc_pending(now->heap))
            break;
        require(steps < 100000, "steps don't come to an end");
    }
    search();
    for (uint32_t i = 0; i < now->node_count; i++)
        require(!now->nodes[i]->is_alive || now->nodes[i]->is_reached, "steps have come to their end and leave %s, which nobody holds",
                name_of(now->nodes[i]));
}

static void set_triggers(void)
{
    unsigned how = next_byte();
    rr_status status = RR_OK;
    switch (how % 4) {
    case 0:
        status = how % 8 < 4 ? rr_gc_disable(now->heap) : rr_gc_enable(now->heap);
        break;
    case 1: case 2:
        status = rr_gc_set_threshold(now->heap, how / 4 % 24);
        require(rr_gc_get_threshold(now->heap) == how / 4 % 24, "rr_gc_get_threshold has forgotten");
        break;
    default:
        status = rr_gc_set_pause_goal(now->heap, how / 4 % 4 * 1000);
        require(rr_gc_get_pause_goal(now->heap) == how / 4 % 4 * 1000, "rr_gc_get_pause_goal has forgotten");
        break;
    }
    require(status == RR_OK, "%s", rr_last_error());
}

static void report_external(void)
{
    int64_t delta = (int64_t)next_byte() * next_byte() * (next_byte() % 2 == 0 ? 1 : -1);
    require(rr_report_external(now->heap, delta) == RR_OK, "rr_report_external: %s", rr_last_error());
    now->external = delta >= 0 || now->external >= (uint64_t)-delta ? now->external + (uint64_t)delta : 0;
}

/* ---- What collections leave out. Not in callbacks, where they would find sets half way ------------------------------------- */

static void freeze(int is_frozen)
{
    if (now->depth != 0 || now->has_half_dead)
        return;
    require((is_frozen ? rr_gc_freeze : rr_gc_unfreeze)(now->heap) == RR_OK, "rr_gc_freeze: %s", rr_last_error());
    for (uint32_t i = 0; i < now->node_count; i++)
        now->nodes[i]->is_frozen = is_frozen;
}

static void track(int is_tracked)
{
    node *object = pick_held();
    if (now->depth != 0 || object == NULL || now->is_default)
        return;
    require((is_tracked ? rr_gc_track : rr_gc_untrack)(object->at) == RR_OK, "rr_gc_track: %s", rr_last_error());
    object->is_untracked = !is_tracked;
}

static void note_candidate(void)
{
    node *object = pick_held();
    if (object != NULL)
        require(rr_gc_candidate(object->at) == RR_OK, "rr_gc_candidate: %s", rr_last_error());
}

/* ---- Threads: a second one takes turns with the first -------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void (*errand)(void);

static void *run_errands(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (errand == NULL)
            pthread_cond_wait(&changed, &lock);
        errand();
        errand = NULL;
        pthread_cond_broadcast(&changed);
    }
    return NULL;
}

static void let_other_thread(void (*run)(void))
{
    static int is_started;
    pthread_mutex_lock(&lock);
    if (!is_started) {
        pthread_t thread;
        require(pthread_create(&thread, NULL, run_errands, NULL) == 0, "no thread can be made");
        pthread_detach(thread);
        is_started = 1;
    }
    errand = run;
    pthread_cond_broadcast(&changed);
    while (errand != NULL)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void refused(void)
{
    void *object = now->held[0]->at;
    require(rr_incref(object) == RR_E_WRONG_THREAD && rr_decref(object) == RR_E_WRONG_THREAD, "another thread may count");
    require(rr_getrefcount(object) == RR_E_WRONG_THREAD, "another thread may ask for a count");
    require(rr_alloc(now->heap, RR_TYPE_TUPLE) == NULL && rr_last_status() == RR_E_WRONG_THREAD, "another thread may allocate");
    require(rr_collect(now->heap) == RR_E_WRONG_THREAD, "another thread may collect");
    require(rr_heap_free(now->heap) == RR_E_WRONG_THREAD, "another thread may free the heap");
}

static void attach(void)
{
    require(rr_heap_attach(now->heap) == RR_OK, "rr_heap_attach: %s", rr_last_error());
}

/* As the outermost level does it. */
static void a_few_calls(void)
{
    for (int i = 0; i < 3 && !is_at_end(); i++) {
        run_calls(1);
        settle();
    }
}

static void other_thread(void)
{
    int is_owned = (now->flags & (RR_HEAP_SERIALIZED | RR_HEAP_SYNCHRONIZED)) == 0;
    if (now->depth != 0 || now->is_on_other_thread || now->held_count == 0)
        return;
    now->is_on_other_thread = 1;
    if (is_owned) {
        let_other_thread(refused);
        let_other_thread(attach);
    }
    let_other_thread(a_few_calls);
    if (is_owned)
        attach();
    now->is_on_other_thread = 0;
}

void heap_call(unsigned code)
{
    switch (code) {
    case 0: case 1: case 2:
        collect();
        break;
    case 3: case 4: case 5:
        step(code == 3 ? 0 : code == 4 ? next_byte() * 100u : UINT64_MAX);
        break;
    case 6:
        step_to_the_end();
        break;
    case 7: case 8:
        set_triggers();
        break;
    case 9:
        report_external();
        break;
    case 10:
        freeze(next_byte() % 3 == 0);
        break;
    case 11: case 12:
        track(code == 11);
        break;
    case 13:
        note_candidate();
        break;
    case 14:
        require(rr_heap_trim(now->heap) == RR_OK, "rr_heap_trim: %s", rr_last_error());
        break;
    case 15:
        require(rr_heap_verify(now->heap) == RR_OK, "rr_heap_verify: %s", rr_last_error());
        break;
    case 16:
        other_thread();
        break;
    default:
        if (now->depth == 0)
            require(rr_gc_set_callback(now->heap, next_byte() % 2 == 0 ? on_event : NULL, NULL) == RR_OK, "rr_gc_set_callback: %s", rr_last_error());
        break;
    }
}
