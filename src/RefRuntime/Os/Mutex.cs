// A recursive mutex in memory of the caller's: the system's own, because the hosts' tools (thread sanitizers, debuggers,
// priority inheritance) know it. 64 bytes cover every supported libc.

using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal unsafe struct Mutex
{
    private const int Recursive = 1;

    private fixed ulong _storage[8];

    public static void Initialize(Mutex* mutex)
    {
        ulong attributes = 0;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_settype(&attributes, Recursive);
        pthread_mutex_init(mutex, &attributes);
        pthread_mutexattr_destroy(&attributes);
    }

    public static void Destroy(Mutex* mutex) => pthread_mutex_destroy(mutex);

    public static void Enter(Mutex* mutex) => pthread_mutex_lock(mutex);

    public static bool TryEnter(Mutex* mutex) => pthread_mutex_trylock(mutex) == 0;

    public static void Exit(Mutex* mutex) => pthread_mutex_unlock(mutex);

    [DllImport("libc")]
    private static extern int pthread_mutexattr_init(void* attributes);

    [DllImport("libc")]
    private static extern int pthread_mutexattr_settype(void* attributes, int kind);

    [DllImport("libc")]
    private static extern int pthread_mutexattr_destroy(void* attributes);

    [DllImport("libc")]
    private static extern int pthread_mutex_init(Mutex* mutex, void* attributes);

    [DllImport("libc")]
    private static extern int pthread_mutex_destroy(Mutex* mutex);

    [DllImport("libc")]
    private static extern int pthread_mutex_lock(Mutex* mutex);

    [DllImport("libc")]
    private static extern int pthread_mutex_trylock(Mutex* mutex);

    [DllImport("libc")]
    private static extern int pthread_mutex_unlock(Mutex* mutex);
}
