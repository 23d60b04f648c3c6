using System.Buffers;
using Zocalo.Connections;
using Zocalo.Endings;

namespace Zocalo.Messaging;

/// <summary>
/// The sending half of a framed connection. Any number of tasks send; each frame is sent whole, in the order of the calls. A frame is
/// accepted when it is encoded in the connection's send buffer. While too many bytes wait there, senders wait here, until a send has made
/// room.
/// </summary>
/// <remarks>
/// It works under the write half's lock; what it decides there (to send, to resume a sender) is done after the unlock. While the reader has
/// more frames in its buffer, accepted frames are not flushed yet: the reader flushes them before it waits, or a work item does so earlier.
/// So the replies to the frames of one receive are one send.
/// </remarks>
internal sealed class Outbox : IBufferWriter<byte>, IThreadPoolWorkItem
{
    /// <summary>The most bytes that are held back for the reader: what one receive brings.</summary>
    private const int HeldBackAtMost = ReadHalf.LargestReceive;

    private readonly ConnectionCore _core;
    private readonly WriteHalf _half;
    private readonly FrameFormat _format;
    private readonly OutboxPolicy _policy;
    private readonly long _capacity;
    private readonly LinkedList<PendingSend> _waiting = [];
    private volatile bool _isHeldBack;      // frames are accepted and not flushed; a work item is posted in case the reader is late
    private bool _isCompleting;
    private Exception? _failure;

    internal Outbox(ConnectionCore core, FrameFormat format, MessagingOptions options)
    {
        _core = core;
        _half = core.Write;
        _format = format;
        _policy = options.WhenOutboxIsFull;
        _capacity = Math.Max(options.OutboxCapacity, core.Options.SendHighWaterMark);
    }

    /// <summary>The reader has more frames in its buffer, and will call <see cref="FlushHeldBack"/> before it waits. Set by the
    /// reader.</summary>
    internal bool IsReaderBusy { get; set; }

    /// <param name="message">Its memory is read until the task completes.</param>
    /// <param name="root">Kept alive while something waits.</param>
    /// <param name="cancellationToken">Cancels the waiting; an accepted message is sent.</param>
    internal ValueTask SendAsync(in Outgoing message, object root, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        LinkedListNode<PendingSend>? place = null;
        WriteHalf.SendStep step;
        bool isAccepted, postFlush = false;
        using (_half.Lock())
        {
            ThrowIfCompleting();
            if (Failure() is { } failure)
            {
                return ValueTask.FromException(failure);
            }
            isAccepted = HasRoom;
            if (isAccepted)
            {
                step = Accept(message, out postFlush);
            }
            else
            {
                step = FlushUnsynchronized();       // the buffered bytes may be older than the outbox, or held back
                place = _policy == OutboxPolicy.Wait ? _waiting.AddLast(new PendingSend(message.ToKeep(), root)) : null;
            }
        }
        Act(step, postFlush);
        if (isAccepted)
        {
            return _half.IsBroken ? ValueTask.FromException(_core.Cause!.ToException()) : default;
        }
        return place is null ? ValueTask.FromException(Refuse()) : new(WaitAsync(place, cancellationToken));
    }

    /// <summary>Sends if there is free space.</summary>
    internal bool TrySend(in Outgoing message)
    {
        WriteHalf.SendStep step;
        bool isAccepted, postFlush = false;
        using (_half.Lock())
        {
            if (Failure() is not null)
            {
                return false;       // broken or closed: another task may do that at any moment
            }
            ThrowIfCompleting();
            isAccepted = HasRoom;
            step = isAccepted ? Accept(message, out postFlush) : FlushUnsynchronized();
        }
        Act(step, postFlush);
        if (!isAccepted && _policy == OutboxPolicy.Disconnect)
        {
            Refuse();
        }
        return isAccepted && !_half.IsBroken;
    }

    /// <summary>The same for what is not the program's: it does not matter whether there is space, or still an output.</summary>
    internal void SendIfPossible(in Outgoing message)
    {
        var step = WriteHalf.SendStep.Nothing;
        var postFlush = false;
        using (_half.Lock())
        {
            if (!_isCompleting && Failure() is null && HasRoom)
            {
                step = Accept(message, out postFlush);
            }
        }
        Act(step, postFlush);
    }

    /// <summary>Accepts no more sends after those that wait already. Completes when these are accepted.</summary>
    /// <param name="root">Kept alive while something waits.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    internal Task CompleteAsync(object root, CancellationToken cancellationToken)
    {
        LinkedListNode<PendingSend> place;
        using (_half.Lock())
        {
            _isCompleting = true;
            if (_waiting.Count == 0)
            {
                return Task.CompletedTask;
            }
            place = _waiting.AddLast(new PendingSend(default, root) { IsMarker = true });
        }
        return WaitAsync(place, cancellationToken);
    }

