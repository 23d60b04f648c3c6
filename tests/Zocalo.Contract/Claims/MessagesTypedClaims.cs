using System.Buffers;
using System.Text;

namespace Zocalo.Contract.Claims;

/// <summary>Messages of the program's own types: what its functions throw is somebody's fault, and says whose.</summary>
public sealed class MessagesTypedClaims
{
    [Claim]
    public async Task Typed_messages_pass_both_ways(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (client, server) = (pair.Client.AsFramed(Note.Plain), pair.Server.AsFramed(Note.Plain));
        for (var i = 0; i < 100; i++)
        {
            await client.SendAsync(new("to", i)).InTime();
            Assert.Equal(new("to", i), await Note.NextAsync(server));
            await server.SendAsync(new("fro", i, IsReply: true)).InTime();
            Assert.Equal(new("fro", i, IsReply: true), await Note.NextAsync(client));
        }
    }

    [Claim]
    public async Task What_cannot_be_decoded_is_a_protocol_error_with_what_was_thrown_inside(Transport transport)
    {
        var (ended, served) = ServingClaims.EndOf();
        var met = new TaskCompletionSource<FrameException>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(async (connection, ct) =>
        {
            served(connection);
            var peer = connection.AsFramed(Note.Plain);
            try
            {
                await foreach (var note in peer.ReadAllAsync(ct))
                {
                    await peer.SendAsync(note with { IsReply = true }, ct);
                }
            }
            catch (FrameException error)
            {
                met.SetResult(error);
                Assert.Same(error, Assert.Throws<FrameException>(() => peer.TryRead(out _)));
                Assert.Same(error, await Assert.ThrowsAsync<FrameException>(() => peer.WaitToReadAsync(ct).AsTask()));
                throw;
            }
        });
        var client = await site.ConnectAsync(server);
        await client.SendAsync(Messages.Wire("1 - good", "nonsense", "2 - never")).InTime();
        Assert.Equal(Messages.Wire("1 R good"), await client.TakeAllAsync());
        await client.CloseAsync().InTime();
        var thrown = await met.Task.InTime();
        Assert.Equal(EndReason.ProtocolError, thrown.Reason);
        Assert.IsType<FormatException>(thrown.InnerException);
        var end = await ended.InTime();
        Assert.Equal(EndReason.ProtocolError, end.Reason);
        Assert.Same(thrown, end.Exception);
    }

    [Claim]
    public async Task What_cannot_be_encoded_leaves_nothing_on_the_wire(Transport transport)
    {
        var protocol = Messages.Format.Map<string, string>(Messages.Text, static (text, into) =>
        {
            into.Write(Encoding.UTF8.GetBytes(text));
            if (text == "bad")
            {
                throw new FormatException(text);
            }
        });
        await using var pair = await transport.ConnectAsync();
        var client = pair.Client.AsFramed(protocol);
        await client.SendAsync("one").InTime();
        await Assert.ThrowsAsync<FormatException>(async () => await client.SendAsync("bad"));
        Assert.Throws<FormatException>(() => client.TrySend("bad"));
        await client.SendAsync("two").InTime();
        Assert.True(client.TrySend("three"));
        await client.CompleteOutputAsync().InTime();
        Assert.Equal(Messages.Wire("one", "two", "three"), await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task Encoding_one_message_may_send_another(Transport transport)
    {
        FramedConnection<string, string>? client = null;
        var protocol = Messages.Format.Map<string, string>(Messages.Text, (text, into) =>
        {
            into.Write(Encoding.UTF8.GetBytes(text[..1]));
            if (text.Length > 1)
            {
                Assert.True(client!.TrySend(text[1..]));
            }
            into.Write(Encoding.UTF8.GetBytes(text[1..]));
        });
        await using var pair = await transport.ConnectAsync();
        client = pair.Client.AsFramed(protocol);
        await client.SendAsync("abcd").InTime();
        await client.CompleteOutputAsync().InTime();
        Assert.Equal(Messages.Wire("d", "cd", "bcd", "abcd"), await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task What_was_encoded_is_the_messages_own_while_it_waits(Transport transport)
    {
        var longFormat = Frames.LengthPrefixed(maxFrameLength: Stall.Bytes);
        var protocol = longFormat.Map<Frame, byte[]>(static frame => frame, static (payload, into) => into.Write(payload));
        await using var pair = await transport.ConnectAsync(Messages.Roomy);
        var client = pair.Client.AsFramed(protocol);
        await client.SendAsync(new byte[Stall.Bytes]).InTime();
        var waiting = Enumerable.Range(0, 100).Select(i => client.SendAsync(Chance.Bytes(100 * i, i)).AsTask()).ToArray();
        Assert.All(waiting, send => Assert.False(send.IsCompleted));
        await pair.Server.TakeAsync(Messages.ClogLength);
        var server = pair.Server.AsFramed(longFormat);
        for (var i = 0; i < waiting.Length; i++)
        {
            Assert.True(await server.WaitToReadAsync().InTime());
            Assert.True(server.TryRead(out var frame));
            Assert.Equal(Chance.Bytes(100 * i, i), frame.ToArray());
        }
        await Task.WhenAll(waiting).InTime();
    }
}
