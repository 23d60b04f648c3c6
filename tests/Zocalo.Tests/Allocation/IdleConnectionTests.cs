using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Buffers;
using Zocalo.Connections;
using Zocalo.Engines;
using Zocalo.Serving;

namespace Zocalo.Tests.Allocation;

/// <summary>
/// What the library allocates for a connection that a server has accepted and whose handler waits for bytes, the engine's own objects left
/// out. Nothing is left to the collector, so this is also what the connection holds. Counted exactly, on one thread.
/// </summary>
public sealed class IdleConnectionTests
{
    private const int Many = 100;

    private static readonly byte[] Destination = new byte[1];

    // Each is what was measured (864, 912, 936), and a tenth. The handler's own state machine is in it: 176, 176 and 152 bytes.
    public static TheoryData<string, ConnectionHandler, bool, int> Handlers => new()
    {
        { "CopyToAsync", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), false, 950 },
        { "CopyToAsync, on an engine with a context", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), true, 1003 },
        { "ReadAsync, on an engine with a context", ReadAsync, true, 1030 },
        { "ReceiveAsync, on an engine with a context", ReceiveAsync, true, 1200 },
    };

    [Theory]
    [MemberData(nameof(Handlers), DisableDiscoveryEnumeration = true)]
    public void An_idle_connection_is_small(string name, ConnectionHandler handler, bool hasContext, int limit)
    {
        var rescues = new RescueLog("", NullLogger.Instance, TimeProvider.System);
        var served = new ServedConnections(handler, HandlerPlacement.Engine, int.MaxValue, NullLogger.Instance, rescues);
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
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / Many;
        Assert.True(each <= limit, $"{name}: {each} bytes for an idle connection; the limit is {limit}.");
        Assert.Equal(Many + 1, served.AbortAll());

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
