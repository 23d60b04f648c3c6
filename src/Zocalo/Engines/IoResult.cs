using System.Net.Sockets;

namespace Zocalo.Engines;

/// <summary>What became of one receive or send: done with a count, failed with an error, or still pending.</summary>
internal readonly record struct IoResult
{
    private IoResult(int bytes, SocketError error)
    {
        Bytes = bytes;
        Error = error;
    }

    /// <summary>Not done yet: the engine will call the owner, exactly once.</summary>
    internal static IoResult Pending => new(0, SocketError.IOPending);

    internal int Bytes { get; }

    internal SocketError Error { get; }

    internal bool IsPending => Error == SocketError.IOPending;

    internal bool IsDone => Error == SocketError.Success;

    internal static IoResult Done(int bytes) => new(bytes, SocketError.Success);

    internal static IoResult Failed(SocketError error) => new(0, error == SocketError.Success ? SocketError.SocketError : error);
}
