using Zocalo.Endings;
using Zocalo.Engines;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>
/// One connection and its handler: starts it, and ends the connection by the rules when it has returned. Also the connection's link in the
/// list of <see cref="ServedConnections"/>.
/// </summary>
/// <remarks>While the handler runs this object and one delegate are all that serving costs: the state machine of the end is made at the
/// end.</remarks>
internal sealed class ServedConnection(ServedConnections all, Connection connection) : IThreadPoolWorkItem, IRescueObserver
{
    private Task? _handling;

    internal Connection Connection => connection;

    internal ServedConnection? Previous { get; set; }

    internal ServedConnection? Next { get; set; }

    /// <summary>The handler's first step, run in the connection's own place, so that one which blocks does not hold up accepting.</summary>
    public void Execute()
    {
        // What a handler changes of these before its first await stays its own.
        var callers = SynchronizationContext.Current;
        var execution = ExecutionContext.Capture();
        SynchronizationContext.SetSynchronizationContext(connection.Core.Context);
        try
        {
            _handling = Call();
            if (_handling.IsCompleted)
            {
                _ = EndAsync();
            }
            else
            {
                _handling.GetAwaiter().UnsafeOnCompleted(() => _ = EndAsync());     // goes on in this context
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
            // The peer broke the format: noted where it was found. Replies to what came before still go out.
        }
        catch (Exception error) when (connection.Core.IsOwnEnd(error))
        {
            // It met its connection's own end, which has its reason already, or its drain.
        }
        catch (Exception error)
        {
            connection.Core.Fail(new Cause(EndReason.HandlerFailed, Exception: error));
            using (Log.BeginConnection(all.Logger, connection.Id))
            {
                Log.HandlerFailed(all.Logger, connection.Id, error);
            }
        }
        await connection.CloseAsync();
        all.End(this);
    }
}
