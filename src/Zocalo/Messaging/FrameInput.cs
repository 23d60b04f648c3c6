using System.Runtime.CompilerServices;
using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>
/// The frames of a connection's input: received into the connection's own buffer, and lent from there. Ends cleanly only between two frames; says why it ended otherwise, and leaves
/// the connection whole, so that a reply to earlier frames still goes out.
/// </summary>
/// <param name="core">The connection.</param>
/// <param name="holder">Kept alive while a read waits.</param>
/// <param name="format">How messages are framed.</param>
/// <remarks>One reader at a time.</remarks>
internal sealed class FrameInput(ConnectionCore core, object holder, FrameFormat format)
{
    private enum State
    {
        Open,
        FinishingLast,      // the server drains, and a frame has begun: it is the last one
        Ended,
    }

    private readonly FrameReader _frames = new(format);
    private State _state;
    private volatile bool _waiting;     // somebody waits: what comes is looked at there
    private bool _holding;              // the connection's buffer is lent to us
    private SequencePosition _end;      // of that buffer
    private long _leftover;             // bytes of an unfinished frame, when the buffer was given back
    private bool _hasFound;
    private Frame _found;               // seen by a wait, not yet taken
    private long _drainedAt = -1;       // bytes received when the drain was noticed
    private FrameException? _failure;

    internal long SkippedBytes => _frames.SkippedBytes;

    /// <summary>More bytes are at hand: another frame may well be.</summary>
    internal bool HasMore => _holding && !_frames.IsAtEnd;

    /// <summary>How the input ended, once <see cref="ReceiveAsync"/> has said so.</summary>
    internal Cause EndCause => new(core.Read.IsFinished ? EndReason.PeerFinished : EndReason.Drained) { ConnectionId = core.Id };

    /// <summary>A frame that is there already, lent until the next call.</summary>
    /// <exception cref="FrameException">The peer broke the format.</exception>
    internal bool TryRead(out Frame frame)
    {
        if (_waiting)
        {
            frame = default;
            return false;       // who waits looks
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
    internal bool TryPeek() => !_waiting && Look();

    /// <summary>Waits until a frame is there; none is (<see cref="TryPeek"/>).</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="FrameException">The peer broke the format, or finished inside a frame.</exception>
    /// <exception cref="ConnectionException">The connection broke.</exception>
    /// <exception cref="InvalidOperationException">Somebody waits already.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_waiting)
        {
            throw new InvalidOperationException("Another read is in progress: a connection has one reader at a time.");
        }
        _waiting = true;
        try
        {
            while (_state != State.Ended)
            {
                GiveBack();
                if (HasDrainedEnough())
                {
                    return false;
                }
                var result = await core.Read.ReadAsync(holder, cancellationToken).ConfigureAwait(false);     // whoever waits for us goes back to its own place
                _holding = true;
                _end = result.Buffer.End;
                _frames.Begin(result.Buffer);
                if (Look())
                {
                    return true;
                }
                if (result.IsCompleted)
                {
                    End();
                    if (_hasFound)
                    {
                        return true;        // it lies in the buffer that we still hold
                    }
                }
            }
            return false;
        }
        finally
        {
            _waiting = false;
        }
    }

    /// <summary>Why nothing can be done with a connection that broke or was closed.</summary>
    internal Exception Over() => core.Cause is { } cause ? cause.ToException() : core.Disposed();

    /// <summary>What came is against the protocol: nothing more is read.</summary>
    internal FrameException Undecodable(Exception error)
    {
        var failure = new FrameException(
            format.Name, new FrameError($"the message that ends here cannot be decoded: {error.Message}"), _frames.Offset, EndReason.ProtocolError, error);
        Fail(failure);
        return failure;
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

    /// <summary>No byte comes any more: the peer finished, or the server drains; then a frame that has begun is still waited for.</summary>
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

    /// <summary>At a drain what has come is served; a peer that never pauses is stopped between two frames once it sent as much again as a buffer may hold.</summary>
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
            _leftover = _frames.Leftover;
            core.Read.AdvanceTo(_frames.Consumed, _end);
        }
    }
}
