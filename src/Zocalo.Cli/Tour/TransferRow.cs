using System.Globalization;
using System.IO.Pipelines;
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
        long started = stage.Time.GetTimestamp();
        bool[] equal = await Task.WhenAll(
            Enumerable.Range(0, Connections).Select(_ => Task.Run(() => RoundTripAsync(stage.Tutorial.Address, ct), ct)));
        TimeSpan took = stage.Time.GetElapsedTime(started);
        long peak = stage.Tutorial.PeakMemory();

        int wrong = equal.Count(same => !same);
        return new Outcome(wrong == 0 && peak < MostMemory, string.Create(
            CultureInfo.InvariantCulture,
            $"there and back in {took.TotalSeconds:0.0} s, " +
            $"SHA-256 {(wrong == 0 ? "equal" : $"different on {wrong} of {Connections}")}; the server's peak memory: {peak / MiB} MiB"));
    }

    private static async Task<bool> RoundTripAsync(Address server, CancellationToken ct)
    {
        await using Connection connection = await Connector.ConnectAsync(server, null, ct);
        Task<byte[]> sending = SendRandomAsync(connection, ct);
        Task<byte[]> receiving = ReceiveAsync(connection, ct);
        byte[][] hashes = await Task.WhenAll(sending, receiving);
        await connection.CloseAsync(ct);
        return hashes[0].AsSpan().SequenceEqual(hashes[1]);
    }

    private static async Task<byte[]> SendRandomAsync(Connection connection, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random();
        byte[] chunk = new byte[ChunkSize];
        for (int sent = 0; sent < PerConnection; sent += ChunkSize)
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
            ReadResult read = await connection.Input.ReadAsync(ct);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
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
