using Zocalo.Serving;
using Zocalo.Testing;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Serving;

/// <summary>Whom a stop cuts, and whom it counts, to the moment.</summary>
public sealed class ServedConnectionsTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ServedConnections _served;
    private readonly TaskCompletionSource _return = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServedConnectionsTests()
    {
        var log = new ListLogger();
        var rescues = new RescueLog("Test", log, new FakeTime());
        _served = new(async (_, _) => await _return.Task, HandlerPlacement.Engine, int.MaxValue, log, rescues);
    }

    [Fact]
    public async Task Who_is_accepted_after_the_cut_is_cut_and_counted()
    {
        var connection = new ScriptedSocket().Connect();
        Assert.Equal(0, _served.AbortAll());
        _served.Begin(connection);
        Assert.Equal(EndReason.Aborted, (await connection.Closed.WaitAsync(Cap)).Reason);
        Assert.Equal(1, _served.AbortedCount);
        await EndAsync();
    }

    [Fact]
    public async Task Whose_connection_had_broken_is_not_counted_as_cut()
    {
        var (broken, open) = (new ScriptedSocket().Connect(), new ScriptedSocket().Connect());
        _served.Begin(broken);
        _served.Begin(open);
        broken.Abort();
        Assert.Equal(1, _served.AbortAll());
        Assert.Equal(1, _served.AbortedCount);
        await EndAsync();
    }

    private async Task EndAsync()
    {
        _return.SetResult();
        await _served.WhenEmpty().WaitAsync(Cap);
        Assert.Equal(0, _served.Count);
    }
}
