using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Zocalo.Contract.Harness;

/// <summary>What claims say again and again, with every wait capped.</summary>
internal static class Talk
{
    internal static ValueTask SayAsync(this Connection connection, string text) =>
        connection.SendAsync(Encoding.UTF8.GetBytes(text)).InTime();

    /// <summary>Writes through the pipe and does not flush.</summary>
    internal static void Write(this Connection connection, string text) => Encoding.UTF8.GetBytes(text, connection.Output);

    /// <summary>Asserts that exactly these bytes come next.</summary>
    internal static async Task HearAsync(this Connection connection, string text) =>
        Assert.Equal(text, Encoding.UTF8.GetString(await connection.TakeAsync(Encoding.UTF8.GetByteCount(text))));

    /// <summary>Asserts that the peer's FIN comes next.</summary>
    internal static async Task HearTheEndAsync(this Connection connection) =>
        Assert.Equal(0, await connection.ReceiveAsync(new byte[1]).InTime());

    /// <summary>Exactly <paramref name="count"/> bytes.</summary>
    internal static async Task<byte[]> TakeAsync(this Connection connection, int count)
    {
        var bytes = new byte[count];
        for (var taken = 0; taken < count;)
        {
            var some = await connection.ReceiveAsync(bytes.AsMemory(taken)).InTime();
            Assert.True(some > 0, $"the peer finished after {taken} of {count} bytes");
            taken += some;
        }
        return bytes;
    }

    /// <summary>Everything until the peer's FIN.</summary>
    internal static async Task<byte[]> TakeAllAsync(this Connection connection)
    {
        var bytes = new ArrayBufferWriter<byte>();
        while (await connection.ReceiveAsync(bytes.GetMemory(4096)).InTime() is > 0 and var some)
        {
            bytes.Advance(some);
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Looks at the input, without consuming, until it holds at least <paramref name="count"/> bytes. The read is left to be
    /// advanced.</summary>
    internal static async Task<ReadResult> SeeAsync(this Connection connection, int count)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync().InTime();
            if (read.Buffer.Length >= count || read.IsCompleted)
            {
                return read;
            }
            connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    internal static string Text(this in ReadOnlySequence<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
