using System.Runtime.CompilerServices;

namespace Zocalo.Contract.Claims;

/// <summary>A connection that the program forgot is ended and reported; one in use is not. Runs alone: the collector is the whole
/// process's.</summary>
[Collection(nameof(RunsAlone))]
public sealed class DroppedConnectionClaims
{
    [Claim(Needs = Needs.Collector)]
    public async Task A_connection_that_is_dropped_is_aborted_and_reported(Transport transport)
    {
        var log = new EventLog();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var closed = Dropped(listener.LocalAddress, new() { Engine = site.Engine, Logger = log });
        var server = await site.AcceptAsync(listener);
        var end = await CollectedAsync(closed);
        Assert.Equal(EndReason.Aborted, end.Reason);
        var line = Assert.Single(log.Lines, line => line.Contains("dropped", StringComparison.Ordinal));
        Assert.StartsWith("Warning", line, StringComparison.Ordinal);
        Assert.Contains($"{listener.LocalAddress}", line, StringComparison.Ordinal);
        await Record.ExceptionAsync(() => server.TakeAllAsync());       // it is told, by a reset or a FIN
    }

    [Claim(Needs = Needs.Collector)]
    public async Task A_report_names_the_place_where_the_connection_was_made_if_asked_to(Transport transport)
    {
        var log = new EventLog();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var closed = Dropped(
            listener.LocalAddress, new() { Engine = site.Engine, Logger = log, Connection = new() { RecordOrigin = true } });
        await site.AcceptAsync(listener);
        await CollectedAsync(closed);
        Assert.Contains(
            nameof(Dropped),
            Assert.Single(log.Lines, line => line.Contains("dropped", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Claim(Needs = Needs.Collector)]
    public async Task A_report_names_the_place_where_the_connection_was_accepted_if_asked_to(Transport transport)
    {
        var log = new EventLog();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync(new() { Logger = log, Connection = new() { RecordOrigin = true } });
        var closed = DroppedByServer(listener, () => site.ConnectAsync(listener.LocalAddress));
        await CollectedAsync(closed);
        Assert.Contains(
            nameof(DroppedByServer),
            Assert.Single(log.Lines, line => line.Contains("dropped", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Claim(Needs = Needs.Collector)]
    public async Task A_connection_of_which_only_a_part_is_held_is_not_taken_for_dropped(Transport transport)
    {
        foreach (var part in new Func<Connection, object>[] { c => c.Input, c => c.Output, c => c.AsStream() })
        {
            await using var site = transport.NewSite();
            var listener = await site.ListenAsync();
            var (held, closed) = HeldBy(part, listener.LocalAddress, site.Engine);
            var server = await site.AcceptAsync(listener);
            Collect();
            Assert.False(closed.IsCompleted);
            await server.SayAsync("still there");
            GC.KeepAlive(held);
            held = null!;
            Assert.Equal(EndReason.Aborted, (await CollectedAsync(closed)).Reason);     // now it is dropped
            server.Abort();
        }
    }

    [Claim(Needs = Needs.Collector)]
    public async Task A_connection_whose_read_is_awaited_is_not_taken_for_dropped(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var hearing = HearingLoop(listener.LocalAddress, site.Engine);
        var server = await site.AcceptAsync(listener);
        for (var round = 0; round < 5; round++)
        {
            Collect();
            await server.SayAsync("awaited");
        }
        await server.CompleteOutputAsync().InTime();
        Assert.Equal(5 * 7, (await hearing.InTime()).Length);
    }

    [Claim(Needs = Needs.Collector)]
    public async Task A_connection_whose_flush_is_awaited_is_not_taken_for_dropped(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sending = SendingLoop(listener.LocalAddress, site.Engine, waits);
        var server = await site.AcceptAsync(listener);
        await waits.Task.InTime();
        Collect();
        Assert.Equal(Stall.Bytes, (await server.TakeAllAsync()).Length);
        await server.CloseAsync().InTime();
        await sending.InTime();
    }

    // The methods below hold a connection in their own frame only, so that it is free when they have returned: not inlined, not async.

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<ConnectionEnd> Dropped(Address to, ConnectOptions options) =>
        Connector.ConnectAsync(to, options).InTime().GetAwaiter().GetResult().Closed;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<ConnectionEnd> DroppedByServer(Listener listener, Func<Task> connectAsync)
    {
        var accepting = listener.AcceptAsync();
        connectAsync().InTime().GetAwaiter().GetResult();
        return accepting.InTime().GetAwaiter().GetResult().Closed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (object Held, Task<ConnectionEnd> Closed) HeldBy(Func<Connection, object> part, Address to, Engine engine)
    {
        var connection = Connector.ConnectAsync(to, new() { Engine = engine }).InTime().GetAwaiter().GetResult();
        return (part(connection), connection.Closed);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<byte[]> HearingLoop(Address to, Engine engine)
    {
        var connection = await Connector.ConnectAsync(to, new() { Engine = engine }).InTime();
        var heard = await connection.TakeAllAsync();
        await connection.CloseAsync().InTime();
        return heard;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task SendingLoop(Address to, Engine engine, TaskCompletionSource waits)
    {
        var connection = await Connector.ConnectAsync(to, new() { Engine = engine }).InTime();
        var sending = Stall.Send(connection);
        waits.SetResult();
        await sending.InTime();
        await connection.CloseAsync().InTime();
    }

    private static async Task<ConnectionEnd> CollectedAsync(Task<ConnectionEnd> closed)
    {
        await Patience.UntilAsync(() => closed.IsCompleted, meanwhile: Collect);
        return await closed;
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
