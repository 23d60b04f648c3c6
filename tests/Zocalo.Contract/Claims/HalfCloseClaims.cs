namespace Zocalo.Contract.Claims;

/// <summary>A FIN ends one direction and decides nothing about the other.</summary>
public sealed class HalfCloseClaims
{
    [Claim]
    public async Task The_clients_FIN_ends_the_servers_input_and_nothing_else(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.Server.HearTheEndAsync();
        await AnswersAsync(pair.Server, pair.Client);
    }

    [Claim]
    public async Task The_servers_FIN_ends_the_clients_input_and_nothing_else(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Server.CompleteOutputAsync().InTime();
        await pair.Client.HearTheEndAsync();
        await AnswersAsync(pair.Client, pair.Server);
    }

    [Claim]
    public async Task Much_data_follows_the_others_FIN(Transport transport)
    {
        var answer = Chance.Bytes(5_000_000);
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("question");
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal("question"u8.ToArray(), await pair.Server.TakeAllAsync());

        var sending = SendAndFinishAsync(pair.Server, answer);
        Assert.Equal(answer, await pair.Client.TakeAllAsync());
        await sending.InTime();
    }

    [Claim(Races = true)]
    public async Task Both_may_finish_at_once(Transport transport)
    {
        for (var time = 0; time < transport.Times(100); time++)
        {
            await using var pair = await transport.ConnectAsync();
            await Task.WhenAll(SendAndFinishAsync(pair.Client, new byte[10]), SendAndFinishAsync(pair.Server, new byte[20])).InTime();
            Assert.Equal(20, (await pair.Client.TakeAllAsync()).Length);
            Assert.Equal(10, (await pair.Server.TakeAllAsync()).Length);
            var (client, server) = (await pair.Client.Closed.InTime(), await pair.Server.Closed.InTime());
            Assert.All([client, server], end => Assert.True(end.Reason is EndReason.PeerFinished or EndReason.Completed, end.ToString()));
        }
    }

    [Claim]
    public async Task Reading_after_the_peers_FIN_keeps_saying_so(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.CompleteOutputAsync().InTime();
        for (var time = 0; time < 3; time++)
        {
            var read = await pair.Server.Input.ReadAsync().InTime();
            Assert.True(read.IsCompleted);
            Assert.True(read.Buffer.IsEmpty);
            pair.Server.Input.AdvanceTo(read.Buffer.End);
            Assert.True(pair.Server.Input.TryRead(out read));
            Assert.True(read.IsCompleted);
            pair.Server.Input.AdvanceTo(read.Buffer.End);
            await pair.Server.HearTheEndAsync();
        }
    }

    [Claim]
    public async Task What_came_before_a_FIN_is_read_before_it(Transport transport)
    {
        var bytes = Chance.Bytes(40_000);
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SendAsync(bytes).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.DeliveredAsync(pair.Client, bytes.Length);
        Assert.Equal(bytes, await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task Unread_bytes_stay_with_the_end_of_the_input(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("leftover");
        await pair.Client.CompleteOutputAsync().InTime();
        for (var time = 0; time < 3; time++)
        {
            var read = await pair.Server.SeeAsync(int.MaxValue);
            Assert.True(read.IsCompleted);
            Assert.Equal("leftover", read.Buffer.Text());
            pair.Server.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    [Claim]
    public async Task Completing_the_output_sends_what_was_not_flushed_first(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Write("never flushed");
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal("never flushed"u8.ToArray(), await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task Output_Complete_sends_its_FIN_after_everything(Transport transport)
    {
        var bytes = Chance.Bytes(8_000_000);
        await using var pair = await transport.ConnectAsync();
        bytes.CopyTo(pair.Client.Output.GetMemory(bytes.Length));
        pair.Client.Output.Advance(bytes.Length);
        pair.Client.Output.Complete();              // returns at once, whatever is left to send
        Assert.Equal(bytes, await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task Output_CompleteAsync_is_CompleteOutputAsync(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Write("last words");
        await pair.Client.Output.CompleteAsync().InTime();
        Assert.Equal("last words"u8.ToArray(), await pair.Server.TakeAllAsync());
        await AnswersAsync(pair.Server, pair.Client);
    }

    [Claim]
    public async Task CompleteOutputAsync_waits_until_the_FIN_is_behind_every_byte(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Output.GetMemory(Stall.Bytes);
        pair.Client.Output.Advance(Stall.Bytes);
        var completing = pair.Client.CompleteOutputAsync().AsTask();
        Assert.False(completing.IsCompleted);       // nobody has read a byte yet
        Assert.Equal(Stall.Bytes, (await pair.Server.TakeAllAsync()).Length);
        await completing.InTime();
    }

    [Claim]
    public async Task Completing_the_output_twice_is_the_same_as_once(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.SayAsync("once");
        await Task.WhenAll(pair.Client.CompleteOutputAsync().AsTask(), pair.Client.CompleteOutputAsync().AsTask()).InTime();
        pair.Client.Output.Complete();
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal("once"u8.ToArray(), await pair.Server.TakeAllAsync());
    }

    [Claim]
    public async Task A_half_closed_connection_may_idle_for_days(Transport transport)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(time: time);
        await pair.Client.CompleteOutputAsync().InTime();
        await pair.Server.HearTheEndAsync();
        for (var hour = 0; hour < 72; hour++)
        {
            time.Advance(TimeSpan.FromHours(1));
        }
        Assert.False(pair.Client.Closed.IsCompleted);
        Assert.False(pair.Server.Closed.IsCompleted);
        await AnswersAsync(pair.Server, pair.Client);
    }

    private static async Task AnswersAsync(Connection from, Connection to)
    {
        await from.SayAsync("still here");
        await to.HearAsync("still here");
    }

    private static async Task SendAndFinishAsync(Connection connection, byte[] bytes)
    {
        await connection.SendAsync(bytes).InTime();
        await connection.CompleteOutputAsync().InTime();
    }
}
