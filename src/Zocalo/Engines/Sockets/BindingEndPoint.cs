using System.Net;
using System.Net.Sockets;

namespace Zocalo.Engines.Sockets;

/// <summary>
/// A Unix address as a listening <see cref="Socket"/> is bound to it. Two things that a <see cref="UnixDomainSocketEndPoint"/> does there
/// are wrong for a server: the
/// runtime makes the buffer for a client's name as long as the listener's own name, so that a client with a longer one brought the process
/// down (an unhandled
/// exception inside accept); and at the end it deletes whatever lies at the path by then.
/// </summary>
/// <remarks>It serializes to the exact name until the socket is bound, and from then on to the longest there is: that is what the runtime
/// measures.</remarks>
internal sealed class BindingEndPoint(UnixDomainSocketEndPoint name) : EndPoint
{
    private const int Family = sizeof(ushort);                          // struct sockaddr_un: a family, then sun_path
    private const int Longest = Family + 108;                           // Linux; shorter elsewhere
    // a path of 108 bytes has no NUL, and its length counts one (unix(7), BUGS)
    private const int LongestReported = Longest + 1;

    private bool _isBound;

    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <summary>From now on there are clients, with names of their own.</summary>
    internal void OnBound() => _isBound = true;

    public override SocketAddress Serialize()
    {
        var exact = name.Serialize();
        if (!_isBound)
        {
            return exact;
        }
        var wide = new SocketAddress(AddressFamily.Unix, LongestReported);
        exact.Buffer.Span[..exact.Size].CopyTo(wide.Buffer.Span);
        return wide;
    }

    public override EndPoint Create(SocketAddress socketAddress)
    {
        if (socketAddress.Size > Longest)
        {
            socketAddress.Size = Longest;
        }
        return name.Create(socketAddress);
    }

    public override string ToString() => name.ToString();
}
