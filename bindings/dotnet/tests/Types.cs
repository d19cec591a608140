// What the tests make objects of.

namespace RefRuntime.Native.Tests;

internal static class Types
{
    public static ObjectType<long> Node { get; } = ObjectType.Define<long>("node", ["left", "right"]);

    public static ObjectType<Point> Leaf { get; } = ObjectType.Define<Point>("point");

    public record struct Point(byte Tag, double X, short Y);
}
