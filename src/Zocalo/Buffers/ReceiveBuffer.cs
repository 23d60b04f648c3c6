using System.Buffers;
using System.Diagnostics;

namespace Zocalo.Buffers;

/// <summary>
/// What has been received and not yet consumed, and the place where the next bytes go.
/// Not thread-safe by itself: its owner calls everything under its lock, except <see cref="Reserve"/> and
/// <see cref="CancelReserve"/>, which belong to the one receive in flight.
/// </summary>
/// <remarks>
/// An engine reserves memory when it knows that bytes are there (or, if it must, before), fills it, and reports the count;
/// the owner commits. From <see cref="BeginReceive"/> to <see cref="Commit"/> the last segment stays where it is, whatever is consumed
/// meanwhile, so a reservation in it needs no lock. An empty buffer holds no memory.
/// </remarks>
internal sealed class ReceiveBuffer
{
    // Below this much room a receive would be split for no gain: a fresh segment is better.
    private const int WorthFilling = 512;

    private Segment? _head;
    private Segment? _tail;
    private Segment? _reserved;     // rented for the receive in flight, not yet linked
    private bool _receiving;        // the receive in flight may fill the free end of the tail
    private long _consumed;
    private long _examined;
    private long _received;
    private long _burst;            // bytes since a receive last left room: they came together
    private bool _receivesAreLarge;
    private bool _pooling = true;

    internal long Received => Volatile.Read(ref _received);

    internal long Unconsumed => _received - _consumed;

    internal bool HasUnexamined => _received > _examined;

    internal ReadOnlySequence<byte> Sequence => _head is null
        ? default
        : new ReadOnlySequence<byte>(_head, (int)(_consumed - _head.Start), _tail!, _tail!.Length);

    /// <summary>A receive goes to the engine. At most one at a time.</summary>
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

    /// <summary>Gives the reservation back: nothing came yet.</summary>
    internal void CancelReserve()
    {
        if (_reserved is { } segment)
        {
            _reserved = null;
            SegmentPool.Return(segment);
        }
    }

    /// <summary>The receive has ended: the first <paramref name="count"/> bytes of its reservation hold data now.</summary>
    internal void Commit(int count)
    {
        _receiving = false;
        if (count == 0)
        {
            CancelReserve();
            ReleaseConsumed();
            return;
        }
        if (_reserved is { } segment)
        {
            _reserved = null;
            Link(segment);
        }
        // A segment filled to its end says that more of the same burst is waiting. It is the whole burst that says how large the next one's
        // segment is to be: a message a little larger than a small segment would take two receives every time.
        var isFilled = count == _tail!.Free;
        _burst += count;
        _receivesAreLarge = isFilled || _burst > SegmentPool.SmallSize;
        _burst = isFilled ? _burst : 0;
        _tail.Extend(count);
        _received += count;
    }

    /// <summary>Marks bytes as consumed (given back) and as examined (looked at), as <see cref="System.IO.Pipelines.PipeReader"/> has
    /// it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A position is not in the buffer, or the examined one lies before the consumed
    /// one.</exception>
    internal void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (consumed.Equals(examined)
            && _tail is { } tail
            && ReferenceEquals(tail, consumed.GetObject())
            && consumed.GetInteger() == tail.Length)
        {
            DiscardAll();       // all of it, which most reads consume
            return;
        }
        var consumedTo = Locate(consumed, nameof(consumed));
        var examinedTo = Math.Max(Locate(examined, nameof(examined)), _consumed);
        ArgumentOutOfRangeException.ThrowIfLessThan(examinedTo, consumedTo, nameof(examined));
        _consumed = consumedTo;
        _examined = Math.Max(_examined, examinedTo);
        ReleaseConsumed();
    }

    /// <summary>Copies what fits, and consumes it.</summary>
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

    /// <summary>What was examined and not consumed counts as unexamined again.</summary>
    internal void Reexamine() => _examined = _consumed;

    /// <summary>From now on released segments are left to the collector: somebody may still look at them.</summary>
    internal void StopPooling() => _pooling = false;

    /// <summary>Drops everything: nobody listens any more.</summary>
    internal void DiscardAll()
    {
        _consumed = _examined = _received;
        ReleaseConsumed();
    }

    /// <summary>Takes out what was received and not consumed: as if it had not come yet. No receive is in flight.</summary>
    internal byte[] TakeBack()
    {
        Debug.Assert(!_receiving, "the receive in flight would be counted behind it");
        var bytes = Sequence.ToArray();
        DiscardAll();
        _consumed = _examined = _received -= bytes.Length;
        return bytes;
    }

    private void Link(Segment segment)
    {
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
            if (_pooling)
            {
                SegmentPool.Return(head);
            }
        }
    }

    /// <summary>The stream position behind a <see cref="SequencePosition"/>; a default one means "no further than before".</summary>
    private long Locate(SequencePosition position, string name)
    {
        if (position.GetObject() is not { } place)
        {
            return _consumed;
        }
        // The tail first: what has been examined ends there, also when a long message has many segments before it.
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
