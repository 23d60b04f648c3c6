using System.Security.Cryptography;

namespace Zocalo.Cli;

/// <summary>Much data on several connections at once: all of it comes back, and the server does not store it.</summary>
internal sealed class TransferRow : ITourRow
{
    private const int Connections = 8;
    private const int MiB = 1 << 20;
    private const int PerConnection = 32 * MiB;
    private const int ChunkSize = 64 * 1024;
    private const long MostMemory = 150L * MiB;

    public string Name => "256 MiB, 8 connections";

    public string Repeat(string zocalo, string address) => $"""
        {zocalo} echo {address} --once & sleep 1
        head -c 256M /dev/urandom | tee >(sha256sum >&2) |
          {zocalo} connect {address} | sha256sum
        """;

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        var started = TimeProvider.System.GetTimestamp();
        var equal = await Task.WhenAll(
            Enumerable.Range(0, Connections).Select(_ => Task.Run(() => RoundTripAsync(stage.Tutorial.Address, ct), ct)));
        var took = TimeProvider.System.GetElapsedTime(started);
        var peak = stage.Tutorial.PeakMemory();

        var wrong = equal.Count(same => !same);
        return new Outcome(
            wrong == 0 && peak < MostMemory,
            $"there and back in {took.TotalSeconds:0.0} s, SHA-256 {(wrong == 0 ? "equal" : $"different on {wrong} of {Connections}")}; "
            + $"the server's peak memory: {peak / MiB} MiB");
    }

    private static async Task<bool> RoundTripAsync(Address server, CancellationToken ct)
    {
        await using var connection = await Connector.ConnectAsync(server, null, ct);
        var hashes = await Task.WhenAll(SendRandomAsync(connection, ct), ReceiveAsync(connection, ct));
        await connection.CloseAsync(ct);
        return hashes[0].AsSpan().SequenceEqual(hashes[1]);
    }

    private static async Task<byte[]> SendRandomAsync(Connection connection, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random();
        var chunk = new byte[ChunkSize];
        for (var sent = 0; sent < PerConnection; sent += ChunkSize)
        {
            random.NextBytes(chunk);
            hash.AppendData(chunk);
            await connection.Output.WriteAsync(chunk, ct);
        }
        await connection.CompleteOutputAsync(ct);
        return hash.GetHashAndReset();
    }

    private static async Task<byte[]> ReceiveAsync(Connection connection, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            var read = await connection.Input.ReadAsync(ct);
            foreach (var segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
            }
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return hash.GetHashAndReset();
            }
        }
    }
}

/// <summary>One handler blocks its thread, which is the only loop's, and the others notice nothing: another thread takes the loop
/// over.</summary>
internal sealed class BlockedHandlerRow : ITourRow
{
    private const int Others = 7;
    private const int LeastReplies = 3;     // each; one could be an accident of the order

    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);

    private static readonly byte[] Word = "tick"u8.ToArray();

    public string Name => "one handler blocks";

    public string Repeat(string zocalo, string address)
    {
        var options = Engine.TryCreate("epoll", out _, out _) ? "--engine epoll --loops 1" : "--engine async";
        return $"""
            {zocalo} echo {address} {options} --block-first 2s & server=$!
            sleep 1; {zocalo} connect {address} --send 'first\n' & first=$!
            sleep 1; {zocalo} connect {address} --send 'second\n'
            wait $first; kill $server
            """;
    }

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        var isEpoll = Engine.TryCreate("epoll", out _, out var refused);
        string[] engine = isEpoll ? ["--engine", "epoll,strict", "--loops", "1"] : ["--engine", "async"];
        var server = await stage.StartEchoAsync([.. engine, "--block-first", "2s"], ct);

        await using var blocked = await Connector.ConnectAsync(server.Address, null, ct);
        var slow = TourStage.TripAsync(blocked, Word, ct);
        await server.LoggedAsync(EchoHandlers.BlockingMessage(Block), ct);
        var others = await Task.WhenAll(
            Enumerable.Range(0, Others).Select(_ => TourStage.ExchangeUntilAsync(slow, server.Address, Word, ct)));
        await slow;

        var held = others.Min(each => each.Count) >= LeastReplies;
        var where = isEpoll ? "epoll, one loop" : $"async, since {refused}";
        return new Outcome(
            held,
            $"{(held ? "the others notice nothing" : "the others waited")}: in its {Duration.Format(Block)}, {Others} clients had "
            + $"{others.Sum(each => each.Count)} replies, "
            + $"the slowest after {others.Max(each => each.Slowest).TotalMilliseconds:0} ms (engine: {where})");
    }
}
