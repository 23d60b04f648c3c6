namespace Zocalo.Contract.Claims;

/// <summary>What has ended holds nothing of the system's any more. Runs alone: descriptors are the whole process's.</summary>
[Collection(nameof(RunsAlone))]
public sealed class LeftoverClaims
{
    [Claim]
    public async Task A_thousand_connections_leave_nothing_behind(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        await ComeAndGoAsync(0);        // what is made once is made now
        var before = Held.CountFor(site);
        for (var time = 0; time < Math.Max(200, Thorough.Times(1000)); time++)
        {
            await ComeAndGoAsync(time);
        }
        await Patience.UntilAsync(() => Held.CountFor(site) <= before);

        async Task ComeAndGoAsync(int time)
        {
            var (client, server) = await site.PairAsync(listener);
            await client.SayAsync("hello");
            switch (time % 4)
            {
                case 0:
                    await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).InTime();
                    break;
                case 1:
                    client.Abort();
                    await server.CloseAsync().InTime();
                    break;
                case 2:
                    await client.CompleteOutputAsync().InTime();
                    await server.TakeAllAsync();
                    await server.CompleteOutputAsync().InTime();
                    await client.TakeAllAsync();
                    break;
                default:
                    var reading = Record.ExceptionAsync(() => client.Input.ReadAsync().AsTask().InTime());
                    server.Abort();
                    await client.CloseAsync().InTime();
                    await reading.InTime();
                    break;
            }
            await Task.WhenAll(client.Closed, server.Closed).InTime();
        }
    }

    [Claim]
    public async Task Failed_and_cancelled_connects_leave_nothing_behind(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var nobody = listener.LocalAddress;
        await listener.DisposeAsync().InTime();
        await FailAsync(default);
        var before = Held.CountFor(site);
        for (var time = 0; time < 200; time++)
        {
            using var source = new CancellationTokenSource();
            var failing = FailAsync(source.Token);
            await source.FireAsync();
            await failing.InTime();
        }
        await Patience.UntilAsync(() => Held.CountFor(site) <= before);

        async Task FailAsync(CancellationToken token)
        {
            var error = await Record.ExceptionAsync(() => Connector.ConnectAsync(nobody, new() { Engine = site.Engine }, token).InTime());
            Assert.True(error is NetworkException or OperationCanceledException, $"{error}");
        }
    }
}
