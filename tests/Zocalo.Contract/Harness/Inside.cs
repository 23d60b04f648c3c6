namespace Zocalo.Contract.Harness;

/// <summary>The little that claims must know and the public API does not show, in one place.</summary>
internal static class Inside
{
    /// <summary>Bytes that the kernel has taken.</summary>
    internal static long Sent(this Connection connection) => connection.Core.BytesSent;

    /// <summary>Bytes that the kernel took and the peer's has not acknowledged.</summary>
    internal static int Unacknowledged(this Connection connection) => connection.Core.Socket.Unacknowledged;

    internal static long Received(this Connection connection) => connection.Core.Read.BytesReceived;

    /// <summary>An abnormal cause is set, whatever still has to settle.</summary>
    internal static bool HasFailed(this Connection connection) => connection.Core.Cause is not null;

    /// <summary>CancelPendingFlush by somebody who asked whether the connection is framed just before it was.</summary>
    internal static void CancelFlush(this Connection connection) => connection.Core.Write.CancelPendingFlush();

    internal static bool IsClosing(this Connection connection) => connection.Core.IsClosing;

    /// <summary>The peer is gone, as far as the engine tells.</summary>
    internal static bool HasHungUp(this Connection connection) => connection.Core.Socket.HasHungUp;

    internal static bool HasEnded(this Connection connection) => connection.Core.HasEnded;
}
