using System.Buffers;
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
        lock (_lock)
        {
            ThrowIfCompleting();
            if (_failure is not null)
            {
                return ValueTask.FromException(_failure);
            }
            if (HasRoomUnsynchronized())
            {
                if (!AcceptUnsynchronized(message))
                {
                    return default;
                }
            }
            else if (_policy == OutboxPolicy.Wait)
            {
                return new(Wait(new PendingSend(message.ToKeep()), cancellationToken));
            }
            else
            {
                return ValueTask.FromException(Refuse());
            }
        }
        return Flush(holder) is { } error ? ValueTask.FromException(error) : default;
    }

    /// <summary>Sends if there is room at once.</summary>
    internal bool TrySend(in Outgoing message, object holder)
    {
        lock (_lock)
        {
            ThrowIfCompleting();
            if (_failure is not null)
            {
                return _failure is ObjectDisposedException ? throw _failure : false;
            }
            if (!HasRoomUnsynchronized())
            {
                if (_policy == OutboxPolicy.Disconnect)
                {
                    Refuse();
                }
                return false;
            }
            if (!AcceptUnsynchronized(message))
            {
                return true;
            }
        }
        return Flush(holder) is null;
    }

    /// <summary>No more sends after those that wait already: completes when these are accepted.</summary>
    internal Task CompleteAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _completing = true;
            return _waiting.Count == 0
                ? Task.CompletedTask
                : Wait(new PendingSend(default) { IsMarker = true }, cancellationToken);
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
    private IOException? Flush(object holder)
    {
        for (var round = 0; round < RoundsForOthers; round++)
        {
            try
            {
                var flush = _output.FlushAsync(holder, default, whileWriting: true);
                if (!flush.IsCompletedSuccessfully)
                {
                    _ = FinishAsync(flush, holder);
                    return null;
                }
            }
            catch (IOException error)
            {
                Fail(error);
                return error;
            }
            catch (InvalidOperationException error)     // completed or closed meanwhile: that sends what was accepted
            {
                Fail(error);
                return null;
            }
            if (!TryGoOn())
            {
                return null;
            }
        }
        HandOver();
        return null;
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
            Fail(error);
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
            return _flushing = _output.UnflushedBytes > 0;
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
