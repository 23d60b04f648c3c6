using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Zocalo.Simulation.Workload;

/// <summary>From server to client: the client requests a number of bytes, the server sends them and finishes. Some clients leave
/// earlier.</summary>
internal sealed class SourceTalk(Stage stage, Conversation talk, Connection connection, Chance chance)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(90);

    internal async Task RunAsync()
    {
        var (side, key) = (talk.Client, Pattern.Key(talk.Stream, 1));
        var total = chance.Spread(1, 150_000);
        var until = chance.Is(0.7) ? total : chance.Between(0, total);
        var order = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(order, total);
        side.Accepted = order.Length;
        using (stage.Watch.Begin("send", Promises.Send, talk))
        {
            await connection.SendAsync(order);
        }
        using var patience = stage.Patience(LongestWait);
        try
        {
            using var _ = stage.Watch.Begin("reading", LongestWait, talk);
            var buffer = new byte[16 * 1024];
            while (side.Got < until || until == total)
            {
                var count = await connection.ReceiveAsync(buffer, patience.Token);
                if (count == 0)
                {
                    side.SawEnd = true;
                    return;
                }
                stage.Check(
                    Pattern.Matches(buffer.AsSpan(0, count), key, side.Got),
                    talk,
                    $"bytes {side.Got} to {side.Got + count} are not those that were sent");
                side.Got += count;
            }
        }
        catch (OperationCanceledException)
        {
            stage.Tally.Count("stream: given up");
        }
        if (chance.Is(0.5))
        {
            side.IsCut = true;
            connection.Abort();
        }
    }

    /// <summary>The server's side.</summary>
    internal static async Task ServeAsync(Stage stage, Conversation talk, Connection connection, CancellationToken cancellationToken)
    {
        var (side, key) = (talk.Server, Pattern.Key(talk.Stream, 1));
        ReadResult order;
        using (stage.Watch.Serve("reading the order", talk))
        {
            order = await connection.Input.ReadAtLeastAsync(4, cancellationToken);
        }
        if (order.Buffer.Length < 4)
        {
            side.SawEnd = true;
            side.Got = order.Buffer.Length;
            return;     // the client left, or the server stops
        }
        var total = BinaryPrimitives.ReadInt32BigEndian(
            order.Buffer.FirstSpan.Length >= 4 ? order.Buffer.FirstSpan : order.Buffer.ToArray());
        side.Got = order.Buffer.Length;
        connection.Input.AdvanceTo(order.Buffer.End);
        while (side.Accepted < total)
        {
            var size = (int)Math.Min(4096, total - side.Accepted);
            Pattern.Fill(connection.Output.GetSpan(size)[..size], key, side.Accepted);
            connection.Output.Advance(size);
            side.Accepted += size;
            using var _ = stage.Watch.Serve("sending", talk);
            await connection.Output.FlushAsync(cancellationToken);
        }
        using (stage.Watch.Serve("finishing", talk))
        {
            await connection.CompleteOutputAsync(cancellationToken);
        }
    }
}
