using System.Numerics;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Misbehaviour;

/// <summary>One direction of a <see cref="MisbehavingStream"/>: the bytes that it has moved, and what it does next. It has no access to the
/// stream; one operation at a time.</summary>
internal sealed class MisbehavingDirection
{
    private readonly MisbehavingStreamOptions _options;
    private readonly StallGate _gate;
    private readonly SeededRandom _random;
    private int _operations;
    private long _bytes;

    private MisbehavingDirection(MisbehavingStreamOptions options, StallGate gate, ulong purpose)
    {
        _options = options;
        _gate = gate;
        // Each direction has its own numbers, so the order of reads and writes among each other changes nothing.
        _random = SeededRandom.For(options.Seed, purpose);
    }

    internal long Bytes => Volatile.Read(ref _bytes);

    internal bool IsAtEnd => Bytes == EndAfter;

    private bool DrawsSizes { get; init; }

    private IReadOnlyList<int> Sizes { get; init; } = [];

    private long? StallAfter { get; init; }

    private long? FailAfter { get; init; }

    private long? EndAfter { get; init; }

    internal static MisbehavingDirection Reads(MisbehavingStreamOptions options, StallGate gate) => new(options, gate, 1)
    {
        DrawsSizes = options.ShortReads,
        Sizes = options.ReadSizes,
        StallAfter = options.StallReadAfter,
        FailAfter = options.FailReadAfter,
        EndAfter = options.EndAfter,
    };

    internal static MisbehavingDirection Writes(MisbehavingStreamOptions options, StallGate gate) => new(options, gate, 2)
    {
        DrawsSizes = options.SplitWrites,
        Sizes = options.WriteSizes,
        StallAfter = options.StallWriteAfter,
        FailAfter = options.FailWriteAfter,
    };

    /// <summary>Runs before an operation: delays it, stalls it, or lets it fail.</summary>
    internal async ValueTask PauseAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (NextDelay() is { } delay)
        {
            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, _options.Time, cancellationToken);
            }
            else
            {
                await Task.Yield();
            }
        }
        if (Bytes == StallAfter)
        {
            await _gate.PassAsync(cancellationToken);
        }
        ThrowIfBroken();
    }

    /// <summary>The same for a synchronous operation, without a delay.</summary>
    internal void Pause()
    {
        NextDelay();        // drawn although unused, so that later operations behave the same
        if (Bytes == StallAfter)
        {
            _gate.Pass();
        }
        ThrowIfBroken();
    }

    /// <summary>How many of <paramref name="asked"/> bytes the next operation may move: never beyond the next stall, failure or
    /// end.</summary>
    internal int NextSize(int asked)
    {
        if (asked == 0)
        {
            return 0;       // a read of 0 bytes waits for data; it does not count
        }
        var size = Sizes.Count == 0 ? asked : Math.Min(asked, Sizes[Math.Min(_operations, Sizes.Count - 1)]);
        _operations++;
        size = Before(StallAfter, Before(FailAfter, Before(EndAfter, size)));
        return DrawsSizes ? Draw(size) : size;
    }

    internal void Moved(int count) => Volatile.Write(ref _bytes, _bytes + count);

    /// <summary>Null to complete at once, zero to complete later but without a delay.</summary>
    private TimeSpan? NextDelay() => _random.Chance(_options.AsyncRatio) ? _random.Next(_options.MaxDelay) : null;

    private int Before(long? point, int size) => point > Bytes ? (int)Math.Min(size, point.Value - Bytes) : size;

    /// <summary>From 1 to <paramref name="most"/>, each order of magnitude with the same probability: else a message of 20 bytes, read into
    /// a buffer of 4 KiB, would hardly ever be split.</summary>
    private int Draw(int most)
    {
        var magnitude = 1L << _random.Next(0, BitOperations.Log2((uint)most) + 1);
        return _random.Next(1, (int)Math.Min(most, magnitude));
    }

    private void ThrowIfBroken()
    {
        if (Bytes == FailAfter)
        {
            throw new IOException($"The stream broke after {Bytes} bytes, as its MisbehavingStreamOptions ask.");
        }
    }
}
