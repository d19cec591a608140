/* What the host's process has around it: variables of the environment, streams, file systems, limits, filters. Each is set before the
 * library is loaded, or between that and the first call. */
#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *path_of(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", host_directory(), name);
    return path;
}

/* ---- The environment --------------------------------------------------------------------------------------------- */

static const char *const *variables;
static size_t variable_count;

/* In a process that has the variables the library is what it is without: in what it does, prints, reserves and starts. */
static void work_with_variables(void)
{
    for (size_t i = 0; i < variable_count; i++)
        CHECK(putenv((char *)(uintptr_t)variables[i]) == 0, "%s can't be set", variables[i]);
    uint64_t space = host_address_space_bytes();
    unsigned threads = host_thread_count();
    int ends[2];
    CHECK(pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) >= 0, "no pipe");
    int diagnostics = dup(STDERR_FILENO);
    CHECK(dup2(ends[1], STDERR_FILENO) >= 0, "no pipe");

    library rr = host_load();
    for (int i = 0; i < 3; i++)
        host_work(&rr);
    CHECK(rr.abi_version() == RR_ABI_VERSION, "another version");

    CHECK(dup2(diagnostics, STDERR_FILENO) >= 0, "no descriptor");
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && read(ends[0], (char[1]){0}, 1) < 0, "something was printed with %s", variables[0]);
    CHECK(host_address_space_bytes() - space < UINT64_C(512) << 20, "much more is reserved with %s", variables[0]);
    CHECK(host_thread_count() <= threads + 1, "%u threads with %s", host_thread_count(), variables[0]);
}

/* Settings for .NET programs, as a host may have them that is one or starts some. Each alone would end the process, or change
 * how the runtime inside starts, if that read them. */
static void settings_for_dotnet_change_nothing(void)
{
    static const char *const settings[] = {
        "DOTNET_GCHeapHardLimit=1", "DOTNET_GCHeapHardLimitSOH=1", "DOTNET_GCHeapHardLimit=FFFFFFFFFFFF", "DOTNET_GCRegionRange=1",
        "DOTNET_GCRegionRange=1000000000000", "DOTNET_GCRegionSize=1", "DOTNET_GCLargePages=1", "DOTNET_gcServer=1", "DOTNET_gcConcurrent=1",
        "DOTNET_GCgen0size=1", "DOTNET_GCgen0size=FFFFFFFFFF", "DOTNET_GCHeapCount=40", "DOTNET_GCHeapAffinitizeMask=0",
        "DOTNET_GCName=libnowhere.so", "DOTNET_GCPath=/nowhere", "DOTNET_GCTotalPhysicalMemory=1", "DOTNET_GCConserveMem=9",
        "DOTNET_PROCESSOR_COUNT=4000", "DOTNET_DbgEnableMiniDump=1", "DOTNET_EnableEventPipe=1", "DOTNET_EnableDiagnostics=1",
        "DOTNET_EnableHWIntrinsic=0", "DOTNET_StressLog=1", "DOTNET_TotalStressLogSize=1000000", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0",
        "COMPlus_GCHeapHardLimit=1", "DOTNET_ROOT=/nowhere", "LTTNG_HOME=/nowhere",
    };
    variable_count = 1;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        variables = settings + i;
        host_in_child(work_with_variables);
    }
    variables = settings;
    variable_count = sizeof settings / sizeof *settings;
    host_in_child(work_with_variables);
}

static void a_locale_changes_nothing(void)
{
    static const char *const languages[] = { "LANG=tr_TR.UTF-8", "LC_ALL=de_DE.ISO-8859-1", "LANGUAGE=zh:nonsense", "TZ=nonsense", "TMPDIR=/nowhere",
                                             "HOME=", "PATH=" };
    setenv("LC_ALL", "C.UTF-8", 1);
    setlocale(LC_ALL, "");
    variables = languages;
    variable_count = sizeof languages / sizeof *languages;
    host_in_child(work_with_variables);
}

