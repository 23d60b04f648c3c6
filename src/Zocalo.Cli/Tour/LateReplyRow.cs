using System.Globalization;
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
        EchoProcess server = await stage.StartEchoAsync("127.0.0.1:0", ["--reply-delay", "2s"], ct);
        byte[] question = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("are you still there? ", Size / 20))[..Size]);

        await using Connection client = await Connector.ConnectAsync(server.Address, null, ct);
        await client.SendAsync(question, ct);
        await client.CompleteOutputAsync(ct);
        long finished = stage.Time.GetTimestamp();
        byte[] reply = await TutorialRow.ReadToEndAsync(client.Input, ct);
        TimeSpan waited = stage.Time.GetElapsedTime(finished);
        await client.CloseAsync(ct);

        // A clock that ticks coarsely may see a little less than the two seconds.
        bool held = reply.AsSpan().SequenceEqual(question) && waited > Delay * 0.9;
        return new Outcome(held, string.Create(
            CultureInfo.InvariantCulture,
            $"sent {Size} bytes and a FIN; {reply.Length} came back {waited.TotalSeconds:0.0} s later"));
    }
}
