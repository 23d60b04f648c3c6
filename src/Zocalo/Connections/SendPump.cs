using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// Carries what is flushed to the engine, one send at a time, and the FIN behind it. The engine's half of <see cref="OutputSide"/>, which is the program's.
/// </summary>
/// <remarks>
/// Whoever takes the right to send (<see cref="TryBeginUnsynchronized()"/>) runs the pump until nothing flushed is left, there or in the engine's callback.
/// </remarks>
internal abstract class SendPump : Side
{
    private enum State : byte
    {
        Open,
        Completing,     // no more writes; what is flushed goes out, then FIN
        Finished,       // FIN sent
        Broken,
    }

    // One vectored send takes this many bytes at most, so that progress shows and memory comes back along a large write.
    private const int MaxSend = 4 * SegmentPool.LargeSize;

    private volatile State _state;
    private volatile bool _sending;     // somebody has the right to send
    private int _inFlight;
    private CompletionSource<bool>? _finished;

    private protected SendBuffer Buffer;     // a struct, which lies in this object

    private protected SendPump(ConnectionCore core) : base(core)
    {
    }

    /// <summary>Nothing more will happen here.</summary>
    internal bool IsSettled => _state is State.Finished or State.Broken && !_sending;

    /// <summary>The FIN was handed to the kernel.</summary>
    internal bool IsFinished => _state == State.Finished;

    private protected bool IsOpen => _state == State.Open;

    private protected bool IsBroken => _state == State.Broken;

    /// <summary>All that was flushed is with the kernel, as long as the output is open.</summary>
    private protected bool IsIdle => !_sending;

    /// <summary>Made when a flush has to wait for the first time: most connections never do.</summary>
    private protected Waiter? Waiter { get; set; }

    /// <returns>Whether the caller has the right to send now, and must use it.</returns>
    private protected bool TryBeginUnsynchronized()
    {
        if (_sending || IsSettled)
        {
            return false;
        }
        return _sending = true;
    }

    /// <summary>The same, for who sends what is flushed: <paramref name="bytes"/> are for <see cref="Run"/>.</summary>
    private protected bool TryBeginUnsynchronized(out ReadOnlySequence<byte> bytes)
    {
        bytes = default;
        return TryBeginUnsynchronized() && TryTakeUnsynchronized(out bytes);
    }

    /// <summary>Sends until nothing flushed is left or a send is pending. The caller has the right to send, and has taken the first bytes; none are the FIN.</summary>
    private protected void Run(ReadOnlySequence<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = Core.Channel.Send(bytes);
            if (sent.IsPending)
            {
                return;
            }
            if (!Settle(sent, out bytes))
            {
                EndIfSettled();
                return;
            }
        }
        Finish();
        EndIfSettled();
    }

    /// <summary>Sends straight from the caller's memory what the kernel takes at once, and keeps a copy of the rest. The caller has the right to send, and the buffer is empty.</summary>
    private protected void RunDirectly(ReadOnlySpan<byte> bytes)
    {
        var sent = Core.Channel.TrySend(bytes);
        ReadOnlySequence<byte> rest = default;
        bool goOn;
        if (sent.IsDone)
        {
            lock (this)
            {
                if (!IsBroken)
                {
                    Buffer.CountDirect(sent.Bytes);
                    Buffer.Write(bytes[sent.Bytes..]);
                    Buffer.Flush();
                }
                goOn = TryTakeUnsynchronized(out rest);
            }
        }
        else
        {
            goOn = Settle(sent, out rest);
        }
        if (goOn)
        {
            Run(rest);
        }
        else
        {
            EndIfSettled();
        }
    }

    /// <summary>The engine's answer to the send in flight.</summary>
    internal void OnSent(IoResult result)
    {
        if (Settle(result, out var bytes))
        {
            Run(bytes);
        }
        else
        {
            EndIfSettled();
        }
    }

    /// <summary>No more writes: what was written goes out, then the FIN. Again and again is the same as once.</summary>
    private protected void FinishAfterSending()
    {
        ReadOnlySequence<byte> bytes;
        lock (this)
        {
            if (!IsOpen)
            {
                return;
            }
            Buffer.Flush();
            _state = State.Completing;
            if (!TryBeginUnsynchronized(out bytes))
            {
                return;     // who is sending sends the FIN
            }
        }
        Run(bytes);
    }

    /// <summary>Completes when the FIN is handed to the kernel, behind every byte.</summary>
    internal Task WhenFinished()
    {
        lock (this)
        {
            if (IsFinished)
            {
                return Task.CompletedTask;      // no hop: who half-closes may want to act before the peer's answer can come
            }
            _finished ??= new();
            AnnounceUnsynchronized();
            return _finished.Task;
        }
    }

    /// <summary>The connection broke: what was not sent never will be.</summary>
    private protected void BreakUnsynchronized()
    {
        if (IsFinished)
        {
            return;
        }
        _state = State.Broken;
        AnnounceUnsynchronized();
        if (!_sending)
        {
            Buffer.DiscardAll();
        }
    }

    private void Finish()
    {
        Core.OnFinished(byPeer: false);     // before the FIN: its answer may overtake us
        var error = Core.Channel.FinishOutput();
        if (error != SocketError.Success)
        {
            Core.FailOfSending(Cause.From(error));
        }
        lock (this)
        {
            if (error != SocketError.Success)
            {
                BreakUnsynchronized();      // another thread may have begun to break the connection, and not be here yet
            }
            else if (_state == State.Completing)
            {
                _state = State.Finished;
            }
            AnnounceUnsynchronized();
            EndUnsynchronized();
        }
    }

    /// <returns>As <see cref="TryTakeUnsynchronized"/>: a send that has ended and the next one share a lock.</returns>
    private bool Settle(IoResult sent, out ReadOnlySequence<byte> next)
    {
        if (!sent.IsDone)
        {
            Core.FailOfSending(Cause.From(sent.Error));
        }
        lock (this)
        {
            if (!sent.IsDone)
            {
                BreakUnsynchronized();      // as in Finish: nothing is sent after a send that failed
                Waiter?.TryWake(Wakeup.News);
                EndUnsynchronized();
                next = default;
                return false;
            }
            Buffer.Release(_inFlight);
            if (Waiter is not null && Buffer.FlushedUnsent <= Core.Options.SendHighWaterMark / 2)
            {
                Waiter.TryWake(Wakeup.News);
            }
            return TryTakeUnsynchronized(out next);
        }
    }

    /// <summary>What is to be sent next; nothing means the FIN.</summary>
    /// <returns>False when there is neither: the right to send is given back.</returns>
    private bool TryTakeUnsynchronized(out ReadOnlySequence<byte> bytes)
    {
        bytes = IsBroken ? default : Buffer.Flushed;
        if (bytes.IsEmpty && _state != State.Completing)
        {
            EndUnsynchronized();
            return false;
        }
        if (bytes.Length > MaxSend)
        {
            bytes = bytes.Slice(0, MaxSend);
        }
        _inFlight = (int)bytes.Length;
        return true;
    }

    private void EndIfSettled()
    {
        if (IsSettled)
        {
            Core.TrySettle();
        }
    }

    private void EndUnsynchronized()
    {
        _sending = false;
        if (IsBroken)
        {
            Buffer.DiscardAll();
        }
    }

    private void AnnounceUnsynchronized()
    {
        if (IsFinished)
        {
            _finished?.TryResolve(true, Core);
        }
        else if (IsBroken)
        {
            _finished?.TryFail(Core.Cause!.ToException(), Core);
        }
    }
}
