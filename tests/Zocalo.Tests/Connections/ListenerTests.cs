using Zocalo.Testing;

namespace Zocalo.Tests.Connections;

public sealed class ListenerTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    public static TheoryData<Engine> Engines => [Engine.Async, SimulatedHost.OnThreadPool()];

    [Theory]
    [MemberData(nameof(Engines), DisableDiscoveryEnumeration = true)]
    public async Task A_connection_that_a_cancelled_accept_took_is_the_next_calls(Engine engine)
    {
        await using var listener = await Listener.ListenAsync(":0", new() { Engine = engine });
        await CancelAnAcceptAsync(listener);
        var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Engine = engine });
        var server = await listener.AcceptAsync().WaitAsync(Cap);
        await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).WaitAsync(Cap);
    }

    [Theory]
    [MemberData(nameof(Engines), DisableDiscoveryEnumeration = true)]
    public async Task A_connection_that_nobody_asked_for_any_more_is_cut_by_the_disposal(Engine engine)
    {
        var listener = await Listener.ListenAsync(":0", new() { Engine = engine });
        await CancelAnAcceptAsync(listener);
        var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Engine = engine });
        await listener.DisposeAsync();
        var error = await Assert.ThrowsAsync<ConnectionException>(() => client.ReceiveAsync(new byte[1]).AsTask().WaitAsync(Cap));
        Assert.Equal(EndReason.Reset, error.Reason);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync().WaitAsync(Cap));
    }

    private static async Task CancelAnAcceptAsync(Listener listener)
    {
        using var cancel = new CancellationTokenSource();
        var accepting = listener.AcceptAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting.WaitAsync(Cap));
    }
}
