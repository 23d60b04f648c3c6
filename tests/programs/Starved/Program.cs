// An echo server in a process that has no descriptors left: run it with a small limit (ulimit -n 300). It prints its address, whether
// the thread pool runs without any, every warning, and whether a file can be opened while accepting pauses; a line on its input gives
// the descriptors back, the end of its input stops it.
using Microsoft.Extensions.Logging;
using Zocalo;

const int leftOver = 12;

var options = new ServerOptions { Engine = Choose(args), Logger = new Printer() };
await using var server = await SocketServer.StartAsync(
    "127.0.0.1:0", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), options);
Console.WriteLine(server.LocalAddress);
var input = Console.In;         // takes a descriptor: now, while there are some
var hoard = new Stack<IDisposable>();
try
{
    while (true)
    {
        hoard.Push(File.OpenHandle("/dev/null"));
    }
}
catch (IOException)
{
    // The first work item of a process starts threads of the runtime's, which take descriptors; without any, that ends the process.
    using var ran = new ManualResetEventSlim();
    ThreadPool.UnsafeQueueUserWorkItem(static ran => ran.Set(), ran, preferLocal: false);
    Console.WriteLine(ran.Wait(TimeSpan.FromSeconds(10)) ? "the thread pool runs" : "the thread pool does not run");
    for (var i = 0; i < leftOver; i++)
    {
        hoard.Pop().Dispose();
    }
}
Console.WriteLine("starved");
while (input.ReadLine() is not null)
{
    while (hoard.TryPop(out var handle))
    {
        handle.Dispose();
    }
}

static Engine Choose(string[] args) =>
    Engine.TryCreate(args is [var name] ? name : "auto", out var engine, out var reason) ? engine : throw new ArgumentException(reason);

internal sealed class Printer : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        Console.WriteLine(line);
        if (line.StartsWith("Accepting failed", StringComparison.Ordinal))
        {
            Console.WriteLine(CanOpen() ? "can open a file" : "can open nothing");
        }
    }

    // What a runtime needs that must load something to go on.
    private static bool CanOpen()
    {
        try
        {
            File.OpenHandle("/dev/null").Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
