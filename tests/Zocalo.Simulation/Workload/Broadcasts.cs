namespace Zocalo.Simulation.Workload;

/// <summary>The server's directory, and the program that broadcasts to it at random times, sometimes more at once than slow peers can
/// take.</summary>
internal sealed class Broadcasts(Stage stage)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PeerDirectory<int, Message, Message> _directory = new();
    private readonly Dictionary<int, Conversation> _online = [];
    private readonly HashSet<int> _incomplete = [];
    private readonly Chance _chance = new(stage.Net.Seed, 1_000_003);
    private int _last;

    /// <summary>The peers that are online.</summary>
    internal IEnumerable<Conversation> Online => _directory.Keys.Select(key => _online[key]);

    /// <summary>What happens in this run to peers that do not keep up.</summary>
    internal OutboxPolicy Policy { get; } = (OutboxPolicy)(stage.Net.Seed % 3);

    /// <summary>Whether some peers that were online did not get a broadcast.</summary>
    internal bool WasIncomplete(int sequence) => _incomplete.Contains(sequence);

    internal void Bind(int key, FramedConnection<Message, Message> peer, Conversation talk)
    {
        if (_online.TryGetValue(key, out var before))
        {
            before.IsReplaced = true;
        }
        _online[key] = talk;
        _directory.Bind(key, peer);
    }

    internal async Task RunAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var (times, length) = _chance.Is(0.05) ? (12, 12_000) : (1, _chance.Spread(1, 2000));
            for (; times > 0 && _directory.Count > 0; times--)
            {
                await BroadcastAsync(new Message(MessageKind.Broadcast, 0, 0, ++_last, length));
            }
            try
            {
                await Task.Delay(_chance.Seconds(0.5, 5), stage.Time, over);
            }
            catch (OperationCanceledException)
            {
                // The run is over.
            }
        }
    }

    private async Task BroadcastAsync(Message message)
    {
        using var patience = stage.Patience(Patience);
        using var _ = stage.Watch.Begin($"broadcast {message.Sequence}", Patience);
        _incomplete.Add(message.Sequence);      // until it is known that every peer has it
        try
        {
            var result = await _directory.BroadcastAsync(message, patience.Token);
            stage.Tally.Count("broadcast: sent", result.Sent);
            stage.Tally.Count("broadcast: full", result.Full);
            stage.Tally.Count("broadcast: cut", result.Cut);
            stage.Tally.Count("broadcast: gone", result.Gone);
            if (result.Full == 0)
            {
                _incomplete.Remove(message.Sequence);       // a peer that was cut or is gone gets nothing later either: no gap
            }
        }
        catch (OperationCanceledException)
        {
            stage.Tally.Count("broadcast: cancelled");
        }
    }
}
