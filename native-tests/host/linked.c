/* The library as a dependency of the program: it comes with the process, before main. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <refruntime.h>

static int compare(const char *when)
{
    int changed = 0;
    for (int number = 1; number < 65; number++) {
        struct sigaction action;
        if (number == SIGRTMIN || sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_DFL)
            continue;
        printf("%s has a handler %s\n", strsignal(number), when);
        changed = 1;
    }
    return changed;
}

int main(void)
{
    int failed = compare("at the start of main");
    if (rr_abi_version() != RR_ABI_VERSION || strcmp(rr_version(), RR_VERSION) != 0) {
        printf("the header is of %s, ABI %u; the library of %s, ABI %u\n", RR_VERSION, (unsigned)RR_ABI_VERSION, rr_version(),
               (unsigned)rr_abi_version());
        failed = 1;
    }
    return failed | compare("after the first call");
}
