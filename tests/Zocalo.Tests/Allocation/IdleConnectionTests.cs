using System.Buffers;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Buffers;
using Zocalo.Connections;
using Zocalo.Engines;
using Zocalo.Serving;
using Zocalo.Telemetry;

namespace Zocalo.Tests.Allocation;

/// <summary>
/// What the library allocates for a connection that a server has accepted and whose handler waits for bytes, the engine's own objects left
/// out. Nothing is left to the collector, so this is also what the connection holds. Counted exactly, on one thread.
/// </summary>
public sealed class IdleConnectionTests
{
    private const int Many = 100;

    private static readonly byte[] Destination = new byte[1];

    // Each is what was measured (896, 944, 968, 936), and a twentieth. The handler's own state machine is in it: 176, 176 and 152 bytes.
    public static TheoryData<string, ConnectionHandler, bool, int> Handlers => new()
    {
        { "CopyToAsync", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), false, 940 },
        { "CopyToAsync, on an engine with a context", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), true, 991 },
        { "ReadAsync, on an engine with a context", ReadAsync, true, 1016 },
        { "ReceiveAsync, on an engine with a context", ReceiveAsync, true, 982 },
    };

    [Theory]
    [MemberData(nameof(Handlers), DisableDiscoveryEnumeration = true)]
    public void An_idle_connection_is_small(string name, ConnectionHandler handler, bool hasContext, int limit)
    {
        var (each, served) = AllocatedForEach(handler, hasContext, null);
        Assert.True(each <= limit, $"{name}: {each} bytes for an idle connection; the limit is {limit}.");
        Assert.Equal(Many + 1, served.AbortAll());
    }

    [Fact]
    public void A_connection_that_is_measured_and_whose_age_is_shown_is_no_larger()
    {
        var measured = 0;
        using var factory = new Telemetry.OwnMeter(listens: false);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => measured++);
        listener.Start();
        var (off, _) = AllocatedForEach(ReadAsync, hasContext: true, null);
        var (on, served) = AllocatedForEach(ReadAsync, hasContext: true, factory);
        Assert.Equal(off, on);
        Assert.Equal(3 * (Many + 1), measured);     // one more active, one more queued, one less queued
        Assert.Equal(Many + 1, served.AbortAll());
    }

    private static (long Bytes, ServedConnections Served) AllocatedForEach(ConnectionHandler handler, bool hasContext, IMeterFactory? meter)
    {
        var rescues = new RescueLog("", NullLogger.Instance, TimeProvider.System);
        var served = new ServedConnections(handler, HandlerPlacement.Engine, int.MaxValue, NullLogger.Instance, rescues)
        {
            Ended = meter is null ? null : static (_, _) => { },
            ShowsAge = meter is not null,
        };
        if (meter is not null)
        {
            served.Metrics = new(
                Instruments.Of(meter), MetricTags.OfServer("127.0.0.1:1", Engine.Async), served, TimeProvider.System);
        }
        var settings = new ConnectionSettings(ConnectionOptions.Default, NullLogger.Instance, TimeProvider.System);
        var ready = new Queue<IThreadPoolWorkItem>(16);
        var scheduler = new InlineScheduler(hasContext, ready);
        var sockets = Enumerable.Range(0, Many).Select(_ => new IdleSocket(scheduler)).ToArray();
        Begin(new IdleSocket(scheduler));     // code, statics
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var socket in sockets)
        {
            Begin(socket);
        }
        return ((GC.GetAllocatedBytesForCurrentThread() - before) / Many, served);

        void Begin(StreamSocket socket)
        {
            served.Begin(new Connection(socket, settings));
            while (ready.TryDequeue(out var work))
            {
                work.Execute();
            }
        }
    }

    private static async Task ReadAsync(Connection connection, CancellationToken cancellationToken) =>
        await connection.Input.ReadAsync(cancellationToken);

    private static async Task ReceiveAsync(Connection connection, CancellationToken cancellationToken) =>
        await connection.ReceiveAsync(Destination, cancellationToken);

    private sealed class InlineScheduler(bool hasContext, Queue<IThreadPoolWorkItem> ready) : EngineScheduler
    {
        internal override TimeProvider Time => TimeProvider.System;

        internal override SynchronizationContext? Context => hasContext ? this : null;

        internal override void Post(IThreadPoolWorkItem work) => ready.Enqueue(work);
    }

    /// <summary>Nothing ever comes. Handlers begin on the thread that counts.</summary>
    private sealed class IdleSocket(EngineScheduler scheduler) : StreamSocket
    {
        internal override Address LocalAddress => "127.0.0.1:1";

        internal override Address RemoteAddress => "127.0.0.1:2";

        internal override EngineScheduler Scheduler => scheduler;

        internal override long Sent => 0;

        internal override IoResult Receive(ReceiveBuffer into) => IoResult.Pending;

        internal override void FinishReceive()
        {
        }

        internal override IoResult Send(in ReadOnlySequence<byte> bytes) => IoResult.Done((int)bytes.Length);

        internal override IoResult TrySend(ReadOnlySpan<byte> bytes) => IoResult.Done(bytes.Length);

        internal override IoResult FinishOutput() => IoResult.Done(0);

        internal override void Abort()
        {
        }

        internal override void Close()
        {
        }
    }
}
