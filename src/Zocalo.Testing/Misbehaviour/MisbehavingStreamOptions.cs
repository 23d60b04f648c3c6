namespace Zocalo.Testing;

/// <summary>
/// What a <see cref="MisbehavingStream"/> does. By default the stream passes everything on unchanged. Immutable: any number of streams can
/// share one; change a copy with <c>with</c>.
/// </summary>
/// <remarks>
/// Bytes are counted from the beginning of the stream, separately for reads and writes. At the same count a stall comes first, then a
/// failure, then the end.
/// </remarks>
public sealed record MisbehavingStreamOptions
{
    /// <summary>
    /// What the contract of <see cref="Stream"/> allows and a correct program never notices: short reads, writes in pieces, and half of the
    /// operations completed asynchronously. Add a <see cref="Seed"/>: <c>MisbehavingStreamOptions.Harmless with { Seed = 7 }</c>.
    /// </summary>
    public static MisbehavingStreamOptions Harmless { get; } = new() { ShortReads = true, SplitWrites = true, AsyncRatio = 0.5 };

    /// <summary>Decides everything that is random. The same seed and the same calls give the same behaviour on every machine; reads and
    /// writes use separate random numbers. 0 unless set.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether a read gives a random number of bytes, from 1 to the requested number; small numbers are as likely as great
    /// ones.</summary>
    public bool ShortReads { get; init; }

    /// <summary>
    /// The most bytes that the first, the second, ... read gives; the last number applies to all further reads. <c>[1]</c> is one byte at a
    /// time, <c>[3, int.MaxValue]</c> cuts once, after three. No limit unless set. Each at least 1.
    /// </summary>
    public IReadOnlyList<int> ReadSizes { get; init => field = CheckSizes(value, nameof(ReadSizes)); } = [];

    /// <summary>Whether a write reaches the inner stream in pieces of random lengths.</summary>
    public bool SplitWrites { get; init; }

    /// <summary>The most bytes of the first, the second, ... piece that reaches the inner stream; the last number applies to all further
    /// pieces. No limit unless set. Each at least 1.</summary>
    public IReadOnlyList<int> WriteSizes { get; init => field = CheckSizes(value, nameof(WriteSizes)); } = [];

    /// <summary>
    /// The part of the asynchronous operations that complete later, although the inner stream could complete them at once: from 0, none, to
    /// 1, all. Each piece of a write counts. Later means after a <see cref="Task.Yield"/>, or after a time: <see cref="MaxDelay"/>. 0
    /// unless set.
    /// </summary>
    public double AsyncRatio
    {
        get;
        init => field = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(AsyncRatio), value, $"AsyncRatio is {value}; it must be between 0 and 1.");
    }

    /// <summary>The longest time that an operation of <see cref="AsyncRatio"/> takes, by <see cref="Time"/>. Zero unless set; at most one
    /// day.</summary>
    public TimeSpan MaxDelay
    {
        get;
        init => field = value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxDelay), value, $"MaxDelay is {value}; it must be between zero and one day.");
    }

    /// <summary>The clock of <see cref="MaxDelay"/>, such as a <see cref="FakeTime"/> or the time of a simulated network; the system's
    /// unless set.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Whether written bytes are held until the stream is flushed or disposed: a program that forgets to flush before it waits for an
    /// answer waits for ever. <see cref="BufferedStream"/>, <see cref="StreamWriter"/> and compressors do the same.
    /// </summary>
    public bool HoldWrites { get; init; }

    /// <summary>The number of bytes after which the stream ends for the reader, even if the inner stream has more. Never unless
    /// set.</summary>
    public long? EndAfter { get; init => field = CheckCount(value, nameof(EndAfter)); }

    /// <summary>The number of bytes after which every read fails with an <see cref="IOException"/>. Never unless set.</summary>
    public long? FailReadAfter { get; init => field = CheckCount(value, nameof(FailReadAfter)); }

    /// <summary>
    /// The number of bytes after which every write fails with an <see cref="IOException"/>; a write that crosses the number still writes
    /// its first bytes to the inner stream. Never unless set.
    /// </summary>
    public long? FailWriteAfter { get; init => field = CheckCount(value, nameof(FailWriteAfter)); }

    /// <summary>The number of bytes after which a read stalls, until it is cancelled or <see cref="MisbehavingStream.Release"/> is called.
    /// Never unless set.</summary>
    public long? StallReadAfter { get; init => field = CheckCount(value, nameof(StallReadAfter)); }

    /// <summary>The number of bytes after which a write stalls, perhaps in the middle of a call, until it is cancelled or
    /// <see cref="MisbehavingStream.Release"/> is called. Never unless set.</summary>
    public long? StallWriteAfter { get; init => field = CheckCount(value, nameof(StallWriteAfter)); }

    private static IReadOnlyList<int> CheckSizes(IReadOnlyList<int> sizes, string name)
    {
        ArgumentNullException.ThrowIfNull(sizes, name);
        foreach (var size in sizes)
        {
            if (size < 1)
            {
                throw new ArgumentOutOfRangeException(name, size, $"A number in {name} is {size}; each must be at least 1.");
            }
        }
        return [.. sizes];
    }

    private static long? CheckCount(long? count, string name) => count is not < 0
        ? count
        : throw new ArgumentOutOfRangeException(name, count, $"{name} is {count} bytes; it must be 0 or more.");
}
