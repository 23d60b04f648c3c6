using System.Runtime.CompilerServices;

namespace Zocalo.Contract.Claims;

/// <summary>
/// What waits keeps its connection alive, though the program holds nothing but the task; when it has ended, the connection is dropped. Runs
/// alone: the collector is the whole process's.
/// </summary>
[Collection(nameof(RunsAlone))]
public sealed class KeptAliveClaims
{
    [Claim(Needs = Needs.Collector)]
    public Task A_read_that_waits_keeps_its_connection(Transport transport) =>
        KeepsAsync(transport, connection => connection.Input.ReadAsync().AsTask(), server => server.SayAsync("at last").AsTask());

    [Claim(Needs = Needs.Collector)]
    public Task A_receive_that_waits_keeps_its_connection(Transport transport) =>
        KeepsAsync(transport, connection => connection.ReceiveAsync(new byte[10]).AsTask(), server => server.SayAsync("at last").AsTask());

    [Claim(Needs = Needs.Collector)]
    public Task A_send_that_waits_keeps_its_connection(Transport transport) =>
        KeepsAsync(transport, connection => Stall.Send(connection), server => server.TakeAsync(Stall.Bytes));

    [Claim(Needs = Needs.Collector)]
    public Task A_wait_for_messages_keeps_its_connection(Transport transport) =>
        KeepsAsync(
            transport,
            connection => connection.AsMessages().WaitToReadAsync().AsTask(),
            server => server.SendAsync(Messages.Wire("at last")).AsTask());

    /// <param name="transport">The row.</param>
    /// <param name="wait">Begins to wait; only the task is kept.</param>
    /// <param name="endAsync">What the peer does to end the wait.</param>
    private static async Task KeepsAsync(Transport transport, Func<Connection, Task> wait, Func<Connection, Task> endAsync)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var (waiting, closed) = Begin(listener.LocalAddress, site.Engine, wait);
        var server = await site.AcceptAsync(listener);
        for (var round = 0; round < 5; round++)
        {
            Collect();
        }
        Assert.False(waiting.IsCompleted);
        Assert.False(closed.IsCompleted);
        await endAsync(server).InTime();
        await waiting.InTime();
        await Patience.UntilAsync(() => closed.IsCompleted, meanwhile: Collect);
        Assert.Equal(EndReason.Aborted, (await closed).Reason);
    }

    // Holds the connection in its own frame only, so that nobody but the wait has it afterwards: not inlined, not async.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Task Waiting, Task<ConnectionEnd> Closed) Begin(Address to, Engine engine, Func<Connection, Task> wait)
    {
        var connection = Connector.ConnectAsync(to, new() { Engine = engine }).InTime().GetAwaiter().GetResult();
        return (wait(connection), connection.Closed);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
