/* Undo logs: chains of thousands of commands, each knowing the one before. Grown, undone in part, shared as far back as two
 * logs agree, and thrown away whole: then a chain dies by counting, however deep. Beside them histories that can go both
 * ways, which are one large cycle each: what a collection looks at in slices.
 *
 * A command's hash is made of the one before it and its own key, so that one look tells whether the chain is right.
 */
#include "soak.h"

enum { LOGS = 8, MOST_COMMANDS = 9000, COMMANDS_PER_TICK = 160, HISTORIES = 3, MOST_STATES = 12000, STATES_PER_TICK = 60 };

typedef struct command {
    void *previous, *text;
    uint64_t key, hash, depth;
} command;

typedef struct state {
    void *previous, *next, *text;
    uint64_t number;
} state;

static rr_type command_type, state_type;
static void *logs[LOGS];        /* the newest command of each */
static void *histories[HISTORIES]; /* the newest state of each */

static void start(void) {
    static const uint32_t slots[] = {0, 8, 16};
    command_type = plain_type("command", sizeof(command), slots, 2, NULL, NULL);
    state_type = plain_type("state", sizeof(state), slots, 3, NULL, NULL);
}

/* ---- Logs -------------------------------------------------------------------------------------------------------- */

static uint64_t depth_of(const command *c) {
    return c == NULL ? 0 : c->depth;
}

static uint64_t hash_of(const command *previous, uint64_t key) {
    return mix(key ^ (previous == NULL ? 0 : previous->hash));
}

static void push(void **log) {
    command *c = MADE(rr_alloc(soak.heap, command_type));
    c->key = chance();
    c->hash = hash_of(*log, c->key);
    c->depth = depth_of(*log) + 1;
    c->previous = *log; /* moved: the log's own reference */
    *log = c;
    if (!one_in(3))
        DO(rr_take(&c->text, text_new(c->key)));
}

static void check_log(const command *c, uint64_t most, bool texts) {
    for (; c != NULL && most > 0; c = c->previous, most--) {
        EXPECT(c->hash == hash_of(c->previous, c->key) && c->depth == depth_of(c->previous) + 1);
        if (texts && c->text != NULL) {
            text_check(c->text);
            EXPECT(text_key(c->text) == c->key);
        }
        soak.checked++;
    }
    EXPECT(most == 0 || c == NULL);
}

static void step_log(void) {
    void **log = &logs[pick(LOGS)];
    uint32_t what = pick(100);
    if (what == 0) {
        DO(rr_store(log, NULL)); /* the whole chain, unless another log shares it */
    } else if (what < 4) {
        DO(rr_store(log, logs[pick(LOGS)])); /* a branch */
    } else if (what < 20) {
        for (uint32_t i = pick(400); i > 0 && *log != NULL; i--)
            DO(rr_store(log, ((command *)*log)->previous));
    }
    uint64_t most = 1 + loaded(MOST_COMMANDS);
    if (depth_of(*log) >= most)
        DO(rr_store(log, NULL));
    for (uint32_t i = 0; i < loaded(COMMANDS_PER_TICK) / 4 && depth_of(*log) < most; i++)
        push(log);
    check_log(*log, 200, false);
}

/* ---- Histories --------------------------------------------------------------------------------------------------- */

static void step_history(void) {
    void **history = &histories[pick(HISTORIES)];
    state *newest = *history;
    if (newest != NULL && newest->number >= loaded(MOST_STATES)) {
        DO(rr_store(history, NULL)); /* it holds itself together */
        newest = NULL;
    }
    for (uint32_t i = 0; i < loaded(STATES_PER_TICK); i++) {
        state *s = MADE(rr_alloc(soak.heap, state_type));
        s->number = newest == NULL ? 1 : newest->number + 1;
        if (one_in(4))
            DO(rr_take(&s->text, text_new(s->number)));
        if (newest != NULL)
            DO(rr_store(&newest->next, s));
        DO(rr_store(&s->previous, newest));
        DO(rr_take(history, s));
        newest = s;
    }
}

static void check_history(const state *s) {
    uint64_t number = s == NULL ? 0 : s->number;
    for (const state *after = NULL; s != NULL; after = s, s = s->previous, number--) {
        EXPECT(s->number == number && s->next == after);
        EXPECT(s->text == NULL || text_key(s->text) == number);
        soak.checked++;
    }
    EXPECT(number == 0);
}

static void step(void) {
    for (int i = 0; i < 4; i++)
        step_log();
    step_history();
}

static void check(void) {
    for (int i = 0; i < LOGS; i++)
        check_log(logs[i], UINT64_MAX, true);
    for (int i = 0; i < HISTORIES; i++)
        check_history(histories[i]);
}

static void drop(void) {
    for (int i = 0; i < LOGS; i++)
        DO(rr_store(&logs[i], NULL));
    for (int i = 0; i < HISTORIES; i++)
        DO(rr_store(&histories[i], NULL));
}

static void end(void) {}

const soak_part part_undo = {"undo", start, step, check, drop, end};
