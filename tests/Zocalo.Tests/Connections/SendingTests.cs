using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>How much is sent at once, and when a writer that waits for room goes on.</summary>
public sealed class SendingTests
{
    private const int Mark = 512 * 1024;
    private const int LargestSend = 256 * 1024;

    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new();
    private readonly Connection _connection;

    public SendingTests() => _connection = _socket.Connect(new() { SendHighWaterMark = Mark });

    [Fact]
    public async Task A_large_write_is_sent_in_parts_so_that_its_memory_comes_back_along_the_way()
    {
        var sends = new List<long>();
        _socket.OnSend = bytes =>
        {
            sends.Add(bytes.Length);
            return IoResult.Done(0);
        };
        await _connection.SendAsync(new byte[2 * Mark]).AsTask().WaitAsync(Cap);
        Assert.Equal(2 * Mark, sends.Sum());
        Assert.InRange(sends.Max(), 1, LargestSend);
        _connection.Abort();
    }

    [Fact]
    public async Task A_writer_that_waits_goes_on_when_half_of_the_mark_is_left_and_not_before()
    {
        var inFlight = 0L;
        _socket.OnSend = bytes =>
        {
            inFlight = bytes.Length;
            return IoResult.Pending;
        };
        var sending = _connection.SendAsync(new byte[2 * Mark]);
        for (var left = 2L * Mark; left > 0; ((IStreamOwner)_connection.Core).OnSent(IoResult.Done(0)))
        {
            Assert.Equal(left <= Mark / 2, sending.IsCompleted);
            left -= inFlight;
        }
        await sending;
        _connection.Abort();
    }
}
