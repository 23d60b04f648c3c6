using System.Buffers;
using System.Globalization;
using System.Text;

namespace Zocalo.Cli;

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
        EchoProcess server = await stage.StartEchoAsync("127.0.0.1:0", ["--frame", "digits:5", "-v"], ct);
        FrameFormat format = Frames.DigitsPrefixed(5);
        var frames = new ArrayBufferWriter<byte>();
        foreach (string message in Messages)
        {
            format.Encode(Encoding.UTF8.GetBytes(message), frames);
        }
        await using Connection client = await Connector.ConnectAsync(server.Address, null, ct);
        for (int i = 0; i < frames.WrittenCount; i++)
        {
            // Each in a packet of its own: TCP_NODELAY is on.
            await client.SendAsync(frames.WrittenMemory.Slice(i, 1), ct);
        }
        await client.CompleteOutputAsync(ct);
        byte[] reply = await TutorialRow.ReadToEndAsync(client.Input, ct);
        await client.CloseAsync(ct);
        await server.ClosedAsync(client, ct);

        bool held = reply.AsSpan().SequenceEqual(frames.WrittenSpan) && server.Messages == Messages.Length;
        return new Outcome(held, string.Create(
            CultureInfo.InvariantCulture,
            $"{frames.WrittenCount} bytes sent one at a time; the server saw {server.Messages} of {Messages.Length} messages, and each " +
            $"came back"));
    }
}
