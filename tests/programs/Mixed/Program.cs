// A server whose handlers use what handlers use (HttpClient, a database's client, channels, timers, Parallel.ForEachAsync), awaiting it and
// blocking on it, and clients that compare every byte of its answers, for tests/interop/engines: Mixed [--engine NAME] [--seconds N]
// [--seed N] [--connections N] [--patience SECONDS] [--no-rescue]. It prints as JSON what it has seen, and ends with 1 when an answer was
// wrong, lost or did not come within the patience, when a handler hangs, or when code was in another connection's context.
using System.Globalization;
using System.Text.Json;
using Zocalo;

const int databaseSessions = 8;
const int httpConnections = 16;
var seconds = Number("--seconds", 20);
var seed = Number("--seed", 1);
var patience = TimeSpan.FromSeconds(Number("--patience", 60));
var settings = new EngineOptions { Rescue = !args.Contains("--no-rescue") };
if (!Engine.TryCreate(After("--engine", "auto"), settings, out var engine, out var reason))
{
    Console.Error.WriteLine(reason);
    return 1;
}
var events = new EventCounter();
var options = new ServerOptions { Engine = engine, Logger = events, DrainTimeout = patience };
await using var web = await SocketServer.StartAsync("127.0.0.1:0", Backends.ServeHttpAsync, options);
await using var store = await SocketServer.StartAsync("127.0.0.1:0", Backends.ServeDatabaseAsync, options);
using var database = new Database(PortOf(store), databaseSessions);
using var http = new HttpClient(new SocketsHttpHandler
{
    MaxConnectionsPerServer = httpConnections,
    PooledConnectionLifetime = TimeSpan.FromSeconds(2),
    UseProxy = false,
});
var works = new Works(http, new Uri($"http://127.0.0.1:{PortOf(web)}/"), database);
var worker = Task.Run(works.RunWorkerAsync);
var handler = new Handler(works);
await using var server = await SocketServer.StartAsync("127.0.0.1:0", handler.ServeAsync, options);

var tally = new Tally();
var clients = Enumerable.Range(0, Number("--connections", 48))
    .Select(number => new Client(PortOf(server), number, seed, patience, tally).Start(TimeSpan.FromSeconds(seconds)))
    .ToArray();
await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(seconds) + (3 * patience));
for (var end = Environment.TickCount64 + patience.TotalMilliseconds; server.ConnectionCount > 0 && Environment.TickCount64 < end;)
{
    await Task.Delay(TimeSpan.FromMilliseconds(20));
}
var left = handler.Current.Values.Select(work => $"{work}").ToArray();
works.Stop();
await worker.WaitAsync(patience);

var problems = tally.Problems;
foreach (var problem in problems.Take(20))
{
    Console.Error.WriteLine(problem);
}
var homes = handler.Homes;
Console.WriteLine(JsonSerializer.Serialize(new
{
    engine = engine.Name,
    seed,
    answers = tally.Answers,
    connections = handler.Connections,
    wrong = Count(Tally.Problem.Wrong),
    hung = Count(Tally.Problem.Hung),
    lost = Count(Tally.Problem.Lost),
    left,
    stayed = server.ConnectionCount,
    works = tally.Works,
    homes = new { homes.Kept, homes.Without, homes.Moved, homes.MovedForNothing, homes.CameBack, homes.Astray },
    rescues = server.RescueCount,
    backendRescues = web.RescueCount + store.RescueCount,
    events = events.Counts,
}));
return problems.Count + server.ConnectionCount + homes.Astray > 0 || events.Counts.ContainsKey("HandlerFailed") ? 1 : 0;

int Count(Tally.Problem problem) => problems.Count(line => line.StartsWith($"{problem}:", StringComparison.Ordinal));

int Number(string option, int otherwise) =>
    int.Parse(After(option, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

string After(string option, string otherwise) => args.SkipWhile(arg => arg != option).Skip(1).FirstOrDefault(otherwise);

static int PortOf(SocketServer server) => server.LocalAddress is TcpAddress { Port: var port } ? port : 0;
