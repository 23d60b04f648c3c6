using System.Diagnostics.Metrics;
using System.Text;
using Zocalo;

// What a listener hears: sums, by instrument. A program would leave this to OpenTelemetry.
var sums = new SortedDictionary<string, double>(StringComparer.Ordinal);
using var listener = new MeterListener();
listener.InstrumentPublished = (instrument, _) =>
{
    if (instrument.Meter.Name == "Zocalo") { listener.EnableMeasurementEvents(instrument); }
};
listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add($"{instrument.Name}, count", 1, tags));
listener.Start();

// A server that says how each of its connections ended, and lets itself be watched.
var ended = new SemaphoreSlim(0);
var control = new UnixAddress(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.zocalo"));
await using var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", EchoAsync, new()
{
    ControlSocket = control,
    Ended = (_, end) => { Console.WriteLine($"ended: {end}"); ended.Release(); },
});

// Three clients, one after the other: the first finishes, the second is cut off, the third sends what the handler cannot bear.
foreach (var (text, aborts) in new[] { ("hello", false), ("help", true), ("!", false) })
{
    await using var client = await Connector.ConnectAsync(server.LocalAddress);
    await client.SendAsync(Encoding.UTF8.GetBytes(text));
    if (text != "!") { await client.ReceiveAsync(new byte[10]); }
    if (aborts) { client.Abort(); } else { await client.CloseAsync(); }
    await ended.WaitAsync();
}

// The control socket: who it is, then a line of JSON each second.
await using var watching = await Connector.ConnectAsync(control, Frames.Lines());
await watching.WaitToReadAsync();
watching.TryRead(out var who);
Console.WriteLine(Encoding.UTF8.GetString(who.Span)[..11]);
watching.Abort();

await server.StopAsync();
Console.WriteLine(string.Join('\n', sums.Select(sum => $"{sum.Key}: {sum.Value}")));

void Add(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
{
    var all = tags.ToArray().ToDictionary();
    if (!Equals(all["zocalo.side"], "server")) { return; }       // the clients are measured too
    var detail = all.GetValueOrDefault("network.io.direction") ?? all.GetValueOrDefault("error.type");
    var key = detail is null ? name : $"{name}, {detail}";
    lock (sums) { sums[key] = sums.GetValueOrDefault(key) + value; }
}

static async Task EchoAsync(Connection connection, CancellationToken ct)
{
    var bytes = new byte[10];
    while (await connection.ReceiveAsync(bytes, ct) is > 0 and var count)
        await connection.SendAsync(bytes[0] == '!' ? throw new FormatException("no!") : bytes.AsMemory(0, count), ct);
}
