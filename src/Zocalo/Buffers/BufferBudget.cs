using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Zocalo.Buffers;

namespace Zocalo;

/// <summary>
/// How many bytes of memory the buffers of many connections may take together: what was received and not consumed, and what was written and
/// not sent. When they take more, the connection that holds most ends with <see cref="EndReason.LimitExceeded"/>, and so on until the rest
/// fits. A connection that holds little stays, and none ever waits for memory. Thread-safe; share one among any options.
/// </summary>
/// <remarks>
/// The first 4 KiB of each direction do not count, so a connection with small messages costs nothing here. The kernel's own buffers do not
/// count either: <see cref="ConnectionOptions.ReceiveBufferSize"/> and <see cref="ConnectionOptions.SendBufferSize"/> limit those.
/// <para>What a connection that had to end still holds, because its handler has not returned, is left out of the comparison. When
/// everything together is twice the limit, each connection that grows ends one more.</para>
/// </remarks>
[TypeConverter(typeof(BufferBudgetConverter))]
public sealed class BufferBudget
{
    /// <summary>A budget has at least this number of bytes: a few large segments, or every large message would be one too many.</summary>
    internal const long Least = 1024 * 1024;

    // The rest is for the program, for what does not count, and for memory that the collector has not taken back yet.
    private const int ShareOfMemory = 4;

    private const int Forgotten = -1;       // an entry's number

    private readonly Lock _lock = new();
    private Entry[] _entries = new Entry[1];    // 0 is nobody's
    private int _free;                          // the first free entry below _used; 0: none
    private int _used = 1;
    private long _held;
    private long _heldByChosen;                 // part of it
    private long _ended;

    /// <summary>Makes a budget of its own.</summary>
    /// <param name="limit">Bytes, at least 1 MiB; <see cref="long.MaxValue"/> for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less.</exception>
    public BufferBudget(long limit)
    {
        if (limit < Least)
        {
            throw new ArgumentOutOfRangeException(
                nameof(limit),
                limit,
                string.Create(CultureInfo.InvariantCulture, $"BufferBudget is {limit} bytes; it must be at least {Least}."));
        }
        Limit = limit;
    }

    /// <summary>
    /// The budget of all connections whose options name no other: a quarter of the memory that this process may use, which in a container
    /// is a part of the container's limit (<see cref="GCMemoryInfo.TotalAvailableMemoryBytes"/>).
    /// </summary>
    public static BufferBudget Shared { get; } =
        new(Math.Max(Least, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfMemory));

    /// <summary>No limit; nothing is counted.</summary>
    public static BufferBudget Unlimited { get; } = new(long.MaxValue);

    /// <summary>The limit, in bytes.</summary>
    public long Limit { get; }

    /// <summary>The bytes that count now.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>How many connections it has ended.</summary>
    public long EndedCount => Volatile.Read(ref _ended);

    /// <summary>The limit in bytes, as a number.</summary>
    public override string ToString() => Limit.ToString(CultureInfo.InvariantCulture);

    /// <summary>Nothing is counted.</summary>
    internal bool IsUnlimited => Limit == long.MaxValue;

    /// <summary>A buffer has grown. May be called under a lock of a connection.</summary>
    /// <returns>Whether the budget is exceeded: then the caller calls <see cref="Relieve"/> after its own lock.</returns>
    internal bool Grow(IBufferHolder holder, int bytes)
    {
        lock (_lock)
        {
            if (holder.BudgetEntry < 0)
            {
                return false;
            }
            if (holder.BudgetEntry == 0)
            {
                holder.BudgetEntry = TakeEntry();
                _entries[holder.BudgetEntry] = new Entry { Holder = holder };
            }
            Add(ref _entries[holder.BudgetEntry], bytes);
            return IsExceeded;
        }
    }

    /// <summary>A buffer has given memory back. May be called under a lock of a connection.</summary>
    internal void Shrink(IBufferHolder holder, int bytes)
    {
        lock (_lock)
        {
            if (holder.BudgetEntry > 0)
            {
                ShrinkUnsynchronized(holder, bytes);
            }
        }
    }

    /// <summary>From now on nothing of the connection counts: what is left in its buffers is the collector's.</summary>
    internal void Forget(IBufferHolder holder)
    {
        lock (_lock)
        {
            if (holder.BudgetEntry > 0)
            {
                ShrinkUnsynchronized(holder, _entries[holder.BudgetEntry].Held);
            }
            holder.BudgetEntry = Forgotten;
        }
    }

    /// <summary>Ends the connections that hold most, until the others fit. Called without a lock.</summary>
    internal void Relieve()
    {
        for (var chosen = 0; TryChoose(isFirst: chosen == 0, out var holder, out var held); chosen++)
        {
            if (holder.EndForBudget(held))
            {
                Interlocked.Increment(ref _ended);
            }
        }
    }

    /// <summary>What the end of a connection says.</summary>
    internal InvalidOperationException Exceeded(long held) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The buffers of all connections hold more than BufferBudget allows ({Limit} bytes), " +
        $"and this connection held most ({held} bytes)."));

    private bool IsExceeded => IsExceededByOthers || _held / 2 > Limit;

    private bool IsExceededByOthers => _held - _heldByChosen > Limit;

    /// <summary>The connection that holds most of those that were not chosen yet, if it has to end. It takes a look at all that hold more
    /// than their first segments: once for each connection that ends.</summary>
    /// <remarks>What those that were chosen hold does not come back at once. So for that alone one ends, and not all.</remarks>
    private bool TryChoose(bool isFirst, out IBufferHolder holder, out long held)
    {
        lock (_lock)
        {
            var most = 0;
            var hasTo = isFirst ? IsExceeded : IsExceededByOthers;
            for (var i = 1; hasTo && i < _used; i++)
            {
                if (!_entries[i].IsChosen && _entries[i].Held > _entries[most].Held)
                {
                    most = i;
                }
            }
            ref var chosen = ref _entries[most];
            (holder, held) = (chosen.Holder!, chosen.Held);
            if (most != 0)
            {
                chosen.IsChosen = true;
                _heldByChosen += held;
            }
            return most != 0;
        }
    }

    private void ShrinkUnsynchronized(IBufferHolder holder, long bytes)
    {
        var number = holder.BudgetEntry;
        ref var entry = ref _entries[number];
        Add(ref entry, -bytes);
        Debug.Assert(entry.Held >= 0, "a connection gave back more than it held");
        if (entry.Held == 0)
        {
            entry = new Entry { NextFree = _free };
            _free = number;
            holder.BudgetEntry = 0;
        }
    }

    private void Add(ref Entry entry, long bytes)
    {
        entry.Held += bytes;
        _held += bytes;
        _heldByChosen += entry.IsChosen ? bytes : 0;
    }

    private int TakeEntry()
    {
        if (_free != 0)
        {
            var number = _free;
            _free = _entries[number].NextFree;
            return number;
        }
        if (_used == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * _used);
        }
        return _used++;
    }

    private struct Entry
    {
        internal IBufferHolder? Holder;
        internal long Held;
        internal bool IsChosen;
        internal int NextFree;
    }
}
