// Size classes: every byte count up to the largest small block has the smallest class that holds it.

using NUnit.Framework;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Tests.Structures;

public sealed class SizeClassTests
{
    [Test]
    public void Every_size_has_the_smallest_class_that_holds_it()
    {
        int previous = 0;
        for (uint bytes = 1; bytes <= Config.MaxSmallBlock; bytes++)
        {
            int sizeClass = SizeClass.Of(bytes);
            Assert.That(SizeClass.BlockSize(sizeClass), Is.GreaterThanOrEqualTo(bytes), $"{bytes} bytes");
            if (sizeClass > 0)
            {
                Assert.That(SizeClass.BlockSize(sizeClass - 1), Is.LessThan(bytes), $"{bytes} bytes");
            }

            Assert.That(sizeClass, Is.EqualTo(previous).Or.EqualTo(previous + 1), $"{bytes} bytes");
            previous = sizeClass;
        }
    }

    [Test]
    public void Rounding_wastes_at_most_an_eighth_or_fifteen_bytes()
    {
        for (uint bytes = 1; bytes <= Config.MaxSmallBlock; bytes++)
        {
            uint waste = SizeClass.BlockSize(SizeClass.Of(bytes)) - bytes;
            Assert.That(waste, Is.LessThanOrEqualTo(uint.Max(15, bytes / 8)), $"{bytes} bytes");
        }
    }

    [Test]
    public void Blocks_are_multiples_of_the_alignment_and_a_page_holds_at_least_two()
    {
        for (int sizeClass = 0; sizeClass < SizeClass.Count; sizeClass++)
        {
            uint size = SizeClass.BlockSize(sizeClass);
            Assert.That(size % Config.Alignment, Is.Zero, $"class {sizeClass}");
            Assert.That(2 * size, Is.LessThanOrEqualTo(Config.PageSize - (Config.Alignment - Config.HeaderSize)), $"class {sizeClass}");
        }
    }

    [Test]
    public void The_bins_have_room_for_all_classes() => Assert.That(SizeClass.Count, Is.LessThanOrEqualTo(Config.MaxClasses));
}
