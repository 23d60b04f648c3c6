using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Zocalo;

/// <summary>The two small servers behind the server. They run on its engine, and so on the same loops as what may block them.</summary>
internal static class Backends
{
    internal const int KeyLength = 8;
    internal const int LengthLength = 4;

    private const int SlowOnes = 8;     // one answer of so many takes a few milliseconds

    /// <summary>HTTP/1.1 with one resource: <c>GET /KEY</c>, the key in hexadecimal digits.</summary>
    internal static async Task ServeHttpAsync(Connection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync(cancellationToken);
            var bytes = read.Buffer;
            while (TryReadHead(ref bytes, out var key))
            {
                var body = await LookUpAsync(key, cancellationToken);
                var head = $"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {body.Length}\r\n\r\n";
                await connection.Output.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
                await connection.Output.WriteAsync(body, cancellationToken);
            }
            connection.Input.AdvanceTo(bytes.Start, bytes.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>A question is a key, an answer has its length before it.</summary>
    internal static async Task ServeDatabaseAsync(Connection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await connection.Input.ReadAtLeastAsync(KeyLength, cancellationToken);
            if (read.Buffer.Length < KeyLength)
            {
                connection.Input.AdvanceTo(read.Buffer.End);
                return;
            }
            var key = BinaryPrimitives.ReadUInt64LittleEndian(read.Buffer.Slice(0, KeyLength).ToArray());
            connection.Input.AdvanceTo(read.Buffer.GetPosition(KeyLength));
            var row = await LookUpAsync(key, cancellationToken);
            BinaryPrimitives.WriteInt32LittleEndian(connection.Output.GetSpan(LengthLength), row.Length);
            connection.Output.Advance(LengthLength);
            await connection.Output.WriteAsync(row, cancellationToken);
        }
    }

    private static async ValueTask<byte[]> LookUpAsync(ulong key, CancellationToken cancellationToken)
    {
        if (key % SlowOnes == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1 + (key / SlowOnes % 5)), cancellationToken);
        }
        return Pure.Stored(key);
    }

    private static bool TryReadHead(ref ReadOnlySequence<byte> bytes, out ulong key)
    {
        key = 0;
        var reader = new SequenceReader<byte>(bytes);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8))
        {
            return false;
        }
        bytes = reader.UnreadSequence;
        var target = Encoding.ASCII.GetString(head).Split(' ')[1];
        key = ulong.Parse(target.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return true;
    }
}
