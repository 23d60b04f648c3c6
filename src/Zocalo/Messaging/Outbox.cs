using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>
/// The sending half of a framed connection: any number of tasks send, each frame goes out whole, in the order of the calls. A frame is accepted when it lies encoded in the
/// connection's send buffer; while too much waits there, senders wait here.
/// </summary>
/// <remarks>
/// One lock, held while a frame is encoded, never across a call into the engine. Flushes coalesce: one task flushes at a time, also for frames that are accepted meanwhile; and while the
/// reader has more frames at hand, the flush is left to whoever comes first, the reader before it waits or a work item, so that a batch of replies is one send.
/// </remarks>
internal sealed class Outbox : IThreadPoolWorkItem
{
    /// <summary>More than this is not held back for the reader's sake.</summary>
    private const int HeldBackAtMost = 16 * 1024;

    /// <summary>A sender does not flush for the others for ever: after so many times a work item goes on.</summary>
    private const int RoundsForOthers = 16;

    private readonly ConnectionCore _core;
    private readonly FrameFormat _format;
    private readonly OutputSide _output;
    private readonly OutboxPolicy _policy;
    private readonly long _capacity;
    private readonly Lock _lock = new();
    private readonly LinkedList<PendingSend> _waiting = [];
    private bool _flushing;         // somebody flushes or will: it looks again before it stops
    private bool _heldBack;         // will: nobody has begun
    private bool _completing;
    private Exception? _failure;

    internal Outbox(ConnectionCore core, FrameFormat format, MessagingOptions options)
    {
        _core = core;
        _format = format;
        _output = core.Output;
        _policy = options.WhenOutboxIsFull;
        _capacity = Math.Max(options.OutboxCapacity, core.Options.SendHighWaterMark);
    }

    /// <summary>The reader has more frames at hand, and calls <see cref="FlushHeldBack"/> before it waits. Set by the reader.</summary>
    internal bool IsReaderBusy { get; set; }

    /// <param name="message">Its memory is read until the task completes.</param>
    /// <param name="holder">Kept alive while something waits.</param>
    /// <param name="cancellationToken">Cancels the waiting; an accepted message is sent.</param>
    internal ValueTask SendAsync(in Outgoing message, object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        bool flush;
        ValueTask sending = default;
        lock (_lock)
        {
            ThrowIfCompleting();
            if (_failure is not null)
            {
                return ValueTask.FromException(_failure);
            }
            if (HasRoomUnsynchronized())
            {
                flush = AcceptUnsynchronized(message);
            }
            else
            {
                flush = TryBeginFlushUnsynchronized();
                sending = _policy == OutboxPolicy.Wait
                    ? new(Wait(new PendingSend(message.ToKeep(), holder), cancellationToken))
                    : ValueTask.FromException(Refuse());
            }
        }
        return flush && Flush(holder) is { } error && sending.IsCompletedSuccessfully ? ValueTask.FromException(error) : sending;
    }

    /// <summary>Sends if there is room at once.</summary>
    internal bool TrySend(in Outgoing message, object holder)
    {
        bool accepted, flush;
        lock (_lock)
        {
            if (_failure is not null)
            {
                return false;       // broken, or closed: another task may have done that at any moment
            }
            ThrowIfCompleting();
            accepted = HasRoomUnsynchronized();
            flush = accepted ? AcceptUnsynchronized(message) : TryBeginFlushUnsynchronized();
            if (!accepted && _policy == OutboxPolicy.Disconnect)
            {
                Refuse();
            }
        }
        return (!flush || Flush(holder) is null) && accepted;
    }

