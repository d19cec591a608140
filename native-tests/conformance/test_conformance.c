/* The conformance programs (tests/conformance/README.md), through the C API: each is one test.
 *
 * C has no handles. A use of a dropped name can only be refused when its object is dead: the other such steps are left out, and named. */
#define _GNU_SOURCE
#include "verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_PROGRAMS = 200, MAX_LINES = 4000 };

static const struct {
    const char *name;
    rr_status status, or_status;
} kinds[] = {
    {"argument", RR_E_ARGUMENT, RR_E_ARGUMENT},
    {"type", RR_E_TYPE, RR_E_TYPE},
    {"memory", RR_E_NO_MEMORY, RR_E_NO_MEMORY},
    {"released", RR_E_NOT_OBJECT, RR_E_NOT_OBJECT},
    {"closed", RR_E_NOT_OBJECT, RR_E_ARGUMENT}, /* an object of such a heap; the heap itself */
    {"heap", RR_E_ARGUMENT, RR_E_ARGUMENT},
};

/* The lines of programs.txt, and which of them are a program's. */
typedef struct program {
    size_t begin, end;
    uint64_t max_bytes;
    char name[96];
} program;

static char *lines[MAX_LINES];
static size_t line_count;
static program programs[MAX_PROGRAMS];
static size_t program_count;

/* Whether the step uses a dropped name whose object lives: C can't tell it from any other pointer to the object. */
static bool uses_living_dropped(const step *s) {
    for (size_t i = 1; i < s->words; i++) {
        const variable *it = find(s->word[i]);
        if (it != NULL && !it->owns && rr_is_object(it->object))
            return true;
    }
    return false;
}

static bool fails_so(const char *kind, const step *s) {
    if (strcmp(kind, "released") == 0 && uses_living_dropped(s)) {
        print_message("left out: %s of a dropped name whose object lives\n", s->word[0]);
        return true;
    }
    rr_status status = step_run(s);
    for (size_t i = 0; i < LENGTH(kinds); i++)
        if (strcmp(kinds[i].name, kind) == 0)
            return status == kinds[i].status || status == kinds[i].or_status;
    return false;
}

static step parse(char *words) {
    step s = {.words = 0};
    char *rest = NULL;
    for (char *word = strtok_r(words, " \n", &rest); word != NULL && s.words < MAX_WORDS; word = strtok_r(NULL, " \n", &rest)) {
        const variable *it = find(word);
        s.word[s.words] = word;
        s.object[s.words] = it == NULL ? NULL : it->object;
        s.number[s.words++] = strtoll(word, NULL, 10);
    }
    return s;
}

static void run_line(size_t number) {
    char text[200], kind[16];
    int step_at = 0;
    snprintf(text, sizeof text, "%s", lines[number]);
    bool passes;
    if (sscanf(text, "fails %15s %n", kind, &step_at) == 1) {
        step s = parse(text + step_at);
        passes = fails_so(kind, &s);
    } else {
        step s = parse(text);
        passes = s.words == 0 || step_run(&s) == RR_OK;
    }
    if (!passes)
        fail_msg("programs.txt:%zu: %s; last error: %s", number + 1, lines[number], rr_last_error());
}

/* Drops what names are left and collects, until there is nothing more of either; then the heaps must be empty. */
static void finish(void) {
    int64_t found;
    do {
        found = 0;
        for (size_t i = 0; i < names; i++) {
            if (variables[i].owns && rr_is_object(variables[i].object)) {
                found++;
                rr_decref(variables[i].object);
            }
            variables[i].owns = false;
        }
        for (size_t i = 0; i < LENGTH(heaps); i++)
            found += heaps[i] == NULL ? 0 : rr_collect(heaps[i]);
    } while (found != 0);
    for (size_t i = 0; i < LENGTH(heaps); i++)
        if (heaps[i] != NULL)
            heap_end(heaps[i]);
}

static void run_program(void **state) {
    const program *it = *state;
    begin(it->max_bytes);
    for (size_t i = it->begin; i < it->end; i++)
        run_line(i);
    finish();
}

static void read_programs(FILE *file) {
    size_t capacity = 0;
    while (line_count < MAX_LINES && getline(&lines[line_count], &capacity, file) >= 0) {
        char *line = lines[line_count++];
        program fresh = {.begin = line_count, .end = line_count};
        line[strcspn(line, "#\n")] = '\0';
        if (program_count < MAX_PROGRAMS && sscanf(line, "program %95s max_bytes=%" SCNu64, fresh.name, &fresh.max_bytes) >= 1)
            programs[program_count++] = fresh;
        else if (program_count != 0)
            programs[program_count - 1].end = line_count;
        capacity = 0;
    }
}

int main(void) {
    static struct CMUnitTest tests[MAX_PROGRAMS];
    FILE *file = fopen(PROGRAMS, "r");
    if (file == NULL)
        return perror(PROGRAMS), 1;
    read_programs(file);
    fclose(file);
    for (size_t i = 0; i < program_count; i++)
        tests[i] = (struct CMUnitTest){.name = programs[i].name, .test_func = run_program, .initial_state = &programs[i]};
    return program_count == 0 ? 1 : _cmocka_run_group_tests("conformance", tests, program_count, make_types, NULL);
}
