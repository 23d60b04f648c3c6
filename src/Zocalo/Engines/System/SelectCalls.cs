using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo.Engines.System;

/// <summary>A set of descriptors for select(2): fd_set, 1,024 bits. A program in C that sets a bit beyond them writes into other memory;
/// here it is refused.</summary>
[InlineArray(Words)]
internal struct DescriptorSet
{
    /// <summary>FD_SETSIZE: select(2) knows descriptors below this.</summary>
    internal const int Size = 1024;

    private const int Words = Size / 64;

    private ulong _word;

    internal readonly bool Contains(int descriptor) => (uint)descriptor < Size && (this[descriptor >> 6] & (1UL << (descriptor & 63))) != 0;

    /// <summary>64 descriptors at once.</summary>
    internal readonly ulong Word(int index) => this[index];

    /// <exception cref="ArgumentOutOfRangeException">The descriptor is not below <see cref="Size"/>.</exception>
    internal void Add(int descriptor)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)descriptor, (uint)Size, nameof(descriptor));
        this[descriptor >> 6] |= 1UL << (descriptor & 63);
    }

    internal void Remove(int descriptor)
    {
        if ((uint)descriptor < Size)
        {
            this[descriptor >> 6] &= ~(1UL << (descriptor & 63));
        }
    }
}

/// <summary>select(2). Returns how many descriptors are left in the sets, 0 when the time was over, or a negative errno.</summary>
internal static unsafe partial class SelectCalls
{
    /// <param name="count">One more than the highest descriptor in any set.</param>
    /// <param name="readers">In: what to watch. Out: what is readable.</param>
    /// <param name="writers">In: what to watch. Out: what is writable.</param>
    /// <param name="exceptional">In: what to watch. Out: what has urgent data.</param>
    /// <param name="microseconds">-1: without limit.</param>
    internal static int Wait(
        int count, ref DescriptorSet readers, ref DescriptorSet writers, ref DescriptorSet exceptional, long microseconds)
    {
        var limit = new TimeValue { Seconds = (nint)(microseconds / 1_000_000), Microseconds = (nint)(microseconds % 1_000_000) };
        // Safe: pinned during the call, and each set has the full FD_SETSIZE bits.
        fixed (DescriptorSet* read = &readers, write = &writers, except = &exceptional)
        {
            return Errno.Result(select(count, read, write, except, microseconds < 0 ? null : &limit));
        }
    }

    [LibraryImport("libc")]
    private static partial int select(
        int count, DescriptorSet* readers, DescriptorSet* writers, DescriptorSet* exceptional, TimeValue* limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeValue
    {
        internal nint Seconds;
        internal nint Microseconds;
    }
}