    /// <summary>No more sends after those that wait already: completes when these are accepted.</summary>
    /// <param name="holder">Kept alive while something waits.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    internal Task CompleteAsync(object holder, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _completing = true;
            return _waiting.Count == 0
                ? Task.CompletedTask
                : Wait(new PendingSend(default, holder) { IsMarker = true }, cancellationToken);
        }
    }

    /// <summary>The reader is about to wait.</summary>
    internal void FlushHeldBack(object holder)
    {
        IsReaderBusy = false;
        if (!Volatile.Read(ref _heldBack))
        {
            return;
        }
        lock (_lock)
        {
            if (!_heldBack)
            {
                return;
            }
            _heldBack = false;
        }
        Flush(holder);      // a failure shows at the next send, and where the connection ends
    }

    void IThreadPoolWorkItem.Execute() => FlushHeldBack(_core);

    /// <summary>Ends it: for whoever waits, and for whoever comes. A frame that is being encoded is finished before.</summary>
    internal void Fail(Exception error)
    {
        lock (_lock)
        {
            _failure ??= error;
            _flushing = false;
            foreach (var send in _waiting)
            {
                send.TryFail(error, _core);
            }
            _waiting.Clear();
        }
    }

    private bool HasRoomUnsynchronized() => _waiting.Count == 0 && _output.UnsentBytes < _capacity;

    /// <summary>Too much waits in the buffer. It may be older than the outbox, and then nobody else sees to it that it goes out.</summary>
    /// <returns>Whether the caller must flush.</returns>
    private bool TryBeginFlushUnsynchronized() => !_flushing && (_flushing = true);

    /// <returns>Whether the caller must flush.</returns>
    private bool AcceptUnsynchronized(in Outgoing message)
    {
        WriteUnsynchronized(message);
        if (_flushing && !_heldBack)
        {
            return false;
        }
        if (!IsReaderBusy || _output.UnflushedBytes > HeldBackAtMost)
        {
            _heldBack = false;
            return _flushing = true;
        }
        if (!_heldBack)
        {
            _heldBack = _flushing = true;
            _core.Start(this);
        }
        return false;
    }

    private void WriteUnsynchronized(in Outgoing message)
    {
        if (message.IsEncoded)
        {
            _output.Write(message.Bytes.Span);
        }
        else
        {
            _format.Encode(message.Bytes, _output);
        }
        _output.EndLoan();
        message.Witness?.OnAccepted();
    }

    /// <summary>Sends what was accepted, until nothing is left or the kernel makes it wait; then that goes on by itself.</summary>
    /// <returns>What broke.</returns>
    private Exception? Flush(object holder)
    {
        for (var round = 0; round < RoundsForOthers; round++)
        {
            try
            {
                if (!GoesOn(_output.FlushAsync(holder, default, whileWriting: true), holder))
                {
                    return null;
                }
            }
            catch (Exception error) when (error is IOException or InvalidOperationException)
            {
                return EndFlushing(error);
            }
        }
        HandOver();
        return null;
    }

    /// <summary>
    /// Follows a flush to its end, here or when it comes. The result is taken in any case: a flush that had to wait, and was over before
    /// anybody looked, stays the one in progress until then, and the next one would be refused.
    /// </summary>
    /// <returns>Whether it has ended, and there is more to flush.</returns>
    internal bool GoesOn(ValueTask<FlushResult> flush, object holder)
    {
        if (flush.IsCompleted)
        {
            flush.GetAwaiter().GetResult();
            return TryGoOn();
        }
        _ = FinishAsync(flush, holder);
        return false;
    }

    /// <summary>
    /// Nothing can be flushed any more. When the output was completed or closed meanwhile, that sends what was accepted; anything else breaks
    /// the connection, or accepted messages would lie here for ever.
    /// </summary>
    /// <returns>What broke.</returns>
    private Exception? EndFlushing(Exception error)
    {
        if (error is InvalidOperationException && !_output.IsCompleted && !_core.IsClosing)
        {
            _core.Fail(new Cause(EndReason.Aborted, Exception: error));
            error = _core.Cause?.ToException() ?? error;
        }
        Fail(error);
        return error is InvalidOperationException ? null : error;
    }

    private void HandOver()
    {
        lock (_lock)
        {
            _heldBack = true;
        }
        _core.Start(this);
    }

    private async Task FinishAsync(ValueTask<FlushResult> flush, object holder)
    {
        try
        {
            await flush.ConfigureAwait(false);      // in the engine's place: the flush serves others too, not only whoever began it
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            EndFlushing(error);
            return;
        }
        if (TryGoOn())
        {
            Flush(holder);
        }
    }

    /// <summary>A flush is done: those who waited come in.</summary>
    /// <returns>Whether there is more to flush.</returns>
    private bool TryGoOn()
    {
        lock (_lock)
        {
            while (_waiting.First is { Value: var next } && (next.IsMarker || _output.UnsentBytes < _capacity))
            {
                _waiting.RemoveFirst();
                try
                {
                    if (!next.IsMarker)
                    {
                        WriteUnsynchronized(next.Message);
                    }
                    next.TryResolve(true, _core);
                }
                catch (Exception error)
                {
                    next.TryFail(error, _core);        // this message cannot be sent; the others can
                }
            }
            // Who waits relies on a flush. There may be no room yet: somebody who had the bytes before us can have cancelled this one.
            return _flushing = _output.UnflushedBytes > 0 || _waiting.Count > 0;
        }
    }

    private Exception Refuse()
    {
        var full = new OutboxFullException(_output.UnsentBytes, _capacity);
        if (_policy != OutboxPolicy.Disconnect)
        {
            return full;
        }
        var cause = new Cause(EndReason.LimitExceeded, Exception: full) { ConnectionId = _core.Id };
        _core.FailLater(cause);
        return cause.ToException();
    }

    private Task Wait(PendingSend send, CancellationToken cancellationToken)
    {
        Debug.Assert(_flushing, "somebody waits for room, and nobody flushes");
        var place = _waiting.AddLast(send);
        return _core.Run(() => WaitAsync(place, cancellationToken));
    }

    private async Task WaitAsync(LinkedListNode<PendingSend> place, CancellationToken cancellationToken)
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
        lock (_lock)
        {
            if (place.List is null)
            {
                return;     // accepted already
            }
            _waiting.Remove(place);
        }
        place.Value.TryCancel(_core, token);
    }

    private void ThrowIfCompleting()
    {
        if (_completing)
        {
            throw new InvalidOperationException("The output was completed; nothing can be sent any more.");
        }
    }
}
