using System.Text;

namespace Zocalo.Cli;

/// <summary>A FIN says "I am done", not "I have left": the reply that comes two seconds after it arrives whole.</summary>
internal sealed class LateReplyRow : ITourRow
{
    private const int Size = 100_000;
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

    public string Name => "a reply after the FIN";

    public string Repeat(string zocalo, string address) => $"""
        {zocalo} echo {address} --once --reply-delay 2s & sleep 1
        {zocalo} connect {address} --send 'are you still there?\n'
        """;

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        var server = await stage.StartEchoAsync(["--reply-delay", "2s"], ct);
        var question = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("are you still there? ", Size / 20))[..Size]);

        await using var client = await Connector.ConnectAsync(server.Address, null, ct);
        await client.SendAsync(question, ct);
        await client.CompleteOutputAsync(ct);
        var finished = TimeProvider.System.GetTimestamp();
        var reply = await TourStage.ReadToEndAsync(client, ct);
        var waited = TimeProvider.System.GetElapsedTime(finished);
        await client.CloseAsync(ct);

        // A clock that ticks coarsely may see a little less than the two seconds.
        var held = reply.AsSpan().SequenceEqual(question) && waited > Delay * 0.9;
        return new Outcome(held, $"sent {Size} bytes and a FIN; {reply.Length} came back {waited.TotalSeconds:0.0} s later");
    }
}

/// <summary>Three ways to end, distinguished by the server: the client finished, the client broke off, the server was stopped.</summary>
internal sealed class EndsRow : ITourRow
{
    private static readonly byte[] Word = "end"u8.ToArray();

    public string Name => "FIN, reset, drain";

    public string Repeat(string zocalo, string address) => $"""
        {zocalo} echo {address} & server=$!
        sleep 1; {zocalo} connect {address} --send 'end\n'
        timeout -s INT 1 {zocalo} connect {address} --send 'end\n' --eof keep
        (sleep 1; kill $server) &
        {zocalo} connect {address} --send 'end\n' --eof keep
        """;

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        var server = await stage.StartEchoAsync([], ct);

        await using var finishing = await ConnectAndEchoAsync(server, ct);
        await finishing.CompleteOutputAsync(ct);
        await finishing.CloseAsync(ct);
        var finished = (await server.ClosedAsync(finishing, ct)).Text("reason");

        await using var breaking = await ConnectAndEchoAsync(server, ct);
        breaking.Abort();
        var broken = (await server.ClosedAsync(breaking, ct)).Text("reason");

        var held = finished == nameof(EndReason.PeerFinished) && broken == nameof(EndReason.Reset);
        var seen = $"the server saw {finished} after a FIN, {broken} after a reset";
        if (OperatingSystem.IsWindows())
        {
            return new Outcome(held, $"{seen}; the drain is left out: Windows has no SIGTERM");
        }
        await using var staying = await ConnectAndEchoAsync(server, ct);
        server.Terminate();
        var rest = await TourStage.ReadToEndAsync(staying, ct);
        var ours = await staying.CloseAsync(ct);
        var drained = (await server.ClosedAsync(staying, ct)).Text("reason");
        var exitCode = await server.ExitedAsync(ct);

        held &= drained == nameof(EndReason.Drained) && rest.Length == 0 && ours.Reason == EndReason.PeerFinished
            && exitCode == ExitCode.Done;
        return new Outcome(held, $"{seen}, {drained} after SIGTERM (its client: {ours.Reason}; its exit code: {exitCode})");
    }

    // The echo of the word proves that the server is in the middle of this connection.
    private static async Task<Connection> ConnectAndEchoAsync(EchoProcess server, CancellationToken ct)
    {
        var connection = await Connector.ConnectAsync(server.Address, null, ct);
        await TourStage.TripAsync(connection, Word, ct);
        return connection;
    }
}
