using System.Net.Sockets;

namespace Zocalo.Engines.Sockets;

/// <summary>A Unix socket cannot be made at a path; the message says what is there, and what to do.</summary>
internal sealed class PathInUseException : SocketException
{
    private PathInUseException(string what) : base((int)SocketError.AddressAlreadyInUse) => Message = $"the path is in use: {what}";

    public override string Message { get; }

    internal static PathInUseException Listening() => new("another server listens there; stop that server, or choose another path");

    internal static PathInUseException Bound() =>
        new("it is bound by a running process that does not listen (yet); stop that process, or choose another path");

    internal static PathInUseException NotASocket(string kind) =>
        new($"there is {kind}, not a socket; choose another path, or remove it");

    internal static PathInUseException Unsure(string why) =>
        new($"there is a socket, and {why}; choose another path, or remove it if no program uses it");
}