static void clear_environment(void)
{
    clearenv();
    library rr = host_load();
    host_work(&rr);
}

static void no_environment_is_needed(void)
{
    host_in_child(clear_environment);
}

/* ---- More rights than the user has --------------------------------------------------------------------------------- */

#define TRACE_VARIABLE "REFRUNTIME_TRACE"

static void copy_file(const char *from_path, const char *to_path, mode_t mode)
{
    struct stat status;
    int from = open(from_path, O_RDONLY), to = open(to_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(from >= 0 && to >= 0 && fstat(from, &status) == 0, "%s can't be copied", from_path);
    for (off_t left = status.st_size; left > 0;) {
        ssize_t copied = sendfile(to, from, NULL, (size_t)left);
        CHECK(copied > 0, "%s can't be copied", from_path);
        left -= copied;
    }
    CHECK(fchmod(to, mode) == 0, "the mode can't be set");
    close(from);
    close(to);
}

/* The half of the next case that runs as a set-user-ID program. */
static void work_with_more_rights(void)
{
    if (getauxval(AT_SECURE) == 0)
        host_skip("the file system does not let programs have more rights");
    CHECK(getenv(TRACE_VARIABLE) != NULL, "the variable is gone already");
    library rr = host_load();
    host_work(&rr);
}

static void as_nobody(void)
{
    char trace[PATH_MAX + 32];
    snprintf(trace, sizeof trace, TRACE_VARIABLE "=%s/trace.json", host_directory());
    CHECK(setgid(65534) == 0 && setuid(65534) == 0, "nobody is nobody here");
    char *arguments[] = { (char *)(uintptr_t)path_of("program"), (char *)(uintptr_t)host_library_path, (char *)(uintptr_t)"work_with_more_rights", NULL };
    char *environment[] = { trace, (char *)(uintptr_t)"REFRUNTIME_CHECK=1", NULL };
    execve(arguments[0], arguments, environment);
    if (errno == EACCES)
        host_skip("others may not come to the working directory");
    CHECK(0, "%s can't be run: %s", arguments[0], strerror(errno));
}

/* A variable of the user's must not make a program that has another's rights write files. */
static void a_program_with_more_rights_reads_no_variable(void)
{
    static char library_copy[PATH_MAX];
    if (geteuid() != 0)
        host_skip("only root can give a program its rights");
    CHECK(chmod(host_directory(), 0777) == 0, "the mode can't be set");
    copy_file("/proc/self/exe", path_of("program"), 04755);
    snprintf(library_copy, sizeof library_copy, "%s/library.so", host_directory());
    copy_file(host_library_path, library_copy, 0755);
    host_library_path = library_copy;
    host_in_child(as_nobody);
    CHECK(access(path_of("trace.json"), F_OK) != 0, "a file was written");
}

/* ---- Streams ------------------------------------------------------------------------------------------------------- */

static int closed_streams; /* bits */

static void close_streams(void)
{
    for (int stream = 0; stream <= 2; stream++)
        if ((closed_streams >> stream & 1) != 0)
            close(stream);
}

static int is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0;
}

/* Files of the library's get other descriptors: what others print would land in them. */
static void work_without_streams(void)
{
    (void)host_directory();
    close_streams();
    library rr = host_load();
    host_work(&rr);
    rr_heap *heap = rr.heap_new(NULL);
    void *list = rr.list_new(heap);
    CHECK(rr.trace_start(path_of("trace.json")) == RR_OK, "%s", rr.last_error());
    for (int stream = 0; stream <= 2; stream++)
        if ((closed_streams >> stream & 1) != 0 && is_open(stream))
            _Exit(40 + stream); /* there may be no stream to say it */
    CHECK(rr.heap_snapshot(heap, path_of("x.heapsnapshot")) == RR_OK, "%s", rr.last_error());
    CHECK(rr.trace_stop() == RR_OK, "%s", rr.last_error());
    rr_status told = rr.leak_report(heap, NULL);
    CHECK(told == ((closed_streams & 4) != 0 ? RR_E_IO : RR_OK), "%d: %s", told, rr.last_error());
    CHECK(rr.decref(list) == RR_OK && rr.heap_free(heap) == RR_OK, "%s", rr.last_error());
    CHECK(access(path_of("trace.json"), F_OK) == 0 && access(path_of("x.heapsnapshot"), F_OK) == 0, "a file is missing");
}

