// A server whose clients say with their first byte what they want: 'e' gets back what it sends, 's' gets 10 MiB by the stream,
// 'm' the same in messages of 64 KiB. It is stopped with SIGTERM, and prints how its connections have ended, and how many seconds after
// the first and the last 10 MiB were offered whose peer did not take them.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Zocalo;

const int pieces = 160;
var piece = new byte[64 * 1024];
if (args is not [var name, var seconds] || !Engine.TryCreate(name, out var engine, out _))
{
    await Console.Error.WriteLineAsync("usage: Offers ENGINE STALL-SECONDS");
    return 2;
}
var stall = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
var ends = new ConcurrentDictionary<string, int>();
var offered = new ConcurrentDictionary<long, long>();
var cut = new ConcurrentBag<double>();
var options = new ServerOptions
{
    Engine = engine,
    Backlog = 2048,
    Deadlines = new() { MinRate = 0 },      // the stall's own limit is looked at
    Connection = new() { WriteStallTimeout = stall },
    Ended = OnEnded,
};
var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.TrySetResult();
});
await using (var server = await SocketServer.StartAsync("127.0.0.1:0", ServeAsync, options))
{
    await stop.Task;
}
Console.WriteLine(JsonSerializer.Serialize(new { ends, first = cut.DefaultIfEmpty().Min(), last = cut.DefaultIfEmpty().Max() }));
return 0;

void OnEnded(Connection connection, ConnectionEnd end)
{
    ends.AddOrUpdate($"{end.Reason}", 1, (_, count) => count + 1);
    if (end.Reason == EndReason.Unresponsive && offered.TryGetValue(connection.Id, out var began))
    {
        cut.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
    }
}

async Task ServeAsync(Connection connection, CancellationToken ct)
{
    var read = await connection.Input.ReadAtLeastAsync(1, ct);
    if (read.Buffer.IsEmpty)
    {
        return;
    }
    var wish = (char)read.Buffer.FirstSpan[0];
    connection.Input.AdvanceTo(read.Buffer.GetPosition(1));
    offered[connection.Id] = Stopwatch.GetTimestamp();
    switch (wish)
    {
        case 'e':
            await connection.Input.CopyToAsync(connection.Output, ct);
            break;
        case 's':
            for (var i = 0; i < pieces; i++)
            {
                await connection.Output.WriteAsync(piece, ct);
            }
            break;
        case 'm':
            var messages = connection.AsFramed(Frames.LengthPrefixed(4));
            for (var i = 0; i < pieces; i++)
            {
                await messages.SendAsync(piece, ct);
            }
            break;
    }
}
