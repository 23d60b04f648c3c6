using Zocalo.Endings;

namespace Zocalo.Connections;

/// <summary>
/// What a connection keeps about its end: the first abnormal cause, the close watch, the callers that wait for the end, and the end itself.
/// Made on demand, so an idle connection has none.
/// </summary>
/// <remarks>Used under the core's lock; <see cref="Cause"/> and <see cref="End"/> may be read without it.</remarks>
internal sealed class Ending
{
    /// <summary>Made when its token is first read.</summary>
    internal CancellationTokenSource? DrainingSource;

    /// <inheritdoc cref="DrainingSource"/>
    internal CancellationTokenSource? PeerGoneSource;

    internal bool IsPeerGone;

    private CompletionSource<ConnectionEnd>? _closed;
    private List<IThreadPoolWorkItem>? _waiting;

    internal Cause? Cause { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Why a send failed. It breaks the connection when everything that arrived before has been received.</summary>
    internal Cause? OfSending { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    internal ConnectionEnd? End { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    internal CloseWatch? CloseWatch { get; set; }

    internal Task<ConnectionEnd> Closed
    {
        get
        {
            if (_closed is null)
            {
                if (End is not null)
                {
                    return Task.FromResult(End);
                }
                _closed = new();
            }
            return _closed.Task;
        }
    }

    /// <summary>The connection broke: with this cause, unless one was noted before.</summary>
    internal bool HasBroken { get; private set; }

    /// <summary>The first cause counts, and a failed send came first: its callers have already seen it.</summary>
    internal void Note(Cause cause, long connectionId) => Cause ??= OfSending ?? cause with { ConnectionId = connectionId };

    internal void Break(Cause cause, long connectionId)
    {
        Note(cause, connectionId);
        HasBroken = true;
    }

    /// <summary>Posts <paramref name="work"/> at the end.</summary>
    /// <returns>False when the connection has ended already.</returns>
    internal bool TryAdd(IThreadPoolWorkItem work)
    {
        if (End is not null)
        {
            return false;
        }
        (_waiting ??= new(1)).Add(work);
        return true;
    }

    /// <summary>Resumes the callers that wait for the end. Called without the lock: once there is an end, no caller is added.</summary>
    internal void Announce(ConnectionEnd end, ConnectionCore core)
    {
        _closed?.TryResolve(end, core);
        _waiting?.ForEach(core.Post);
        _waiting = null;
    }
}
