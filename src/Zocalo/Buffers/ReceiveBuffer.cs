using System.Buffers;
using System.Diagnostics;

namespace Zocalo.Buffers;

/// <summary>
/// The bytes that were received and not yet consumed, and the memory for the next ones. Not thread-safe: its owner calls everything under
/// its lock, except <see cref="Reserve"/> and <see cref="CancelReserve"/>, which only the one receive in flight calls.
/// </summary>
/// <remarks>
/// An engine reserves memory when it knows that bytes are there (or earlier, if it must), fills it, and reports the count; the owner
/// commits. From <see cref="BeginReceive"/> to <see cref="Commit"/> the last segment is kept, even if everything is consumed meanwhile, so
/// a reservation in it needs no lock. An empty buffer holds no memory.
/// </remarks>
internal sealed class ReceiveBuffer
{
    // With less room than this a receive would only be split in two: a new segment is better.
    private const int WorthFilling = 512;

    private Segment? _head;
    private Segment? _tail;
    private Segment? _reserved;     // rented for the receive in flight, not yet linked
    private bool _receiving;        // the receive in flight may fill the free end of the tail
    private long _consumed;
    private long _examined;
    private long _received;
    private long _burst;            // bytes since a receive last left room: they belong to one burst
    private bool _receivesAreLarge;
    private bool _pooling = true;

    internal long Received => Volatile.Read(ref _received);

    /// <summary>Kept here for the whole connection, because there is room: see <see cref="IBufferHolder.BudgetEntry"/>.</summary>
    internal int BudgetEntry { get; set; }

    internal long Consumed => _consumed;

    internal long Unconsumed => _received - _consumed;

    internal bool HasUnexamined => _received > _examined;

    internal ReadOnlySequence<byte> Sequence => _head is null
        ? default
        : new ReadOnlySequence<byte>(_head, (int)(_consumed - _head.Start), _tail!, _tail!.Length);

    /// <summary>A receive begins. At most one is in flight.</summary>
    internal void BeginReceive()
    {
        Debug.Assert(!_receiving, "two receives in flight");
        _receiving = true;
    }

    /// <summary>Memory for the receive in flight.</summary>
    internal Memory<byte> Reserve()
    {
        Debug.Assert(_reserved is null, "two reservations");
        if (_tail is { Free: >= WorthFilling } tail)
        {
            return tail.FreeMemory;
        }
        _reserved = SegmentPool.Rent(_receivesAreLarge ? SegmentPool.LargeSize : SegmentPool.SmallSize);
        return _reserved.Array;
    }

    /// <summary>Releases the reservation: nothing has come yet.</summary>
    internal void CancelReserve()
    {
        if (_reserved is { } segment)
        {
            _reserved = null;
            SegmentPool.Return(segment);
        }
    }

    /// <summary>The receive has ended: the first <paramref name="count"/> bytes of its reservation hold data now.</summary>
    /// <param name="count">0 if nothing came.</param>
    /// <param name="holder">Whose budget the buffer counts in; null: it is not counted.</param>
    /// <returns>Whether the budget is exceeded: then the owner relieves it after the unlock.</returns>
    internal bool Commit(int count, IBufferHolder? holder = null)
    {
        _receiving = false;
        if (count == 0)
        {
            CancelReserve();
            ReleaseConsumed();
            return false;
        }
        var isOver = false;
        if (_reserved is { } segment)
        {
            _reserved = null;
            isOver = Link(segment, holder);
        }
        // A segment that was filled to its end means that more of the same burst waits. The size of the whole burst decides how large the
        // segment for the next one is: otherwise a message a little larger than a small segment would take two receives every time.
        var isFilled = count == _tail!.Free;
        _burst += count;
        _receivesAreLarge = isFilled || _burst > SegmentPool.SmallSize;
        _burst = isFilled ? _burst : 0;
        _tail.Extend(count);
        _received += count;
        return isOver;
    }

