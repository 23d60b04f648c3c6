using Zocalo.Contract.Harness;
using Zocalo.Testing;

namespace Zocalo.Tests.Connections;

public sealed class ListenerTests
{
    public static TheoryData<Engine> Engines => [Engine.Async, SimulatedHost.OnThreadPool()];

    [Theory]
    [MemberData(nameof(Engines), DisableDiscoveryEnumeration = true)]
    public async Task A_connection_that_a_cancelled_accept_took_is_the_next_calls(Engine engine)
    {
        await using var listener = await Listener.ListenAsync(":0", new() { Engine = engine }).InTime();
        await CancelAnAcceptAsync(listener);
        var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Engine = engine }).InTime();
        var server = await listener.AcceptAsync().InTime();
        await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).InTime();
    }

    [Theory]
    [MemberData(nameof(Engines), DisableDiscoveryEnumeration = true)]
    public async Task A_connection_that_nobody_asked_for_any_more_is_cut_by_the_disposal(Engine engine)
    {
        var listener = await Listener.ListenAsync(":0", new() { Engine = engine }).InTime();
        await CancelAnAcceptAsync(listener);
        var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Engine = engine }).InTime();
        await listener.DisposeAsync().InTime();
        var error = await Assert.ThrowsAsync<ConnectionException>(async () => await client.ReceiveAsync(new byte[1]).InTime());
        Assert.Equal(EndReason.Reset, error.Reason);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync().InTime());
    }

    private static async Task CancelAnAcceptAsync(Listener listener)
    {
        using var cancel = new CancellationTokenSource();
        var accepting = listener.AcceptAsync(cancel.Token);
        await cancel.CancelAsync().InTime();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting.InTime());
    }
}