    /// <summary>The reader is about to wait.</summary>
    internal void FlushHeldBack()
    {
        IsReaderBusy = false;
        if (_isHeldBack)
        {
            Flush();
        }
    }

    /// <summary>Sends what was accepted. A failure shows at the next send and in the connection's end.</summary>
    internal void Flush()
    {
        WriteHalf.SendStep step;
        using (_half.Lock())
        {
            step = FlushUnsynchronized();
        }
        _half.Send(step);
    }

    /// <summary>Ends the outbox, for senders that wait and for later ones. A frame that is being encoded is finished first.</summary>
    internal void Fail(Exception error)
    {
        PendingSend[] waiting;
        using (_half.Lock())
        {
            _failure ??= error;
            waiting = [.. _waiting];
            _waiting.Clear();
        }
        foreach (var send in waiting)
        {
            send.TryFail(error, _core);
        }
    }

    /// <summary>See <see cref="IMessageOwner.WriteWaiting"/>.</summary>
    internal IReadOnlyList<IThreadPoolWorkItem>? WriteWaiting()
    {
        List<IThreadPoolWorkItem>? written = null;
        while (_waiting.First is { Value: var next } && (next.IsMarker || _half.UnsentUnsynchronized < _capacity))
        {
            _waiting.RemoveFirst();
            if (next.TryDecide(true, next.IsMarker ? null : TryWrite(next.Message)))
            {
                (written ??= []).Add(next);
            }
        }
        return written;
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => _half.GetMemoryUnsynchronized(sizeHint);

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => _half.GetMemoryUnsynchronized(sizeHint).Span;

    void IBufferWriter<byte>.Advance(int count) => _half.AdvanceUnsynchronized(count);

    void IThreadPoolWorkItem.Execute() => Flush();

    // The methods from here to Act are called under the half's lock.
    private bool HasRoom => _waiting.Count == 0 && _half.UnsentUnsynchronized < _capacity;

    private Exception? Failure() => _failure ?? (_half.IsBroken ? _core.Cause!.ToException() : null);

    private WriteHalf.SendStep Accept(in Outgoing message, out bool postFlush)
    {
        Write(message);
        postFlush = false;
        if (!IsReaderBusy || _half.UnflushedUnsynchronized > HeldBackAtMost)
        {
            return FlushUnsynchronized();
        }
        postFlush = !_isHeldBack;
        _isHeldBack = true;
        return WriteHalf.SendStep.Nothing;
    }

    private WriteHalf.SendStep FlushUnsynchronized()
    {
        _isHeldBack = false;
        return _half.FlushUnsynchronized();
    }

    /// <returns>Null, or why this message cannot be sent. Other messages are not affected.</returns>
    private Exception? TryWrite(in Outgoing message)
    {
        try
        {
            Write(message);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private void Write(in Outgoing message)
    {
        if (message.IsEncoded)
        {
            _half.WriteUnsynchronized(message.Bytes.Span);
        }
        else
        {
            _format.Encode(message.Bytes, this);
        }
        _half.EndLoanUnsynchronized();
        message.Observer?.OnAccepted();
    }

    private void ThrowIfCompleting()
    {
        if (_isCompleting)
        {
            throw new InvalidOperationException("The output was completed; nothing can be sent any more.");
        }
    }

    /// <summary>Does what was decided under the lock, after the unlock.</summary>
    private void Act(WriteHalf.SendStep step, bool postFlush)
    {
        if (postFlush)
        {
            _core.Post(this);
        }
        _half.Send(step);
    }

    private Exception Refuse()
    {
        var full = new OutboxFullException(_half.UnsentBytes, _capacity);
        if (_policy != OutboxPolicy.Disconnect)
        {
            return full;
        }
        _core.Fail(new Cause(EndReason.LimitExceeded, Exception: full));
        return _core.Cause!.ToException();
    }

    private Task WaitAsync(LinkedListNode<PendingSend> place, CancellationToken cancellationToken) =>
        _core.Run(() => WaitInContextAsync(place, cancellationToken));

    private async Task WaitInContextAsync(LinkedListNode<PendingSend> place, CancellationToken cancellationToken)
    {
        using var giveUp = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (outbox, place) = ((Outbox, LinkedListNode<PendingSend>))state!;
                outbox.GiveUp(place, token);
            },
            (this, place));
        await place.Value.Task;
    }

    private void GiveUp(LinkedListNode<PendingSend> place, CancellationToken token)
    {
        using (_half.Lock())
        {
            if (place.List is null)
            {
                return;     // accepted already
            }
            _waiting.Remove(place);
        }
        place.Value.TryCancel(_core, token);
    }
}
