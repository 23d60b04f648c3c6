using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>A wait with the connection's own token does not watch it: the breakage wakes it anyway, and says what broke.</summary>
public sealed class OwnTokenTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new();
    private readonly Connection _connection;

    public OwnTokenTests() => _connection = _socket.Connect();

    [Fact]
    public async Task A_read_with_ConnectionClosed_ends_with_the_cause_when_the_connection_breaks()
    {
        var token = _connection.ConnectionClosed;
        var reading = _connection.Input.ReadAsync(token).AsTask();
        _connection.Abort();
        var error = await Assert.ThrowsAsync<ConnectionException>(() => reading.WaitAsync(Cap));
        Assert.Equal(EndReason.Aborted, error.Reason);
        await FiredAsync(token);
    }

    [Fact]
    public async Task After_the_breakage_the_token_cancels()
    {
        var token = _connection.ConnectionClosed;
        _connection.Abort();
        await FiredAsync(token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _connection.Input.ReadAsync(token).AsTask().WaitAsync(Cap));
    }

    [Fact]
    public async Task Another_token_cancels_the_read_that_follows_one_with_ConnectionClosed()
    {
        ReceiveBuffer? into = null;
        _socket.OnReceive = buffer =>
        {
            into = buffer;
            return IoResult.Pending;
        };
        var reading = _connection.Input.ReadAsync(_connection.ConnectionClosed).AsTask();
        into!.Reserve();
        ((IStreamOwner)_connection.Core).OnReceived(IoResult.Done(1));
        _connection.Input.AdvanceTo((await reading.WaitAsync(Cap)).Buffer.End);
        using var giveUp = new CancellationTokenSource();
        var cancelled = _connection.Input.ReadAsync(giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Cap));
        Assert.Equal(giveUp.Token, error.CancellationToken);
    }

    private static Task FiredAsync(CancellationToken token)
    {
        var fired = new TaskCompletionSource();
        token.Register(fired.SetResult);
        return fired.Task.WaitAsync(Cap, CancellationToken.None);
    }
}
