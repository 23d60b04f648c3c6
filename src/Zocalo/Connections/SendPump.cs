using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// Carries what is flushed to the engine, one send at a time, and the FIN behind it. The engine's half of <see cref="OutputSide"/>, which is the program's.
/// </summary>
/// <remarks>
/// Members named ...Unsynchronized are called under the side's lock, <paramref name="gate"/>; the engine never is. Whoever takes the right to send
/// (<see cref="TryBeginUnsynchronized"/>) runs the pump until nothing flushed is left, there or in the engine's callback.
/// </remarks>
internal sealed class SendPump(ConnectionCore core, Channel channel, SendBuffer buffer, Waiter waiter, int lowWaterMark, Lock gate)
{
    private enum State
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
    private long _inFlight;
    private Promise<bool>? _finished;

    /// <summary>Nothing more will happen here.</summary>
    internal bool IsSettled => _state is State.Finished or State.Broken && !_sending;

    internal bool IsOpen => _state == State.Open;

    internal bool IsFinished => _state == State.Finished;

    internal bool IsBroken => _state == State.Broken;

    /// <returns>Whether the caller has the right to send now, and must use it.</returns>
    internal bool TryBeginUnsynchronized()
    {
        if (_sending || IsSettled)
        {
            return false;
        }
        return _sending = true;
    }

    /// <summary>Sends until nothing flushed is left or a send is pending. The caller has the right to send.</summary>
    internal void Run()
    {
        do
        {
            ReadOnlySequence<byte> bytes;
            lock (gate)
            {
                bytes = IsBroken ? default : buffer.Flushed;
                if (bytes.IsEmpty && _state != State.Completing)
                {
                    EndUnsynchronized();
                    break;
                }
                bytes = bytes.Length > MaxSend ? bytes.Slice(0, MaxSend) : bytes;
                _inFlight = bytes.Length;
            }
            if (bytes.IsEmpty)
            {
                Finish();
                break;
            }
            var sent = channel.Send(bytes);
            if (sent.IsPending)
            {
                return;
            }
            Settle(sent);
        }
        while (_sending);
        core.TrySettle();
    }

    /// <summary>Sends straight from the caller's memory what the kernel takes at once, and keeps a copy of the rest. The caller has the right to send, and the buffer is empty.</summary>
    internal void RunDirectly(ReadOnlySpan<byte> bytes)
    {
        var sent = channel.TrySend(bytes);
        if (!sent.IsDone)
        {
            Settle(sent);
            core.TrySettle();
            return;
        }
        lock (gate)
        {
            if (!IsBroken)
            {
                buffer.CountDirect(sent.Bytes);
                buffer.Write(bytes[sent.Bytes..]);
                buffer.Flush();
            }
            if (IsOpen && buffer.IsEmpty)
            {
                EndUnsynchronized();
                return;
            }
        }
        Run();
    }

    /// <summary>The engine's answer to the send in flight.</summary>
    internal void OnSent(IoResult result)
    {
        Settle(result);
        if (_sending)
        {
            Run();
        }
        else
        {
            core.TrySettle();
        }
    }

    /// <summary>No more writes: what was written goes out, then the FIN. Again and again is the same as once.</summary>
    internal void Complete()
    {
        lock (gate)
        {
            if (!IsOpen)
            {
                return;
            }
            buffer.Flush();
            _state = State.Completing;
            if (!TryBeginUnsynchronized())
            {
                return;     // who is sending sends the FIN
            }
        }
        Run();
    }

    /// <summary>Completes when the FIN is handed to the kernel, behind every byte.</summary>
    internal Task WhenFinished()
    {
        lock (gate)
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
    internal void BreakUnsynchronized()
    {
        if (IsFinished)
        {
            return;
        }
        _state = State.Broken;
        AnnounceUnsynchronized();
        if (!_sending)
        {
            buffer.DiscardAll();
        }
    }

    private void Finish()
    {
        core.OnFinished(byPeer: false);     // before the FIN: its answer may overtake us
        var error = channel.FinishOutput();
        if (error != SocketError.Success)
        {
            core.Fail(Cause.From(error));
        }
        lock (gate)
        {
            if (_state == State.Completing)
            {
                _state = State.Finished;
            }
            AnnounceUnsynchronized();
            EndUnsynchronized();
        }
    }

    private void Settle(IoResult sent)
    {
        if (!sent.IsDone)
        {
            core.Fail(Cause.From(sent.Error));
        }
        lock (gate)
        {
            if (!sent.IsDone)
            {
                EndUnsynchronized();
                return;
            }
            buffer.Release(_inFlight);
            if (buffer.FlushedUnsent <= lowWaterMark)
            {
                waiter.TryWake(Wakeup.News);
            }
        }
    }

    private void EndUnsynchronized()
    {
        _sending = false;
        if (IsBroken)
        {
            buffer.DiscardAll();
        }
    }

    private void AnnounceUnsynchronized()
    {
        if (IsFinished)
        {
            _finished?.TryResolve(true, core);
        }
        else if (IsBroken)
        {
            _finished?.TryFail(core.Cause!.ToException(), core);
        }
    }
}
