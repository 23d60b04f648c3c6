using Microsoft.Extensions.Logging;
using Zocalo.Connections;
using Zocalo.Endings;
using Zocalo.Engines;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>
/// One connection and its handler. It starts the handler, and ends the connection by the rules when the handler has returned. It is also
/// the connection's node in the list of <see cref="ServedConnections"/>.
/// </summary>
/// <remarks>While the handler runs, serving costs this object and one delegate: the state machine for the end is made at the end.</remarks>
/// <param name="all">Those of the same server.</param>
/// <param name="connection">What is served.</param>
/// <param name="began">When it was accepted, by the server's clock; 0 if nobody wants to know.</param>
internal class ServedConnection(ServedConnections all, Connection connection, long began) : IThreadPoolWorkItem, IRescueObserver
{
    private Task? _handling;

    internal Connection Connection => connection;

    private protected ILogger Logger => all.Logger;

    internal long Began => began;

    /// <summary>Its handler has begun; it may have returned.</summary>
    internal bool HasHandler => Volatile.Read(ref _handling) is not null;

    internal ServedConnection? Previous { get; set; }

    internal ServedConnection? Next { get; set; }

    /// <summary>Starts the handler where the connection's code runs, so that a handler that blocks does not stop accepting.</summary>
    public void Execute()
    {
        // Both are restored below: what a handler changes of them before its first await must not affect other code.
        var callers = SynchronizationContext.Current;
        var execution = ExecutionContext.Capture();
        SynchronizationContext.SetSynchronizationContext(connection.Core.Context);
        try
        {
            all.OnStarting();
            _handling = Task.CompletedTask;     // a handler that blocks has begun as well
            _handling = Call();
            if (_handling.IsCompleted)
            {
                _ = EndAsync();
            }
            else
            {
                _handling.GetAwaiter().UnsafeOnCompleted(() => _ = EndAsync());     // continues in this context
            }
        }
        finally
        {
            if (execution is not null)
            {
                ExecutionContext.Restore(execution);
            }
            SynchronizationContext.SetSynchronizationContext(callers);
        }
    }

    void IRescueObserver.OnRescued(int threadsLeft) => all.OnRescued(connection.Id, threadsLeft);

    void IRescueObserver.OnSlept() => all.OnSlept(connection.Id);

    private Task Call()
    {
        try
        {
            return all.Handler(connection, connection.ConnectionClosed)
                ?? throw new InvalidOperationException("The handler returned no task.");
        }
        catch (Exception error)
        {
            return Task.FromException(error);
        }
    }

    private async Task EndAsync()
    {
        try
        {
            await _handling!;
        }
        catch (FrameException error) when (error.ConnectionId == connection.Id)
        {
            // The peer broke the format. The cause was noted where it was found. Replies to earlier messages are still sent.
        }
        catch (Exception error) when (connection.Core.IsOwnEnd(error))
        {
            // The handler met its own connection's end, which has its reason already, or its drain.
        }
        catch (Exception error)
        {
            all.OnHandlerFailed();
            connection.Core.Fail(new Cause(EndReason.HandlerFailed, Exception: error));
            using (Log.BeginConnection(all.Logger, connection.Id))
            {
                Log.HandlerFailed(all.Logger, connection.Id, error);
            }
        }
        var end = await connection.CloseAsync();
        OnEnded();
        all.End(this, end);
    }

    private protected virtual void OnEnded()
    {
    }
}

/// <summary>One that something admitted which wants to know when it has ended. Most have none, and are smaller by that.</summary>
/// <param name="all">Those of the same server.</param>
/// <param name="connection">What is served.</param>
/// <param name="lease">What admitted it.</param>
/// <param name="began">As for a <see cref="ServedConnection"/>.</param>
internal sealed class LeasedConnection(ServedConnections all, Connection connection, IDisposable lease, long began)
    : ServedConnection(all, connection, began)
{
    private protected override void OnEnded() => LeaseEnd.End(lease, Connection.Id, Logger);
}
