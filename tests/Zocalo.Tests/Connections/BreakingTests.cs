using System.Net.Sockets;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>
/// The moment in which one thread has begun to break a connection and has not come to its halves yet: what another thread's call of the
/// engine finds out meanwhile is not lost.
/// </summary>
public sealed class BreakingTests : IDisposable
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new();
    private readonly Connection _connection;
    private readonly ManualResetEventSlim _begun = new();       // the connection is broken; its halves do not know
    private readonly ManualResetEventSlim _goOn = new();
    private Task _breaking = Task.CompletedTask;

    public BreakingTests()
    {
        _connection = _socket.Connect();
        _socket.OnAbort = () =>
        {
            _begun.Set();
            Assert.True(_goOn.Wait(Cap), "the test does not let the abort go on");
        };
    }

    public void Dispose()
    {
        _goOn.Set();
        Assert.True(_breaking.Wait(Cap), "the abort goes on");
        _begun.Dispose();
        _goOn.Dispose();
    }

    [Fact]
    public async Task A_FIN_that_failed_does_not_count_as_sent()
    {
        _socket.OnFinish = () =>
        {
            BeginToBreak();
            return IoResult.Failed(SocketError.NotConnected);
        };
        var completing = _connection.CompleteOutputAsync().AsTask();
        Assert.Equal(EndReason.Aborted, (await Assert.ThrowsAsync<ConnectionException>(() => completing.WaitAsync(Cap))).Reason);
        await EndsBrokenAsync();
    }

    [Fact]
    public async Task Nothing_is_sent_after_a_send_that_failed()
    {
        var sends = 0;
        _socket.OnSend = _ =>
        {
            sends++;
            BeginToBreak();
            return IoResult.Failed(SocketError.OperationAborted);
        };
        for (var again = 0; again < 3; again++)
        {
            await Assert.ThrowsAsync<ConnectionException>(() => _connection.SendAsync(new byte[1]).AsTask().WaitAsync(Cap));
        }
        Assert.Equal(1, sends);
        await EndsBrokenAsync();
    }

    [Fact]
    public async Task Nothing_is_received_after_a_receive_that_failed()
    {
        var receives = 0;
        _socket.OnReceive = _ =>
        {
            receives++;
            BeginToBreak();
            return IoResult.Failed(SocketError.OperationAborted);
        };
        for (var again = 0; again < 3; again++)
        {
            Assert.Throws<ConnectionException>(() => _connection.Input.TryRead(out _));
        }
        Assert.Equal(1, receives);
        await EndsBrokenAsync();
    }

    [Fact]
    public async Task An_input_that_is_discarded_asks_once_and_does_not_spin()
    {
        var receives = 0;
        _socket.OnReceive = _ =>
        {
            if (++receives > 1)
            {
                _goOn.Set();        // or it would ask for ever
            }
            BeginToBreak();
            return IoResult.Failed(SocketError.OperationAborted);
        };
        _connection.Input.Complete();
        Assert.Equal(1, receives);
        await EndsBrokenAsync();
    }

    /// <summary>Another thread breaks the connection, and gets as far as the engine's abort.</summary>
    private void BeginToBreak()
    {
        if (_begun.IsSet)
        {
            return;
        }
        _breaking = Task.Run(_connection.Abort);
        Assert.True(_begun.Wait(Cap), "the abort does not begin");
    }

    private async Task EndsBrokenAsync()
    {
        _goOn.Set();
        var end = await _connection.Closed.WaitAsync(Cap);
        Assert.Equal((EndReason.Aborted, DirectionEnd.Broken, DirectionEnd.Broken), (end.Reason, end.Input, end.Output));
    }
}
