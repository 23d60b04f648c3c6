using System.Numerics;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Misbehaviour;

/// <summary>One direction of a <see cref="MisbehavingStream"/>: what it has moved, and what it does next. Knows no stream; one operation at
/// a time.</summary>
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
        // Numbers of this direction's own, so that the order of reads among writes changes nothing.
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

    /// <summary>What comes before an operation: it takes its time, stalls, or fails.</summary>
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

    /// <summary>The same for a synchronous operation, which takes no time.</summary>
    internal void Pause()
    {
        NextDelay();        // drawn all the same, so that the operations that follow do as they would
        if (Bytes == StallAfter)
        {
            _gate.Pass();
        }
        ThrowIfBroken();
    }

    /// <summary>How many bytes of <paramref name="asked"/> the next operation may move: never past a point where something
    /// happens.</summary>
    internal int NextSize(int asked)
    {
        if (asked == 0)
        {
            return 0;       // a read for nothing waits for data; it is no turn
        }
        var size = Sizes.Count == 0 ? asked : Math.Min(asked, Sizes[Math.Min(_operations, Sizes.Count - 1)]);
        _operations++;
        size = Before(StallAfter, Before(FailAfter, Before(EndAfter, size)));
        return DrawsSizes ? Draw(size) : size;
    }

    internal void Moved(int count) => Volatile.Write(ref _bytes, _bytes + count);

    /// <summary>Null for at once, zero for later but in no time.</summary>
    private TimeSpan? NextDelay() => _random.Chance(_options.AsyncRatio) ? _random.Next(_options.MaxDelay) : null;

    private int Before(long? point, int size) => point > Bytes ? (int)Math.Min(size, point.Value - Bytes) : size;

    /// <summary>From 1 to <paramref name="most"/>, each order of magnitude as likely as another: or a message of 20 bytes read into 4 KiB
    /// would hardly ever be cut.</summary>
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
