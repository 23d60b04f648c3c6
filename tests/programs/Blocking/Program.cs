// An echo server whose clients choose how its handler misbehaves, for tests/interop/engines: Blocking [--engine NAME] [--loops N]
// [--no-rescue] [--per-loop]. It prints its port; at SIGTERM it stops, and prints as JSON what it has served and which events it has
// logged.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Zocalo;

var settings =
    new EngineOptions { Loops = int.Parse(After("--loops", "0"), CultureInfo.InvariantCulture), Rescue = !args.Contains("--no-rescue") };
if (!Engine.TryCreate(After("--engine", "epoll"), settings, out var engine, out var reason))
{
    Console.Error.WriteLine(reason);
    return 1;
}
var events = new EventCounter();
var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.TrySetResult();
});
var handler = new BlockingEcho();
var server = await SocketServer.StartAsync("127.0.0.1:0", handler.ServeAsync, new ServerOptions
{
    Engine = engine,
    PerLoop = args.Contains("--per-loop"),
    Logger = events,
});
Console.WriteLine(server.LocalAddress is TcpAddress { Port: var port } ? port : 0);
await stop.Task;
var left = server.ConnectionCount;
await server.StopAsync(new CancellationToken(canceled: true));
Console.WriteLine(JsonSerializer.Serialize(
    new { handler.Connections, handler.Records, handler.Blocked, handler.Burned, left, server.RescueCount, events = events.Counts }));
return 0;

string After(string option, string otherwise) => args.SkipWhile(arg => arg != option).Skip(1).FirstOrDefault(otherwise);
