using System.Globalization;
using System.IO.Pipelines;

namespace Zocalo.Cli;

/// <summary>One handler blocks its thread, which is the only loop's, and the others notice nothing: another thread takes the loop
/// over.</summary>
internal sealed class BlockedHandlerRow : ITourRow
{
    private const int Others = 7;
    private const int LeastReplies = 3;     // each; one could be an accident of the order

    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);

    // As quick as people type, and quicker; but the row is no benchmark.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private static readonly byte[] Word = "tick"u8.ToArray();

    public string Name => "one handler blocks";

    public string Repeat(string zocalo, string address)
    {
        string options = Engine.TryCreate("epoll", out _, out _) ? "--engine epoll --loops 1" : "--engine async";
        return $"""
            {zocalo} echo {address} {options} --block-first 2s & server=$!
            sleep 1; {zocalo} connect {address} --send 'first\n' & first=$!
            sleep 1; {zocalo} connect {address} --send 'second\n'
            wait $first; kill $server
            """;
    }

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        bool isEpoll = Engine.TryCreate("epoll", out _, out string? refused);
        string[] engine = isEpoll ? ["--engine", "epoll,strict", "--loops", "1"] : ["--engine", "async"];
        EchoProcess server = await stage.StartEchoAsync("127.0.0.1:0", [.. engine, "--block-first", "2s"], ct);

        await using Connection blocked = await Connector.ConnectAsync(server.Address, null, ct);
        Task slow = TripAsync(blocked, ct);
        await server.LoggedAsync(EchoHandlers.BlockingNews(Block), ct);
        Replies[] others = await Task.WhenAll(
            Enumerable.Range(0, Others).Select(_ => ExchangeUntilAsync(slow, server.Address, stage.Time, ct)));
        await slow;

        bool held = others.Min(each => each.Count) >= LeastReplies;
        string where = isEpoll ? "epoll, one loop" : $"async, since {refused}";
        return new Outcome(held, string.Create(
            CultureInfo.InvariantCulture,
            $"{(held ? "the others notice nothing" : "the others waited")}: in its {Duration.Format(Block)}, {Others} clients " +
            $"had {others.Sum(each => each.Count)} replies, " +
            $"the slowest after {others.Max(each => each.Slowest).TotalMilliseconds:0} ms (engine: {where})"));
    }

    /// <summary>A client that is served while another one's handler blocks.</summary>
    private static async Task<Replies> ExchangeUntilAsync(Task over, Address server, TimeProvider time, CancellationToken ct)
    {
        await using Connection connection = await Connector.ConnectAsync(server, null, ct);
        int count = 0;
        TimeSpan slowest = TimeSpan.Zero;
        while (!over.IsCompleted)
        {
            long sent = time.GetTimestamp();
            await TripAsync(connection, ct);
            TimeSpan took = time.GetElapsedTime(sent);
            slowest = took > slowest ? took : slowest;
            count += over.IsCompleted ? 0 : 1;
            await Task.Delay(Pause, time, ct);
        }
        return new Replies(count, slowest);
    }

    private static async Task TripAsync(Connection connection, CancellationToken ct)
    {
        await connection.SendAsync(Word, ct);
        ReadResult reply = await connection.Input.ReadAtLeastAsync(Word.Length, ct);
        connection.Input.AdvanceTo(reply.Buffer.End);
        if (reply.Buffer.Length < Word.Length)
        {
            throw new ToolException("the server ended the connection too early", ExitCode.Network);
        }
    }

    /// <param name="Count">How many came before the blocked handler's.</param>
    /// <param name="Slowest">How long one took at most.</param>
    private sealed record Replies(int Count, TimeSpan Slowest);
}
