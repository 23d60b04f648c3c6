using System.Net.Sockets;

namespace Zocalo.Engines;

/// <summary>What became of one receive or send: done with a count, failed with an error, or still pending.</summary>
internal readonly record struct IoResult
{
    // Two codes that no stream socket of the system gives (the one is the resolver's, the other that of datagrams): so the answer fits a
    // register.
    private const SocketError NothingThere = SocketError.NoData;
    private const SocketError CutOff = SocketError.Disconnecting;

    private IoResult(int bytes, SocketError error)
    {
        Bytes = bytes;
        Error = error;
    }

    /// <summary>Not done yet: the engine will call the owner, exactly once.</summary>
    internal static IoResult Pending => new(0, SocketError.IOPending);

    /// <summary>A receive that was ended before anything came. The stream is as it was.</summary>
    internal static IoResult Nothing => new(0, NothingThere);

    /// <summary>The input is over, and the stream's own sign of its end had not come: it may have been cut off. Sending is not
    /// concerned.</summary>
    internal static IoResult Cut => new(0, CutOff);

    internal int Bytes { get; }

    internal SocketError Error { get; }

    internal bool IsPending => Error == SocketError.IOPending;

    internal bool IsNothing => Error == NothingThere;

    internal bool IsCut => Error == CutOff;

    internal bool IsDone => Error == SocketError.Success;

    internal static IoResult Done(int bytes) => new(bytes, SocketError.Success);

    /// <summary>Of a call without a count.</summary>
    internal static IoResult From(SocketError error) => error == SocketError.Success ? Done(0) : Failed(error);

    internal static IoResult Failed(SocketError error) => new(0, error == SocketError.Success ? SocketError.SocketError : error);
}