static void closed_standard_streams_stay_closed(void)
{
    for (closed_streams = 1; closed_streams < 8; closed_streams++)
        host_in_child(work_without_streams);
}

static void work_without_descriptors(void)
{
    struct rlimit limit = { 3, 3 };
    library rr = host_load();
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0, "the limit can't be set");
    host_work(&rr);
    rr_heap *heap = rr.heap_new(NULL);
    CHECK(rr.heap_snapshot(heap, "x.heapsnapshot") == RR_E_IO, "a file was written: %s", rr.last_error());
    CHECK(rr.heap_free(heap) == RR_OK, "%s", rr.last_error());
}

static void no_descriptor_is_needed(void)
{
    host_in_child(work_without_descriptors);
}

/* ---- File systems ---------------------------------------------------------------------------------------------------- */

static void hide_system(void)
{
    if (unshare(CLONE_NEWNS) != 0)
        host_skip("no namespace of mounts may be made here");
    CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mounts can't be made private");
    if (mount("none", "/proc", "tmpfs", 0, NULL) != 0 || mount("none", "/sys", "tmpfs", 0, NULL) != 0)
        host_skip("nothing may be mounted here");
    CHECK(access("/proc/self/maps", F_OK) != 0 && access("/sys/fs/cgroup", F_OK) != 0, "they are still there");
    library rr = host_load();
    host_work(&rr);
}

static void proc_and_sys_are_not_needed(void)
{
    host_in_child(hide_system);
}

static void work_in_nothing(void)
{
    library rr = host_load();
    if (chroot(host_directory()) != 0)
        host_skip("the root directory may not be changed here");
    CHECK(chdir("/") == 0, "no directory");
    host_work(&rr); /* the first call */
    rr_heap *heap = rr.heap_new(NULL);
    CHECK(rr.profile_start(heap, 64) == RR_OK, "%s", rr.last_error());
    void *list = rr.list_new(heap);
    CHECK(rr.profile_write(heap, "/x.pb") == RR_OK && rr.heap_snapshot(heap, "/x.heapsnapshot") == RR_OK, "%s", rr.last_error());
    CHECK(rr.decref(list) == RR_OK && rr.heap_free(heap) == RR_OK, "%s", rr.last_error());
}

static void an_empty_root_directory_is_enough(void)
{
    host_in_child(work_in_nothing);
}

/* ---- Limits and filters --------------------------------------------------------------------------------------------- */

static void work_with_little_stack(void)
{
    struct rlimit limit = { 64 * 1024, 64 * 1024 };
    CHECK(setrlimit(RLIMIT_STACK, &limit) == 0, "the limit can't be set");
    library rr = host_load(); /* threads that are made from now on get as little: the runtime's too */
    host_work(&rr);
}

static void work_with_endless_stack(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_STACK, &limit) == 0, "no limit");
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_STACK, &limit) == 0, "the limit can't be set");
    library rr = host_load();
    host_work(&rr);
}

static void the_limit_of_stacks_may_be_anything(void)
{
    host_in_child(work_with_little_stack);
    host_in_child(work_with_endless_stack);
}

#if defined(__x86_64__)
#define HERE AUDIT_ARCH_X86_64
#else
#define HERE AUDIT_ARCH_AARCH64
#endif

