using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines.Polling;

namespace Zocalo.Engines.Loops.Sockets;

// The events of the engine: called by the loop's owner.
internal sealed partial class LoopSocket
{
    void IRegistered.OnReady(Readiness readiness)
    {
        Loop.AssertOwner();
        if (_aborted)
        {
            CancelPending();        // not by what is found there: the connection is over, whatever the peer did since
            return;
        }
        _readiness |= readiness & (Readiness.Readable | Readiness.MayEndEarly);
        if ((readiness & Readiness.Readable) != 0)
        {
            ResumeReceive();
        }
        if ((readiness & Readiness.Writable) != 0)
        {
            ResumeSend();
        }
        if (_watchesPeer && (readiness & Readiness.MayEndEarly) != 0)
        {
            Owner.OnPeerLeft();
        }
    }

    void ILoopWork.RunOnLoop()
    {
        Loop.AssertOwner();
        var requests = (Requests)Interlocked.Exchange(ref _requests, 0);
        if (_descriptor.IsClosed)
        {
            return;
        }
        _receiveWaits |= (requests & Requests.Receive) != 0;
        _sendWaits |= (requests & Requests.Send) != 0;
        if (_aborted)
        {
            CancelPending();
        }
        else
        {
            ResumeReceive();
            ResumeSend();
        }
        if ((requests & Requests.FinishReceive) != 0)
        {
            FinishReceiving();
        }
        if ((requests & Requests.WatchPeer) != 0)
        {
            BeginWatchingPeer();
        }
        if ((requests & Requests.Close) != 0)
        {
            CloseNow();
        }
    }

    private void ResumeReceive()
    {
        if (!_receiveWaits)
        {
            return;
        }
        var received = ReadNow(_into!, onLoop: true);
        if (received.IsPending)
        {
            received = Register(Readiness.Readable);
        }
        if (!received.IsPending)
        {
            EndReceiving(received);
        }
    }

    private void ResumeSend()
    {
        if (_sendWaits && SendOrWait(ref _unsent!.Bytes) is { IsPending: false } sent)
        {
            _sendWaits = false;
            _unsent.Bytes = default;
            Owner.OnSent(sent);
        }
    }

    private IoResult SendOrWait(ref ReadOnlySequence<byte> bytes)
    {
        var sent = SendNow(ref bytes);
        if (sent.Error == SocketError.NoBufferSpaceAvailable)
        {
            _ = ResumeLaterAsync();
            return IoResult.Pending;
        }
        return sent.IsPending ? Register(Readiness.Writable) : sent;
    }

    private void StorePending(in ReadOnlySequence<byte> unsent) => (_unsent ??= new()).Bytes = unsent;

    private void CancelPending()
    {
        EndReceiving(IoResult.Failed(SocketError.OperationAborted));
        if (_sendWaits)
        {
            _sendWaits = false;
            _unsent!.Bytes = default;
            Owner.OnSent(IoResult.Failed(SocketError.OperationAborted));
        }
    }

    private void FinishReceiving()
    {
        if (_receiveWaits && Loop.Calls.IsReadable(_descriptor.Number))
        {
            RequestFromLoop(Requests.FinishReceive);       // "would block" is no proof
        }
        else
        {
            EndReceiving(IoResult.Nothing);
        }
    }

    private void BeginWatchingPeer()
    {
        _watchesPeer = true;
        Register(Readiness.Readable);
        Owner.OnPeerLeft();     // it may have left before
    }

    private void EndReceiving(IoResult received)
    {
        if (_receiveWaits)
        {
            _receiveWaits = false;
            Owner.OnReceived(received);
        }
    }

    /// <summary>Receives once; pending when nothing is there.</summary>
    private IoResult ReadNow(ReceiveBuffer into, bool onLoop)
    {
        var memory = into.Reserve();
        IoResult received;
        do
        {
            received = Loop.Calls.Receive(_descriptor.Number, memory.Span);
        }
        while (received.Error == SocketError.Interrupted);
        if (received is { IsDone: true, Bytes: 0 } && Loop.Calls.WasReset(_descriptor.Number, into.Received))
        {
            received = IoResult.Failed(SocketError.ConnectionReset);    // our own send took the error first
        }
        if (received.IsPending)
        {
            into.CancelReserve();
        }
        if (_aborted)
        {
            // not what was found: the connection was over before the peer did that, and its end must not look like the peer's
            return IoResult.Failed(SocketError.OperationAborted);
        }
        if (onLoop)
        {
            // A short receive has emptied the queue, and the next byte makes a new event; unless something else than bytes is behind it,
            // for which the event has come already.
            var isReadable = received.IsDone
                && (received.Bytes == memory.Length || received.Bytes == 0 || (_readiness & Readiness.MayEndEarly) != 0);
            _readiness = (_readiness & Readiness.MayEndEarly) | (isReadable ? Readiness.Readable : Readiness.None);
        }
        return received;
    }

    private IoResult SendNow(ref ReadOnlySequence<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = Loop.Calls.Send(_descriptor.Number, bytes);
            if (sent.IsDone)
            {
                Count(sent.Bytes);
                if (sent.Bytes == bytes.Length)
                {
                    break;
                }
                bytes = bytes.Slice(sent.Bytes);
            }
            else if (sent.Error != SocketError.Interrupted)
            {
                return sent;
            }
        }
        return IoResult.Done(0);
    }

    private async Task ResumeLaterAsync()
    {
        await Task.Delay(PauseWithoutMemory, TimeProvider.System).ConfigureAwait(false);
        RequestFromLoop(Requests.Resume);
    }

    private static bool IsPassing(SocketError error) => error is SocketError.Interrupted or SocketError.NoBufferSpaceAvailable;

    private void Count(int sent) => Volatile.Write(ref _taken, _taken + sent);

    /// <returns>Pending; or why it cannot be registered, and so would wait for ever.</returns>
    private IoResult Register(Readiness interest) =>
        _descriptor.Register(this, interest) is not SocketError.Success and var error ? IoResult.Failed(error) : IoResult.Pending;

    /// <summary>What is left of a send.</summary>
    private sealed class PendingSend
    {
        internal ReadOnlySequence<byte> Bytes;
    }
}
