/* The host's signals stay the host's: no handler, no mask and no alternate stack changes by loading the library or by
 * calling it, and faults go where the host wants them. Only SIGRTMIN may get a handler. */
#define _GNU_SOURCE
#include "host.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNAL_COUNT = 65 };

typedef struct signal_state {
    struct sigaction actions[SIGNAL_COUNT];
    int is_known[SIGNAL_COUNT];
    sigset_t mask;
    stack_t alternate_stack;
} signal_state;

static signal_state look(void)
{
    signal_state state;
    memset(&state, 0, sizeof state);
    for (int number = 1; number < SIGNAL_COUNT; number++)
        state.is_known[number] = sigaction(number, NULL, &state.actions[number]) == 0;
    sigprocmask(SIG_SETMASK, NULL, &state.mask);
    sigaltstack(NULL, &state.alternate_stack);
    return state;
}

static void compare(const signal_state *before, const char *when)
{
    signal_state now = look();
    for (int number = 1; number < SIGNAL_COUNT; number++) {
        if (number == SIGRTMIN || !before->is_known[number])
            continue;
        CHECK(now.actions[number].sa_handler == before->actions[number].sa_handler, "the handler of %s changed %s",
              strsignal(number), when);
        CHECK(now.actions[number].sa_flags == before->actions[number].sa_flags, "the flags of %s changed %s",
              strsignal(number), when);
        CHECK(sigismember(&now.mask, number) == sigismember(&before->mask, number), "the mask for %s changed %s",
              strsignal(number), when);
    }
    CHECK(now.alternate_stack.ss_sp == before->alternate_stack.ss_sp, "the alternate stack changed %s", when);
}

/* Loading, the first call and work, with a look after each. */
static library load_and_compare(const signal_state *before)
{
    library rr = host_load();
    compare(before, "by loading");
    rr.abi_version();
    compare(before, "by the first call");
    host_work(&rr);
    compare(before, "by work");
    return rr;
}

static void defaults_stay(void)
{
    signal_state before = look();
    CHECK(before.actions[SIGPIPE].sa_handler == SIG_DFL, "SIGPIPE is not at its default before the library is loaded");
    load_and_compare(&before);
}

static volatile sig_atomic_t caught;
static sigjmp_buf after_fault;

static void catch_and_go_on(int number)
{
    caught = number;
}

static void catch_and_jump(int number)
{
    caught = number;
    siglongjmp(after_fault, 1);
}

static void install(int number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    CHECK(sigaction(number, &action, NULL) == 0, "sigaction for %s failed", strsignal(number));
}

static void handlers_stay_and_get_their_faults(void)
{
    install(SIGPIPE, catch_and_go_on);
    install(SIGSEGV, catch_and_jump);
    install(SIGFPE, catch_and_jump);
    signal_state before = look();
    load_and_compare(&before);

    int ends[2];
    CHECK(pipe(ends) == 0, "no pipe");
    close(ends[0]);
    CHECK(write(ends[1], "x", 1) == -1 && caught == SIGPIPE, "SIGPIPE did not reach its handler, but signal %d", (int)caught);

    if (sigsetjmp(after_fault, 1) == 0) {
        *(volatile int *volatile)NULL = 1;
        CHECK(0, "a write through NULL went through");
    }
    CHECK(caught == SIGSEGV, "SIGSEGV did not reach its handler, but signal %d", (int)caught);

    /* arm64 does not trap here; raise() is all that can be asked for there. */
    if (sigsetjmp(after_fault, 1) == 0) {
#if defined(__x86_64__)
        volatile int two = 2, zero = 0;
        volatile int quotient = two / zero;
        CHECK(0, "2 / 0 is %d", quotient);
#else
        raise(SIGFPE);
#endif
    }
    CHECK(caught == SIGFPE, "SIGFPE did not reach its handler, but signal %d", (int)caught);
    compare(&before, "by the faults");
}

static void handlers_set_later_stay(void)
{
    library rr = host_load();
    host_work(&rr);
    install(SIGPIPE, catch_and_go_on);
    install(SIGSEGV, catch_and_jump);
    install(SIGFPE, catch_and_jump);
    signal_state before = look();
    host_work(&rr);
    compare(&before, "by work");
}

/* The page that was touched, by who else has none to stand on. */
static void *touched;

static void catch_on_another_stack(int number, siginfo_t *information, void *context)
{
    (void)context;
    stack_t stack;
    touched = sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK) != 0 ? information->si_addr : NULL;
    caught = number;
    siglongjmp(after_fault, 1);
}

static __attribute__((noinline)) int overflow(int depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth < INT_MAX ? overflow(depth + 1) + frame[0] : 0;
}

/* The host's handler has a stack of its own, as it must for overflows of the usual one. Before, the library has been asked about a great
 * many pointers: none of them is a fault. */
