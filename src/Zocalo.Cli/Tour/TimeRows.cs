namespace Zocalo.Cli;

/// <summary>A peer that sends and never reads is ended when nothing moves any more; the others notice nothing.</summary>
internal sealed class NeverReadsRow : ITourRow
{
    private const int Others = 3;

    private static readonly byte[] Word = "tick"u8.ToArray();

    public string Name => "a peer that never reads";

    public string Repeat(string zocalo, string address) => $"""
        {zocalo} echo {address} --idle 1s & server=$!
        sleep 1; mkfifo never; {zocalo} connect {address} < /dev/zero > never &
        exec 3< never; {zocalo} connect {address} --send 'another\n'
        sleep 3; kill $server; rm never
        """;

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        var server = await stage.StartEchoAsync(["--idle", "1s"], ct);
        await using var greedy = await Connector.ConnectAsync(server.Address, null, ct);
        var sending = SendUntilCutAsync(greedy, ct);
        var ended = server.ClosedAsync(greedy, ct);
        var others = await Task.WhenAll(
            Enumerable.Range(0, Others).Select(_ => TourStage.ExchangeUntilAsync(ended, server.Address, Word, ct)));
        var end = await ended;
        var sent = await sending;
        var held = (end.Text("reason"), end.Text("deadline")) == (nameof(EndReason.DeadlineExceeded), nameof(Deadline.Idle));
        return new Outcome(
            held,
            $"it sent {sent / 1024} KiB and was ended: {end.Text("reason")} ({end.Text("deadline")}); the slowest reply to {Others} others "
            + $"took {others.Max(each => each.Slowest).TotalMilliseconds:0} ms");
    }

    private static async Task<long> SendUntilCutAsync(Connection connection, CancellationToken ct)
    {
        var chunk = new byte[64 * 1024];
        var sent = 0L;
        try
        {
            while (true)
            {
                await connection.SendAsync(chunk, ct);
                sent += chunk.Length;
            }
        }
        catch (ConnectionException)
        {
            return sent;
        }
    }
}

/// <summary>A peer that connects and says nothing is found.</summary>
internal sealed class SilentPeerRow : ITourRow
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    public string Name => "a silent peer";

    public string Repeat(string zocalo, string address) => $"""
        {zocalo} echo {address} --first-byte 1s & server=$!
        sleep 1; {zocalo} connect {address} < <(sleep 5)
        kill $server
        """;

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        var server = await stage.StartEchoAsync(["--first-byte", "1s"], ct);
        await using var silent = await Connector.ConnectAsync(server.Address, null, ct);
        var connected = TimeProvider.System.GetTimestamp();
        var end = await server.ClosedAsync(silent, ct);
        var waited = TimeProvider.System.GetElapsedTime(connected);
        // Where the server saw the connection a moment before this side did, a little less than the limit may have passed here.
        var held = (end.Text("reason"), end.Text("deadline")) == (nameof(EndReason.DeadlineExceeded), nameof(Deadline.FirstByte))
            && waited > Limit * 0.9;
        return new Outcome(
            held,
            $"it said nothing for {Duration.Format(Limit)}, and was found {waited.TotalSeconds:0.0} s after it came: {end.Text("reason")} "
            + $"({end.Text("deadline")})");
    }
}
