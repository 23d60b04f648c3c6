using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Zocalo.Cli;

/// <summary>The exchange of the echo tutorial, with the lines that its two programs print.</summary>
internal sealed class TutorialRow : ITourRow
{
    private const string Greeting = "Hello world! This is an echo server made with C#.";

    public string Name => "the tutorial's exchange";

    public string Repeat(string zocalo, string address) => $"""
        {zocalo} echo {address} --once & sleep 1
        {zocalo} connect {address} --send 'Hello world!' --print repr
        """;

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        byte[] greeting = Encoding.UTF8.GetBytes(Greeting);
        await using Connection client = await Connector.ConnectAsync(stage.Tutorial.Address, null, ct);
        await stage.Tutorial.ConnectedAsync(client, ct);
        stage.Tell($"connected by {PeerName.Of(client.LocalAddress)}");

        await client.SendAsync(greeting, ct);
        await client.CompleteOutputAsync(ct);
        byte[] reply = await ReadToEndAsync(client.Input, ct);
        stage.Tell($"received {reply.Length} bytes: {ByteText.Repr(reply)}");

        await client.CloseAsync(ct);
        string end = (await stage.Tutorial.ClosedAsync(client, ct)).End();
        stage.Tell($"closed: {end}");

        bool held = reply.AsSpan().SequenceEqual(greeting) && end == $"PeerFinished, {greeting.Length} in, {greeting.Length} out";
        return new Outcome(held, $"sent {greeting.Length} bytes and a FIN; {reply.Length} came back, then the server's FIN");
    }

    /// <summary>All that comes until the peer finishes.</summary>
    internal static async Task<byte[]> ReadToEndAsync(PipeReader input, CancellationToken ct)
    {
        ReadResult read = await input.ReadAsync(ct);
        while (!read.IsCompleted)
        {
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await input.ReadAsync(ct);
        }
        byte[] all = read.Buffer.ToArray();
        input.AdvanceTo(read.Buffer.End);
        return all;
    }
}
