using System.Text;
using Zocalo;
using Zocalo.Testing;

await using var net = new SimulatedNetwork(seed: 1);
var (served, began) = (new TaskCompletionSource<Task<ConnectionEnd>>(), TimeSpan.Zero);
var words = Frames.Lines().Map<string, string>(
    line => Encoding.UTF8.GetString(line.Span), (word, into) => Encoding.UTF8.GetBytes(word, into));
var beating = words.WithHeartbeat("ping", TimeSpan.FromSeconds(20), misses: 2, isPong: word => word == "pong");

await using var server = await SocketServer.StartAsync("tcp://office:7000", beating, async (peer, ct) =>
{
    served.SetResult(peer.Closed);
    await foreach (var word in peer.ReadAllAsync(ct)) { await peer.SendAsync(word, ct); }
}, new()
{
    Engine = net.Host("office"),
    Deadlines = new() { FirstByte = TimeSpan.FromSeconds(10), MinRate = 240, Lifetime = TimeSpan.FromHours(1) },
});
await ShowAsync("says nothing", 7000, _ => Task.CompletedTask);
await ShowAsync("sends half a word", 7000, client => SayAsync(client, "anybody th"));
await ShowAsync("sends and never reads", 7000, client => SayAsync(client, new string('\n', 1_000_000)));
await ShowAsync("hangs", 7000, client => SayAsync(client, "hello\n"));
await ShowAsync("is switched off", 7000, async client => { await SayAsync(client, "hello\n"); net.OpenConnections[^1].Die(); });
await ShowAsync("answers each ping", 7000, async client =>
{
    var peer = client.AsFramed(words);
    await peer.SendAsync("hello");
    await foreach (var word in peer.ReadAllAsync()) { if (word == "ping") { await peer.SendAsync("pong"); } }
});

// It works for a minute, and does not read meanwhile. Two tokens say what its client does.
await using var worker = await SocketServer.StartAsync("tcp://office:7001", async (connection, ct) =>
{
    served.SetResult(connection.Closed);
    connection.PeerGone.Register(() => Tell("  PeerGone"));
    connection.ConnectionClosed.Register(() => Tell("  ConnectionClosed"));
    await Task.Delay(TimeSpan.FromMinutes(1), net.Time, ct);
    await connection.SendAsync("done\n"u8.ToArray(), ct);
}, new() { Engine = net.Host("office") });
await ShowAsync("finishes, and waits", 7001, async client =>
{
    await SayAsync(client, "work\n");
    await client.CompleteOutputAsync();
    await client.Input.CopyToAsync(Stream.Null);
});
await ShowAsync("cuts the connection", 7001, async client => { await SayAsync(client, "work\n"); client.Abort(); });

async Task ShowAsync(string what, int port, Func<Connection, Task> behave)
{
    (served, began) = (new(), net.Time.Elapsed);
    await using var client = await Connector.ConnectAsync($"tcp://office:{port}", new() { Engine = net.Host("home") });
    _ = behave(client);
    var end = await await served.Task;
    Tell($"{what,-23}{end}");
}
void Tell(string what) => Console.WriteLine($"{(net.Time.Elapsed - began).TotalSeconds,8:0.0} s  {what}");
Task SayAsync(Connection client, string text) =>
    Task.WhenAll(client.SendAsync(Encoding.UTF8.GetBytes(text)).AsTask(), Task.Delay(TimeSpan.FromSeconds(1), net.Time));