    /// <summary>Marks bytes as consumed (released) and as examined, as in <see cref="System.IO.Pipelines.PipeReader"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A position is not in the buffer, or the examined one lies before the consumed
    /// one.</exception>
    internal void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (consumed.Equals(examined)
            && _tail is { } tail
            && ReferenceEquals(tail, consumed.GetObject())
            && consumed.GetInteger() == tail.Length)
        {
            DiscardAll();       // everything: what most reads consume
            return;
        }
        var consumedTo = Locate(consumed, nameof(consumed));
        var examinedTo = Math.Max(Locate(examined, nameof(examined)), _consumed);
        ArgumentOutOfRangeException.ThrowIfLessThan(examinedTo, consumedTo, nameof(examined));
        _consumed = consumedTo;
        _examined = Math.Max(_examined, examinedTo);
        ReleaseConsumed();
    }

    /// <summary>Copies as much as fits, and consumes it.</summary>
    /// <returns>How many bytes.</returns>
    internal int Read(Span<byte> into)
    {
        var count = 0;
        for (var segment = _head; segment is not null && count < into.Length; segment = segment.NextSegment)
        {
            var from = (int)(_consumed + count - segment.Start);
            var some = segment.Array.AsSpan(from, Math.Min(segment.Length - from, into.Length - count));
            some.CopyTo(into[count..]);
            count += some.Length;
        }
        _consumed += count;
        _examined = Math.Max(_examined, _consumed);
        ReleaseConsumed();
        return count;
    }

    /// <summary>Bytes that were examined and not consumed count as unexamined again.</summary>
    internal void Reexamine() => _examined = _consumed;

    /// <summary>From now on released segments are left to the garbage collector, because a reader may still use them.</summary>
    internal void StopPooling() => _pooling = false;

    /// <summary>Drops everything: the reader has finished.</summary>
    internal void DiscardAll()
    {
        _consumed = _examined = _received;
        ReleaseConsumed();
    }

    /// <summary>Takes out what was received and not consumed, as if it had not arrived. No receive may be in flight.</summary>
    internal byte[] TakeBack()
    {
        Debug.Assert(!_receiving, "the receive in flight would be counted behind it");
        var bytes = Sequence.ToArray();
        DiscardAll();
        _consumed = _examined = _received -= bytes.Length;
        return bytes;
    }

    /// <returns>Whether the budget is exceeded.</returns>
    private bool Link(Segment segment, IBufferHolder? holder)
    {
        var isOver = BufferGrowth.Count(holder, segment, isFirst: _tail is null);
        if (_tail is null)
        {
            segment.Begin(_received);
            _head = segment;
        }
        else
        {
            _tail.Append(segment);
        }
        _tail = segment;
        return isOver;
    }

    private void ReleaseConsumed()
    {
        while (_head is { } head && head.End <= _consumed)
        {
            if (head == _tail)
            {
                if (_receiving)
                {
                    return;     // the receive in flight may write here
                }
                _tail = null;
            }
            _head = head.NextSegment;
            BufferGrowth.Uncount(head);
            if (_pooling)
            {
                SegmentPool.Return(head);
            }
        }
    }

    /// <summary>The stream position of a <see cref="SequencePosition"/>; the default value means "no further than before".</summary>
    private long Locate(SequencePosition position, string name)
    {
        if (position.GetObject() is not { } place)
        {
            return _consumed;
        }
        // The tail first: the examined position is usually there, also when a long message has many segments before it.
        for (var segment = ReferenceEquals(_tail, place) ? _tail : _head; segment is not null; segment = segment.NextSegment)
        {
            var index = position.GetInteger();
            if (ReferenceEquals(segment, place) && index >= 0 && index <= segment.Length && segment.Start + index >= _consumed)
            {
                return segment.Start + index;
            }
        }
        throw new ArgumentOutOfRangeException(name, "The position lies outside the buffer of the read that is being advanced.");
    }
}
