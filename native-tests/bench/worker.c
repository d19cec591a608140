/* Workers are forked off before any contender has begun, and do what they are told through a pipe: the index of a workload and
 * its size in, its values out. */
#define _GNU_SOURCE /* prctl */
#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOP = -1, MOST_WHY = 200 };

typedef struct request {
    int workload; /* or STOP */
    size_t size;
} request;

typedef struct greeting {
    bool ready;
    char why[MOST_WHY];
} greeting;

typedef struct answer {
    double values[BENCH_MOST_ROWS];
} answer;

static bool receive(int from, void *into, size_t size) {
    for (size_t have = 0; have < size;) {
        ssize_t got = read(from, (char *)into + have, size - have);
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

/* What is sent is smaller than a pipe writes at once. */
static bool send_all(int to, const void *from, size_t size) {
    return write(to, from, size) == (ssize_t)size;
}

_Noreturn static void serve(const bench_contender *contender, bool automatic, int requests, int answers) {
    greeting hello = {.why = ""};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    hello.ready = contender->begin(hello.why, sizeof hello.why, automatic);
    CHECK(send_all(answers, &hello, sizeof hello));
    request job;
    while (hello.ready && receive(requests, &job, sizeof job) && job.workload != STOP) {
        answer result = {.values = {0}};
        workloads[job.workload]->run(contender, job.size, result.values);
        CHECK(send_all(answers, &result, sizeof result));
    }
    if (hello.ready)
        contender->end();
    _exit(0);
}

bool worker_start(worker *w, const bench_contender *contender, bool automatic, char *why, size_t why_size) {
    int requests[2], answers[2];
    greeting hello;
    CHECK(pipe(requests) == 0 && pipe(answers) == 0);
    fflush(NULL);
    pid_t process = fork();
    CHECK(process >= 0);
    if (process == 0) {
        close(requests[1]);
        close(answers[0]);
        serve(contender, automatic, requests[0], answers[1]);
    }
    close(requests[0]);
    close(answers[1]);
    *w = (worker){.process = process, .requests = requests[1], .answers = answers[0], .contender = contender};
    if (!receive(w->answers, &hello, sizeof hello))
        hello = (greeting){.why = "its process died as it began"};
    if (!hello.ready) {
        snprintf(why, why_size, "%s", hello.why);
        worker_stop(w);
    }
    return hello.ready;
}

bool worker_run(worker *w, int workload, size_t size, double *values) {
    request job = {.workload = workload, .size = size};
    answer result;
    if (!send_all(w->requests, &job, sizeof job) || !receive(w->answers, &result, sizeof result)) {
        fprintf(stderr, "%s has failed in \"%s\"\n", w->contender->name, workloads[workload]->rows[0].name);
        return false;
    }
    memcpy(values, result.values, sizeof result.values);
    return true;
}

bool worker_stop(worker *w) {
    request job = {.workload = STOP};
    int status = 0;
    if (w->process == 0)
        return true;
    send_all(w->requests, &job, sizeof job); /* to a dead one in vain */
    close(w->requests);
    close(w->answers);
    CHECK(waitpid(w->process, &status, 0) == w->process);
    w->process = 0;
    if (status != 0)
        fprintf(stderr, "%s has not ended well\n", w->contender->name);
    return status == 0;
}
