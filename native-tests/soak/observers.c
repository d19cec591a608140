/* Subjects and who listens to them: subject -> listener -> observer -> subject. Who forgets to unsubscribe leaves a cycle
 * behind, and nearly everybody forgets. A subject's finalizer runs once; now and then it brings its subject back for a while.
 *
 * A subject knows how often it has notified; so does each listener, and the listener's private observer.
 */
#include "soak.h"

enum { MOST_SUBJECTS = 600, MOST_LISTENERS = 40, REPLACED_PER_TICK = 3, NOTIFIED_PER_TICK = 6, COMMON = 64, ATTIC = 32 };

typedef struct subject {
    void *listeners, *name;
    uint64_t id, notified;
} subject;

typedef struct listener {
    void *subject, *observer;
    uint64_t calls, is_private;
} listener;

typedef struct observer {
    void *subject; /* of a private one */
    void *notes;   /* a text of its own */
    uint64_t calls, id;
} observer;

static rr_type subject_type, listener_type, observer_type;
static void *subjects[MOST_SUBJECTS];
static uint32_t subject_count;
static void *common[COMMON]; /* observers that listen to many; they know no subject */
static void *attic[ATTIC];   /* subjects that were brought back */
static uint32_t attic_next;
static uint64_t made_subjects, finalized, made_observers;

static void finalize_subject(void *object, void *user) {
    (void)user;
    subject *s = object;
    EXPECT(rr_is_object(s->listeners) && text_key(s->name) == s->id);
    finalized++, soak.finalized++;
    if (s->id % 16 == 0)
        DO(rr_store(&attic[attic_next++ % ATTIC], s));
}

static void start(void) {
    static const uint32_t two_slots[] = {0, 8};
    subject_type = plain_type("subject", sizeof(subject), two_slots, 2, finalize_subject, NULL);
    listener_type = plain_type("listener", sizeof(listener), two_slots, 2, NULL, NULL);
    observer_type = plain_type("observer", sizeof(observer), two_slots, 2, NULL, NULL);
}

static observer *make_observer(void) {
    observer *o = MADE(rr_alloc(soak.heap, observer_type));
    o->id = ++made_observers;
    DO(rr_take(&o->notes, text_new(o->id)));
    return o;
}

static void listen(subject *s, observer *o, bool is_private) {
    listener *l = MADE(rr_alloc(soak.heap, listener_type));
    l->calls = s->notified;
    l->is_private = is_private;
    DO(rr_store(&l->subject, s));
    DO(rr_store(&l->observer, o));
    DO(rr_list_append(s->listeners, l));
    rr_decref(l);
}

static subject *make_subject(void) {
    subject *s = MADE(rr_alloc(soak.heap, subject_type));
    s->id = made_subjects++;
    DO(rr_take(&s->name, text_new(s->id)));
    DO(rr_take(&s->listeners, MADE(rr_list_new(soak.heap))));
    for (uint32_t i = 1 + pick(MOST_LISTENERS); i > 0; i--) {
        if (one_in(5)) {
            void **place = &common[pick(COMMON)];
            if (*place == NULL || one_in(50))
                DO(rr_take(place, make_observer()));
            listen(s, *place, false);
        } else {
            observer *o = make_observer();
            DO(rr_store(&o->subject, s));
            listen(s, o, true);
            rr_decref(o);
        }
    }
    return s;
}

static void check_subject(const subject *s) {
    EXPECT(rr_type_of(s) == subject_type && text_key(s->name) == s->id);
    int64_t count = rr_list_count(s->listeners);
    EXPECT(count > 0);
    for (int64_t i = 0; i < count; i++) {
        const listener *l = rr_list_get(s->listeners, (size_t)i);
        const observer *o = l->observer;
        EXPECT(l->subject == s && l->calls == s->notified && text_key(o->notes) == o->id);
        EXPECT(l->is_private ? o->subject == s && o->calls <= l->calls : o->subject == NULL);
    }
    soak.checked += (uint64_t)count * 2 + 1;
}

static void notify(subject *s) {
    s->notified++;
    int64_t count = rr_list_count(s->listeners);
    for (int64_t i = 0; i < count; i++) {
        listener *l = rr_newref(rr_list_get(s->listeners, (size_t)i)); /* as one that may unsubscribe would be called */
        observer *o = rr_newref(l->observer);
        l->calls++;
        o->calls++;
        if (one_in(20))
            DO(rr_take(&o->notes, text_new(o->id)));
        rr_decref(o);
        rr_decref(l);
    }
    if (one_in(4)) { /* somebody comes, somebody goes */
        observer *o = make_observer();
        DO(rr_store(&o->subject, s));
        listen(s, o, true);
        rr_decref(o);
        DO(rr_list_remove(s->listeners, pick((uint32_t)rr_list_count(s->listeners))));
    }
}

static void step(void) {
    uint32_t target = 1 + loaded(MOST_SUBJECTS - 1);
    for (uint32_t i = 0; i <= loaded(REPLACED_PER_TICK) || subject_count > target; i++) {
        if (subject_count >= target) {
            uint32_t place = pick(subject_count);
            void *gone = subjects[place];
            subjects[place] = subjects[--subject_count];
            subjects[subject_count] = NULL;
            rr_decref(gone);
        } else {
            void *added = make_subject();
            subjects[subject_count++] = added;
        }
    }
    for (uint32_t i = 0; i < loaded(NOTIFIED_PER_TICK); i++)
        notify(subjects[pick(subject_count)]);
    check_subject(subjects[pick(subject_count)]);
    if (one_in(10))
        DO(rr_store(&attic[pick(ATTIC)], NULL));
}

static void check(void) {
    for (uint32_t i = 0; i < subject_count; i++)
        check_subject(subjects[i]);
    for (uint32_t i = 0; i < ATTIC; i++) {
        if (attic[i] != NULL) {
            check_subject(attic[i]);
            EXPECT(rr_is_finalized(attic[i]) == 1);
        }
    }
}

static void drop(void) {
    for (; subject_count > 0; subject_count--)
        DO(rr_store(&subjects[subject_count - 1], NULL));
    for (uint32_t i = 0; i < COMMON; i++)
        DO(rr_store(&common[i], NULL));
    /* The subjects that are finalized from now on may still come to the attic: main empties it again. */
    for (uint32_t i = 0; i < ATTIC; i++)
        DO(rr_store(&attic[i], NULL));
}

static void end(void) {
    EXPECT(made_subjects > 0 && made_subjects == finalized);
}

const soak_part part_observers = {"observers", start, step, check, drop, end};
