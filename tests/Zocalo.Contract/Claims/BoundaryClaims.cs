using System.Buffers;
using System.Buffers.Binary;

namespace Zocalo.Contract.Claims;

/// <summary>A stream has no message boundaries: however a message is cut on the way, the reader can put it together.</summary>
public sealed class BoundaryClaims
{
    [Claim]
    public async Task A_message_may_be_split_at_every_boundary(Transport transport)
    {
        var message = Message(Chance.Bytes(100));
        await using var pair = await transport.ConnectAsync();
        for (var cut = 1; cut < message.Length; cut++)
        {
            await pair.Client.SendAsync(message.AsMemory(0, cut)).InTime();
            var first = await pair.Server.SeeAsync(cut);        // it has arrived alone
            Assert.Equal(cut, first.Buffer.Length);
            pair.Server.Input.AdvanceTo(first.Buffer.Start, first.Buffer.End);
            await pair.Client.SendAsync(message.AsMemory(cut)).InTime();
            Assert.Equal(message[4..], await ReadMessageAsync(pair.Server));
        }
    }

    [Claim]
    public async Task A_message_may_come_one_byte_at_a_time(Transport transport)
    {
        var message = Message(Chance.Bytes(3000));
        await using var pair = await transport.ConnectAsync();
        var reading = ReadMessageAsync(pair.Server);
        foreach (var one in message)
        {
            await pair.Client.SendAsync(new[] { one }).InTime();
        }
        Assert.Equal(message[4..], await reading);
    }

    [Claim]
    public async Task Messages_may_come_coalesced(Transport transport)
    {
        var bodies = Enumerable.Range(0, 200).Select(i => Chance.Bytes(i, seed: i)).ToArray();
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SendAsync(bodies.SelectMany(Message).ToArray()).InTime();
        foreach (var body in bodies)
        {
            Assert.Equal(body, await ReadMessageAsync(pair.Server));
        }
    }

    [Claim]
    public async Task What_is_over_belongs_to_the_next_message(Transport transport)
    {
        byte[] first = Message("first"u8.ToArray()), second = Message("second"u8.ToArray());
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SendAsync((byte[])[.. first, .. second[..6]]).InTime();
        Assert.Equal("first"u8.ToArray(), await ReadMessageAsync(pair.Server));
        await pair.Client.SendAsync(second.AsMemory(6)).InTime();
        Assert.Equal("second"u8.ToArray(), await ReadMessageAsync(pair.Server));
    }

    [Claim]
    public async Task A_message_larger_than_any_buffer_is_put_together_in_the_input(Transport transport)
    {
        var message = Message(Chance.Bytes(1_500_000));
        await using var pair = await transport.ConnectAsync();
        var sending = pair.Client.SendAsync(message).AsTask();
        Assert.Equal(message[4..], await ReadMessageAsync(pair.Server));
        await sending.InTime();
    }

    private static byte[] Message(byte[] body)
    {
        var message = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, body.Length);
        body.CopyTo(message, 4);
        return message;
    }

    /// <summary>The pull loop of every protocol: try to take one, else wait for more.</summary>
    private static async Task<byte[]> ReadMessageAsync(Connection connection)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync().InTime();
            if (TryTake(read.Buffer, out var body, out var rest))
            {
                connection.Input.AdvanceTo(rest);
                return body;
            }
            Assert.False(read.IsCompleted, "the peer finished in the middle of a message");
            connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool TryTake(in ReadOnlySequence<byte> bytes, out byte[] body, out SequencePosition rest)
    {
        (body, rest) = ([], bytes.Start);
        var reader = new SequenceReader<byte>(bytes);
        if (!reader.TryReadBigEndian(out int length) || reader.Remaining < length)
        {
            return false;
        }
        body = bytes.Slice(4, length).ToArray();
        rest = bytes.GetPosition(4 + length);
        return true;
    }
}
