using System.Diagnostics;
using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Messaging;

/// <summary>Messages of 64 bytes from a connection on which all of them have arrived before the clock starts. The network is in memory, so
/// that no kernel is measured; the copy into the receive buffer is.</summary>
[BenchmarkCategory("Connection, reading")]
[InvocationCount(1, 1)]
public class ReadingMessages
{
    private const int Count = 200_000;

    private readonly byte[] _wire = Messages.Encode(Frames.LengthPrefixed(), Messages.Plain, Count);
    private ConnectedPair _pair = null!;

    [GlobalSetup(Target = nameof(ReadAllAsync))]
    public Task PrepareReadAll() => ConnectAsync(ReadAllAsync);

    [GlobalSetup(Target = nameof(TryRead))]
    public Task PrepareTryRead() => ConnectAsync(TryReadAsync);

    [IterationSetup]
    public void Fill() => FillAsync(Count).GetAwaiter().GetResult();

    [GlobalCleanup]
    public async Task Close() => await _pair.DisposeAsync();

    [Benchmark(OperationsPerInvoke = Count)]
    public Task<long> ReadAllAsync() => ReadAllAsync(Count);

    [Benchmark(OperationsPerInvoke = Count)]
    public Task<long> TryRead() => TryReadAsync(Count);

    private async Task<long> ReadAllAsync(int left)
    {
        var sum = 0L;
        await foreach (var frame in _pair.Framed.ReadAllAsync())
        {
            sum += frame.Span[0] + frame.Length;
            if (--left == 0)
            {
                break;
            }
        }
        return sum;
    }

    private async Task<long> TryReadAsync(int left)
    {
        var sum = 0L;
        while (left > 0 && await _pair.Framed.WaitToReadAsync())
        {
            while (_pair.Framed.TryRead(out var frame))
            {
                sum += frame.Span[0] + frame.Length;
                left--;
            }
        }
        return sum;
    }

    /// <summary>An iteration is one call, too few for the loop to be compiled for speed: here it is called often enough.</summary>
    private async Task ConnectAsync(Func<int, Task<long>> loop)
    {
        _pair = ConnectedPair.Connect(window: 2 * _wire.Length);
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1);)
        {
            await FillAsync(1000);
            await loop(1000);
        }
    }

    private async Task FillAsync(int count) => await _pair.Peer.Output.WriteAsync(_wire.AsMemory(0, count * (_wire.Length / Count)));
}
