using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Messaging;

/// <summary>Messages of 64 bytes as their sender sees them, while the peer drains as fast as it can. The network is in memory, so that no
/// kernel is measured.</summary>
[BenchmarkCategory("Connection, sending")]
public class SendingMessages
{
    private const int Count = 1000;

    private ConnectedPair _pair = null!;
    private Task _draining = null!;

    [GlobalSetup]
    public async Task Connect()
    {
        _pair = ConnectedPair.Connect(window: 1024 * 1024);
        _draining = Task.Run(DrainAsync);
    }

    [GlobalCleanup]
    public async Task Close()
    {
        await _pair.DisposeAsync();
        await _draining;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public async Task SendAsync()
    {
        for (var i = 0; i < Count; i++)
        {
            await _pair.Framed.SendAsync(Messages.Plain);
        }
    }

    private async Task DrainAsync()
    {
        while (true)
        {
            var result = await _pair.Peer.Input.ReadAsync();
            _pair.Peer.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
