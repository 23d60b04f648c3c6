namespace Zocalo.Testing;

/// <summary>
/// How a <see cref="MisbehavingStream"/> misbehaves. Without any of it the stream passes everything on as it is. Immutable: share one among
/// any number of streams, and vary it with <c>with</c>.
/// </summary>
/// <remarks>
/// Bytes are counted from the beginning of the stream, reads and writes apart. At the same count a stall comes first, then a failure, then
/// the end.
/// </remarks>
public sealed record MisbehavingStreamOptions
{
    /// <summary>
    /// What the contract of <see cref="Stream"/> allows and a correct program never notices: short reads, writes in pieces, and every
    /// second operation completed asynchronously. Give it a <see cref="Seed"/>: <c>MisbehavingStreamOptions.Harmless with { Seed = 7 }</c>.
    /// </summary>
    public static MisbehavingStreamOptions Harmless { get; } = new() { ShortReads = true, SplitWrites = true, AsyncRatio = 0.5 };

    /// <summary>Decides everything that is drawn. The same seed and the same calls give the same behaviour, on every machine; reads and
    /// writes draw apart. 0 unless set.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether a read gives a number of bytes that is drawn, from 1 to what was asked; small ones are as likely as great
    /// ones.</summary>
    public bool ShortReads { get; init; }

    /// <summary>
    /// The most bytes that the first, the second, ... read gives; the last number holds for all further reads. <c>[1]</c> is one byte at a
    /// time, <c>[3, int.MaxValue]</c> cuts once, after three. No limit unless set. Each at least 1.
    /// </summary>
    public IReadOnlyList<int> ReadSizes { get; init => field = CheckSizes(value, nameof(ReadSizes)); } = [];

    /// <summary>Whether a write reaches the inner stream in pieces whose lengths are drawn.</summary>
    public bool SplitWrites { get; init; }

    /// <summary>The most bytes of the first, the second, ... piece that reaches the inner stream; the last number holds for all further
    /// pieces. No limit unless set. Each at least 1.</summary>
    public IReadOnlyList<int> WriteSizes { get; init => field = CheckSizes(value, nameof(WriteSizes)); } = [];

    /// <summary>
    /// How many of the asynchronous operations complete later, although the inner stream could answer at once: from 0, none, to 1, all.
    /// Each piece of a write counts. Later is what <see cref="Task.Yield"/> makes of it, or after a time: <see cref="MaxDelay"/>. 0 unless
    /// set.
    /// </summary>
    public double AsyncRatio
    {
        get;
        init => field = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(AsyncRatio), value, $"AsyncRatio is {value}; it must be between 0 and 1.");
    }

    /// <summary>Up to how long an operation of <see cref="AsyncRatio"/> takes, by <see cref="Time"/>. Zero, no time at all, unless set; at
    /// most one day.</summary>
    public TimeSpan MaxDelay
    {
        get;
        init => field = value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxDelay), value, $"MaxDelay is {value}; it must be between zero and one day.");
    }

    /// <summary>The clock of <see cref="MaxDelay"/>: a <see cref="FakeTime"/>, the time of a simulated network; the system's unless
    /// set.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Whether what is written stays here until it is flushed, or the stream disposed: a program that forgets to flush before it waits for
    /// the answer waits without end. So behaves a <see cref="BufferedStream"/>, a <see cref="StreamWriter"/>, a compressor.
    /// </summary>
    public bool HoldWrites { get; init; }

    /// <summary>After how many bytes the reader is told that the stream ends, whatever more the inner one has. Never unless set.</summary>
    public long? EndAfter { get; init => field = CheckCount(value, nameof(EndAfter)); }

    /// <summary>After how many bytes every further read fails with an <see cref="IOException"/>. Never unless set.</summary>
    public long? FailReadAfter { get; init => field = CheckCount(value, nameof(FailReadAfter)); }

    /// <summary>
    /// After how many bytes every further write fails with an <see cref="IOException"/>; the write that crosses the number still brings its
    /// first bytes to the inner stream. Never unless set.
    /// </summary>
    public long? FailWriteAfter { get; init => field = CheckCount(value, nameof(FailWriteAfter)); }

    /// <summary>After how many bytes a read stalls, until its token fires, or <see cref="MisbehavingStream.Release"/>. Never unless
    /// set.</summary>
    public long? StallReadAfter { get; init => field = CheckCount(value, nameof(StallReadAfter)); }

    /// <summary>After how many bytes a write stalls, in the middle if need be, until its token fires, or
    /// <see cref="MisbehavingStream.Release"/>. Never unless set.</summary>
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
