using Zocalo.Connections;
using Zocalo.Endings;

namespace Zocalo.Messaging;

/// <summary>
/// The frames of a connection's input. They are received into the connection's own buffer and borrowed from there. A clean end is possible
/// only between two frames. Any other end gives its cause and does not break the connection, so that replies to earlier frames are still
/// sent.
/// </summary>
/// <param name="core">The connection.</param>
/// <param name="root">Kept alive while a read waits.</param>
/// <param name="format">How messages are framed.</param>
/// <remarks>One reader at a time.</remarks>
internal sealed partial class FrameInput(ConnectionCore core, object root, FrameFormat format)
{
    private enum State
    {
        Open,
        FinishingLast,      // the server drains, and a frame has begun, which is the last one
        Ended,
    }

    private readonly FrameReader _frames = new(format);
    private State _state;
    private ValueTask<bool> _arrival;   // the wait for bytes
    private CancellationToken _token;
    private bool _answer;
    private bool _holding;              // we have borrowed the connection's buffer
    private SequencePosition _end;      // the end of that buffer
    private long _leftover;             // bytes of an unfinished frame when the buffer was released
    private bool _hasFound;
    private Frame _found;               // found by a wait, not yet taken
    private long _drainedAt = -1;       // bytes received when the drain was noticed
    private FrameException? _failure;

    internal long SkippedBytes => _frames.SkippedBytes;

    /// <summary>More bytes are in the buffer, so another frame may be there.</summary>
    internal bool HasMore => _holding && !_frames.IsAtEnd;

    /// <summary>How the input ended, after <see cref="ReceiveAsync"/> has returned the end.</summary>
    internal Cause EndCause => new(core.Read.IsFinished ? EndReason.PeerFinished : EndReason.Drained) { ConnectionId = core.Id };

    /// <summary>Takes a frame that is there already. It is borrowed until the next call.</summary>
    /// <exception cref="FrameException">The peer broke the format.</exception>
    internal bool TryRead(out Frame frame)
    {
        if (_wait != Wait.None)
        {
            frame = default;
            return false;       // the caller that waits decodes
        }
        if (!_hasFound)
        {
            return TryFind(out frame);
        }
        frame = _found;
        _found = default;
        _hasFound = false;
        return true;
    }

    /// <summary>Whether <see cref="TryRead"/> has a frame.</summary>
    /// <exception cref="FrameException">The peer broke the format.</exception>
    internal bool TryPeek() => _wait == Wait.None && Look();

    /// <summary>The exception for an operation on a connection that is broken or closed.</summary>
    internal Exception Over() => core.Cause is { } cause ? cause.ToException() : core.Disposed();

    /// <summary>The peer broke the protocol: nothing more is read.</summary>
    internal FrameException Undecodable(Exception error)
    {
        var failure = new FrameError($"the message that ends here cannot be decoded: {error.Message}")
            .ToException(format.Name, _frames.Offset, inner: error);
        Fail(failure);
        return failure;
    }

    /// <summary>Reads until a frame is there, or the end.</summary>
    /// <returns>False when <see cref="_arrival"/> waits.</returns>
    private bool TryAnswer()
    {
        while (_state != State.Ended)
        {
            _leftover = _holding ? _frames.Leftover : _leftover;
            if (HasDrainedEnough())
            {
                GiveBack();
                break;
            }
            _holding = false;
#pragma warning disable CA2012 // stored, because it may wait; TryTake takes its result, once
            _arrival = core.Read.WaitAsync(root, _token, _frames.Consumed, _end);
#pragma warning restore CA2012
            if (!_arrival.IsCompleted)
            {
                return false;
            }
            if (TryTake())
            {
                return true;
            }
        }
        _answer = false;
        return true;
    }

    /// <summary>Decodes what was read.</summary>
    /// <returns>Whether a frame is there.</returns>
    private bool TryTake()
    {
        _arrival.GetAwaiter().GetResult();
        _arrival = default;
        if (!core.Read.TryRead(out var read))
        {
            return false;
        }
        _holding = true;
        _end = read.Buffer.End;
        _frames.Begin(read.Buffer);
        if (!Look() && read.IsCompleted)
        {
            End();      // a last frame lies in the buffer, which is still borrowed
        }
        return _answer = _hasFound;
    }

    private bool Look() => _hasFound || (_hasFound = TryFind(out _found));

    private bool TryFind(out Frame frame)
    {
        if (_failure is not null)
        {
            throw _failure;
        }
        frame = default;
        if (!_holding || _state == State.Ended)
        {
            return false;
        }
        try
        {
            if (!_frames.TryRead(out frame))
            {
                return false;
            }
        }
        catch (FrameException error)
        {
            Fail(error);
            throw;
        }
        if (_state == State.FinishingLast)
        {
            _state = State.Ended;
        }
        return true;
    }

    /// <summary>The input has ended: the peer finished, or the server drains. At a drain, a frame that has begun is still
    /// awaited.</summary>
    private void End()
    {
        if (!core.Read.IsFinished)
        {
            GoOnToBoundary(_frames.Leftover);
            return;
        }
        try
        {
            _hasFound = _frames.TryEnd(out _found);
        }
        catch (FrameException error)
        {
            Fail(error);
            throw;
        }
        if (!_hasFound)
        {
            _state = State.Ended;
        }
    }

    /// <summary>At a drain, what has arrived is served. A peer that never pauses is stopped between two frames, once it has sent as many
    /// bytes more as the receive buffer may hold.</summary>
    private bool HasDrainedEnough()
    {
        if (_state != State.Open || !core.IsDraining)
        {
            return false;
        }
        if (_drainedAt < 0)
        {
            _drainedAt = core.Read.BytesReceived;
        }
        if (core.Read.BytesReceived - _drainedAt > core.Options.ReceiveLimit)
        {
            GoOnToBoundary(_leftover);
        }
        return _state == State.Ended;
    }

    private void GoOnToBoundary(long begun)
    {
        if (begun == 0)
        {
            _state = State.Ended;
            return;
        }
        core.Read.ContinueAfterDrain();
        _state = State.FinishingLast;
    }

    private void Fail(FrameException error)
    {
        _failure = error;
        error.ConnectionId = core.Id;
        core.Note(new Cause(error.Reason, Exception: error));
        core.Read.Complete();
    }

    private void GiveBack()
    {
        if (_holding)
        {
            _holding = false;
            core.Read.AdvanceTo(_frames.Consumed, _end);
        }
    }
}
