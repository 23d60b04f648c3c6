using System.Text;
using Zocalo;

// The same server on each engine. Five clients are connected at the same time, and each is told which thread serves it.
foreach (var name in new[] { "async", "threads", "select", "epoll" })
{
    if (!Engine.TryCreate(name, new() { Loops = 1 }, out var engine, out var reason))
    {
        Console.WriteLine($"{name,-9}{reason}");
        continue;
    }
    await using var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", TellAsync, new() { Engine = engine });
    var clients = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Connector.ConnectAsync(server.LocalAddress)));
    var answers = await Task.WhenAll(clients.Select(AskAsync));
    var threads = answers.Distinct().Count() == clients.Length ? "a thread each" : "a shared thread";
    Console.WriteLine($"{server.Engine,-9}{(answers[0].EndsWith("Worker") ? "the thread pool" : threads)}: {answers[0].Split(',')[1]}");
}

// What every handler does: it waits, and it answers. It does not know how the engine waits.
static async Task TellAsync(Connection connection, CancellationToken ct)
{
    var question = await connection.Input.ReadAsync(ct);
    await connection.SendAsync(Encoding.UTF8.GetBytes($"{Environment.CurrentManagedThreadId},{Thread.CurrentThread.Name}"), ct);
    connection.Input.AdvanceTo(question.Buffer.End);
}

static async Task<string> AskAsync(Connection connection)
{
    await connection.SendAsync("where?"u8.ToArray());
    using var reader = new StreamReader(connection.AsStream());
    var answer = await reader.ReadToEndAsync();
    await connection.CloseAsync();
    return answer;
}
