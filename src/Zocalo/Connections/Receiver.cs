using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// Asks the engine for bytes, one receive at a time, into the receive buffer, until the peer's FIN. The engine's half of <see cref="InputSide"/>, which is the program's.
/// </summary>
/// <remarks>Whoever takes the right to receive (<see cref="TryBeginUnsynchronized"/>) calls <see cref="Run"/>.</remarks>
internal abstract class Receiver : Waiter
{
    private volatile bool _finished;
    private volatile bool _broken;
    private volatile bool _discarding;

    private protected Receiver(ConnectionCore core) : base(core)
    {
    }

    /// <summary>Nothing more will happen here.</summary>
    internal bool IsSettled => (_finished || _broken) && !IsReceiving;

    /// <summary>The peer's FIN came.</summary>
    internal bool IsFinished => _finished;

    internal long BytesReceived => Buffer.Received;

    private protected ReceiveBuffer Buffer { get; } = new();

    private protected override Side Gate => this;

    private protected bool IsBroken => _broken;

    /// <summary>A receive is in the engine.</summary>
    private protected bool IsReceiving { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <returns>Whether the caller has the right to receive now, and must use it.</returns>
    private protected bool TryBeginUnsynchronized()
    {
        if (IsReceiving || _finished || _broken)
        {
            return false;
        }
        Buffer.BeginReceive();
        return IsReceiving = true;
    }

    /// <summary>Receives once. The caller has the right to.</summary>
    /// <returns>Whether the answer is there already: bytes, the end or a breakage.</returns>
    private protected bool Run()
    {
        var answered = TryReceive();
        if (answered)
        {
            Core.OnReceiveEnded();
            GoOnDiscarding();
        }
        return answered;
    }

    /// <summary>The engine's answer to the receive in flight.</summary>
    internal void OnReceived(IoResult received)
    {
        Settle(received);
        Core.OnReceiveEnded();
        GoOnDiscarding();
    }

    /// <summary>
    /// Receives for nobody from now on, until the peer's FIN: unread data at close would make the kernel answer with RST and take our last reply with it
    /// (RFC 2525 §2.17).
    /// </summary>
    private protected void Discard()
    {
        do
        {
            lock (this)
            {
                _discarding = true;
                Buffer.DiscardAll();
                if (!TryBeginUnsynchronized())
                {
                    return;
                }
            }
            if (!TryReceive())
            {
                return;
            }
            Core.OnReceiveEnded();
        }
        while (true);
    }

    /// <summary>
    /// Receives what the kernel holds, within the limit of what may lie unread: the sending half has met the end of the connection, and
    /// what came before it is still
    /// the reader's.
    /// </summary>
    /// <returns>Whether a receive is in the engine: it brings the rest.</returns>
    internal bool ReceiveRest()
    {
        while (!IsReceiving && Core.Channel.HasBytesWaiting)
        {
            lock (this)
            {
                if (Buffer.Unconsumed >= Core.Options.ReceiveLimit || !TryBeginUnsynchronized())
                {
                    break;
                }
            }
            TryReceive();
        }
        return IsReceiving;
    }

    private protected void BreakUnsynchronized() => _broken = true;

    private bool TryReceive()
    {
        var received = Core.Channel.Receive(Buffer);
        if (received.IsPending)
        {
            return false;
        }
        Settle(received);
        return true;
    }

    // Who began to discard while this receive was in the engine relies on whoever settles it.
    private void GoOnDiscarding()
    {
        if (_discarding)
        {
            Discard();
        }
    }

    private void Settle(IoResult received)
    {
        var cause = received switch
        {
            { IsDone: false } => Cause.From(received.Error),
            { Bytes: 0 } => Core.ResetOfSending,        // an error is told once: to the send, which met it before this receive
            _ => null,
        };
        var finished = cause is null && received.Bytes == 0;
        lock (this)
        {
            IsReceiving = false;
            Buffer.Commit(received.Bytes);
            _finished = finished;
            if (_discarding)
            {
                Buffer.DiscardAll();
            }
            if (cause is null)      // otherwise the failure wakes
            {
                TryWake(Wakeup.News);
            }
        }
        if (cause is not null)
        {
            Core.Fail(cause);
            lock (this)
            {
                BreakUnsynchronized();      // another thread may have begun to break the connection, and not be here yet
                TryWake(Wakeup.News);
            }
        }
        if (finished)
        {
            Core.OnFinished(byPeer: true);
        }
        if (IsSettled)
        {
            Core.TrySettle();
        }
    }
}
