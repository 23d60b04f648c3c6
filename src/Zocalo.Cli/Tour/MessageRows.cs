using System.Buffers;
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
        var greeting = Encoding.UTF8.GetBytes(Greeting);
        await using var client = await Connector.ConnectAsync(stage.Tutorial.Address, null, ct);
        await stage.Tutorial.ConnectedAsync(client, ct);
        TourStage.Tell($"connected by {PeerName.Of(client.LocalAddress)}");

        await client.SendAsync(greeting, ct);
        await client.CompleteOutputAsync(ct);
        var reply = await TourStage.ReadToEndAsync(client, ct);
        TourStage.Tell($"received {reply.Length} bytes: {ByteText.Repr(reply)}");

        await client.CloseAsync(ct);
        var end = (await stage.Tutorial.ClosedAsync(client, ct)).End();
        TourStage.Tell($"closed: {end}");

        var held = reply.AsSpan().SequenceEqual(greeting) && end == $"PeerFinished, {greeting.Length} in, {greeting.Length} out";
        return new Outcome(held, $"sent {greeting.Length} bytes and a FIN; {reply.Length} came back, then the server's FIN");
    }
}

/// <summary>Sent one byte at a time, arrives as whole messages. TCP has no messages; a format, here the HOWTO's own five digits, makes
/// them.</summary>
internal sealed class WholeMessagesRow : ITourRow
{
    private static readonly string[] Messages = ["one", "", "two words", "line\nbreak", "¡Hola, zócalo!"];

    public string Name => "byte by byte, whole again";

    public string Repeat(string zocalo, string address) => $"""
        {zocalo} echo {address} --once --frame digits:5 -v & sleep 1
        for c in 0 0 0 0 5 h e l l o; do printf $c; sleep 0.1; done |
          {zocalo} connect {address}
        """;

    public async Task<Outcome> RunAsync(TourStage stage, CancellationToken ct)
    {
        var server = await stage.StartEchoAsync(["--frame", "digits:5", "-v"], ct);
        var format = Frames.DigitsPrefixed(5);
        var frames = new ArrayBufferWriter<byte>();
        foreach (var message in Messages)
        {
            format.Encode(Encoding.UTF8.GetBytes(message), frames);
        }
        await using var client = await Connector.ConnectAsync(server.Address, null, ct);
        for (var i = 0; i < frames.WrittenCount; i++)
        {
            // Each in a packet of its own: TCP_NODELAY is on.
            await client.SendAsync(frames.WrittenMemory.Slice(i, 1), ct);
        }
        await client.CompleteOutputAsync(ct);
        var reply = await TourStage.ReadToEndAsync(client, ct);
        await client.CloseAsync(ct);
        await server.ClosedAsync(client, ct);

        var held = reply.AsSpan().SequenceEqual(frames.WrittenSpan) && server.Messages == Messages.Length;
        return new Outcome(
            held,
            $"{frames.WrittenCount} bytes sent one at a time; the server saw {server.Messages} of {Messages.Length} messages, "
            + "and each came back");
    }
}
