using System.Runtime.CompilerServices;
using Zocalo.Testing;

namespace Zocalo.Simulation.Workload;

/// <summary>The shared state of one run's programs: the network, the watch over pending operations, and the conversations. Everything is on
/// the simulation's one thread.</summary>
internal sealed class Stage : IDisposable
{
    internal const string ServerHost = "server";

    private readonly Dictionary<Address, int> _numbers = [];
    private readonly Dictionary<Address, Conversation> _byClient = [];
    // Connections that a server has and their clients do not have yet.
    private readonly Dictionary<Address, TaskCompletionSource> _awaited = [];
    private readonly TaskCompletionSource<string> _violation = new();       // inline, so that the run stays on its thread

    internal Stage(SimulatedNetwork net, Tally tally)
    {
        (Net, Tally) = (net, tally);
        Watch = new Watch(net.Time, Fail);
        Broadcasts = new Broadcasts(this);
        net.Connected += connection => _numbers[connection.Client] = connection.Number;
    }

    internal SimulatedNetwork Net { get; }

    internal SimulatedTime Time => Net.Time;

    internal Tally Tally { get; }

    internal Watch Watch { get; }

    internal Broadcasts Broadcasts { get; }

    internal List<Conversation> Conversations { get; } = [];

    /// <summary>Handlers that have begun and not returned.</summary>
    internal int Handlers { get; private set; }

    /// <summary>Whether the server was stopped, or its host was down, at least once.</summary>
    internal bool WasInterrupted { get; set; }

    /// <summary>Completes with the first violation.</summary>
    internal Task<string> Violated => _violation.Task;

    public void Dispose() => Watch.Dispose();

    /// <summary>Reports a violation. The first one counts.</summary>
    /// <param name="what">Its description.</param>
    /// <param name="talk">The conversation whose part of the trace is shown.</param>
    internal void Fail(string what, Conversation? talk = null)
    {
        if (_violation.TrySetResult(talk is null ? what : $"{talk}: {what}{Environment.NewLine}{StoryOf(talk)}"))
        {
            Net.Trace.Note($"VIOLATION: {what}");
        }
    }

    internal void Check(bool holds, Conversation talk, [InterpolatedStringHandlerArgument(nameof(holds))] ref WhenBroken what)
    {
        if (!holds)
        {
            Fail(what.Take(), talk);
        }
    }

    /// <summary>The last lines of the trace that are about a connection, a host or a link.</summary>
    private string StoryOf(Conversation talk)
    {
        var lines = Net.Trace.ToString().Split('\n').Where(
            line => !line.Contains('#', StringComparison.Ordinal) || line.Contains($" #{talk.Number} ", StringComparison.Ordinal));
        return string.Join(Environment.NewLine, lines.TakeLast(60));
    }

    /// <summary>Time in which a client does nothing.</summary>
    internal Task Think(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>A source whose token fires after a time. The caller disposes it.</summary>
    internal CancellationTokenSource Patience(TimeSpan time) => new(time, Time);

    /// <summary>A client has its connection.</summary>
    internal Conversation Open(int stream, Service service, string clientHost, Connection connection)
    {
        var talk = new Conversation(stream, _numbers[connection.LocalAddress], service, clientHost);
        Conversations.Add(talk);
        _byClient[connection.LocalAddress] = talk;
        _ = talk.Client.ObserveAsync(connection, Time);
        if (_awaited.Remove(connection.LocalAddress, out var opened))
        {
            opened.SetResult();
        }
        return talk;
    }

    /// <summary>
    /// The conversation of a connection that a server has accepted; null if no client made it, or it is served already. The server's
    /// program may have it before the client's.
    /// </summary>
    private async Task<Conversation?> FindAsync(Address client)
    {
        if (!_numbers.TryGetValue(client, out var number))
        {
            return null;
        }
        if (!_byClient.TryGetValue(client, out var talk) || talk.Number != number)
        {
            var opened = _awaited[client] = new();
            await opened.Task;
            talk = _byClient[client];
        }
        return talk.IsServed ? null : talk;
    }

    /// <summary>Runs a handler's work on a connection that a server has accepted, and records its progress.</summary>
    internal async Task ServeAsync(Connection connection, Func<Conversation, Task> work)
    {
        if (await FindAsync(connection.RemoteAddress) is not { } talk)
        {
            Fail($"a server has a connection from {connection.RemoteAddress} that no client made, or has it twice");
            return;
        }
        talk.IsServed = true;
        _ = talk.Server.ObserveAsync(connection, Time);
        Handlers++;
        // At a drain the input may end before the token has fired.
        _ = connection.Draining.UnsafeRegister(_ => talk.Server.DrainingSince = Time.Elapsed, null);
        try
        {
            await work(talk);
        }
        catch (ConnectionException error)
        {
            talk.Server.Told = error.Reason;
            throw;
        }
        finally
        {
            talk.Server.DoneAt = Time.Elapsed;
            Handlers--;
        }
    }
}
