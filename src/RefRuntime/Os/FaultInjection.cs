// Lets a test refuse the n-th request to the system. Off (the state of every process but a test's) costs one compare on
// paths that make a system call anyway.

namespace RefRuntime.Os;

internal static class FaultInjection
{
    private static bool s_armed;
    private static long s_countdown;

    /// <summary>Requests seen since <see cref="Arm"/>.</summary>
    public static long Requests { get; private set; }

    /// <summary>The request number <paramref name="n"/> from now on, counted from 1, fails, and every later one too.</summary>
    public static void Arm(long n)
    {
        s_countdown = n;
        Requests = 0;
        s_armed = true;
    }

    public static void Disarm() => s_armed = false;

    public static bool Allow()
    {
        if (!s_armed)
        {
            return true;
        }

        Requests++;
        return --s_countdown > 0;
    }
}