static void a_handler_on_an_alternate_stack_gets_the_faults_of_the_host_alone(void)
{
    enum { STACK = 64 * 1024 };
    static char stack_memory[STACK];
    stack_t stack = { .ss_sp = stack_memory, .ss_size = STACK };
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
    action.sa_sigaction = catch_on_another_stack;
    CHECK(sigaltstack(&stack, NULL) == 0, "no alternate stack");
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0, "no handler");
    signal_state before = look();
    library rr = load_and_compare(&before);

    char *forbidden = mmap(NULL, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(forbidden != MAP_FAILED, "no memory");
    rr_heap *heap = rr.heap_new(NULL);
    void *object = rr.alloc_items(heap, RR_TYPE_TUPLE, 1);
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 200000; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        uintptr_t wild = i % 4 == 0 ? (uintptr_t)random : i % 4 == 1 ? (uintptr_t)(random >> 17) : i % 4 == 2 ? (uintptr_t)forbidden + (random & 0xffff)
                       : (uintptr_t)object + (random & 0x7ffffff);
        void *pointer = (void *)wild;
        if (pointer == object)
            continue;
        CHECK(rr.is_object(pointer) == 0, "%p is an object", pointer);
        CHECK(pointer == NULL || rr.decref(pointer) == RR_E_NOT_OBJECT, "%p was released", pointer);
        CHECK(pointer == NULL || rr.incref(pointer) == RR_E_NOT_OBJECT, "%p was retained", pointer);
        CHECK(rr.heap_of(pointer) == NULL && rr.type_of(pointer) == RR_TYPE_NONE && rr.size(pointer) == 0, "%p has a heap", pointer);
        CHECK(rr.getrefcount(pointer) < 0 && rr.weakref_get(pointer) == NULL && rr.is_immortal(pointer) == 0, "%p has a count", pointer);
        CHECK(rr.try_incref(pointer) == 0 && rr.is_unique(pointer) == 0 && rr.item_count(pointer) == 0, "%p has items", pointer);
    }
    CHECK(caught == 0, "the handler heard of signal %d", (int)caught);
    CHECK(rr.decref(object) == RR_OK && rr.heap_verify(heap) == RR_OK && rr.heap_free(heap) == RR_OK, "%s", rr.last_error());

    if (sigsetjmp(after_fault, 1) == 0) {
        *(volatile char *)forbidden = 1;
        CHECK(0, "forbidden memory was written");
    }
    CHECK(caught == SIGSEGV && touched == forbidden, "signal %d at %p", (int)caught, touched);
    caught = 0;
    if (sigsetjmp(after_fault, 1) == 0)
        CHECK(overflow(0) == 0, "the stack is endless");
    CHECK(caught == SIGSEGV && touched != NULL, "signal %d at %p", (int)caught, touched);
    compare(&before, "by the faults");
    host_work(&rr);
}

static void end_well(int number)
{
    _Exit(number == SIGSEGV ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* A slot that is no memory is the caller's error, and the caller's handler gets to see it. */
static void a_fault_inside_a_call_reaches_the_host(void)
{
    install(SIGSEGV, end_well);
    library rr = host_load();
    host_work(&rr);
    rr.store((void **)(uintptr_t)64, NULL);
    CHECK(0, "rr_store wrote through a wild pointer");
}

static void the_default_of_sigpipe_still_kills(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        library rr = host_load();
        host_work(&rr);
        raise(SIGPIPE);
        _Exit(EXIT_SUCCESS);
    }
    CHECK(waitpid(child, &status, 0) == child, "no child to wait for");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "a process that does not handle SIGPIPE outlived it");
}

/* What the kernel says of a thread: the set bit of number n is n - 1. */
static unsigned long long blocked_by(const char *thread)
{
    char path[300], line[256];
    unsigned long long blocked = 0;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
    FILE *status = fopen(path, "r");
    CHECK(status != NULL, "%s can't be read", path);
    while (fgets(line, sizeof line, status) != NULL)
        sscanf(line, "SigBlk: %llx", &blocked);
    fclose(status);
    return blocked;
}

/* Otherwise the kernel may run the host's handler there. */
static void threads_of_the_library_take_no_signals(void)
{
    static const int asynchronous[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH };
    char self[32];
    library rr = host_load();
    host_work(&rr);

    usleep(20000); /* a thread begins with everything blocked and then takes on its mask */
    snprintf(self, sizeof self, "%d", (int)getpid());
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL, "/proc is not mounted");
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, self) == 0)
            continue;
        unsigned long long blocked = blocked_by(entry->d_name);
        for (size_t i = 0; i < sizeof asynchronous / sizeof *asynchronous; i++)
            CHECK((blocked >> (asynchronous[i] - 1) & 1) == 1, "thread %s of the library takes %s", entry->d_name,
                  strsignal(asynchronous[i]));
    }
    closedir(tasks);
}

int main(int argc, char **argv)
{
    static const host_case cases[] = {
        { "defaults_stay", defaults_stay },
        { "handlers_stay_and_get_their_faults", handlers_stay_and_get_their_faults },
        { "handlers_set_later_stay", handlers_set_later_stay },
        { "a_handler_on_an_alternate_stack_gets_the_faults_of_the_host_alone", a_handler_on_an_alternate_stack_gets_the_faults_of_the_host_alone },
        { "a_fault_inside_a_call_reaches_the_host", a_fault_inside_a_call_reaches_the_host },
        { "the_default_of_sigpipe_still_kills", the_default_of_sigpipe_still_kills },
        { "threads_of_the_library_take_no_signals", threads_of_the_library_take_no_signals },
    };
    return host_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
