using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Buffers;
using Zocalo.Connections;
using Zocalo.Engines;

namespace Zocalo.Tests.Messaging.Directory;

/// <summary>A connection on which nothing ever comes and everything is taken, without an engine behind it.</summary>
internal sealed class SilentSocket : StreamSocket
{
    private long _taken;

    internal static FramedConnection<Frame, Frame> Connect()
    {
        var connection = new Connection(
            new SilentSocket(), new ConnectionSettings(ConnectionOptions.Default, NullLogger.Instance, TimeProvider.System));
        return connection.AsFramed(Login.Format);
    }

    internal override Address LocalAddress => "127.0.0.1:1";

    internal override Address RemoteAddress => "127.0.0.1:2";

    internal override EngineScheduler Scheduler => PoolScheduler.Shared;

    internal override long Sent => _taken;

    internal override IoResult Receive(ReceiveBuffer into) => IoResult.Pending;

    internal override void FinishReceive()
    {
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        _taken += bytes.Length;
        return IoResult.Done((int)bytes.Length);
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        _taken += bytes.Length;
        return IoResult.Done(bytes.Length);
    }

    internal override IoResult FinishOutput() => IoResult.Done(0);

    internal override void Abort()
    {
    }

    internal override void Close()
    {
    }
}
