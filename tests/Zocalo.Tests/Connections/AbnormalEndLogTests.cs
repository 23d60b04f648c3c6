using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Zocalo.Connections;
using Zocalo.Endings;
using Zocalo.Engines;
using Zocalo.Testing;

namespace Zocalo.Tests.Connections;

/// <summary>Which ends are logged at the level Information, and how many of them.</summary>
public sealed class AbnormalEndLogTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly Recorder _log = new();
    private readonly FakeTime _time = new();

    [Theory]
    [InlineData(EndReason.ProtocolError, true)]
    [InlineData(EndReason.Truncated, true)]
    [InlineData(EndReason.LimitExceeded, true)]
    [InlineData(EndReason.Unresponsive, true)]
    [InlineData(EndReason.Reset, false)]            // how many clients hang up
    [InlineData(EndReason.DeadlineExceeded, false)]
    [InlineData(EndReason.Aborted, false)]
    [InlineData(EndReason.Replaced, false)]
    [InlineData(EndReason.HandlerFailed, false)]    // has an entry of its own
    public async Task An_end_that_the_peer_brought_about_is_logged(EndReason reason, bool isLogged)
    {
        await EndAsync(reason);
        Assert.Equal(isLogged ? [$"{reason}"] : [], _log.Ends.Select(end => $"{end["Reason"]}"));
    }

    [Fact]
    public async Task An_entry_has_the_peer_the_reason_and_the_counts_and_its_scope_the_connection()
    {
        var socket = new ScriptedSocket();
        var connection = Connect(socket);
        var reading = connection.Input.ReadAsync().AsTask();
        ((IStreamOwner)connection.Core).OnReceived(IoResult.Failed(SocketError.TimedOut));
        await Record.ExceptionAsync(() => reading.WaitAsync(Cap));
        await connection.Closed.WaitAsync(Cap);
        var end = Assert.Single(_log.Ends);
        Assert.Equal((connection.Id, (Address)"127.0.0.1:2"), (end["Id"], end["Remote"]));
        Assert.Equal((EndReason.Unresponsive, 0L, 0L), (end["Reason"], end["BytesReceived"], end["BytesSent"]));
        Assert.Equal($"Connection {connection.Id} with tcp://127.0.0.1:2 ended: Unresponsive, 0 in, 0 out.", Assert.Single(_log.Lines));
        Assert.Equal(connection.Id, Assert.Single(Assert.Single(_log.Scopes), value => value.Key == "ConnectionId").Value);
    }

    [Fact]
    public async Task A_name_that_the_peer_chose_cannot_move_the_cursor()
    {
        await EndAsync(EndReason.ProtocolError, UnixAddress.FromSunPath("/tmp/evil\n\u001b[2J\u202e"u8));
        Assert.Contains(@"unix:/tmp/evil\n\u001b[2J\u202e ended", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_in_a_second_the_rest_is_counted_and_the_count_is_logged_when_it_is_over()
    {
        for (var i = 0; i < AbnormalEnds.MostInASecond + 30; i++)
        {
            await EndAsync(EndReason.Truncated);
        }
        Assert.Equal(AbnormalEnds.MostInASecond, _log.Lines.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("30 more connections ended abnormally. At most 20", _log.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(0, _time.PendingTimers);

        await EndAsync(EndReason.Truncated);        // in the next second
        Assert.Equal(AbnormalEnds.MostInASecond + 2, _log.Lines.Count);
    }

    [Fact]
    public async Task A_servers_stop_does_not_keep_the_count_to_itself()
    {
        for (var i = 0; i < AbnormalEnds.MostInASecond + 3; i++)
        {
            await EndAsync(EndReason.Truncated);
        }
        AbnormalEnds.Flush(_log);
        AbnormalEnds.Flush(_log);
        Assert.Single(_log.Lines, line => line.StartsWith("3 more connections", StringComparison.Ordinal));
    }

    private async Task EndAsync(EndReason reason, Address? remote = null)
    {
        var connection = Connect(remote is null ? new() : new() { Remote = remote });
        connection.Core.Fail(new Cause(reason));
        await connection.Closed.WaitAsync(Cap);
    }

    private Connection Connect(ScriptedSocket socket) => new(socket, new ConnectionSettings(new(), _log, _time));

    /// <summary>Keeps what is logged from the level Information on, with its values.</summary>
    private sealed class Recorder : ILogger
    {
        private readonly Lock _lock = new();

        internal List<string> Lines { get; } = [];

        internal List<Dictionary<string, object?>> Ends { get; } = [];

        internal List<IEnumerable<KeyValuePair<string, object?>>> Scopes { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            lock (_lock)
            {
                Scopes.Add((IEnumerable<KeyValuePair<string, object?>>)state);
            }
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lock)
            {
                Lines.Add(formatter(state, exception));
                if (eventId.Name == "EndedAbnormally")
                {
                    Ends.Add(((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary(value => value.Key, value => value.Value));
                }
            }
        }
    }
}
