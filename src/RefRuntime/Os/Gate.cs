// A lock for a few instructions on process-wide data: spinning, since nobody who holds it waits for anything. Its holder
// survives fork: see Operations/ForkGuard. It never sleeps by the managed way, which would allocate for the host's thread.

using System.Threading;

namespace RefRuntime.Os;

internal struct Gate
{
    private int _isTaken;

    public void Enter()
    {
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref _isTaken, 1, 0) != 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    public void Exit() => Volatile.Write(ref _isTaken, 0);
}