/* From now on system calls have another outcome: those of the list `listed`, all others `unlisted`. */
static void filter(const int *list, size_t count, uint32_t listed, uint32_t unlisted)
{
    struct sock_filter program[64] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HERE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    size_t length = 4;
    for (size_t i = 0; i < count; i++) {
        program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)list[i], 0, 1);
        program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
    }
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, unlisted);
    struct sock_fprog all = { (unsigned short)length, program };
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no filter can be set");
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) != 0)
        host_skip("system calls can't be filtered here");
}

/* What containers and sandboxes forbid, or older kernels don't have. The runtime needs one of membarrier and mlock. */
static const int *refused;
static size_t refused_count;

static void work_with_refusals(void)
{
    library rr = host_load();
    filter(refused, refused_count, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
    host_work(&rr); /* the first call */
}

/* After the first call a process may bind itself to little. */
static void work_with_the_least(void)
{
    static const int allowed[] = { SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_sched_yield, SYS_clock_gettime, SYS_write, SYS_exit_group,
                                   SYS_exit, SYS_brk };
    library rr = host_load();
    CHECK(rr.abi_version() == RR_ABI_VERSION, "another version");
    filter(allowed, sizeof allowed / sizeof *allowed, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
    for (int i = 0; i < 20; i++)
        host_work(&rr);
    rr_heap *heap = rr.heap_new(NULL);
    void *list = rr.list_new(heap), *chain[4];
    for (int i = 0; i < 200000; i++) {
        void *item = rr.list_new(heap);
        CHECK(rr.list_append(item, item) == RR_OK && rr.list_append(list, item) == RR_OK && rr.decref(item) == RR_OK, "%s", rr.last_error());
    }
    CHECK(rr.get_path(rr.list_get(list, 100000), chain, 4) == 2, "%s", rr.last_error());
    CHECK(rr.decref(list) == RR_OK && rr.collect(heap) > 0 && rr.heap_free(heap) == RR_OK, "%s", rr.last_error());
    _exit(EXIT_SUCCESS);
}

static void refused_system_calls_are_survived(void)
{
    static const int others[] = { SYS_membarrier, SYS_openat, SYS_open, SYS_socket, SYS_connect, SYS_sched_setaffinity, SYS_get_mempolicy, SYS_mbind,
                                  SYS_ptrace, SYS_memfd_create, SYS_userfaultfd, SYS_perf_event_open, SYS_execve, SYS_prctl };
    static const int mlock[] = { SYS_mlock };
    refused = others;
    refused_count = sizeof others / sizeof *others;
    host_in_child(work_with_refusals);
    refused = mlock;
    refused_count = 1;
    host_in_child(work_with_refusals);
}

static void a_narrow_filter_is_enough_after_the_first_call(void)
{
    host_in_child(work_with_the_least);
}

int main(int argc, char **argv)
{
    static const host_case cases[] = {
        { "settings_for_dotnet_change_nothing", settings_for_dotnet_change_nothing },
        { "a_locale_changes_nothing", a_locale_changes_nothing },
        { "no_environment_is_needed", no_environment_is_needed },
        { "a_program_with_more_rights_reads_no_variable", a_program_with_more_rights_reads_no_variable },
        { "closed_standard_streams_stay_closed", closed_standard_streams_stay_closed },
        { "no_descriptor_is_needed", no_descriptor_is_needed },
        { "proc_and_sys_are_not_needed", proc_and_sys_are_not_needed },
        { "an_empty_root_directory_is_enough", an_empty_root_directory_is_enough },
        { "the_limit_of_stacks_may_be_anything", the_limit_of_stacks_may_be_anything },
        { "refused_system_calls_are_survived", refused_system_calls_are_survived },
        { "a_narrow_filter_is_enough_after_the_first_call", a_narrow_filter_is_enough_after_the_first_call },
    };
    static const host_case halves[] = { { "work_with_more_rights", work_with_more_rights } };
    if (argc == 3 && strcmp(argv[2], halves[0].name) == 0)
        return host_main(argc, argv, halves, 1);
    return host_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
