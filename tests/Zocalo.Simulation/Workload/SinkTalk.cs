using System.Buffers.Binary;

namespace Zocalo.Simulation.Workload;

/// <summary>From client to server: the client sends and finishes, the server answers with the number of bytes that it got.</summary>
internal sealed class SinkTalk(Stage stage, Conversation talk, Connection connection, Chance chance)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    internal async Task RunAsync()
    {
        var (side, key) = (talk.Client, Pattern.Key(talk.Stream, 2));
        for (var left = chance.Spread(1, 100_000); left > 0;)
        {
            var bytes = Pattern.Make(Math.Min(left, chance.Spread(1, 30_000)), key, side.Accepted);
            left -= bytes.Length;
            side.Accepted += bytes.Length;
            using var _ = stage.Watch.Begin("send", Promises.Send, talk);
            await connection.SendAsync(bytes);
            if (chance.Is(0.3))
            {
                await stage.Think(chance.Seconds(0.1, 4));
            }
        }
        using (stage.Watch.Begin("half-close", Promises.Send, talk))
        {
            await connection.CompleteOutputAsync();
        }
        using var patience = stage.Patience(LongestWait);
        try
        {
            using var _ = stage.Watch.Begin("reading the count", LongestWait, talk);
            var count = new byte[8];
            while (await connection.ReceiveAsync(count.AsMemory((int)side.Got), patience.Token) is var got and > 0)
            {
                side.Got += got;
                if (side.Got == count.Length)
                {
                    var told = BinaryPrimitives.ReadInt64BigEndian(count);
                    stage.Check(
                        told == side.Accepted || talk.Server.WasDraining,
                        talk,
                        $"{side.Accepted} bytes were sent, and {told} arrived before the end");
                    return;
                }
            }
            side.SawEnd = true;
            stage.Check(side.Got == 0 && talk.Server.WasDraining, talk, $"the count was cut");
        }
        catch (OperationCanceledException)
        {
            stage.Tally.Count("stream: given up");
        }
    }

    /// <summary>The server's side.</summary>
    internal static async Task ServeAsync(Stage stage, Conversation talk, Connection connection, CancellationToken cancellationToken)
    {
        var (side, key) = (talk.Server, Pattern.Key(talk.Stream, 2));
        var buffer = new byte[5000];
        while (!side.SawEnd)
        {
            using var _ = stage.Watch.Serve("reading", talk);
            var got = await connection.ReceiveAsync(buffer, cancellationToken);
            stage.Check(
                Pattern.Matches(buffer.AsSpan(0, got), key, side.Got),
                talk,
                $"bytes {side.Got} to {side.Got + got} are not those that were sent");
            side.Got += got;
            side.SawEnd = got == 0;
        }
        var count = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(count, side.Got);
        side.Accepted = count.Length;
        using var __ = stage.Watch.Serve("sending the count", talk);
        await connection.SendAsync(count, cancellationToken);
    }
}
