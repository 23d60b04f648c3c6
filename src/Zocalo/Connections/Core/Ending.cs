using Zocalo.Endings;

namespace Zocalo.Connections;

/// <summary>
/// What a connection keeps of its end: the first abnormal cause, the patience of its close, who waits for the end, and the end itself.
/// Made when the first of them comes up; in an idle connection none has.
/// </summary>
/// <remarks>Used under the core's lock; <see cref="Cause"/> and <see cref="End"/> are read without.</remarks>
internal sealed class Ending
{
    /// <summary>Made when somebody asks for its token.</summary>
    internal CancellationTokenSource? DrainingSource;

    private CompletionSource<ConnectionEnd>? _closed;
    private List<IThreadPoolWorkItem>? _waiting;

    internal Cause? Cause { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Why a send failed, which breaks the connection when what came before it has been received.</summary>
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

    /// <summary>The first one counts, and a send that failed came first: its callers know of it.</summary>
    internal void Note(Cause cause, long connectionId) => Cause ??= OfSending ?? cause with { ConnectionId = connectionId };

    internal void Break(Cause cause, long connectionId)
    {
        Note(cause, connectionId);
        HasBroken = true;
    }

    /// <summary>Posts <paramref name="work"/> at the end.</summary>
    /// <returns>False when that has been.</returns>
    internal bool TryAdd(IThreadPoolWorkItem work)
    {
        if (End is not null)
        {
            return false;
        }
        (_waiting ??= new(1)).Add(work);
        return true;
    }

    /// <summary>Resumes who waits for the end. Without the lock: once there is an end, nobody joins them.</summary>
    internal void Announce(ConnectionEnd end, ConnectionCore core)
    {
        _closed?.TryResolve(end, core);
        _waiting?.ForEach(core.Post);
        _waiting = null;
    }
}
