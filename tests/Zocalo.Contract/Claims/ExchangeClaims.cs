namespace Zocalo.Contract.Claims;

/// <summary>Two ends talk: what one says, the other hears, whole and in order.</summary>
public sealed class ExchangeClaims
{
    [Claim]
    public async Task A_question_gets_its_answer(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        for (var round = 0; round < Thorough.Times(1000); round++)
        {
            await pair.Client.SayAsync($"ping {round:D4}");
            await pair.Server.HearAsync($"ping {round:D4}");
            await pair.Server.SayAsync($"pong {round:D4}");
            await pair.Client.HearAsync($"pong {round:D4}");
        }
    }

    [Claim]
    public async Task The_server_may_speak_first(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Server.SayAsync("220 ready");
        await pair.Client.HearAsync("220 ready");
    }

    [Claim]
    public async Task Bytes_keep_their_order_whatever_the_sizes_of_writes_and_reads(Transport transport)
    {
        var chance = Chance.New();
        var bytes = Chance.Bytes(2_000_000);
        await using var pair = await transport.ConnectAsync();

        var sending = SendInPiecesAsync(pair.Client, bytes, new Random(chance.Next()));
        var received = await ReceiveInPiecesAsync(pair.Server, bytes.Length, chance);

        await sending.InTime();
        Assert.Equal(bytes, received);
    }

    [Claim]
    public async Task A_connection_can_be_read_and_written_at_the_same_time_by_independent_loops(Transport transport)
    {
        var chance = Chance.New();
        byte[] question = Chance.Bytes(1_000_000, seed: 1), answer = Chance.Bytes(1_000_000, seed: 2);
        await using var pair = await transport.ConnectAsync();

        // Neither loop knows of the other; the pieces never match.
        var asking = SendInPiecesAsync(pair.Client, question, new Random(chance.Next()));
        var answering = SendInPiecesAsync(pair.Server, answer, new Random(chance.Next()));
        var hearing = ReceiveInPiecesAsync(pair.Server, question.Length, new Random(chance.Next()));
        var learning = ReceiveInPiecesAsync(pair.Client, answer.Length, new Random(chance.Next()));

        await Task.WhenAll(asking, answering).InTime();
        Assert.Equal(question, await hearing.InTime());
        Assert.Equal(answer, await learning.InTime());
    }

    [Claim]
    public async Task Connections_do_not_mix(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var pairs = new List<(Connection Client, Connection Server)>();
        for (var i = 0; i < 50; i++)
        {
            pairs.Add(await site.PairAsync(listener));
        }

        await Task.WhenAll(pairs.Select(async (pair, i) =>
        {
            for (var round = 0; round < 20; round++)
            {
                await pair.Client.SayAsync($"from client {i:D2} round {round:D2}");
                await pair.Server.HearAsync($"from client {i:D2} round {round:D2}");
                await pair.Server.SayAsync($"to client {i:D2} round {round:D2}");
                await pair.Client.HearAsync($"to client {i:D2} round {round:D2}");
            }
        }));
    }

    [Claim]
    public async Task An_empty_send_sends_nothing(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SendAsync(default).InTime();
        await pair.Client.SayAsync("a");
        await pair.Client.SendAsync(default).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal("a"u8.ToArray(), await pair.Server.TakeAllAsync());
        Assert.Equal(1, (await pair.CloseAsync()).Client.BytesSent);
    }

    [Claim]
    public async Task The_memory_is_the_callers_again_when_a_send_returns(Transport transport)
    {
        const int Round = 50_000;
        await using var pair = await transport.ConnectAsync();
        var receiving = pair.Server.TakeAsync(100 * Round);
        var memory = new byte[Round];
        for (byte round = 0; round < 100; round++)
        {
            Array.Fill(memory, round);
            await pair.Client.SendAsync(memory).InTime();
            Array.Fill(memory, byte.MaxValue);      // what is not sent or copied by now would show this
        }
        var received = await receiving;
        for (byte round = 0; round < 100; round++)
        {
            Assert.Equal(-1, received.AsSpan(round * Round, Round).IndexOfAnyExcept(round));
        }
    }

    [Claim]
    public async Task Each_end_names_the_other(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        Assert.Equal(pair.Server.LocalAddress, pair.Client.RemoteAddress);
        Assert.Equal(pair.Client.LocalAddress, pair.Server.RemoteAddress);
        Assert.NotEqual(pair.Client.Id, pair.Server.Id);
        if (transport.Has(Divergence.ClientHasNoName))
        {
            Assert.Equal(UnixAddress.Unnamed, pair.Server.RemoteAddress);
        }
        else
        {
            Assert.NotEqual(pair.Client.LocalAddress, pair.Client.RemoteAddress);
        }
    }

    private static async Task SendInPiecesAsync(Connection connection, byte[] bytes, Random chance)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            var piece = Math.Min(bytes.Length - sent, Piece(chance));
            await connection.SendAsync(bytes.AsMemory(sent, piece)).InTime();
            sent += piece;
        }
    }

    private static async Task<byte[]> ReceiveInPiecesAsync(Connection connection, int count, Random chance)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var piece = Math.Min(count - received, Piece(chance));
            received += await connection.ReceiveAsync(bytes.AsMemory(received, piece)).InTime();
        }
        return bytes;
    }

    /// <summary>Mostly small, now and then large.</summary>
    private static int Piece(Random chance) => chance.Next(10) == 0 ? chance.Next(1, 100_000) : chance.Next(1, 3000);
}
